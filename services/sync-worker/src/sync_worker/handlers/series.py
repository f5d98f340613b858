"""A series as a whole: its time of day or subject changed, or all of it called off (design §5.3)."""

from dataclasses import replace
from uuid import UUID

from contracts.commands import Cancel, Change
from graphclient.errors import NotFound

from ..domain.alternatives import Slot
from ..domain.booking import Row
from ..domain.changes import Seen
from ..domain.command import Asked, accepted
from ..domain.intent import Content, Intent
from ..domain.merge import Stale, merge
from ..domain.mirror import Unreadable
from ..domain.series import occurrence_ids, shifted
from ..domain.work import Hold
from .copies import is_event_gone
from .desk import Desk
from .intending import intend, on_copy
from .refusing import Ended, check_free, check_time, refusal, stale

_OTHER_DAYS = (
    "A series keeps its days: change its time of day, or cancel it and book it on other days."
)
_OTHER_ROOM = "A series cannot move to another room: cancel it and book the other room."
_OVERTAKEN = "The series was changed in Outlook meanwhile."


async def change(
    desk: Desk, asked: Asked, order: Change
) -> Ended | tuple[Intent, tuple[Hold, ...]]:
    """The write that changes it and the slots it needs; raises Refused, GraphError."""
    held = desk.held
    if order.room_id not in {None, held.claim.room_id}:
        raise refusal(desk, asked, "invalid", _OTHER_ROOM)
    master, occurrences = await _series(desk, asked, order.booking_id)
    anchor = held.mirrored.rows.get(order.booking_id, master)
    merged = merge(_as_a_whole(anchor, master, occurrences), order)
    if merged is None:
        raise refusal(desk, asked, "invalid", "The end must be later than the start.")
    if isinstance(merged, Stale):
        raise stale(desk, asked, master, _OVERTAKEN)
    if not merged.when and not merged.subject:
        return Ended(accepted(asked, held.claim.room_id))
    content = replace(Content.of(master), subject=merged.content.subject)
    holds: tuple[Hold, ...] = ()
    if merged.when:
        before = Slot(anchor.starts, anchor.ends)
        after = Slot(merged.content.starts, merged.content.ends)
        moved = shifted(content, before, after)
        plain = [row for row in occurrences if row.kind == "occurrence"]
        places = [shifted(Content.of(row), before, after) for row in plain]
        if moved is None:
            raise refusal(desk, asked, "invalid", _OTHER_DAYS)
        content = moved
        wanted = tuple(each.occupied for each in places if each is not None)
        series_id = master.series_id or master.id
        check_time(desk, asked, wanted or (merged.content.occupied,))
        await check_free(desk, asked, wanted, series_id)
        ids = occurrence_ids(series_id, wanted)
        holds = tuple(Hold(each, slot, series_id) for each, slot in zip(ids, wanted, strict=True))
    intent = on_copy(desk, asked, "change", master, content)
    if intent is None:
        raise refusal(desk, asked, "organizer_unreachable", "The series has no organiser to ask.")
    return replace(intent, occurrence_at=occurrences[0].occupied.starts), holds


async def cancel(desk: Desk, asked: Asked, order: Cancel) -> Ended | Intent:
    """The write that calls it off; raises Refused, GraphError."""
    held = desk.held
    rows = [
        row for row in held.mirrored.rows.values() if order.booking_id in {row.id, row.series_id}
    ]
    if rows and all(row.removed_at is not None for row in rows):
        return Ended(accepted(asked, held.claim.room_id))
    master, occurrences = await _series(desk, asked, order.booking_id)
    content = Content.of(master)
    intent = on_copy(desk, asked, "cancel", master, content)
    if intent is None:
        intent = intend(asked, "decline", "direct", desk.room, content, held.clock(), master)
    return replace(intent, occurrence_at=occurrences[0].occupied.starts)


async def _series(desk: Desk, asked: Asked, named: UUID) -> tuple[Row, list[Row]]:
    """The master and what lies ahead, named by the series or by one of its meetings; raises Refused."""
    held = desk.held
    one = held.mirrored.rows.get(named)
    series_id = named if one is None or one.series_id is None else one.series_id
    known = [row for row in held.mirrored.rows.values() if row.series_id == series_id]
    if not known:
        raise refusal(desk, asked, "unknown_booking", "There is no series with this id.")
    master_id = next((row.master_id or row.event_id for row in known), "")
    await held.mirrored.load([], [master_id])
    now = held.clock()
    ahead = sorted(
        (
            row
            for row in held.mirrored.rows.values()
            if row.series_id == series_id
            and row.kind != "master"
            and row.removed_at is None
            and row.occupied.ends > now
        ),
        key=lambda row: row.starts,
    )
    master = held.mirrored.row_of(master_id) or await _read_master(desk, master_id)
    if master is None or master.removed_at is not None or not ahead:
        raise stale(desk, asked, known[0], "The series is over or was cancelled meanwhile.")
    return master, ahead


async def _read_master(desk: Desk, master_id: str) -> Row | None:
    """Masters come with hints; of a series that nobody touched since the first load we have none."""
    held = desk.held
    try:
        event = await desk.diary.event(held.claim.mailbox_id, master_id)
        seen = Seen(held.mirrored.sight(event))
    except NotFound as error:
        if is_event_gone(error):
            return None
        raise
    except Unreadable:
        return None
    await held.commit([seen], [])
    return held.mirrored.row_of(master_id)


def _as_a_whole(anchor: Row, master: Row, occurrences: list[Row]) -> Row:
    """Where the user saw the series, with the versions in which Outlook last changed all of it.

    What moved every meeting moved the series, whichever row says so; one exception is no change of the series.
    """
    return replace(
        anchor,
        subject=master.subject if anchor.kind == "master" else anchor.subject,
        when_version=max(master.when_version, min(row.when_version for row in occurrences)),
        subject_version=max(
            master.subject_version, min(row.subject_version for row in occurrences)
        ),
    )
