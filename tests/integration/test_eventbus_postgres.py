"""What only the queue tables have: leases, a role of their own, followers that die unseen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from contracts import routing
from eventbus import Bus, Delivery, Done, Later, Outcome
from eventbus.postgres import SCHEMA, open_postgres_bus
from eventbus.topology import DELIVERY_LIMIT
from pgstore.testing import TestDatabase


@pytest.fixture
async def owner(database: TestDatabase) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute(SCHEMA)
    yield connection
    await connection.close()


@pytest.fixture
async def bus(
    database: TestDatabase, owner: "asyncpg.Connection[asyncpg.Record]"
) -> AsyncIterator[Bus]:
    async with asyncio.timeout(60), open_postgres_bus(database.login_dsn, tidy_seconds=0.1) as bus:
        yield bus


async def publish_change(bus: Bus) -> None:
    await bus.publish(routing.GRAPH_CHANGES, routing.SYNC_CHANGES, b"{}", within=20)


async def next_delivery(bus: Bus, queue: str) -> Delivery:
    found: asyncio.Queue[Delivery] = asyncio.Queue()

    async def handle(delivery: Delivery) -> Outcome:
        found.put_nowait(delivery)
        return Done()

    stop = asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(queue, handle, stop))
        delivery = await found.get()
        stop.set()
    return delivery


@asynccontextmanager
async def a_consumer_that_dies(bus: Bus) -> AsyncIterator[None]:
    """Takes one message and is cut off in its handler, as by SIGKILL."""
    begun = asyncio.Event()

    async def handle(_: Delivery) -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        return Done()

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        dying = tasks.create_task(bus.consume(routing.SYNC_CHANGES, handle, asyncio.Event()))
        await begun.wait()
        dying.cancel()
    yield


async def test_the_schema_may_be_run_again(
    owner: "asyncpg.Connection[asyncpg.Record]", bus: Bus
) -> None:
    await publish_change(bus)
    await owner.execute(SCHEMA)
    assert (await next_delivery(bus, routing.SYNC_CHANGES)).body == b"{}"


async def test_the_message_of_a_dead_consumer_comes_again_when_its_lease_is_over(
    owner: "asyncpg.Connection[asyncpg.Record]", bus: Bus
) -> None:
    await publish_change(bus)
    async with a_consumer_that_dies(bus):
        held = await owner.fetchval(
            "select count(*) from bus.messages where held_until > clock_timestamp()"
        )
        assert held == 1
        await owner.execute("update bus.messages set held_until = clock_timestamp()")
    assert (await next_delivery(bus, routing.SYNC_CHANGES)).attempts == 2


async def test_a_message_that_kills_its_consumers_ends_in_the_dead_letters(
    owner: "asyncpg.Connection[asyncpg.Record]", bus: Bus
) -> None:
    await publish_change(bus)
    await owner.execute("update bus.messages set attempts = $1", DELIVERY_LIMIT)
    stop = asyncio.Event()

    async def handle(_: Delivery) -> Outcome:
        raise AssertionError("it was to be kept from us")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bus.consume(routing.SYNC_CHANGES, handle, stop))
        dead = await next_delivery(bus, routing.DEAD_LETTERS)
        stop.set()
    assert dead.headers["x-reason"] == "delivery_limit"


async def test_what_was_held_for_later_is_given_back_uncounted(bus: Bus) -> None:
    await publish_change(bus)
    stop = asyncio.Event()

    async def handle(_: Delivery) -> Outcome:
        stop.set()
        return Later(3600)

    await bus.consume(routing.SYNC_CHANGES, handle, stop)
    assert (await next_delivery(bus, routing.SYNC_CHANGES)).attempts == 1


async def test_a_follower_that_died_is_forgotten_with_its_messages(
    owner: "asyncpg.Connection[asyncpg.Record]", bus: Bus
) -> None:
    await owner.execute(
        "insert into bus.followers (name, exchange, bindings, max_length, seen_at) "
        "values ('follower.dead', $1, '{^.*$}', 10, now() - interval '2 min')",
        routing.EVENTS,
    )
    await owner.execute(
        "insert into bus.messages (queue, exchange, routing_key, content_type, headers, body) "
        "values ('follower.dead', $1, 'booking.confirmed', '', '{}', '')",
        routing.EVENTS,
    )
    async with asyncio.timeout(20):
        while await left_behind(owner):  # noqa: ASYNC110 - the tables tell, and they have no event
            await asyncio.sleep(0.05)


async def left_behind(owner: "asyncpg.Connection[asyncpg.Record]") -> int:
    left: int = await owner.fetchval(
        "select (select count(*) from bus.followers) + (select count(*) from bus.messages)"
    )
    return left


async def test_the_bus_runs_as_its_own_role_and_reaches_nothing_else(
    database: TestDatabase, owner: "asyncpg.Connection[asyncpg.Record]", bus: Bus
) -> None:
    await publish_change(bus)
    connection = await asyncpg.connect(
        database.login_dsn, server_settings={"role": "clearooms_bus"}
    )
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from public.room_sync")
        roles = await owner.fetch(
            "select distinct table_schema from information_schema.role_table_grants "
            "where grantee = 'clearooms_bus'"
        )
    finally:
        await connection.close()
    assert [row["table_schema"] for row in roles] == ["bus"]
