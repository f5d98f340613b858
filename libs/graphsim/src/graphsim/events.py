"""What a mailbox stores of one calendar item, and how it appears on a calendar."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal

from .ids import Ref
from .recurrence import Recurrence
from .zones import CUSTOM_ZONE, to_utc

Response = Literal[
    "none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"
]
Kind = Literal["singleInstance", "occurrence", "exception", "seriesMaster"]


@dataclass(frozen=True, slots=True)
class Person:
    """A name and an SMTP address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """One invited person or room, with the answer the organiser knows of."""

    person: Person
    kind: str = "required"
    response: Response = "none"
    responded: datetime | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """What one occurrence shows instead of its series; None follows the series."""

    subject: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    show_as: str | None = None
    response: Response | None = None


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
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone_shown(self) -> str:
        """The zone's name as Graph shows it (graph-calendar §2.1)."""
        return CUSTOM_ZONE if self.custom_zone else self.zone

    @property
    def length(self) -> timedelta:
        """How long it takes on the wall clock."""
        return self.end - self.start


@dataclass(frozen=True)
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

    @property
    def ref(self) -> Ref:
        """What its id stands for."""
        return Ref(self.event.key, self.day, self.event.generation)

    @cached_property
    def starts_at(self) -> datetime:
        """The start as an instant."""
        return to_utc(self.start, self.event.zone)

    @cached_property
    def ends_at(self) -> datetime:
        """The end as an instant."""
        return to_utc(self.end, self.event.zone)

    @property
    def original_start(self) -> datetime | None:
        """The instant at which the series' pattern puts it; None outside a series."""
        if self.day is None:
            return None
        return to_utc(datetime.combine(self.day, self.event.start.time()), self.event.zone)


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
        "exception",
        override.subject or event.subject,
        start,
        override.end or start + event.length,
        override.show_as or event.show_as,
        override.response or event.response,
        day,
    )
