"""One mailbox and its calendar: what is stored, what a window shows, what an id finds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Self
from uuid import UUID

from .contents import Contents, Source
from .events import Appearance, Event, on_day, whole
from .ids import IdMint, Ref
from .processing import Processing
from .recurrence import days_between
from .zones import to_wall

Kind = Literal["room", "user"]
Hosting = Literal["cloud", "on_premises", "unlicensed", "inactive", "none"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Place:
    """What the tenant's Places know of a room (graph-calendar §3)."""

    capacity: int | None = None
    building: str | None = None
    floor: str | None = None
    floor_number: int | None = None
    booking_type: Literal["unknown", "standard", "reserved"] = "standard"
    hidden: bool = False
    listed_from: datetime | None = None
    """A new room is missing from the list until then (§3 Freshness)."""


@dataclass(slots=True)
class Mailbox:
    """A room's or a person's mailbox with its one calendar. Not thread-safe."""

    tenant_id: UUID
    id: UUID
    address: str
    name: str
    kind: Kind
    mint: IdMint
    hosting: Hosting = "cloud"
    processing: Processing = field(default_factory=Processing)
    place: Place = Place()
    source: Source | None = None
    """Where the calendar comes from that nobody has written to; None is an empty one."""
    _own: Contents | None = field(default=None, init=False, repr=False)
    _former: list[IdMint] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def opened(
        cls, seed: int, tenant_id: UUID, mailbox_id: UUID, address: str, name: str, kind: Kind
    ) -> Self:
        """An empty mailbox."""
        return cls(tenant_id, mailbox_id, address, name, kind, IdMint(seed, mailbox_id))

    @property
    def takes_requests(self) -> bool:
        """Whether what organisers send reaches the calendar (§2.6 AutomateProcessing, §9)."""
        processed = self.kind != "room" or self.processing.automate != "None"
        return processed and self.hosting == "cloud"

    @property
    def keeps_cancelled(self) -> bool:
        """Whether what an organiser cancels stays here as cancelled (§2.6)."""
        return not self.processing.remove_canceled_meetings

    @property
    def events(self) -> Mapping[int, Event]:
        """The stored single events and masters by key."""
        return self._seen.events

    @property
    def _seen(self) -> Contents:
        if self._own is None and self.source is not None:
            return self.source(self.id)
        return self._kept

    @property
    def _kept(self) -> Contents:
        """What this mailbox holds, from now on for good: it is about to be written to."""
        if self._own is None:
            self._own = self.source(self.id) if self.source else Contents()
        return self._own

    def new_key(self) -> int:
        """A key no item of this mailbox has had."""
        self._kept.last_key += 1
        return self._kept.last_key

    def new_change(self) -> int:
        """The number behind the next etag."""
        self._kept.last_change += 1
        return self._kept.last_change

    def put(self, event: Event) -> Event:
        """Stores the item, replacing the one of its key."""
        return self._kept.put(event)

    def touch(self, event: Event, now: datetime, **changed: Any) -> Event:
        """Stores the item changed, under its next etag."""
        return self.put(replace(event, **changed, change=self.new_change(), modified=now))

    def drop(self, key: int) -> Event:
        """Removes an item; raises KeyError."""
        return self._kept.drop(key)

    def showing(self, events: Mapping[int, Event]) -> Self:
        """The same mailbox with other contents, for whoever reads; never to be written to."""
        other = Contents(dict(events), {one.ical_uid: key for key, one in events.items()})
        return replace(self, source=lambda _: other)

    def move(self) -> None:
        """Moves the mailbox elsewhere: every id of its items is another one from now on, immutable or not."""
        self._former.append(self.mint)
        self.mint = IdMint(-len(self._former), self.id)

    def knew(self, text: str) -> bool:
        """Whether this was an id of an item before a move."""
        return any(mint.read(text) is not None for mint in self._former)

    def copy_of(self, ical_uid: str) -> Event | None:
        """This mailbox's copy of a meeting."""
        seen = self._seen
        key = seen.by_uid.get(ical_uid)
        return None if key is None else seen.events[key]

    def at(self, ref: Ref) -> Appearance | None:
        """What a reference shows now; None when gone, cancelled, or known by a newer regular id."""
        event = self.events.get(ref.key)
        if event is None or event.generation != ref.generation:
            return None
        if ref.day is None:
            return whole(event)
        if event.recurrence is None or ref.day in event.cancelled_days:
            return None
        if not days_between(event.recurrence, ref.day, ref.day):
            return None
        return on_day(event, ref.day)

    def at_key(self, key: int) -> Appearance:
        """A stored single event or master; raises KeyError."""
        return whole(self.events[key])

    def resolve(self, ref: Ref, *, immutable: bool) -> Ref:
        """The reference an id means: immutable ids name the newest generation."""
        event = self.events.get(ref.key) if immutable else None
        if event is None or event.generation == ref.generation:
            return ref
        return replace(ref, generation=event.generation)

    def window(
        self, start: datetime, end: datetime, *, border_touches: bool = False
    ) -> list[Appearance]:
        """What calendarView shows of [start, end), ordered by start: never a master."""
        shown = [
            one
            for event in self.events.values()
            for one in self.days_of(event, start, end)
            if _overlaps(one, start, end, border_touches=border_touches)
        ]
        shown.sort(key=lambda one: (one.starts_at, one.event.key))
        return shown

    def days_of(self, event: Event, start: datetime, end: datetime) -> Iterator[Appearance]:
        """The rows of one item that may lie in a window: a single itself, a series' days."""
        if event.recurrence is None:
            yield whole(event)
            return
        yield from (on_day(event, day) for day in event.overrides)
        for day in _days_near(event, start, end):
            if day not in event.overrides and day not in event.cancelled_days:
                yield on_day(event, day)

    def instances(self, event: Event, start: datetime, end: datetime) -> list[Appearance]:
        """A series' occurrences and exceptions in a window, not the cancelled ones (§2.7)."""
        if event.recurrence is None:
            return []
        shown = [
            one
            for one in self.days_of(event, start, end)
            if _overlaps(one, start, end, border_touches=False)
        ]
        shown.sort(key=lambda one: one.starts_at)
        return shown


def _days_near(event: Event, start: datetime, end: datetime) -> tuple[date, ...]:
    if event.recurrence is None:
        return ()
    first = to_wall(start.astimezone(UTC), event.zone) - event.length - _DAY
    return days_between(
        event.recurrence, first.date(), to_wall(end.astimezone(UTC), event.zone).date()
    )


def _overlaps(one: Appearance, start: datetime, end: datetime, *, border_touches: bool) -> bool:
    if border_touches:
        return one.starts_at <= end and one.ends_at >= start
    return one.starts_at < end and (one.ends_at > start or (one.starts_at == one.ends_at >= start))
