"""What people did, on which side and when: what the oracles measure everything else by."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Literal
from uuid import UUID

from contracts.identity import booking_id_of_occurrence

Side = Literal["outlook", "platform"]
Organiser = Literal["member", "guest", "room"]


@dataclass(frozen=True, slots=True)
class When:
    """A time span."""

    start: datetime
    end: datetime

    def moved(self, by: timedelta) -> "When":
        """As long, at another time."""
        return When(self.start + by, self.end + by)


@dataclass(slots=True)
class Edit:
    """One intention; on the platform it may take effect until its command's result is there."""

    at: float
    side: Side
    who: str
    when: When | None = None
    subject: str | None = None
    cancels: bool = False
    meeting: int | None = None
    """Of a series: which one it is about, None for all."""
    command_id: str | None = None
    room: tuple[UUID, UUID] | None = None
    """Where it is to take place from now on: the room and its mailbox."""
    expires_at: float | None = None
    """When its command must no longer be begun."""


@dataclass(slots=True)
class Affair:
    """One booking as people see it, on both sides."""

    tag: str
    """The first word of its subject, its own."""
    organisation: int
    room_id: UUID
    mailbox: UUID
    side: Side
    organiser: Organiser
    address: str
    name: str
    edits: list[Edit]
    """The first says where it was booked."""
    booking_id: UUID | None = None
    event_id: str | None = None
    """Of the room's copy, where Outlook made it."""
    uid: str | None = None
    """Its iCalUId, where Outlook made it."""
    all_day: bool = False
    zone: str = "UTC"
    """Whole days begin at its midnights, though people name them by their dates, as midnights UTC."""
    sequence: int = 0
    meetings: tuple[When, ...] = ()
    """Of a series: when its meetings are by its rule; its `booking_id` is that of the series."""
    originals: tuple[datetime, ...] = ()
    """When each of these begins for Graph: whole days begin at the midnights of a zone."""
    ordered: UUID | None = None
    """The id under which the platform asked for what Outlook already had: the same affair, if accepted."""

    @property
    def ours(self) -> bool:
        """Whether it is a booking of the platform's."""
        return self.side == "platform" or self.booking_id == self.ordered

    @property
    def booked(self) -> Edit:
        """What made it."""
        return self.edits[0]

    @property
    def commanded(self) -> bool:
        """Whether anybody asked us to touch it."""
        return any(each.side == "platform" for each in self.edits)

    @property
    def rooms(self) -> set[UUID]:
        """Where anybody ever wanted it."""
        return {each.room[0] for each in self.edits if each.room}

    @property
    def asking(self) -> Edit | None:
        """The command that asked for what Outlook already had."""
        asks = (each for each in self.edits if each.side == "platform" and each.when is not None)
        return next(asks, None) if self.ordered is not None else None

    @property
    def spans(self) -> list[When]:
        """All times at which anybody ever wanted it."""
        return [*self.meetings, *(each.when for each in self.edits if each.when is not None)]

    def meeting_id(self, number: int) -> UUID:
        """The booking id of a meeting of a series."""
        if self.booking_id is None:
            raise ValueError("not a series")
        return booking_id_of_occurrence(self.booking_id, self.originals[number])

    def last_wanted(self) -> When:
        """The time that somebody wanted last."""
        return next(each.when for each in reversed(self.edits) if each.when is not None)

    def wanted(self, when: When) -> bool:
        """Whether anybody ever wanted it at exactly this time."""
        return when in self.spans


@dataclass(slots=True)
class Absence:
    """While an organisation, or a room of it, was not ours to sync."""

    organisation: int
    room_id: UUID | None
    """None where all its rooms were."""
    begun: float
    final: bool = False
    ended: float = inf

    def covers(self, affair: Affair) -> bool:
        """Whether it is about this affair."""
        return affair.organisation == self.organisation and (
            self.room_id is None or self.room_id in affair.rooms
        )


@dataclass(slots=True)
class Ledger:
    """All affairs of one history, in the order they began."""

    affairs: list[Affair] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)

    @property
    def edits(self) -> int:
        """How many intentions there were."""
        return sum(len(each.edits) for each in self.affairs)

    def gone(self, organisation: int) -> bool:
        """Whether it has left for good."""
        return any(each.organisation == organisation and each.final for each in self.absences)

    def of(self, tag: str) -> Affair | None:
        """The affair of a tag."""
        return next((each for each in self.affairs if each.tag == tag), None)


def tag_of(subject: str) -> str:
    """The first word of a subject."""
    return subject.split(" ", maxsplit=1)[0]
