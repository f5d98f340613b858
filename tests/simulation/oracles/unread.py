"""What a write of ours may undo without our having read it: where Graph takes a stale If-Match (graph-calendar §2.4) nobody can know of it."""

from ..ledger import Affair, Edit
from ..platform import shown_at
from ..view import View
from .remade import longest_lag

_WRITTEN_WITHIN = 2.0
"""Seconds between the read that is compared and the write, at most."""


def undone_unread(view: View, affair: Affair, edit: Edit) -> bool:
    """Whether this move in Outlook, of which nobody was told, was overwritten for a command that was then refused, or went with a twin."""
    if not view.switches.cloud["ignore_if_match"] or edit.side != "outlook" or edit.when is None:
        return False
    told = (each for each in view.platform.told.values() if each.id == affair.booking_id)
    if any(shown_at(each) == edit.when for each in told):
        return False
    return _overwritten(view, affair, edit) or _gone_with_a_twin(view, affair, edit)


def _overwritten(view: View, affair: Affair, edit: Edit) -> bool:
    return any(
        each.side == "platform"
        and each.when is not None
        and (result := view.result_of(each)) is not None
        and result.outcome == "rejected"
        and edit.at < view.platform.decided_at[each.command_id or ""]
        for each in affair.edits
    )


def _gone_with_a_twin(view: View, affair: Affair, edit: Edit) -> bool:
    lines = view.journal.lines
    makings = [each for each in lines if each.what.startswith(f"made {affair.tag} as ")]
    until = edit.at + longest_lag(view) + _WRITTEN_WITHIN
    return len(makings) > 1 and any(
        each.what.startswith("DELETE ")
        and str(affair.mailbox) in each.what
        and edit.at < each.at < until
        for each in lines
    )
