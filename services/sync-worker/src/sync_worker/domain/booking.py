"""A row of the mirror, and the part of it that the outside is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from contracts.routing import BookingStatus

from .alternatives import Slot

Kind = Literal["single", "master", "occurrence", "exception"]
Answer = Literal["pending", "confirmed", "tentative", "cancelled"]
Origin = Literal["outlook", "clearooms"]

MOST_SEEN_ETAGS = 8
_MOST_PAST_ETAGS = 4
MOST_FLIPS: Final = 5  # of a booking's time within an hour, because of writes of ours
SHOWS_WITHIN: Final = timedelta(seconds=75)  # reads may lag behind writes: asked after 2, 10, 60 s
SETTLES_WITHIN: Final = timedelta(minutes=2)  # until a room's copy shows what its organiser's does
UNBOUND: Final = "unbound "  # no id of Graph's has a blank


@dataclass(frozen=True, slots=True)
class Row:
    """One booking of a room as the mirror keeps it; times are aware, whole days midnights UTC of their dates.

    `version` 0 was never told to anybody.
    """

    id: UUID
    event_id: str
    kind: Kind
    master_id: str | None
    series_id: UUID | None
    original_start: datetime | None
    etag: str
    seen_etags: tuple[str, ...]
    ical_uid: str | None
    starts: datetime
    ends: datetime
    all_day: bool
    time_zone: str
    subject: str
    organizer_name: str
    organizer_email: str
    answer: Answer
    origin: Origin
    version: int
    published: bool
    removed_at: datetime | None
    changed_at: datetime
    conflicted: bool = False
    when_version: int = 0
    subject_version: int = 0
    organizer_mailbox: str | None = None
    organizer_event_id: str | None = None
    yields_until: datetime | None = None
    withdrawn_at: datetime | None = None
    past_etags: tuple[str, ...] = ()  # states of the event that this row had and has no longer
    written_at: datetime | None = None  # when we last wrote the event it holds
    when_ours: bool = False
    flips: tuple[datetime, ...] = ()
    modified_at: datetime | None = None  # by Graph's clock, where notifications bring events along

    @property
    def occupied(self) -> Slot:
        """When it takes the room: what overlaps, and what is over, is told by this."""
        return Slot.taken(self.starts, self.ends, all_day=self.all_day, zone=self.time_zone)

    @property
    def parked(self) -> bool:
        """Whether it is left alone by our own rules, because somebody undoes what we write."""
        return len(self.flips) >= MOST_FLIPS

    @property
    def status(self) -> BookingStatus:
        """What receivers are told: an overlap hides that the room has answered."""
        if self.conflicted and self.answer in {"confirmed", "tentative"}:
            return "conflicted"
        return self.answer

    def yields(self, now: datetime) -> bool:
        """Whether a foreign event in its slot still wins: Exchange checked nothing when it was booked."""
        return self.yields_until is not None and now < self.yields_until

    def just_withdrawn(self, now: datetime) -> bool:
        """Whether we took it away so lately that a copy which still shows it is an old one."""
        return self.withdrawn_at is not None and now - self.withdrawn_at < SETTLES_WITHIN

    def lags(self, etag: str, now: datetime) -> bool:
        """Whether a read that shows this state is older than what we have.

        Of a booking that has long been told as it is, a state that it had before is its state again: what took its place
        was itself the older one.
        """
        if etag not in self.past_etags:
            return False
        lately = max(self.changed_at, self.written_at or self.changed_at)
        return not self.published or self.version == 0 or now - lately < SHOWS_WITHIN

    def settles_at(self, now: datetime) -> datetime | None:
        """Until when reads may lag behind what we wrote; None where they no longer do."""
        if self.written_at is None or now - self.written_at >= SHOWS_WITHIN:
            return None
        return self.written_at + SHOWS_WITHIN

    def doubtful_until(
        self, after: "Row", now: datetime, hinted: Iterable[str] = ()
    ) -> datetime | None:
        """When to ask whether what took this row's place is the last of it; None where nothing speaks against that.

        What came so soon may be the older one. Where the answer is gone the room gives it anew, within seconds: a
        state that was `hinted` at and that nobody has seen may be newer. That a room answers is no reason for doubt.
        """
        if self.version == 0 or self.answer == "pending" or after.version == self.version:
            return None
        lately = now - self.changed_at < SHOWS_WITHIN
        unseen = [etag for etag in hinted if not self.knows(etag)]
        return now + SHOWS_WITHIN if lately else after.unanswered_until(now, unseen)

    def unanswered_until(self, now: datetime, hinted: Iterable[str]) -> datetime | None:
        """When to ask for the room's answer, of which one of these hints may have told; None where it is there, or none has."""
        told = any(etag != self.etag for etag in hinted)
        return now + SHOWS_WITHIN if told and self.answer == "pending" else None

    @property
    def is_own_series(self) -> bool:
        """Whether it stands for a series that a command of ours made: its id is the series'."""
        return self.kind == "master" and self.origin == "clearooms" and self.series_id == self.id

    @property
    def bound(self) -> bool:
        """Whether the room's own copy of a booking of ours was seen."""
        return not self.event_id.startswith(UNBOUND)

    def told(self) -> tuple[object, ...]:
        """What receivers see: rows that differ here need a new version."""
        return (
            self.status,
            self.starts,
            self.ends,
            self.subject,
            self.organizer_name,
            self.organizer_email,
            self.all_day,
            self.time_zone,
            self.series_id,
            self.original_start,
        )

    def knows(self, etag: str | None) -> bool:
        """Whether this state of the event was read, or asked for, already."""
        return etag is not None and (etag == self.etag or etag in self.seen_etags)


def unbound_id(booking_id: UUID) -> str:
    """Stands for the event id of a booking of ours until the room's copy shows."""
    return f"{UNBOUND}{booking_id}"


def with_past(before: Row | None, etag: str, replaced: str | None = None) -> tuple[str, ...]:
    """The states that a row has left behind once it is in the state of this etag, which took the place of `replaced`."""
    if before is None:
        return ()
    known = before.past_etags
    left = [each for each in (before.etag, replaced) if each and each != etag and each not in known]
    return (*known, *dict.fromkeys(left))[-_MOST_PAST_ETAGS:]


def with_seen(seen: tuple[str, ...], etags: tuple[str, ...]) -> tuple[str, ...]:
    """The etags known after these, the newest kept."""
    added = [etag for etag in dict.fromkeys(etags) if etag not in seen]
    return (*seen, *added)[-MOST_SEEN_ETAGS:] if added else seen


def newest(rows: Iterable[Row]) -> dict[UUID, int]:
    """By booking its version, by series the newest of its occurrences; later rows replace earlier ones."""
    last = {row.id: row for row in rows}
    versions = {row.id: row.version for row in last.values()}
    for row in last.values():
        if row.series_id is not None and row.kind != "master":
            versions[row.series_id] = max(versions.get(row.series_id, 0), row.version)
    return versions
