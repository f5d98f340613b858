"""Booking, changing, cancelling, reading again: the portal asks, the worker does it and answers over the bus."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from contracts.cloudevents import CONTENT_TYPE
from contracts.commands import Book, Cancel, Change, Command, Resync, encode_command
from contracts.events import Booking, CommandResult
from contracts.routing import COMMANDS, SYNC_COMMANDS
from eventbus import NotConfirmed
from pgstore import DatabaseUnavailable

from ..domain.bookings import (
    BookingAsked,
    BookingCancellation,
    BookingChange,
    NewBooking,
    check_change,
    check_new,
)
from ..domain.caller import Acting
from ..domain.commands import (
    LASTS,
    SOURCE,
    book,
    book_command_id,
    cancel,
    change,
    refused,
    sequence_at,
    unconfirmed,
)
from ..domain.refusal import conflict
from ..domain.rooms import ResyncAsked
from .results import Results

log = structlog.get_logger()


class BookingsSeen(Protocol):
    """Bookings as the worker's mirror holds them."""

    async def find(self, organisation_id: UUID, booking_id: UUID) -> Booking | None:
        """Look one up."""

    async def last_result(
        self, organisation_id: UUID, booking_id: UUID, source: str, *, sequence: int
    ) -> CommandResult | None:
        """Look up what became of the latest command that has at least this sequence."""


class RoomsAsked(Protocol):
    """Rooms in use."""

    async def time_zone(self, organisation_id: UUID, room_id: UUID) -> str:
        """Find the zone of its office; refuses a room that is not there."""

    async def note_resync(
        self, organisation_id: UUID, room_id: UUID, *, now: datetime, actor: str
    ) -> None:
        """Record a resync; refuses a room that is not there."""


class Messages(Protocol):
    """The broker, publishing with confirm."""

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, *, content_type: str
    ) -> None:
        """Return once confirmed; raises NotConfirmed."""


class Commands:
    """Sends commands, and waits up to `seconds` for what became of each."""

    def __init__(
        self,
        bookings: BookingsSeen,
        rooms: RoomsAsked,
        messages: Messages,
        results: Results,
        clock: Callable[[], datetime],
        *,
        seconds: float,
    ) -> None:
        self._bookings = bookings
        self._rooms = rooms
        self._messages = messages
        self._results = results
        self._clock = clock
        self._seconds = seconds

    async def book(self, by: Acting, room_id: UUID, new: NewBooking) -> Booking | BookingAsked:
        """Book a room."""
        time_zone = await self._rooms.time_zone(by.organisation_id, room_id)
        now = self._clock()
        check_new(new, now)
        command = book(by, room_id, new, time_zone, now)
        return await self._ask(by, command, book_command_id(by.organisation_id, new.booking_id))

    async def change(
        self, by: Acting, booking_id: UUID, asked: BookingChange
    ) -> Booking | BookingAsked:
        """Change a booking or move it; one that is not there may still be on its way, so the worker decides."""
        now = self._clock()
        check_change(asked, now)
        if asked.room_id is not None:
            await self._rooms.time_zone(by.organisation_id, asked.room_id)
        await self._check_living(by, booking_id, asked.scope == "series")
        return await self._ask(by, change(booking_id, asked, now), uuid4())

    async def cancel(
        self, by: Acting, booking_id: UUID, asked: BookingCancellation
    ) -> Booking | BookingAsked:
        """Cancel a booking; one that is not there may still be on its way, so the worker decides."""
        await self._check_living(by, booking_id, asked.scope == "series")
        return await self._ask(by, cancel(booking_id, asked, self._clock()), uuid4())

    async def outcome(
        self, by: Acting, booking_id: UUID, since: datetime
    ) -> Booking | BookingAsked:
        """Return what became of what was asked of a booking since then, as that call would have; asks nothing itself."""
        result = await self._bookings.last_result(
            by.organisation_id, booking_id, SOURCE, sequence=sequence_at(since)
        )
        return await self._answer(by, booking_id, result)

    async def resync(self, by: Acting, room_id: UUID) -> ResyncAsked:
        """Have the whole window of a room read again."""
        now = self._clock()
        # First, so that nothing arrives that is not on record.
        await self._rooms.note_resync(by.organisation_id, room_id, now=now, actor=by.actor)
        await self._send(by, Resync(room_id=room_id, not_after=now + LASTS), uuid4())
        return ResyncAsked()

    async def _check_living(self, by: Acting, booking_id: UUID, as_series: bool) -> None:
        found = await self._bookings.find(by.organisation_id, booking_id)
        # Of a series others live on when one occurrence is cancelled.
        if found is not None and found.status == "cancelled" and not as_series:
            raise conflict("The booking is cancelled already.")

    async def _ask(
        self, by: Acting, command: Book | Change | Cancel, command_id: UUID
    ) -> Booking | BookingAsked:
        booking_id = command.booking_id
        # Expected before it is sent: the result may be faster than the confirm.
        with self._results.expected(by.organisation_id, command_id) as answer:
            await self._send(by, command, command_id)
            try:
                async with asyncio.timeout(self._seconds):
                    result = await answer
            except TimeoutError:
                result = None
        return await self._answer(by, booking_id, result)

    async def _answer(
        self, by: Acting, booking_id: UUID, result: CommandResult | None
    ) -> Booking | BookingAsked:
        if result is None:
            return BookingAsked(booking_id=booking_id, status="pending")
        if result.outcome == "rejected":
            raise refused(result)
        try:
            found = await self._bookings.find(by.organisation_id, booking_id)
        except DatabaseUnavailable:
            # A 503 would invite a repeat, and a repeat without an id of the client's own would book twice.
            found = None
        return found or BookingAsked(booking_id=booking_id, status="accepted")

    async def _send(self, by: Acting, command: Command, command_id: UUID) -> None:
        body = encode_command(
            command,
            organisation_id=by.organisation_id,
            source=SOURCE,
            time=self._clock(),
            message_id=str(command_id),
        )
        try:
            await self._messages.publish(COMMANDS, SYNC_COMMANDS, body, content_type=CONTENT_TYPE)
        except NotConfirmed as error:
            log.warning("command_not_confirmed", command=str(command_id), cause=error.cause)
            raise unconfirmed(command) from error
