"""What the room said about what we wrote into its organiser's calendar (design §5.3, the room's answer)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from .booking import Row
from .intent import Content, Intent

Verdict = Literal["waiting", "accepted", "declined"]

_SETTLED = frozenset({"confirmed", "tentative"})


def verdict(intent: Intent, row: Row | None) -> Verdict:
    """The answer as the room's copy shows it, the row being what the mirror has of the booking."""
    if row is None:
        return "waiting"
    if row.removed_at is not None:
        return "declined"
    if not row.bound or row.answer not in _SETTLED:
        return "waiting"
    shows_it = intent.content.at_same_time(row.starts, row.ends)
    return "accepted" if intent.step == "create" or shows_it else "waiting"


def contents_of(intents: Iterable[Intent]) -> dict[UUID, tuple[Content, ...]]:
    """Per booking what we wrote, so that Graph's showing it is not taken for an edit."""
    found: dict[UUID, tuple[Content, ...]] = {}
    for each in intents:
        if each.step in {"create", "change", "restore"}:
            found[each.booking_id] = (*found.get(each.booking_id, ()), each.content)
    return found


@dataclass(frozen=True, slots=True)
class Watch:
    """Which sightings are not to be published before our own work is clear (design §5.3, own work first)."""

    intents: tuple[Intent, ...]
    unmarked: Collection[tuple[UUID, str]] = ()
    """Intents with the events that were looked up and do not carry their marker."""

    def keeps_back(
        self,
        event_id: str,
        starts: datetime,
        ends: datetime,
        *,
        row_id: UUID | None,
        cancelled: bool,
    ) -> bool:
        """Whether this event may be our own work that we do not know of yet; `row_id` is its booking where one is known."""
        return any(
            _keeps_back(each, event_id, starts, ends, row_id=row_id, cancelled=cancelled)
            for each in self.intents
            if (each.id, event_id) not in self.unmarked
        )


def _keeps_back(
    intent: Intent,
    event_id: str,
    starts: datetime,
    ends: datetime,
    *,
    row_id: UUID | None,
    cancelled: bool,
) -> bool:
    written_here = intent.event_id == event_id
    match intent.step:
        case "create" if intent.content.recurrence is not None:
            return False  # its occurrences are known by their master, when that is
        case "create":
            if written_here:  # until the second look has decided
                return intent.path == "direct" and intent.stage != "guarding"
            unsure = intent.stage == "open" or not intent.by_answer
            return row_id is None and unsure and intent.content.at_same_time(starts, ends)
        case "delete":
            return written_here and not cancelled  # on its way out
        case _:
            return False


def perhaps_twice(intents: Iterable[Intent]) -> set[UUID]:
    """Bookings that the room has not answered, and that may have two events: one's end says nothing of the other."""
    return {
        each.booking_id
        for each in intents
        if each.awaits_room and each.step == "create" and not each.by_answer
    }


def gone_of(
    gone: Sequence[UUID], intents: Collection[Intent], rows: Mapping[UUID, Row]
) -> list[UUID]:
    """The rows to be removed now: what the room may have declined to change, a series too, stays until that is put back.

    So does a booking that may have two events, until it is known whether the room has accepted the other one.
    """
    waiting = {
        each.booking_id for each in intents if each.awaits_room and each.step != "create"
    } | perhaps_twice(intents)
    masters = {rows[each].event_id for each in waiting if each in rows}
    return [
        row_id
        for row_id in gone
        if row_id not in waiting and (row_id not in rows or rows[row_id].master_id not in masters)
    ]
