"""From what was read to what is written: new rows, removals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from . import pingpong
from .booking import Answer, Row, with_past, with_seen
from .intent import Content
from .mirror import Sighting
from .series import recurs_at
from .versions import NEXT, Changes, numbered


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting, and the etags of the hints that asked for it."""

    sighting: Sighting
    etags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ours:
    """What we did ourselves: rows as our writes left them, and contents by which we know them when Graph shows them."""

    rows: tuple[Row, ...] = ()
    contents: Mapping[UUID, tuple[Content, ...]] = field(default_factory=dict)
    wholes: Mapping[str, tuple[Content, ...]] = field(default_factory=dict)
    """By master in the room, what we wrote into whole series: their meetings show it."""
    series: Mapping[UUID, Row] = field(default_factory=dict)  # the masters of our series


def apply(
    stored: Iterable[Row],
    seen: Sequence[Seen],
    gone: Sequence[UUID],
    version: int,
    now: datetime,
    ours: Ours = Ours(),  # frozen and empty
) -> Changes:
    """What changes when these events were seen and these rows proved gone; of several sightings the last holds."""
    by_id = {row.id: row for row in stored}
    written: dict[UUID, Row] = {
        row.id: pingpong.written(by_id.get(row.id), row) for row in ours.rows
    }
    known = (by_id | written).values()
    by_event = {row.event_id: row for row in known}
    for mine in ours.rows:
        for other in by_id.values():
            if other.event_id == mine.event_id and other.id not in written:
                written[other.id] = _displaced(other, now)
    lagging: set[UUID] = set()
    # The room's copy of what we wrote into its organiser's calendar (graph-calendar §2.1).
    awaited = {
        (row.ical_uid, row.kind == "master"): row
        for row in known
        if row.organizer_event_id is not None and row.ical_uid
    }
    for each in seen:
        one = each.sighting
        # Awaited before known: a copy that came before its write's answer may have been taken for somebody else's.
        holder = awaited.get((one.ical_uid or "", one.kind == "master"))
        holder = holder or by_event.get(one.event_id)
        own = holder if holder is not None and _keeps_its_id(holder, one) else None
        key = own.id if own is not None else one.id
        old = written.get(key) or by_id.get(key)
        if old is not None and old.lags(one.etag, now):
            lagging.add(key)  # this read lags behind what was read, or written, before
            continue
        series = ours.series.get(one.series_id) if one.series_id is not None else None
        contents = ours.contents.get(key, ())
        whole = ours.wholes.get(one.master_id or "", ())
        written[key] = _seen(old, each, key, now, contents, whole, series)
    for each in seen:
        holder = by_event.get(each.sighting.event_id)
        if holder is not None and holder.id not in written and holder.id not in lagging:
            # Graph gave this event id to another occurrence: the row that had it is no longer anywhere.
            written[holder.id] = _displaced(holder, now)
    for row_id in gone:
        row = written.get(row_id) or by_id.get(row_id)
        if row is not None:
            written[row_id] = removed(row, now)
    return numbered(by_id, written.values(), version, now)


def _keeps_its_id(holder: Row, sighting: Sighting) -> bool:
    """A booking of ours has its own id; a single meeting may have had another event id when it got its own."""
    return holder.origin == "clearooms" or holder.kind == sighting.kind == "single"


def _displaced(row: Row, now: datetime) -> Row:
    """The row of an event id that another booking has now."""
    return removed(replace(row, event_id=f"{row.event_id} displaced {row.id}"), now)


def withdrawn(row: Row, now: datetime) -> Row:
    """The row of an event that we took away ourselves."""
    return replace(removed(row, now), withdrawn_at=now)


def removed(row: Row, now: datetime) -> Row:
    """The row of an event that is gone; it goes on counting versions."""
    if row.removed_at is not None and row.answer == "cancelled":
        return row
    return replace(row, answer="cancelled", removed_at=row.removed_at or now)


def _seen(
    old: Row | None,
    each: Seen,
    key: UUID,
    now: datetime,
    contents: Sequence[Content],
    whole: Sequence[Content],
    series: Row | None,
) -> Row:
    sighting = each.sighting
    starts, ends = sighting.starts, sighting.ends
    answer = sighting.answer
    basis = old or series  # a new occurrence of a series of ours is ours
    ours = basis is not None and basis.origin == "clearooms"
    subject = _subject(basis, sighting)
    was_told = old is not None and old.published and old.version > 0
    if sighting.kind == "master" and was_told:
        # A single meeting became a series: its occurrences are told from now on.
        answer = "cancelled"
    # The meetings of a series of ours show as its rule has them: what changed the rule shows at the master.
    by_rule = series is not None and sighting.kind == "occurrence"
    fresh = old is None and sighting.kind != "master" and not by_rule
    moved = fresh or (old is not None and (old.starts, old.ends) != (starts, ends))
    by_us = any(each.at_same_time(starts, ends) for each in contents) or (
        sighting.kind == "occurrence" and any(recurs_at(each, starts, ends) for each in whole)
    )
    when_ours, flips = pingpong.shown(old, moved=moved, by_us=by_us, now=now)
    renamed = fresh or (
        old is not None
        and old.subject != subject
        and all(each.subject != subject for each in (*contents, *whole))
    )
    return Row(
        id=key,
        event_id=sighting.event_id,
        kind=sighting.kind,
        master_id=sighting.master_id,
        series_id=old.id if old and old.is_own_series else sighting.series_id,
        original_start=sighting.original_start,
        etag=sighting.etag,
        past_etags=_past(old, sighting.etag, now),
        seen_etags=with_seen(old.seen_etags if old else (), (*each.etags, sighting.etag)),
        ical_uid=sighting.ical_uid,
        starts=starts,
        ends=ends,
        all_day=sighting.all_day,
        time_zone=sighting.time_zone,
        subject=subject,
        # Booked directly the room itself is the organiser: ours is who asked.
        organizer_name=basis.organizer_name if basis and ours else sighting.organizer_name,
        organizer_email=basis.organizer_email if basis and ours else sighting.organizer_email,
        answer=answer,
        origin=basis.origin if basis else "outlook",
        version=old.version if old else 0,
        published=_is_told(was_told, sighting, answer),
        removed_at=_removed_at(old, answer, now),
        changed_at=old.changed_at if old else now,
        conflicted=old.conflicted if old else False,
        when_version=NEXT if moved and not by_us else old.when_version if old else 0,
        subject_version=NEXT if renamed else old.subject_version if old else 0,
        organizer_mailbox=basis.organizer_mailbox if basis else None,
        organizer_event_id=old.organizer_event_id if old else None,
        yields_until=basis.yields_until if basis else None,
        withdrawn_at=old.withdrawn_at if old else None,
        written_at=old.written_at if old else None,
        when_ours=when_ours,
        flips=flips,
        modified_at=_modified_at(old, sighting),
    )


def _modified_at(old: Row | None, sighting: Sighting) -> datetime | None:
    """Unknown where Graph was not asked for it, unless it is the state that we have."""
    if sighting.modified_at is None and old is not None and old.etag == sighting.etag:
        return old.modified_at
    return sighting.modified_at


def _past(old: Row | None, etag: str, now: datetime) -> tuple[str, ...]:
    """Soon after our own write what shows may be older than it: then the state of our write is not past."""
    if old is not None and old.settles_at(now) is not None:
        return old.past_etags
    return with_past(old, etag)


def _subject(old: Row | None, sighting: Sighting) -> str:
    """Ours is what we wrote: rooms rewrite it. Exchange prefixes the subject of a cancelled meeting."""
    if old is None:
        return sighting.subject
    if sighting.answer == "cancelled":
        return old.subject
    rewritten = old.origin == "clearooms" and old.organizer_mailbox is not None
    return old.subject if rewritten else sighting.subject


def _is_told(was_told: bool, sighting: Sighting, answer: Answer) -> bool:
    """Masters are never told; what never occupied the room needs no cancellation."""
    return was_told or (sighting.kind != "master" and answer != "cancelled")


def _removed_at(old: Row | None, answer: Answer, now: datetime) -> datetime | None:
    if answer != "cancelled":
        return None
    return old.removed_at if old is not None and old.removed_at is not None else now
