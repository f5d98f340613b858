import asyncio

import aiohttp
from structlog.testing import capture_logs

from servicekit.ops import Health, serve_ops


async def get(port: int, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.text()


async def test_a_process_is_alive_although_it_is_not_ready() -> None:
    health = Health()
    ready = False
    health.add("broker", lambda: ready)
    async with asyncio.timeout(10), serve_ops("127.0.0.1:0", health) as (_, port):
        assert await get(port, "/livez") == (200, "ok\n")
        status, text = await get(port, "/readyz")
        assert (status, '"broker": false' in text) == (503, True)
        ready = True
        assert (await get(port, "/readyz"))[0] == 200


async def test_a_check_that_raises_means_not_ready() -> None:
    health = Health()
    health.add("broken", lambda: 1 // 0 == 1)
    async with asyncio.timeout(10), serve_ops("127.0.0.1:0", health) as (_, port):
        with capture_logs() as logs:
            assert (await get(port, "/readyz"))[0] == 503
    assert logs[0]["event"] == "health_check_failed"


async def test_metrics_carry_the_lag_of_the_event_loop() -> None:
    async with asyncio.timeout(10), serve_ops("127.0.0.1:0", Health()) as (_, port):
        status, text = await get(port, "/metrics")
    assert status == 200
    assert "clearooms_event_loop_lag_seconds_bucket" in text
