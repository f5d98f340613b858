"""The pool of the bus, its statements, and one error for whatever keeps them from being done."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]

ROLE: Final = "clearooms_bus"
CONNECT_SECONDS: Final = 5.0
CALL_SECONDS: Final = 10.0
LEASE: Final = timedelta(seconds=30)
_SERVER_GONE: Final = ("08", "57P", "25006")


class Away(Exception):
    """The server cannot be reached, or refuses, or does not answer in time."""


@dataclass(frozen=True, slots=True)
class Message:
    """One row of a queue."""

    id: int
    exchange: str
    routing_key: str
    content_type: str
    headers: Mapping[str, str]
    body: bytes
    attempts: int


async def connect(dsn: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection that runs as the bus's role."""
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_SECONDS,
        command_timeout=CALL_SECONDS,
        server_settings={"role": ROLE, "application_name": ROLE, "jit": "off"},
        **options,
    )


class Store:
    """What the bus does to its tables; every method is one transaction and raises Away."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def publish(
        self,
        exchange: str,
        routing_key: str,
        content_type: str,
        headers: Mapping[str, str],
        body: bytes,
        queues: Sequence[str],
        alternate: Sequence[str],
    ) -> int:
        """Durably put the message into its queues; returns into how many."""
        async with self._connection() as connection:
            taken: int = await connection.fetchval(
                "select bus.publish($1, $2, $3, $4, $5, $6, $7)",
                exchange,
                routing_key,
                content_type,
                json.dumps(dict(headers)),
                body,
                queues,
                alternate,
            )
        return taken

    async def length(self, queue: str, most: int) -> int:
        """How many messages the queue holds, counted up to `most`."""
        async with self._connection() as connection:
            length: int = await connection.fetchval(
                "select count(*) from (select from bus.messages where queue = $1 limit $2) as held",
                queue,
                most,
            )
        return length

    async def lengths(self) -> dict[str, int]:
        """How many messages each queue holds that holds any."""
        async with self._connection() as connection:
            rows = await connection.fetch(
                "select queue, count(*) as n from bus.messages group by queue"
            )
        return {row["queue"]: row["n"] for row in rows}

    async def claim(self, queue: str, claim: UUID, most: int) -> list[Message]:
        """Take up to `most` messages nobody holds, oldest first, an attempt counted."""
        async with self._connection() as connection:
            rows = await connection.fetch(
                """
                update bus.messages set claim = $2, held_until = clock_timestamp() + $4, attempts = attempts + 1
                where id in (
                    select id from bus.messages
                    where queue = $1 and (held_until is null or held_until < clock_timestamp())
                    order by id limit $3 for update skip locked
                )
                returning id, exchange, routing_key, content_type, headers, body, attempts
                """,
                queue,
                claim,
                most,
                LEASE,
            )
        return sorted(map(_message, rows), key=lambda message: message.id)

    async def renew(self, claim: UUID) -> None:
        """Hold everything this consumer holds for another lease."""
        async with self._connection() as connection:
            await connection.execute(
                "update bus.messages set held_until = clock_timestamp() + $2 where claim = $1",
                claim,
                LEASE,
            )

    async def forget(self, message: int, claim: UUID) -> bool:
        """Remove a message we hold; false when we held it no more."""
        async with self._connection() as connection:
            done = await connection.execute(
                "delete from bus.messages where id = $1 and claim = $2", message, claim
            )
        return done == "DELETE 1"

    async def give_back(self, queue: str, message: int, claim: UUID, *, uncounted: bool) -> bool:
        """Let anyone take it again, its attempt taken back if `uncounted`; false when we held it no more."""
        async with self._connection() as connection:
            freed = await connection.fetchval(
                """
                with freed as (
                    update bus.messages set claim = null, held_until = null, attempts = attempts - $3
                    where id = $1 and claim = $2 returning id
                )
                select count(*) from freed, pg_notify('clearooms_bus', $4)
                """,
                message,
                claim,
                1 if uncounted else 0,
                queue,
            )
        return bool(freed)

    async def bury(
        self, message: int, claim: UUID, queues: Sequence[str], headers: Mapping[str, str]
    ) -> bool:
        """Move a message we hold into other queues with these headers; false when we held it no more."""
        async with self._connection() as connection, connection.transaction():
            moved = await connection.fetchval(
                """
                with gone as (delete from bus.messages where id = $1 and claim = $2 returning *),
                kept as (
                    insert into bus.messages (queue, exchange, routing_key, content_type, headers, body)
                    select target, gone.exchange, gone.routing_key, gone.content_type, $4, gone.body
                    from gone, unnest($3::text[]) as target returning queue
                )
                select count(*) from kept, pg_notify('clearooms_bus', kept.queue)
                """,
                message,
                claim,
                queues,
                json.dumps(dict(headers)),
            )
        return bool(moved)

    async def enlist(
        self, name: str, exchange: str, bindings: Sequence[str], max_length: int
    ) -> bool:
        """Make the follower known, or say that it is still alive; true when it was not known."""
        async with self._connection() as connection:
            fresh: bool = await connection.fetchval(
                """
                insert into bus.followers (name, exchange, bindings, max_length) values ($1, $2, $3, $4)
                on conflict (name) do update set seen_at = clock_timestamp()
                returning xmax = 0
                """,
                name,
                exchange,
                bindings,
                max_length,
            )
        return fresh

    async def dismiss(self, name: str) -> None:
        """Forget a follower and what waits for it."""
        async with self._connection() as connection:
            await connection.execute("delete from bus.followers where name = $1", name)
            await connection.execute("delete from bus.messages where queue = $1", name)

    async def take(self, queue: str, max_length: int, most: int) -> list[Message]:
        """Drop what exceeds the queue's length, oldest first, then take `most` of the rest for good."""
        async with self._connection() as connection, connection.transaction():
            await connection.execute(_TRIM, queue, max_length)
            rows = await connection.fetch(
                """
                delete from bus.messages where id in (
                    select id from bus.messages where queue = $1 order by id limit $2 for update skip locked
                )
                returning id, exchange, routing_key, content_type, headers, body, attempts
                """,
                queue,
                most,
            )
        return sorted(map(_message, rows), key=lambda message: message.id)

    async def tidy(self, bounded: Mapping[str, int]) -> None:
        """Trim the queues that drop their oldest; forget followers unheard of for a minute."""
        async with self._connection() as connection:
            await connection.execute(
                "delete from bus.followers where seen_at < clock_timestamp() - interval '60 s'"
            )
            await connection.execute(
                "delete from bus.messages where queue like 'follower.%' "
                "and queue not in (select name from bus.followers)"
            )
            followers = await connection.fetch("select name, max_length from bus.followers")
            lengths = {**bounded, **{row["name"]: row["max_length"] for row in followers}}
            for queue, max_length in lengths.items():
                await connection.execute(_TRIM, queue, max_length)

    @asynccontextmanager
    async def _connection(self) -> "AsyncIterator[Connection]":
        try:
            async with asyncio.timeout(CALL_SECONDS), self._pool.acquire() as connection:
                yield connection
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            if getattr(error, "sqlstate", "08").startswith(_SERVER_GONE):
                # After a failover the other connections lead to the same dead or demoted server.
                await self._pool.expire_connections()
            raise Away(f"{type(error).__name__}: {error}") from error


_TRIM: Final = """
    delete from bus.messages where queue = $1 and id <= (
        select id from bus.messages where queue = $1 order by id desc offset $2 limit 1
    )
"""


def _message(row: asyncpg.Record) -> Message:
    return Message(
        row["id"],
        row["exchange"],
        row["routing_key"],
        row["content_type"],
        json.loads(row["headers"]),
        row["body"],
        row["attempts"],
    )
