"""What must be true whatever happened (reliability §5.2, as design §5 refines it); no code shared with the engine."""

from ..view import View
from . import agreement, commands, edits, limits, overlaps, series, told

__all__ = ["judge", "unsettled"]


def unsettled(view: View) -> list[str]:
    """What keeps both sides from agreeing now."""
    return [
        *commands.unanswered(view),
        *agreement.differing(view),
        *agreement.invented(view),
        *edits.undead(view),
        *series.differing(view),
        *overlaps.unreported(view),
    ]


def judge(view: View) -> list[str]:
    """Every promise that is broken at the end of a history."""
    return [
        *view.monitor.broken,
        *(f"O10: {each}" for each in view.platform.broken),
        *unsettled(view),
        *edits.lost(view),
        *series.lost(view),
        *commands.unexplained(view),
        *commands.misplaced(view),
        *limits.exceeded(view),
        *told.untimely(view),
    ]
