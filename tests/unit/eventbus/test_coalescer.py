import asyncio
from collections.abc import Callable

import pytest

from eventbus import Coalescer, NotConfirmed


class Line:
    """Takes bodies one by one; a test decides when and how each send ends."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.sent = asyncio.Event()
        self.confirm = asyncio.Event()
        self.failure: Exception | None = None

    async def send(self, body: bytes) -> None:
        self.bodies.append(body)
        self.sent.set()
        await self.confirm.wait()
        if self.failure is not None:
            raise self.failure


def coalescer(line: Line, *, most: int = 500, bound: int = 100, within: float = 5.0) -> Coalescer:
    return Coalescer(line.send, b",".join, most=most, bound=bound, within=within)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a condition of the code under test, which has no event
            await asyncio.sleep(0)


async def test_what_comes_while_one_is_under_way_travels_with_the_next() -> None:
    line = Line()
    bus = coalescer(line)
    async with asyncio.TaskGroup() as callers:
        callers.create_task(bus.add([b"1"]))
        await line.sent.wait()
        for item in (b"2", b"3", b"4"):
            callers.create_task(bus.add([item]))
        await asyncio.sleep(0)
        line.confirm.set()
    assert line.bodies == [b"1", b"2,3,4"]


async def test_a_message_carries_no_more_than_most_items() -> None:
    line = Line()
    line.confirm.set()
    bus = coalescer(line, most=3)
    async with asyncio.TaskGroup() as callers:
        for item in (b"1", b"2", b"3", b"4"):
            callers.create_task(bus.add([item]))
    assert line.bodies == [b"1,2,3", b"4"]


async def test_one_callers_items_are_never_torn_apart() -> None:
    line = Line()
    line.confirm.set()
    await coalescer(line, most=2).add([b"1", b"2", b"3"])
    assert line.bodies == [b"1,2,3"]


async def test_nothing_to_send_sends_nothing() -> None:
    line = Line()
    await coalescer(line).add([])
    assert line.bodies == []


async def test_beyond_the_bound_a_caller_is_refused_at_once() -> None:
    line = Line()
    bus = coalescer(line, bound=2)
    async with asyncio.TaskGroup() as callers:
        callers.create_task(bus.add([b"1"]))
        await line.sent.wait()
        callers.create_task(bus.add([b"2", b"3"]))
        await asyncio.sleep(0)
        with pytest.raises(NotConfirmed) as caught:
            await bus.add([b"4"])
        assert caught.value.cause == "full"
        line.confirm.set()
    assert line.bodies == [b"1", b"2,3"]


async def test_room_comes_back_after_a_refusal() -> None:
    line = Line()
    line.confirm.set()
    bus = coalescer(line, bound=1)
    with pytest.raises(NotConfirmed):
        await bus.add([b"1", b"2"])
    await bus.add([b"3"])
    assert line.bodies == [b"3"]


async def test_a_failure_reaches_everybody_in_the_message_and_nobody_else() -> None:
    line = Line()
    bus = coalescer(line)
    results: dict[bytes, str] = {}

    async def caller(item: bytes) -> None:
        try:
            await bus.add([item])
        except NotConfirmed as error:
            results[item] = error.cause
        else:
            results[item] = "confirmed"

    line.failure = NotConfirmed("refused")
    async with asyncio.TaskGroup() as callers:
        callers.create_task(caller(b"1"))
        callers.create_task(caller(b"2"))
        await line.sent.wait()
        callers.create_task(caller(b"3"))
        await asyncio.sleep(0)
        line.confirm.set()
        await until(lambda: len(line.bodies) == 2)
        line.failure = None
    assert results == {b"1": "refused", b"2": "refused", b"3": "refused"}


async def test_every_call_ends_in_time_although_no_confirm_comes() -> None:
    line = Line()
    bus = coalescer(line, within=0.1)
    loop = asyncio.get_running_loop()
    took: list[float] = []

    async def caller(item: bytes) -> None:
        began = loop.time()
        with pytest.raises(NotConfirmed) as caught:
            await bus.add([item])
        took.append(loop.time() - began)
        assert caught.value.cause == "late"

    async with asyncio.TaskGroup() as callers:
        callers.create_task(caller(b"1"))
        await line.sent.wait()
        for item in (b"2", b"3"):
            callers.create_task(caller(item))
    assert max(took) < 0.2


async def test_a_caller_who_gives_up_takes_his_items_back() -> None:
    line = Line()
    bus = coalescer(line, bound=1)
    async with asyncio.TaskGroup() as callers:
        callers.create_task(bus.add([b"1"]))
        await line.sent.wait()
        quitter = callers.create_task(bus.add([b"2"]))
        await asyncio.sleep(0)
        quitter.cancel()
        await until(quitter.done)
        callers.create_task(bus.add([b"3"]))
        await asyncio.sleep(0)
        line.confirm.set()
    assert line.bodies == [b"1", b"3"]


async def test_the_line_goes_on_when_the_caller_who_sends_gives_up() -> None:
    line = Line()
    bus = coalescer(line)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await bus.add([b"1"])
        line.confirm.set()

    async with asyncio.TaskGroup() as callers:
        callers.create_task(give_up())
        await line.sent.wait()
        callers.create_task(bus.add([b"2"]))
    assert line.bodies == [b"1", b"2"]


async def test_a_caller_cancelled_in_the_moment_of_his_turn_passes_it_on() -> None:
    line = Line()
    bus = coalescer(line)
    async with asyncio.TaskGroup() as callers:
        first = callers.create_task(bus.add([b"1"]))
        await line.sent.wait()
        second = callers.create_task(bus.add([b"2"]))
        third = callers.create_task(bus.add([b"3"]))
        await asyncio.sleep(0)
        first.add_done_callback(lambda _: second.cancel())
        line.confirm.set()
        async with asyncio.timeout(5):
            await third
    assert b"3" in b",".join(line.bodies)
