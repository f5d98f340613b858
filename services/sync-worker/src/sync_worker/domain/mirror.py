"""What a Graph event means for us: kind, identity, times, status, subject (design §5.2)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.identity import (
    booking_id_of_event,
    booking_id_of_occurrence,
    series_id_of_master,
)
from graphclient.models import DateTimeTimeZone, Event

from .alternatives import Slot
from .booking import Answer, Kind
from .zones import iana_name

_KINDS: Final[dict[str, Kind]] = {
    "singleInstance": "single",
    "seriesMaster": "master",
    "occurrence": "occurrence",
    "exception": "exception",
}
_ANSWERS: Final[dict[str, Answer]] = {
    "organizer": "confirmed",
    "accepted": "confirmed",
    "none": "confirmed",
    "tentativelyAccepted": "tentative",
    "notResponded": "pending",
    "declined": "cancelled",
}
_PRIVATE: Final = frozenset({"private", "confidential"})


class Unreadable(Exception):
    """An event that cannot be a booking: no known kind, no times, or an end before its start."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event as we read it just now, in our words."""

    id: UUID
    event_id: str
    kind: Kind
    master_id: str | None
    series_id: UUID | None
    original_start: datetime | None
    etag: str
    ical_uid: str | None
    starts: datetime
    ends: datetime
    all_day: bool
    time_zone: str
    subject: str
    organizer_name: str
    organizer_email: str
    answer: Answer
    modified_at: datetime | None = None

    @property
    def occupied(self) -> Slot:
        """When it takes the room."""
        return Slot.taken(self.starts, self.ends, all_day=self.all_day, zone=self.time_zone)

    def of_series(self, series_id: UUID) -> "Sighting":
        """The same as an occurrence of a series of ours, whose id its command chose."""
        if self.original_start is None:
            return self
        ours = booking_id_of_occurrence(series_id, self.original_start)
        return replace(self, id=ours, series_id=series_id)


def sight(room_id: UUID, event: Event) -> Sighting:
    """Our words for this event of this room; raises Unreadable."""
    kind = _KINDS.get(event.type)
    if kind is None:
        raise Unreadable(f"type {event.type!r}")
    zone = iana_name(event.original_start_time_zone)
    all_day = bool(event.is_all_day)
    starts, ends = _times(event, zone, all_day=all_day)
    name, email = _organizer(event)
    answer = _answer(event)
    original = event.original_start
    if original is None and kind == "occurrence":
        original = starts
    series_id: UUID | None = None
    booking_id = booking_id_of_event(room_id, event.id)
    if kind == "master":
        series_id = series_id_of_master(room_id, event.id)
    elif kind != "single" and event.series_master_id is not None:
        series_id = series_id_of_master(room_id, event.series_master_id)
        if original is not None:
            booking_id = booking_id_of_occurrence(series_id, original)
    return Sighting(
        id=booking_id,
        event_id=event.id,
        kind=kind,
        master_id=event.series_master_id if kind in {"occurrence", "exception"} else None,
        series_id=series_id,
        original_start=original if kind in {"occurrence", "exception"} else None,
        etag=event.etag,
        ical_uid=event.ical_uid,
        starts=starts,
        ends=ends,
        all_day=all_day,
        time_zone=zone,
        subject=_subject(event, answer, name),
        organizer_name=name,
        organizer_email=email,
        answer=answer,
        modified_at=event.modified_at,
    )


def _answer(event: Event) -> Answer:
    if event.is_cancelled or event.show_as == "free":
        return "cancelled"
    # An answer Graph invents later is still an answer: the event does occupy the room.
    return _ANSWERS.get(event.response, "confirmed")


def _subject(event: Event, answer: Answer, organizer: str) -> str:
    if event.sensitivity in _PRIVATE:
        return "Private"
    if answer in {"pending", "cancelled"}:
        # The room rewrites the subject when it answers; until then the true one must not leak (graph-calendar §2.6).
        return organizer
    return (event.subject or "").strip()


def _organizer(event: Event) -> tuple[str, str]:
    if event.organizer is None:
        return "", ""
    address = event.organizer.address or ""
    return event.organizer.name.strip() or address, address


def _times(event: Event, zone: str, *, all_day: bool) -> tuple[datetime, datetime]:
    try:
        starts, ends = _instant(event.start), _instant(event.end)
    except ValueError as error:
        raise Unreadable("start or end") from error
    if all_day:
        starts, ends = _date(starts, zone), _date(ends, zone)
        ends = max(ends, starts + timedelta(days=1))
    if ends < starts:
        raise Unreadable("end before start")
    return starts, ends


def _instant(given: DateTimeTimeZone) -> datetime:
    try:
        return given.instant()
    except ValueError:
        return DateTimeTimeZone(given.date_time, iana_name(given.time_zone)).instant()


def _date(moment: datetime, zone: str) -> datetime:
    """Midnight UTC of the date that is meant: dates stay dates, whatever zone reads them (graph-calendar §2.7)."""
    if moment.timetz().replace(tzinfo=None) == datetime.min.time():
        return moment
    return moment.astimezone(ZoneInfo(zone)).replace(
        hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC
    )
