"""The one booking that may be made once more (ADR 12): its making was not answered, somebody cancelled it, Graph forgot it."""

from itertools import pairwise
from urllib.parse import unquote

from ..journal import Line
from ..ledger import Affair
from ..view import View

_HEARD_WITHIN = 15.0
"""Seconds after which an answer finds nobody who waits for it."""


def made_once_more(view: View, affair: Affair) -> bool:
    """Whether the cancelled affair may stand again: all of it is the world's own record, none of it the engine's."""
    mark = f"made {affair.tag} "
    makings = [each for each in view.journal.lines if each.who == "graph" and mark in each.what]
    cancels = [each.at for each in affair.edits if each.cancels and each.side == "outlook"]
    for first, second in pairwise(makings):
        # Graph takes a transactionId twice only if it has forgotten it.
        forgot = first.what == second.what
        between = [at for at in cancels if first.at < at < second.at]
        if not forgot or not between or max(cancels) > second.at:
            continue
        if not _answered(view, first) and not _searched(view, first, between[0]):
            return True
    return False


def _answered(view: View, making: Line) -> bool:
    """Whether whoever asked for it was told, and lived to hear it."""
    until = making.at + _HEARD_WITHIN
    told = [each for each in _calls(view, making, "POST", until) if each.what.endswith(" 201")]
    return any(not _died(view, each) for each in told)


def _died(view: View, told: Line) -> bool:
    return any(
        each.who == "fault"
        and each.what.startswith(f"crashed {told.who}")
        and told.at <= each.at < told.at + 1
        for each in view.journal.lines
    )


def _searched(view: View, making: Line, until: float) -> bool:
    """Whether anybody looked for it by our marker while it was there and to be seen."""
    lags = (each.document.get("lag", 0.0) for each in view.switches.faults)
    shows_at = making.at + max((view.switches.cloud["read_lag"], *lags))
    found = [each for each in _calls(view, making, "GET", until) if each.what.endswith(" 200")]
    return any(shows_at < each.at for each in found)


def _calls(view: View, making: Line, method: str, until: float) -> list[Line]:
    """Calls on the list of events where it was made."""
    names = making.what.split()[-2:]
    return [
        each
        for each in view.journal.lines
        if making.at <= each.at <= until
        and each.what.startswith(f"{method} /v1.0/users/")
        and each.what.split()[1].endswith("/events")
        and unquote(each.what.split("/")[3]) in names
    ]
