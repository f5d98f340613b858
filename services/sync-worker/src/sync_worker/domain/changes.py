"""From what was read to what is written: new rows, removals, and versions where receivers must know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.routing import BookingStatus

from .booking import Row, with_seen
from .mirror import Sighting


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows to write: `quiet` ones nobody is told of, `told` ones in the order of their new versions."""

    quiet: tuple[Row, ...]
    told: tuple[Row, ...]
    version: int  # the room's counter afterwards

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them."""
        return (*self.quiet, *self.told)


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting, and the etags of the hints that asked for it."""

    sighting: Sighting
    etags: tuple[str, ...] = ()


def apply(
    stored: Iterable[Row],
    seen: Sequence[Seen],
    gone: Sequence[UUID],
    version: int,
    now: datetime,
) -> Changes:
    """What changes when these events were seen and these rows proved gone; of several sightings the last holds."""
    by_id = {row.id: row for row in stored}
    by_event = {row.event_id: row for row in by_id.values()}
    written: dict[UUID, Row] = {}
    for each in seen:
        holder = by_event.get(each.sighting.event_id)
        # A booking of ours keeps its own id, whatever Outlook's would be.
        own = holder if holder is not None and holder.origin == "clearooms" else None
        key = own.id if own is not None else each.sighting.id
        written[key] = _seen(written.get(key) or by_id.get(key), each, key, now)
    for each in seen:
        holder = by_event.get(each.sighting.event_id)
        if holder is not None and holder.id not in written:
            # Graph gave this event id to another occurrence: the row that had it is no longer anywhere.
            lost = replace(holder, event_id=f"{holder.event_id} displaced {holder.id}")
            written[holder.id] = removed(lost, now)
    for row_id in gone:
        row = written.get(row_id) or by_id.get(row_id)
        if row is not None:
            written[row_id] = removed(row, now)
    return _numbered(by_id, written.values(), version, now)


def removed(row: Row, now: datetime) -> Row:
    """The row of an event that is gone; it goes on counting versions."""
    if row.removed_at is not None and row.status == "cancelled":
        return row
    return replace(row, status="cancelled", removed_at=row.removed_at or now)


def _seen(old: Row | None, each: Seen, key: UUID, now: datetime) -> Row:
    sighting = each.sighting
    subject, status = sighting.subject, sighting.status
    if old is not None and (old.origin == "clearooms" or status == "cancelled"):
        subject = (
            old.subject
        )  # ours is what we wrote; Exchange prefixes the subject of a cancelled meeting
    was_told = old is not None and old.published and old.version > 0
    if sighting.kind == "master" and was_told:
        status = (
            "cancelled"  # a single meeting became a series: its occurrences are told from now on
        )
    return Row(
        id=key,
        event_id=sighting.event_id,
        kind=sighting.kind,
        master_id=sighting.master_id,
        series_id=sighting.series_id,
        original_start=sighting.original_start,
        etag=sighting.etag,
        seen_etags=with_seen(old.seen_etags if old else (), (*each.etags, sighting.etag)),
        ical_uid=sighting.ical_uid,
        starts=sighting.starts,
        ends=sighting.ends,
        all_day=sighting.all_day,
        time_zone=sighting.time_zone,
        subject=subject,
        organizer_name=sighting.organizer_name,
        organizer_email=sighting.organizer_email,
        status=status,
        origin=old.origin if old else "outlook",
        version=old.version if old else 0,
        published=_is_told(was_told, sighting, status),
        removed_at=_removed_at(old, status, now),
        changed_at=old.changed_at if old else now,
    )


def _is_told(was_told: bool, sighting: Sighting, status: BookingStatus) -> bool:
    """Masters are never told; what never occupied the room needs no cancellation."""
    return was_told or (sighting.kind != "master" and status != "cancelled")


def _removed_at(old: Row | None, status: BookingStatus, now: datetime) -> datetime | None:
    if status != "cancelled":
        return None
    return old.removed_at if old is not None and old.removed_at is not None else now


def _numbered(
    stored: dict[UUID, Row], written: Iterable[Row], version: int, now: datetime
) -> Changes:
    quiet: list[Row] = []
    loud: list[Row] = []
    for row in written:
        old = stored.get(row.id)
        if row == old:
            continue
        is_news = row.published and (
            old is None or not old.published or old.version == 0 or old.told() != row.told()
        )
        (loud if is_news else quiet).append(row)
    # What frees the room is told first: receivers never see an overlap that Outlook did not have.
    loud.sort(key=lambda row: (row.status != "cancelled", row.starts, row.id))
    told = tuple(
        replace(row, version=version + place, changed_at=now)
        for place, row in enumerate(loud, start=1)
    )
    return Changes(quiet=tuple(quiet), told=told, version=version + len(told))
