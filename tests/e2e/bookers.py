"""The platform's side at work: rooms are booked, moved and cancelled by commands on the queue while something breaks."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aio_pika
from aio_pika.abc import AbstractExchange
from aiormq.exceptions import AMQPError

from contracts.routing import COMMANDS, SYNC_COMMANDS

from .office import Json, Office
from .platform import Ledger

GUEST = "guest@elsewhere.example"
SOURCE = "/platform"
_CONFIRM_SECONDS = 5.0


@dataclass(slots=True)
class Wanted:
    """A booking as its maker last wanted it: what both sides must show in the end."""

    id: UUID
    room: UUID
    organizer: str
    start: datetime
    cancelled: bool = False
    commands: list[str] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return f"rooms/{self.room}/bookings/{self.id}"


class Bookers:
    """Commands at `rate` a second over some of an office's rooms, every slot used once, so that none may be refused."""

    def __init__(
        self,
        office: Office,
        ledger: Ledger,
        exchange: AbstractExchange,
        rate: float,
        seed: int,
        rooms: Sequence[UUID],
    ) -> None:
        self._office = office
        self._ledger = ledger
        self._exchange = exchange
        self._pause = 1 / rate
        self._random = random.Random(seed)  # noqa: S311  # a reproducible day, not a secret
        self._slots = dict.fromkeys(rooms, 0)
        self.bookings: list[Wanted] = []
        self.sent: dict[str, bytes] = {}
        self.done: Counter[str] = Counter()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            await self._one()
            try:
                async with asyncio.timeout(self._pause):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _one(self) -> None:
        what = self._random.choices(("book", "move", "cancel", "repeat"), (5, 3, 1, 1))[0]
        booking = self._random.choice(self.bookings) if self.bookings else None
        if what == "repeat" and self.sent:
            await self._publish(self._random.choice(list(self.sent)))
        elif what == "cancel" and booking is not None and not booking.cancelled:
            booking.cancelled = (
                True  # its making may still be under way: the order of commands counts
            )
            await self._command("cancel", booking, reason="Not needed")
        elif what == "move" and booking is not None and (version := self._seen(booking)):
            booking.start = self._next_slot(booking.room)
            await self._command("change", booking, base_version=version, **_span(booking.start))
        else:
            what, booking = "book", self._wish()
            self.bookings.append(booking)
            person = {"name": "Somebody", "email": booking.organizer}
            body = {"room_id": str(booking.room), "subject": "Ours", "organizer": person}
            await self._command("book", booking, **body, **_span(booking.start))
        self.done[what] += 1

    def _wish(self) -> Wanted:
        room = self._random.choice(list(self._slots))
        organizer = self._random.choice((*self._office.people, GUEST))
        return Wanted(uuid4(), room, organizer, self._next_slot(room))

    def _next_slot(self, room: UUID) -> datetime:
        self._slots[room] += 1
        today = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
        return today + timedelta(days=1, minutes=30 * self._slots[room])

    def _seen(self, booking: Wanted) -> int | None:
        """The version somebody who looks at it now decides on; None while its last command is not answered."""
        if booking.cancelled or not self._ledger.results(SOURCE).get(booking.commands[-1]):
            return None
        shown = self._ledger.latest().get(booking.subject)
        return int(shown["sequence"]) if shown is not None else None

    async def _command(self, kind: str, booking: Wanted, **data: Any) -> None:
        name = str(uuid4())
        booking.commands.append(name)
        about = {"booking_id": str(booking.id), "sequence": len(booking.commands)}
        event: Json = {
            "specversion": "1.0",
            "id": name,
            "source": SOURCE,
            "type": f"com.clearooms.command.{kind}.v1",
            "time": datetime.now(UTC).isoformat(),
            "organisationid": str(self._office.organisation),
            "data": about | data,
        }
        self.sent[name] = json.dumps(event).encode()
        await self._publish(name)

    async def _publish(self, name: str) -> None:
        """Send a command until the broker has it, as docs/messages asks of a sender."""
        message = aio_pika.Message(
            self.sent[name],
            content_type="application/cloudevents+json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        while True:
            try:
                async with asyncio.timeout(_CONFIRM_SECONDS):
                    await self._exchange.publish(message, SYNC_COMMANDS)
            except (AMQPError, OSError, TimeoutError, RuntimeError):
                self.done["unconfirmed"] += 1
                await asyncio.sleep(0.2)  # the broker's return sets no event here
                continue
            return


def _span(start: datetime) -> Json:
    return {"start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()}


@asynccontextmanager
async def platform_exchange(amqp_url: str) -> AsyncIterator[AbstractExchange]:
    """Where the platform publishes, with confirms; survives the broker's restart."""
    connection = await aio_pika.connect_robust(amqp_url, reconnect_interval=0.2)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        yield await channel.get_exchange(COMMANDS)
