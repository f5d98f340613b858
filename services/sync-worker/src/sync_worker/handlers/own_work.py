"""Own work first: whether an event that was read may be ours, though we do not know of it yet (design §5.3)."""

from collections.abc import Collection
from datetime import datetime

from ..domain.answers import Watch
from ..domain.booking import Row
from ..domain.changes import Seen
from ..domain.intent import Intent
from ..domain.mirror import Sighting
from .errands import Errands


def may_be_ours(
    errands: Errands,
    rows: Collection[Row],
    seen: Seen,
    now: datetime,
    *,
    own_series: bool = False,
) -> bool:
    """Whether it is kept back: an open write's effect, what we took away, a late twin of an older change."""
    one = seen.sighting
    row = row_shown(rows, seen)
    new = row is None and one.master_id is not None and not own_series
    if new and _of_unknown_series(errands, rows, one):
        return True
    if row is None and one.kind == "master":
        unsure = bool(unsure_series(errands)) and one.event_id not in errands.foreign_masters
        return unsure or any(each.ical_uid is None for each in series_in_flight(errands, rows))
    if row is not None and row.just_withdrawn(now) and one.answer != "cancelled":
        return True  # what we took away does not come back because somebody reads an old copy
    if row is not None and not row.parked and _reappeared(errands, row, seen):
        return True
    return Watch(errands.intents, errands.unmarked).keeps_back(
        one.event_id,
        one.starts,
        one.ends,
        row_id=row.id if row else None,
        cancelled=one.answer == "cancelled",
    )


def leaving(errands: Errands, rows: Collection[Row]) -> list[Row]:
    """Bookings that we have given up, alone or with their series, and whose events we have yet to take away."""
    going = {
        each.booking_id
        for each in errands.intents
        if each.stage == "open" and each.step in {"cancel", "delete", "decline"}
    }
    return [
        row
        for row in rows
        if going and row.removed_at is not None and not going.isdisjoint((row.id, row.series_id))
    ]


def still_shown(leaving: Collection[Row], seen: Seen) -> bool:
    """Whether it only shows what is leaving."""
    return seen.sighting.answer != "cancelled" and row_shown(leaving, seen) is not None


def row_shown(rows: Collection[Row], seen: Seen) -> Row | None:
    """By its event id, else by the iCalUId of a meeting we wrote into its organiser's calendar."""
    event_id, uid = seen.sighting.event_id, seen.sighting.ical_uid
    known = next((row for row in rows if row.event_id == event_id), None)
    if known is not None or uid is None:
        return known
    # The meetings of a series may share its iCalUId.
    is_master = seen.sighting.kind == "master"
    ours = (
        row
        for row in rows
        if row.organizer_event_id is not None and (row.kind == "master") is is_master
    )
    return next((row for row in ours if row.ical_uid == uid), None)


def series_in_flight(errands: Errands, rows: Collection[Row]) -> list[Intent]:
    """Our series whose master in the room was not seen so far."""
    bound = {row.id for row in rows if row.is_own_series and row.bound}
    return [
        each
        for each in errands.intents
        if each.step == "create"
        and each.content.recurrence is not None
        and each.booking_id not in bound
    ]


def unsure_series(errands: Errands) -> list[Intent]:
    """Our series that were found, not confirmed: a late twin of each may come."""
    return [
        each
        for each in errands.intents
        if each.step == "create"
        and each.content.recurrence is not None
        and each.stage in {"written", "guarding"}
        and not each.by_answer
    ]


def _of_unknown_series(errands: Errands, rows: Collection[Row], one: Sighting) -> bool:
    """Whether a new occurrence may belong to a series of ours, to its twin, or to one that we are taking away."""
    if any(each.step == "delete" and each.event_id == one.master_id for each in errands.intents):
        return one.answer != "cancelled"
    if one.master_id in errands.foreign_masters:
        return False
    if any(row.event_id == one.master_id for row in rows):
        return False
    return bool(series_in_flight(errands, rows) or unsure_series(errands))


def _reappeared(errands: Errands, row: Row, seen: Seen) -> bool:
    """Whether a change that a newer one of ours replaced shows again: a late twin of its write struck."""
    one = seen.sighting
    for intent in errands.intents:
        newer = errands.overruled(intent)
        if (
            newer is not None
            and intent.booking_id == row.id
            and intent.content.at_same_time(one.starts, one.ends)
            and newer.content.at_same_time(row.starts, row.ends)
            and not intent.content.at_same_time(row.starts, row.ends)
        ):
            errands.reappeared[intent.id] = newer
            return True
    return False
