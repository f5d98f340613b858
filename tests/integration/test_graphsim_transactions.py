"""graph-calendar §2.3: what a transactionId protects from, in each reading of it."""

from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ANN, IMMUTABLE, ROOM, Cloud, Reply, body_of, running_cloud

DUPLICATE = "ErrorDuplicateTransactionId"


async def _post(cloud: Cloud, body: Any, prefer: str = IMMUTABLE) -> Reply:
    return await cloud.graph("POST", f"/users/{ROOM}/events", body, Prefer=prefer)


async def test_the_same_content_again_answers_with_the_event_that_is_there_2_3(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        body = body_of(transactionId="t-1")
        first = await _post(cloud, body)
        again = await _post(cloud, dict(reversed(body.items())))
        assert (first.status, again.status) == (201, 201)
        assert again.body["id"] == first.body["id"]
        assert again.body["transactionId"] == "t-1"
        assert len(await cloud.rows(ROOM)) == 1
        assert (await cloud.report())["writes"] == {"POST events": 1}


@pytest.mark.parametrize("status", [400, 409])
async def test_other_content_names_the_existing_event_in_either_reading_2_3(
    tmp_path: Path, status: int
) -> None:
    async with running_cloud(tmp_path, duplicate_transaction_status=status) as cloud:
        made = (await _post(cloud, body_of(transactionId="t-1"))).body
        other = body_of(transactionId="t-1", subject="Other plans")
        refused = await _post(cloud, other)
        assert (refused.status, refused.code) == (status, DUPLICATE)
        assert refused.body["error"]["@event.existingEventId"] == made["id"]
        regular = (await _post(cloud, other, prefer="")).body["error"]["@event.existingEventId"]
        assert regular.startswith("AAMk")
        assert len(await cloud.rows(ROOM)) == 1
        assert (await cloud.report())["writes"] == {"POST events": 1}


async def test_a_deleted_events_id_is_remembered_which_is_unproven_2_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        body = body_of(transactionId="t-1")
        made = (await _post(cloud, body)).body
        await cloud.delete(ROOM, made["id"])
        refused = await _post(cloud, body)
        assert (refused.status, refused.code) == (409, DUPLICATE)
        assert refused.body["error"]["@event.existingEventId"] == made["id"]
        assert await cloud.rows(ROOM) == []


async def test_ids_are_forgotten_after_their_time_2_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, transaction_memory_seconds=60) as cloud:
        body = body_of(transactionId="t-1")
        made = [(await _post(cloud, body)).body["id"]]
        cloud.simulator.clock.advance(50)
        made.append((await _post(cloud, body)).body["id"])
        cloud.simulator.clock.advance(20)
        made.append((await _post(cloud, body)).body["id"])
        assert made[0] == made[1] != made[2]


async def test_without_a_memory_every_create_makes_an_event_2_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, transaction_memory_seconds=0) as cloud:
        body = body_of(transactionId="t-1")
        assert (await _post(cloud, body)).body["id"] != (await _post(cloud, body)).body["id"]


async def test_each_mailbox_remembers_for_itself_2_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for owner in (ROOM, ANN):
            assert (await cloud.create(owner, transactionId="t-1")).status == 201
        assert (await cloud.report())["writes"] == {"POST events": 2}
