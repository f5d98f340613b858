"""The sync worker as the portal knows it: takes commands from the bus, writes bookings, publishes results."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from contracts import CloudEvent
from contracts.commands import Book, Command, Resync, decode_command
from contracts.events import CommandResult, command_result_event
from contracts.routing import EVENTS, SYNC_COMMANDS
from eventbus import Bus, Delivery, Done, Outcome
from pgstore import Database, Role, open_database
from pgstore.testing import TestDatabase
from servicekit.clock import utc_now


@dataclass
class PortalWorker:
    """Nothing happens by itself: a test takes the next command and says what becomes of it."""

    bus: Bus
    database: Database
    commands: "asyncio.Queue[CloudEvent[Command]]" = field(default_factory=asyncio.Queue)

    async def take(self, delivery: Delivery) -> Outcome:
        self.commands.put_nowait(decode_command(delivery.body))
        return Done()

    async def next(self) -> CloudEvent[Command]:
        async with asyncio.timeout(20):
            return await self.commands.get()

    async def write(
        self,
        organisation_id: UUID,
        room_id: UUID,
        booking_id: UUID,
        start: datetime,
        end: datetime,
        *,
        subject: str = "Planning",
        status: str = "confirmed",
        version: int = 1,
    ) -> None:
        """Commit a booking of ours as the mirror would hold it."""
        async with self.database.organisation_transaction(organisation_id) as connection:
            await connection.execute(
                "insert into bookings (organisation_id, room_id, id, event_id, kind, etag, starts, ends, time_zone,"
                " subject, organizer_name, organizer_email, status, origin, version, changed_at)"
                " values ($1, $2, $3, $4, 'single', 'e', $5, $6, 'Europe/Berlin', $7, 'Ada', 'ada@x.example', $8,"
                " 'clearooms', $9, $5) on conflict (room_id, id) do update set starts = excluded.starts,"
                " ends = excluded.ends, subject = excluded.subject, status = excluded.status,"
                " version = excluded.version",
                organisation_id,
                room_id,
                booking_id,
                str(booking_id),
                start,
                end,
                subject,
                status,
                version,
            )

    async def write_booked(self, command: CloudEvent[Command]) -> None:
        """Commit what a book command asks for."""
        asked = command.data
        assert isinstance(asked, Book)
        await self.write(
            command.organisationid,
            asked.room_id,
            asked.booking_id,
            asked.start,
            asked.end,
            subject=asked.subject,
        )

    async def decide(self, command: CloudEvent[Command], result: CommandResult) -> None:
        """Commit what became of a command, as the worker does before it says so."""
        asked = command.data
        assert not isinstance(asked, Resync)
        async with self.database.organisation_transaction(command.organisationid) as connection:
            await connection.execute(
                "insert into commands (organisation_id, source, id, kind, room_id, booking_id, sequence, data, received_at,"
                " outcome, reason, explanation, alternatives, decided_at)"
                " values ($1, $2, $3, $4, $5, $6, $7, '{}', now(), $8, $9, $10, $11, now())",
                command.organisationid,
                command.source,
                command.id,
                type(asked).__name__.lower(),
                result.room_id,
                asked.booking_id,
                asked.sequence,
                result.outcome,
                result.reason,
                result.text,
                [each.model_dump(mode="json") for each in result.alternatives],
            )

    async def answer(
        self,
        command: CloudEvent[Command],
        *,
        organisation_id: UUID | None = None,
        source: str | None = None,
        **result: Any,
    ) -> None:
        """Publish the command's result: accepted, or rejected when a reason is given."""
        key, body = command_result_event(
            CommandResult(
                command_id=command.id,
                command_source=source or command.source,
                outcome="rejected" if "reason" in result else "accepted",
                **result,
            ),
            organisation_id=organisation_id or command.organisationid,
            time=utc_now(),
            id=uuid4(),
        )
        await self.bus.publish(EVENTS, key, body)


@asynccontextmanager
async def open_worker(database: TestDatabase, bus: Bus) -> AsyncIterator[PortalWorker]:
    """Consume `sync.commands`, one at a time, until left."""
    stop = asyncio.Event()
    async with (
        open_database(database.login_dsn, Role.WORKER) as rows,
        asyncio.TaskGroup() as loops,
    ):
        worker = PortalWorker(bus, rows)
        loops.create_task(bus.consume(SYNC_COMMANDS, worker.take, stop, prefetch=1))
        try:
            yield worker
        finally:
            stop.set()
