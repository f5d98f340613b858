"""What a mailbox stores of one calendar item, and how it appears on a calendar."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self

from .ids import Ref
from .recurrence import Recurrence
from .zones import CUSTOM_ZONE, to_utc

Response = Literal[
    "none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"
]
Value = str | tuple[str, ...]
"""What an extended property holds, one value or several."""
Kind = Literal["singleInstance", "occurrence", "exception", "seriesMaster"]


@dataclass(frozen=True, slots=True)
class Person:
    """A name and an SMTP address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another time that an attendee would rather have, as instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Attendee:
    """One invited person or room, with the answer the organiser knows of."""

    person: Person
    kind: str = "required"
    response: Response = "none"
    responded: datetime | None = None
    proposed: Proposal | None = None

    @property
    def key(self) -> str:
        """What tells one attendee from another."""
        return self.person.address.lower()


@dataclass(frozen=True, slots=True)
class Override:
    """What one occurrence shows instead of its series; None follows the series."""

    subject: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    show_as: str | None = None
    response: Response | None = None
    responded: datetime | None = None
    asked_show_as: str | None = None
    """What the organiser wants it to show as once it is accepted."""
    attendees: tuple[Attendee, ...] | None = None
    body: str | None = None
    location: str | None = None
    cancelled: bool | None = None
    kind: Literal["occurrence", "exception"] = "exception"

    def under(self, later: Self) -> Self:
        """This one changed by what a later one says."""
        said = {one.name: getattr(later, one.name) for one in fields(later)}
        return replace(self, **{name: what for name, what in said.items() if what is not None})


@dataclass(frozen=True, slots=True)
class Event:
    """One mailbox's copy of a single event or of a whole series. Wall times are of `zone`."""

    key: int
    change: int
    ical_uid: str
    subject: str
    start: datetime
    end: datetime
    zone: str
    organizer: Person
    created: datetime
    modified: datetime
    response: Response = "none"
    responded: datetime | None = None
    is_organizer: bool = False
    body: str = ""
    location: str = ""
    attendees: tuple[Attendee, ...] = ()
    all_day: bool = False
    cancelled: bool = False
    show_as: str = "busy"
    asked_show_as: str = "busy"
    sensitivity: str = "normal"
    recurrence: Recurrence | None = None
    overrides: Mapping[date, Override] = field(default_factory=dict)
    cancelled_days: frozenset[date] = frozenset()
    has_attachments: bool = False
    custom_zone: bool = False
    """Made in a zone of Outlook's own, shown as `tzone://Microsoft/Custom`; `zone` has its rules."""
    generation: int = 0
    transaction_id: str | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    allows_proposals: bool = True
    lone_start: datetime | None = None
    """Where the series' pattern puts the day that this copy is of alone, for who is invited to no other."""
    checked_in: frozenset[date | None] = frozenset()
    """Days of a series, or None for a single event, on which somebody came to the room."""

    @property
    def lone_day(self) -> date | None:
        """The day of a series that this copy is of alone."""
        return self.lone_start.date() if self.lone_start else None

    @property
    def zone_shown(self) -> str:
        """The zone's name as Graph shows it (graph-calendar §2.1)."""
        return CUSTOM_ZONE if self.custom_zone else self.zone

    @property
    def length(self) -> timedelta:
        """How long it takes on the wall clock."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Appearance:
    """One row of a calendar: a single event, a series' master, or one day of a series."""

    event: Event
    kind: Kind
    subject: str
    start: datetime
    end: datetime
    show_as: str
    response: Response
    day: date | None = None
    override: Override = Override()

    @property
    def attendees(self) -> tuple[Attendee, ...]:
        """Who is invited, to this day where it differs from its series."""
        own = self.override.attendees
        return self.event.attendees if own is None else own

    @property
    def body(self) -> str:
        """The text, of this day where it differs."""
        own = self.override.body
        return self.event.body if own is None else own

    @property
    def location(self) -> str:
        """The place's name, of this day where it differs."""
        own = self.override.location
        return self.event.location if own is None else own

    @property
    def cancelled(self) -> bool:
        """Whether it is kept as a cancelled meeting, or as a cancelled day of one."""
        return self.event.cancelled or bool(self.override.cancelled)

    @property
    def responded(self) -> datetime | None:
        """When the mailbox answered, for this day where it answered that alone."""
        own = self.override.responded
        return self.event.responded if own is None else own

    @property
    def ref(self) -> Ref:
        """What its id stands for."""
        return Ref(self.event.key, self.day, self.event.generation)

    @property
    def starts_at(self) -> datetime:
        """The start as an instant."""
        return to_utc(self.start, self.event.zone)

    @property
    def ends_at(self) -> datetime:
        """The end as an instant."""
        return to_utc(self.end, self.event.zone)

    @property
    def original_start(self) -> datetime | None:
        """The instant at which the series' pattern puts it; None outside a series."""
        start = self.event.lone_start
        if self.day is not None:
            start = datetime.combine(self.day, self.event.start.time())
        return start and to_utc(start, self.event.zone)


def whole(event: Event) -> Appearance:
    """A single event or a series' master as one row."""
    kind: Kind = "seriesMaster" if event.recurrence else "singleInstance"
    return Appearance(
        event, kind, event.subject, event.start, event.end, event.show_as, event.response
    )


def on_day(event: Event, day: date) -> Appearance:
    """One occurrence or exception of a series, whether or not it was cancelled."""
    start = datetime.combine(day, event.start.time())
    override = event.overrides.get(day)
    if override is None:
        return Appearance(
            event,
            "occurrence",
            event.subject,
            start,
            start + event.length,
            event.show_as,
            event.response,
            day,
        )
    start = override.start or start
    return Appearance(
        event,
        override.kind,
        event.subject if override.subject is None else override.subject,
        start,
        override.end or start + event.length,
        override.show_as or event.show_as,
        override.response or event.response,
        day,
        override,
    )


def without_day(event: Event, day: date) -> dict[str, Any]:
    """What changes in a series that loses one day."""
    overrides = {one: kept for one, kept in event.overrides.items() if one != day}
    return {"overrides": overrides, "cancelled_days": event.cancelled_days | {day}}


def alone(event: Event, day: date) -> Event:
    """One day of a series as a single event of its own."""
    one = on_day(event, day)
    return replace(
        event,
        ical_uid=occurrence_uid(event.ical_uid, day),
        subject=one.subject,
        start=one.start,
        end=one.end,
        show_as=one.show_as,
        asked_show_as=one.show_as,
        body=one.body,
        location=one.location,
        attendees=one.attendees,
        recurrence=None,
        overrides={},
        cancelled_days=frozenset(),
        lone_start=datetime.combine(day, event.start.time()),
    )


def without(attendees: Iterable[Attendee], others: Iterable[Attendee]) -> tuple[Attendee, ...]:
    """Those attendees that are not among others."""
    known = {one.key for one in others}
    return tuple(one for one in attendees if one.key not in known)


def occurrence_uid(ical_uid: str, day: date) -> str:
    """The meeting id of one occurrence: its series' with the day in it (graph-calendar §2.1)."""
    return f"{ical_uid[:32]}{day.year:04X}{day.month:02X}{day.day:02X}{ical_uid[40:]}"


def series_uid(ical_uid: str) -> str:
    """The meeting id of the series that an occurrence's id belongs to."""
    return f"{ical_uid[:32]}{0:08X}{ical_uid[40:]}"
