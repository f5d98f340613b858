"""Both sides at the same meetings: people move them in Outlook while the platform moves them by commands."""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4, uuid5

import aio_pika
from aio_pika.abc import AbstractExchange
from aiormq.exceptions import AMQPError

from contracts.identity import NAMESPACE
from contracts.routing import SYNC_COMMANDS

from .office import Json, Office
from .platform import Ledger

SOURCE: Final = "/platform/crossers"
_CONFIRM_SECONDS: Final = 5.0
_MEETINGS: Final = 6
# They stop before the others: a change that Outlook overtakes before the room has answered waits two minutes for it.
_MOST_EDITS: Final = 40
_OVERTAKEN: Final = {None, "stale"}  # otherwise a change to a free slot is accepted
_OUT_OF_TURN: Final = "superseded"  # the broker was away, and a later command came before this one


@dataclass(slots=True)
class Crossed:
    """One meeting made in Outlook: every time that somebody wanted for it, and the commands sent."""

    room: UUID
    event: str
    outlook: list[datetime] = field(default_factory=list)
    commands: dict[str, datetime] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return f"rooms/{self.room}/bookings/{self.booking}"

    @property
    def booking(self) -> UUID:
        return uuid5(NAMESPACE, f"{self.room}/{self.event}")


class Crossers:
    """One edit every `pause` seconds, by either side, in rooms where nobody else is; no slot is used twice."""

    def __init__(
        self,
        office: Office,
        ledger: Ledger,
        exchange: AbstractExchange,
        pause: float,
        seed: int,
        rooms: Sequence[UUID],
    ) -> None:
        self._office = office
        self._ledger = ledger
        self._exchange = exchange
        self._pause = pause
        self._random = random.Random(seed)  # noqa: S311  # a reproducible day, not a secret
        self._rooms = rooms
        self._slots = dict.fromkeys(rooms, 0)
        self.meetings: list[Crossed] = []
        self.done: Counter[str] = Counter()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, or until they have edited enough."""
        while not stop.is_set() and self.done.total() < _MOST_EDITS:
            await self._one()
            try:
                async with asyncio.timeout(self._pause):
                    await stop.wait()
            except TimeoutError:
                continue

    def unanswered(self) -> set[str]:
        """Commands without a result."""
        sent = {name for meeting in self.meetings for name in meeting.commands}
        return sent - self._ledger.results(SOURCE).keys()

    async def _one(self) -> None:
        if len(self.meetings) < _MEETINGS:
            room = self._rooms[len(self.meetings) % len(self._rooms)]
            start = self._next_slot(room)
            event = await self._office.meet(self._office.rooms[room], start)
            self.meetings.append(Crossed(room, event, [start]))
            self.done["meet"] += 1
            return
        meeting = self._random.choice(self.meetings)
        start = self._next_slot(meeting.room)
        shown = self._ledger.latest().get(meeting.subject)
        if shown is None or self._random.random() < 0.5:  # both sides alike
            mailbox = self._office.rooms[meeting.room]
            meeting.outlook.append(start)
            await self._office.move(mailbox, meeting.event, start)
            self.done["Outlook"] += 1
        else:
            await self._command(meeting, start, int(shown["sequence"]))
            self.done["platform"] += 1

    def _next_slot(self, room: UUID) -> datetime:
        self._slots[room] += 1
        today = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
        return today + timedelta(days=1, minutes=30 * self._slots[room])

    async def _command(self, meeting: Crossed, start: datetime, version: int) -> None:
        name = str(uuid4())
        meeting.commands[name] = start
        event: Json = {
            "specversion": "1.0",
            "id": name,
            "source": SOURCE,
            "type": "com.clearooms.command.change.v1",
            "time": datetime.now(UTC).isoformat(),
            "organisationid": str(self._office.organisation),
            "data": {
                "booking_id": str(meeting.booking),
                "sequence": len(meeting.commands),
                "base_version": version,
                "start": start.isoformat(),
                "end": (start + timedelta(minutes=30)).isoformat(),
            },
        }
        message = aio_pika.Message(
            json.dumps(event).encode(),
            content_type="application/cloudevents+json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        while True:
            try:
                async with asyncio.timeout(_CONFIRM_SECONDS):
                    await self._exchange.publish(message, SYNC_COMMANDS)
            except (AMQPError, OSError, TimeoutError, RuntimeError):
                await asyncio.sleep(0.2)  # the broker's return sets no event here
                continue
            return

    def wrong_results(self) -> list[str]:
        """Commands without one result, or refused though nothing overtook them."""
        found: list[str] = []
        results = self._ledger.results(SOURCE)
        for meeting in self.meetings:
            *_, last = meeting.commands or [""]
            for name in meeting.commands:
                allowed = _OVERTAKEN if name == last else _OVERTAKEN | {_OUT_OF_TURN}
                told = [(each["id"], each["data"]) for each in results.get(name, [])]
                if not told or any(each != told[0] for each in told):
                    found.append(f"{name}: {len(told)} results: {told}")
                elif told[0][1].get("reason") not in allowed:
                    found.append(f"{name}: {told[0][1]['reason']} ({told[0][1]['text']})")
        return found

    async def wrong_times(self) -> list[str]:
        """Meetings at a time that neither Outlook wanted last nor a command that was accepted."""
        found: list[str] = []
        results = self._ledger.results(SOURCE)
        for meeting in self.meetings:
            wanted = {meeting.outlook[-1]} | {
                start
                for name, start in meeting.commands.items()
                if any(each["data"]["outcome"] == "accepted" for each in results.get(name, []))
            }
            rows = await self._office.shown(self._office.rooms[meeting.room])
            starts = [row["start"] for row in rows if row["event_id"] == meeting.event]
            if starts not in [[f"{start:%Y-%m-%dT%H:%M:%SZ}"] for start in wanted]:
                found.append(f"{meeting.subject} is at {starts}, wanted at {sorted(wanted)}")
        return found

    async def edits(self) -> dict[str, int]:
        """By iCalUId of each meeting how many commands were about it."""
        found: dict[str, int] = defaultdict(int)
        for meeting in self.meetings:
            rows = await self._office.shown(self._office.rooms[meeting.room])
            for row in rows:
                if row["event_id"] == meeting.event:
                    found[row["ical_uid"]] += len(meeting.commands)
        return found
