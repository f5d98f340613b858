"""O6, O11: every command has one result, and every refusal has its reason in what happened."""

from collections.abc import Iterator

from ..ledger import Affair, Edit
from ..view import View


def unanswered(view: View) -> Iterator[str]:
    """Commands without a result."""
    for affair in view.ledger.affairs:
        for edit in affair.edits:
            if edit.side == "platform" and view.result_of(edit) is None:
                yield f"O11: no result of {edit.command_id} {affair.booking_id}"


def unexplained(view: View) -> Iterator[str]:
    """Refusals without a reason."""
    for affair in view.ledger.affairs:
        for edit in affair.edits:
            result = view.result_of(edit)
            if result is None or result.reason is None:
                continue
            if not _explained(view, affair, edit, result.reason):
                yield f"O11: {edit.command_id} {affair.booking_id} was refused as {result.reason} without cause"


def _explained(view: View, affair: Affair, edit: Edit, reason: str) -> bool:
    others = [each for each in affair.edits if each is not edit]
    gone = any(each.cancels for each in others)
    causes = {
        "overlap": view.rivals(affair),
        "room_declined": gone or view.rivals(affair),
        "stale": any(each.side == "outlook" for each in others),
        "superseded": any(each.side == "platform" and each.at >= edit.at for each in others),
        "organizer_unreachable": gone or (affair.organiser == "guest" and affair.side == "outlook"),
        "unknown_booking": gone or view.rivals(affair) or _refused(view, affair),
        "invalid": gone,  # what is gone in Outlook cannot be changed there
        "room_no_answer": bool(view.journal.faults),
    }
    return causes.get(reason, False)


def _refused(view: View, affair: Affair) -> bool:
    result = view.result_of(affair.booked)
    return result is not None and result.outcome == "rejected"
