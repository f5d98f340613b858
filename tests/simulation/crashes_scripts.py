"""Short stories of one room and few people, played in a world without chance or faults, whose end is known."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from contracts.commands import Book, Cancel, Change, Command, Person
from contracts.events import Booking

from .agents import GUEST, People
from .ledger import Affair, Edit, Organiser, When
from .switches import Switches
from .view import View
from .world import World

_DAY_AHEAD = timedelta(days=3)
_PATIENCE = 900.0  # virtual seconds until a result must be there, crashes or not

CALM: Final = Switches(
    begins=datetime(2026, 3, 2, 6, tzinfo=UTC),
    zone="Europe/Berlin",
    impatience=0.0,
    whole_days=0.0,
    upheaval=None,
    series=0.0,
    changes_rooms=False,
    orders_too=False,
    rooms=(2,),
    workers=1,
    edits=0,
    minutes=0,
    cloud={"appear_seconds": 1.0, "notify_delay": 0.5, "ical_uid_per_occurrence": False},
    look_seconds=15,
    compare_seconds=60,
    reconcile_minutes=15,
    poll_seconds=60,
    subscriptions=True,
    contention=0.0,
    adversary=False,
    crashes=0,
    freezes=0,
    database_away=0.0,
    message_duplicated=0.0,
    message_held_back=0.0,
    held_seconds=5,
    confirm_lost=0.0,
    broker_blocked=False,
    outage=False,
    hints_lost=False,
    posted_again=0.0,
    subscription_removed=False,
)


@dataclass(slots=True)
class Stage:
    """One world and what its people do, each thing at a moment of the script's choice."""

    world: World
    people: People
    _commands: int = 0
    series: dict[UUID, UUID] = field(default_factory=dict)
    """Series that were booked, and their rooms."""
    notes: list[str] = field(default_factory=list)
    """What the script itself saw and must not be."""
    late: str = ""
    """The command that came too late."""

    def slot(self, hour: int, day: int = 0) -> When:
        """An hour of a coming day."""
        start = self.world.clock().replace(hour=hour, minute=0, second=0, microsecond=0)
        start += _DAY_AHEAD + timedelta(days=day)
        return When(start, start + timedelta(hours=1))

    def room(self, place: int = 0) -> UUID:
        """One of the office's rooms."""
        return list(self.world.offices[0].rooms)[place]

    def affair(self, side: Literal["outlook", "platform"], kind: Organiser, when: When) -> Affair:
        """Somebody wants to meet in the first room."""
        [office], ledger = self.world.offices, self.world.ledger
        tag = f"B{len(ledger.affairs)}"
        # Whoever books in Outlook is somebody else: what the same person books twice is one meeting.
        address, (_, name) = list(office.members.items())[side == "outlook"]
        if kind == "guest":
            address, name = GUEST
        room_id = self.room()
        room = (room_id, office.rooms[room_id])
        edit = Edit(self.world.time(), side, name, when, f"{tag} v0", room=room)
        made = Affair(tag, 0, room_id, office.rooms[room_id], side, kind, address, name, [edit])
        ledger.affairs.append(made)
        return made

    def book(self, kind: Organiser, when: When) -> Affair:
        """Book on the platform."""
        affair = self.affair("platform", kind, when)
        affair.booking_id = UUID(
            int=self.world.random(f"id {affair.tag}").getrandbits(128), version=4
        )
        self._order(
            affair.booked,
            Book(
                booking_id=affair.booking_id,
                room_id=affair.room_id,
                sequence=self._next(affair),
                start=when.start,
                end=when.end,
                subject=affair.booked.subject or "",
                organizer=Person(name=affair.name, email=affair.address),
            ),
        )
        return affair

    async def book_in_outlook(self, kind: Organiser, when: When) -> Affair:
        """Book in Outlook."""
        affair = self.affair("outlook", kind, when)
        await self.people._book_in_outlook(affair, when)  # noqa: SLF001 -- what people do there
        return affair

    def book_series(self, when: When, rule: str) -> UUID:
        """Book a series on the platform; people of the ledger know nothing of it."""
        [office] = self.world.offices
        address, (_, name) = next(iter(office.members.items()))
        series_id = UUID(int=self.world.random("series").getrandbits(128), version=4)
        self.series[series_id] = self.room()
        self.send(
            Book(
                booking_id=series_id,
                room_id=self.room(),
                sequence=1,
                start=when.start,
                end=when.end,
                subject="S",
                organizer=Person(name=name, email=address),
                recurrence=rule,
            )
        )
        return series_id

    def change(self, affair: Affair, when: When, base: int | None = None) -> None:
        """Move it on the platform, as it is known there, or was."""
        known = self.known(affair)
        edit = Edit(self.world.time(), "platform", affair.name, when=when)
        affair.edits.append(edit)
        self._order(
            edit,
            Change(
                booking_id=known.id,
                sequence=self._next(affair),
                base_version=known.version if base is None else base,
                start=when.start,
                end=when.end,
            ),
        )

    def move(self, affair: Affair, room_id: UUID) -> None:
        """Move it to another room on the platform."""
        known = self.known(affair)
        room = (room_id, self.world.offices[0].rooms[room_id])
        edit = Edit(self.world.time(), "platform", affair.name, room=room)
        affair.edits.append(edit)
        self._order(
            edit,
            Change(
                booking_id=known.id,
                sequence=self._next(affair),
                base_version=known.version,
                room_id=room_id,
            ),
        )

    def rename(self, affair: Affair, subject: str) -> None:
        """Call it something else on the platform."""
        known = self.known(affair)
        edit = Edit(self.world.time(), "platform", affair.name, subject=subject)
        affair.edits.append(edit)
        self._order(
            edit,
            Change(
                booking_id=known.id,
                sequence=self._next(affair),
                base_version=known.version,
                subject=subject,
            ),
        )

    def cancel(self, affair: Affair) -> None:
        """Cancel it on the platform."""
        edit = Edit(self.world.time(), "platform", affair.name, cancels=True)
        affair.edits.append(edit)
        known = self.known(affair)
        self._order(
            edit,
            Cancel(booking_id=known.id, sequence=self._next(affair), reason="No longer needed"),
        )

    async def in_outlook(self, affair: Affair, **edit: Any) -> None:
        """Edit it in Outlook."""
        event_id = await self.people.event_of(affair)
        assert event_id is not None, "no event to be edited"
        done = Edit(self.world.time(), "outlook", affair.name, **edit)
        assert await self.people.edit_in_outlook(affair, done, event_id)

    def known(self, affair: Affair) -> Booking:
        """What the platform knows of it."""
        assert affair.booking_id is not None
        return self.world.platform.newest[affair.room_id, affair.booking_id]

    def send(self, command: Command) -> str:
        """Send a command; its id."""
        self._commands += 1
        command_id = f"c{self._commands}"
        platform, broker = self.world.platform, self.world.broker
        platform.send(broker, self.world.offices[0].id, command_id, command)
        return command_id

    def unanswered(self) -> list[str]:
        """The commands that have no result so far."""
        sent = (f"c{number}" for number in range(1, self._commands + 1))
        return [each for each in sent if each not in self.world.platform.results]

    async def answered(self) -> None:
        """Until every command so far has its result; TimeoutError if one never gets it."""
        async with asyncio.timeout(_PATIENCE):
            await until(lambda: not self.unanswered())

    async def calm(self) -> None:
        """Until everything was answered and told, for the time being."""
        await self.answered()
        await asyncio.sleep(20)

    def _order(self, edit: Edit, command: Command) -> None:
        edit.command_id = self.send(command)

    def _next(self, affair: Affair) -> int:
        affair.sequence += 1
        return affair.sequence


async def until(true: Callable[[], bool], *, every: float = 1.0) -> None:
    """Return when this is true, looking every so many virtual seconds."""
    while not true():  # noqa: ASYNC110 -- time costs nothing here, and nobody could set an event
        await asyncio.sleep(every)


Act = Callable[[Stage], Awaitable[None]]
Check = Callable[[Stage, View], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Script:
    """What there was before, what happens while a process may crash, and what beside the oracles is to be true at the end."""

    name: str
    play: Act
    before: Act
    check: Check = lambda *_: ()
    switches: Switches = CALM


async def _started(stage: Stage) -> None:
    """Every process has begun, and nothing else."""
    unborn = [each.fuse for each in stage.world.processes]
    await until(lambda: all(each.fuse not in unborn for each in stage.world.processes), every=0)


async def founded(stage: Stage) -> None:
    """The office's rooms are loaded, and Graph tells of them."""
    async with asyncio.timeout(_PATIENCE):
        await until(lambda: len(stage.world.platform.synced) >= sum(stage.world.switches.rooms))


async def booked(stage: Stage) -> None:
    await founded(stage)
    stage.book("member", stage.slot(9))
    await stage.calm()


async def _by_member(stage: Stage) -> None:
    stage.book("member", stage.slot(9))


async def _by_guest(stage: Stage) -> None:
    stage.book("guest", stage.slot(9))


async def _changed(stage: Stage) -> None:
    stage.change(stage.world.ledger.affairs[0], stage.slot(14))


async def _cancelled(stage: Stage) -> None:
    stage.cancel(stage.world.ledger.affairs[0])


async def _edited_between(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    stage.change(affair, stage.slot(14))
    await stage.in_outlook(affair, subject="B0 v1")
    await asyncio.sleep(2)
    await stage.in_outlook(affair, when=stage.slot(16))


async def _declined(stage: Stage) -> None:
    await stage.book_in_outlook("member", stage.slot(9))
    stage.book("member", stage.slot(9))


async def _series(stage: Stage) -> None:
    series_id = stage.book_series(stage.slot(9), "FREQ=WEEKLY;COUNT=3")
    await stage.calm()
    stage.send(Cancel(booking_id=series_id, sequence=2, reason="No longer needed", scope="series"))


async def _moved_room(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    stage.move(affair, stage.room(1))


SCRIPTS: Final = (
    Script("founded", founded, _started),
    Script("booked by a member", _by_member, founded),
    Script("booked by a guest", _by_guest, founded),
    Script("changed", _changed, booked),
    Script("cancelled", _cancelled, booked),
    Script("edited in Outlook meanwhile", _edited_between, booked),
    Script("declined", _declined, founded),
    Script("a series, cancelled", _series, founded),
    Script("moved to another room", _moved_room, booked),
)
