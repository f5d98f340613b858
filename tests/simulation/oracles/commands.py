"""O6, O11: every command has one result, and every refusal has its reason in what happened."""

from collections.abc import Iterator
from math import inf

from ..ledger import Affair, Edit
from ..view import View

_PATIENCE = 60.0
"""Seconds that a command waits for its booking to be known (design §5.3)."""
_NOTICED = 120.0
"""Seconds after which every process knows that an integration is on or off."""


def unanswered(view: View) -> Iterator[str]:
    """Commands without a result."""
    for affair in view.affairs:
        for edit in affair.edits:
            if edit.side == "platform" and view.result_of(edit) is None:
                yield f"O11: no result of {edit.command_id} {affair.booking_id}"


def unexplained(view: View) -> Iterator[str]:
    """Refusals without a reason."""
    for affair in view.affairs:
        for edit in affair.edits:
            result = view.result_of(edit)
            if result is None or result.reason is None:
                continue
            if not _explained(view, affair, edit, result.reason):
                yield f"O11: {edit.command_id} {affair.booking_id} was refused as {result.reason} without cause"


def _explained(view: View, affair: Affair, edit: Edit, reason: str) -> bool:
    decided = view.platform.decided_at[edit.command_id or ""]
    others = [each for each in affair.edits if each is not edit]
    absent = any(
        each.covers(affair) and edit.at <= each.ended + _NOTICED and each.begun <= decided
        for each in view.ledger.absences
    )
    gone = any(each.cancels for each in others)
    causes = {
        "overlap": view.rivals(affair),
        "room_declined": gone or view.rivals(affair),
        # A direct booking yields to a foreign event that comes soon after it (design §5.4).
        "stale": any(each.side == "outlook" for each in others)
        or _refused(view, affair)
        or (affair.ours and view.rivals(affair))
        or (edit.meeting is not None and any(each.cancels for each in others)),
        "superseded": any(each.side == "platform" and each.at >= edit.at for each in others),
        "organizer_unreachable": gone or (affair.organiser == "guest" and affair.side == "outlook"),
        "unknown_booking": gone
        or view.rivals(affair)
        or _never_made(view, affair)
        or _came_late(view, affair, edit),
        "invalid": gone,  # what is gone in Outlook cannot be changed there
        "expired": edit.expires_at is not None and edit.expires_at < decided,
        "integration_off": absent,
        "room_unknown": absent,
        # A no may never show, and by the time that nobody waits any longer the rival may be gone.
        "room_no_answer": bool(view.journal.faults) or view.rivals(affair),
    }
    return causes.get(reason, False)


def misplaced(view: View) -> Iterator[str]:
    """Commands that were sent too late, or for what was off, and carried out all the same."""
    for affair in view.affairs:
        for edit in affair.edits:
            result = view.result_of(edit)
            late = edit.expires_at is not None and edit.expires_at < edit.at
            absent = any(
                each.covers(affair)
                and each.begun + _NOTICED < edit.at
                and view.platform.decided_at.get(edit.command_id or "", inf) < each.ended
                for each in view.ledger.absences
            )
            if absent and result is not None and result.outcome == "accepted":
                yield f"O11: {edit.command_id} was carried out where nothing is ours to sync"
            if late and result is not None and result.outcome == "accepted":
                yield f"O11: {edit.command_id} was carried out after its time"


def _refused(view: View, affair: Affair) -> bool:
    result = view.result_of(affair.booked)
    return result is not None and result.outcome == "rejected"


def _never_made(view: View, affair: Affair) -> bool:
    """Whether it was refused for its own sake, and not because a command that came too soon was decided before."""
    result = view.result_of(affair.booked)
    return _refused(view, affair) and result is not None and result.reason != "superseded"


def _came_late(view: View, affair: Affair, edit: Edit) -> bool:
    """Whether the broker kept the booking from us for as long as a command waits for it."""
    taken, asked = view.journal.acknowledged, affair.booked.command_id
    return asked is not None and taken.get(asked, inf) > taken[edit.command_id or ""] + _PATIENCE
