"""What may be made once more though somebody cancelled it (ADR 12): nobody could know of the cancellation, or of the making."""

from itertools import pairwise

from ..journal import Line
from ..ledger import Affair
from ..view import View

_LEASE = 30.0
"""Seconds after which what stood still has lost its room, and may note nothing of it."""
_PATIENCE = 15.0
"""Seconds after which whoever asked Graph no longer listens (design §5.3)."""


def made_once_more(view: View, affair: Affair) -> bool:
    """Whether the cancelled affair may stand again: all of it is the world's own record, none of it the engine's."""
    makings = [each for each in _graphs(view) if each.what.startswith(f"made {affair.tag} ")]
    cancels = [each.at for each in affair.edits if each.cancels and each.side == "outlook"]
    if _moved_unaware(view, affair, cancels):
        return True
    for first, second in pairwise(makings):
        # Graph takes a transactionId twice only if it has forgotten it.
        forgot = first.what == second.what
        between = [at for at in cancels if first.at < at < second.at]
        if not forgot or not between or max(cancels) > second.at:
            continue
        if not _answered(view, affair, first, second) and not _found(
            view, affair, first, between[0]
        ):
            return True
    return False


def _moved_unaware(view: View, affair: Affair, cancels: list[float]) -> bool:
    """Whether it was booked in another room while reads could still show it living in this one."""
    lag = longest_lag(view)
    return any(
        edit is not affair.booked
        and edit.room is not None
        and edit.side == "platform"
        and since - lag < at < until
        for edit, since, until in view.effective(affair)
        for at in cancels
    )


def _answered(view: View, affair: Affair, making: Line, again: Line) -> bool:
    """Whether whoever made it was told, and could note it."""
    mark = f"answered {affair.tag} to "
    told = [each for each in _graphs(view) if each.what.startswith(mark)]
    heard = [
        each
        for each in told
        if making.at <= each.at < again.at and not _switched_off(view, affair, each.at)
    ]
    return any(
        not _kept_from(view, each.what.removeprefix(mark), making.at, each.at) for each in heard
    )


def _switched_off(view: View, affair: Affair, at: float) -> bool:
    """Whether nothing of its organisation may be noted."""
    return any(
        each.covers(affair) and each.begun <= at <= each.ended for each in view.ledger.absences
    )


def _kept_from(view: View, who: str, asked: float, at: float) -> bool:
    """Whether it died just then, the database was away, or it stood still until its lease or its patience was over.

    What it was told is nowhere then.
    """
    died, stood = (f"crashed {who}", "database_away"), (f"paused {who} for", f"frozen {who} for")
    for each in view.journal.lines:
        if each.who != "fault":
            continue
        if each.what.startswith(died) and at <= each.at < at + 1:
            return True
        if each.what.startswith(stood):
            seconds = float(each.what.split()[3])
            wakes = each.at + seconds
            late = seconds >= _LEASE or wakes - asked >= _PATIENCE
            if late and each.at - 1 < at < wakes:
                return True
    return False


def _found(view: View, affair: Affair, making: Line, cancelled: float) -> bool:
    """Whether anybody looked for it by our marker while it was there and to be seen."""
    # A search is noted when it is answered, which may be long after it was done.
    shows_at = making.at + longest_lag(view) + _most(view, "delay")
    marker = str(affair.booking_id)
    searches = [
        each
        for each in _graphs(view)
        if shows_at < each.at < cancelled
        and each.what.startswith("searched by ")
        and marker in each.what
    ]
    return any(not _kept_from(view, each.what.split()[2], each.at, each.at) for each in searches)


def longest_lag(view: View) -> float:
    """How long, in seconds, a read may show what was before."""
    return max(float(view.switches.cloud.get("read_lag", 0.0)), _most(view, "lag"))


def _most(view: View, what: str) -> float:
    return max((float(each.document.get(what, 0.0)) for each in view.switches.faults), default=0.0)


def _graphs(view: View) -> list[Line]:
    return [each for each in view.journal.lines if each.who == "graph"]
