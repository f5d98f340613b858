"""What a write of ours may undo without our having read it: where Graph takes a stale If-Match (graph-calendar §2.4) nobody can know of it."""

from math import inf

from ..ledger import Affair, Edit, When
from ..view import View
from .remade import longest_lag

_WRITTEN_WITHIN = 2.0
"""Seconds between the read that is compared and the write, at most."""


def undone_unread(view: View, affair: Affair, edit: Edit) -> bool:
    """Whether this move in Outlook was overwritten for a command that was then refused, or went with a twin, before anybody was told of it."""
    return bool(_overwriting(view, affair, edit)) or _gone_with_a_twin(view, affair, edit)


def written_though_refused(view: View, affair: Affair) -> set[When]:
    """Times of commands that were refused for a move which reads that lagged still showed, though it was overwritten."""
    if longest_lag(view) == 0:
        return set()
    refused = (each for edit in affair.edits for each in _overwriting(view, affair, edit))
    return {each.when for each in refused if each.when is not None}


def _told_at(view: View, affair: Affair, edit: Edit) -> float | None:
    """When this move in Outlook was told first, `inf` if never; None where it is no such move, or none that can be overwritten."""
    when = edit.when
    takes_stale = view.monitor.cloud.simulator.options.ignore_if_match
    if not takes_stale or edit.side != "outlook" or when is None:
        return None
    named = (str(affair.booking_id), f"{when.start:%d %H:%M}-{when.end:%H:%M}")
    times = (
        each.at
        for each in view.journal.lines
        if each.who == "platform"
        and each.what.startswith("booking.")
        and all(name in each.what for name in named)
    )
    return min(times, default=inf)


def _overwriting(view: View, affair: Affair, edit: Edit) -> list[Edit]:
    told_at = _told_at(view, affair, edit)
    return [
        each
        for each in affair.edits
        if told_at is not None
        and each.side == "platform"
        and each.when is not None
        and (result := view.result_of(each)) is not None
        and result.outcome == "rejected"
        and edit.at < view.platform.decided_at[each.command_id or ""]
        and each.at < told_at
    ]


def _gone_with_a_twin(view: View, affair: Affair, edit: Edit) -> bool:
    told_at = _told_at(view, affair, edit)
    if told_at is None:
        return False
    lines = view.journal.lines
    makings = [each for each in lines if each.what.startswith(f"made {affair.tag} as ")]
    until = min(edit.at + longest_lag(view) + _WRITTEN_WITHIN, told_at)
    return len(makings) > 1 and any(
        each.what.startswith("DELETE ")
        and str(affair.mailbox) in each.what
        and edit.at < each.at < until
        for each in lines
    )
