"""Dead letters on a real broker: looking takes nothing away, what is redriven arrives before it is gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiormq
import pytest

from contracts import routing
from eventbus import (
    TOPOLOGY,
    Bus,
    Dead,
    DeadLetter,
    DeadLetters,
    Delivery,
    Done,
    LinkLost,
    Outcome,
    open_bus,
    open_dead_letters,
)

from .waiting import until

COMMANDS = (routing.COMMANDS, routing.SYNC_COMMANDS)
CHANGES = (routing.GRAPH_CHANGES, routing.SYNC_CHANGES)


async def publish(bus: Bus, where: tuple[str, str], *bodies: bytes) -> None:
    for body in bodies:
        await bus.publish(*where, body, headers={"traceparent": "00-1-2-03"}, within=20)


async def consume(
    bus: Bus, queue: str, answer: Callable[[Delivery], Outcome], count: int
) -> list[Delivery]:
    """Answer so many deliveries of a queue."""
    seen: list[Delivery] = []
    stop = asyncio.Event()

    async def handle(delivery: Delivery) -> Outcome:
        seen.append(delivery)
        if len(seen) == count:
            stop.set()
        return answer(delivery)

    await bus.consume(queue, handle, stop, prefetch=1)
    return seen


async def bury(bus: Bus, where: tuple[str, str], *bodies: bytes) -> None:
    await publish(bus, where, *bodies)
    await consume(bus, where[1], lambda _: Dead("undecodable"), len(bodies))


@asynccontextmanager
async def open_both(url: str) -> AsyncIterator[tuple[Bus, DeadLetters]]:
    async with asyncio.timeout(90), open_bus(url) as bus:
        await publish(bus, COMMANDS, b"")  # the topology is there now
        await consume(bus, routing.SYNC_COMMANDS, lambda _: Done(), 1)
        async with open_dead_letters(url) as letters:
            yield bus, letters


async def seen(letters: DeadLetters, count: int) -> list[DeadLetter]:
    """All of them; what was given back is there again a moment later."""

    async def enough() -> bool:
        return await letters.count() == count

    await until(enough)
    return await letters.look()


async def test_a_dead_letter_says_why_and_where_it_died_and_stays(amqp_url: str) -> None:
    async with open_both(amqp_url) as (bus, letters):
        await bury(bus, COMMANDS, b"{one}")

        [letter] = await seen(letters, 1)
        assert (letter.reason, letter.queue, letter.exchange, letter.routing_key) == (
            "undecodable", routing.SYNC_COMMANDS, *COMMANDS,
        )  # fmt: skip
        assert (letter.attempts, letter.body) == ("1", b"{one}")
        assert letter.headers == {"traceparent": "00-1-2-03"}
        assert await seen(letters, 1) == [letter]


async def test_looking_often_takes_nothing_away(amqp_url: str) -> None:
    async with open_both(amqp_url) as (bus, letters):
        await bury(bus, COMMANDS, b"{one}")
        for _ in range(30):
            assert len(await seen(letters, 1)) == 1


async def test_what_is_redriven_comes_back_as_it_was_and_the_others_stay(amqp_url: str) -> None:
    async with open_both(amqp_url) as (bus, letters):
        await bury(bus, COMMANDS, b"{one}", b"{two}")
        await bury(bus, CHANGES, b"{three}")
        one, _, three = await seen(letters, 3)

        assert await letters.redrive({one.id, three.id}) == [(one, None), (three, None)]

        [command] = await consume(bus, routing.SYNC_COMMANDS, lambda _: Done(), 1)
        [change] = await consume(bus, routing.SYNC_CHANGES, lambda _: Done(), 1)
        assert (command.body, change.body) == (b"{one}", b"{three}")
        assert command.headers == {"traceparent": "00-1-2-03"}
        assert command.attempts == 1
        assert [each.body for each in await seen(letters, 1)] == [b"{two}"]


async def test_what_was_dropped_is_gone_and_only_that(amqp_url: str) -> None:
    async with open_both(amqp_url) as (bus, letters):
        await bury(bus, COMMANDS, b"{one}", b"{two}")
        one, two = await seen(letters, 2)

        assert await letters.drop({one.id, "another"}) == [one]
        assert await seen(letters, 1) == [two]


async def test_a_message_that_nobody_would_take_stays_with_the_reason(amqp_url: str) -> None:
    async with open_both(amqp_url) as (bus, letters):
        await bury(bus, COMMANDS, b"{one}")
        async with aiormq.connect(amqp_url) as connection:
            channel = await connection.channel()
            await channel.queue_unbind(
                routing.SYNC_COMMANDS, routing.COMMANDS, routing.SYNC_COMMANDS
            )
            await bus.publish(routing.DEAD_LETTERS, "lost", b"{two}", within=20)
            one, two = await seen(letters, 2)

            tried = await letters.redrive({one.id, two.id})

            assert [why for _, why in tried] == [
                "no queue is bound to clearooms.commands for it",
                "where it came from is not known",
            ]
            assert len(await seen(letters, 2)) == 2


async def test_a_message_that_the_broker_itself_gave_up_is_sent_back_too(amqp_url: str) -> None:
    async with open_both(amqp_url) as (bus, letters):
        await publish(bus, COMMANDS, b"{killer}")
        limit = next(each for each in TOPOLOGY.queues if each.name == routing.SYNC_COMMANDS)
        async with aiormq.connect(amqp_url) as connection:
            channel = await connection.channel()
            for _ in range(limit.delivery_limit + 1):
                message = await channel.basic_get(routing.SYNC_COMMANDS)
                while message.delivery_tag is None:
                    message = await channel.basic_get(routing.SYNC_COMMANDS)
                await channel.basic_reject(message.delivery_tag, requeue=True)

        [letter] = await seen(letters, 1)
        assert (letter.reason, letter.queue, letter.exchange) == (
            "delivery_limit", routing.SYNC_COMMANDS, routing.COMMANDS,
        )  # fmt: skip
        assert await letters.redrive({letter.id}) == [(letter, None)]
        [command] = await consume(bus, routing.SYNC_COMMANDS, lambda _: Done(), 1)
        assert command.body == b"{killer}"


async def test_at_most_so_many_are_taken(amqp_url: str) -> None:
    async with open_both(amqp_url) as (bus, letters):
        await bury(bus, COMMANDS, b"1", b"2", b"3")
        await seen(letters, 3)
        assert [each.body for each in await letters.look(2)] == [b"1", b"2"]


async def test_a_broker_that_cannot_be_reached_is_told_at_once() -> None:
    async with asyncio.timeout(20):
        with pytest.raises(LinkLost):
            async with open_dead_letters("amqp://127.0.0.1:1/"):
                pass
