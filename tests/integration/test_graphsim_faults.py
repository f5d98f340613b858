"""Faults in a write's way: what is there afterwards, whatever the client saw."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from .graphsim_cloud import ANN, ROOM, Cloud, running_cloud


async def _fault(cloud: Cloud, **more: Any) -> int:
    match = {"method": "POST", "path": "/events"}
    return (await cloud.call("POST", "/_sim/faults", {"match": match, **more})).status


async def test_a_connection_dropped_after_the_effect_leaves_the_event_there(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _fault(cloud, when="after", drop=True)
        await cloud.graph("GET", "/users")
        with pytest.raises(aiohttp.ClientConnectionError):
            await cloud.create(ROOM)
        assert len(await cloud.rows(ROOM)) == 1
        report = await cloud.report()
        assert (report["writes"], report["faults"][0]["fired"]) == ({"POST events": 1}, 1)


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
async def test_a_status_before_the_effect_hides_nothing_and_after_it_an_event(
    tmp_path: Path, when: str, made: int
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _fault(cloud, when=when, status=504)
        assert (await cloud.create(ANN)).status == 504
        assert len(await cloud.rows(ANN)) == made
        assert sum((await cloud.report())["writes"].values()) == made


async def test_a_delayed_answer_outlasts_the_client_and_the_effect_is_there(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _fault(cloud, delay=30)
        await cloud.graph("GET", "/users")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await cloud.create(ROOM)
        assert len(await cloud.rows(ROOM)) == 1
        (fault,) = (await cloud.report())["faults"]
        assert (fault["delay"], fault["fired"]) == (30, 1)


async def test_a_delayed_call_has_its_own_answer(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert await _fault(cloud, delay=0.05, status=500) == 400
        await _fault(cloud, delay=0.05)
        assert (await cloud.create(ROOM)).status == 201
