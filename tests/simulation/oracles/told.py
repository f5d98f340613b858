"""O8, O10: what the platform was told in between: no subject that is to stay in Outlook, nothing that nobody did."""

from collections.abc import Iterator

from contracts.events import Booking

from ..ledger import Affair
from ..view import View

_LONGEST_LAG = 60.0
"""Of a read, in virtual seconds."""


def untimely(view: View) -> Iterator[str]:
    """Promises broken for a while and mended since."""
    for affair in view.affairs:
        told = _told_of(view, affair)
        yield from _leaked(affair, told)
        if not affair.meetings and _unhindered(view, affair):
            yield from _flickered(view, affair, told)


def _told_of(view: View, affair: Affair) -> list[Booking]:
    """What was told of it, in the order of the versions."""
    ids = {affair.booking_id}
    if affair.meetings:
        ids = {affair.meeting_id(number) for number in range(len(affair.meetings))}
    told = [each for (_, booking, _), each in view.platform.told.items() if booking in ids]
    return sorted(told, key=lambda each: each.version)


def _leaked(affair: Affair, told: list[Booking]) -> Iterator[str]:
    """Rooms show the organiser in the place of a subject: what shows before their answer stays there (design §5.2)."""
    if affair.side == "platform" or affair.commanded or affair.organiser == "room":
        return
    theirs = {each.subject for each in affair.edits if each.subject}
    for subject in sorted(theirs & {each.subject for each in told}):
        yield f"O8: {affair.tag} {affair.booking_id} was told as {subject!r}"


def _unhindered(view: View, affair: Affair) -> bool:
    """Whether nothing but what its people did last can end it or put it back."""
    results = [view.result_of(each) for each in affair.edits if each.side == "platform"]
    return not (
        view.rivals(affair)
        or any(each.covers(affair) for each in view.ledger.absences)
        or len(affair.rooms) > 1
        or affair.ordered
        or any(each is None or each.outcome == "rejected" for each in results)
    )


def _crossed(view: View, affair: Affair) -> bool:
    """Whether a move asked on the platform was written while reads might still lack a change made in Outlook."""
    effects = list(view.effective(affair))[1:]
    return any(
        edit.when and edit.side == "platform" and since - _LONGEST_LAG < at < until
        for edit, since, until in effects
        for other, at, _ in effects
        if other.side == "outlook"
    )


def _flickered(view: View, affair: Affair, told: list[Booking]) -> Iterator[str]:
    name = f"{affair.tag} {affair.booking_id}"
    gone = [place for place, each in enumerate(told) if each.status == "cancelled"]
    if gone and not any(each.cancels for each in affair.edits):
        yield f"O10: {name} was told as cancelled, and nobody cancelled it"
    elif gone and affair.ours and any(each.status != "cancelled" for each in told[gone[0] :]):
        yield f"O10: {name} came back after it was told as cancelled"
    if len({each.side for each in affair.edits[1:] if each.when}) > 1 or _crossed(view, affair):
        return  # what shows soon after a write of ours may be somebody else's change before it (ADR 12)
    whens = [(each.start, each.end) for each in told if each.status != "cancelled"]
    wanted = [(each.when.start, each.when.end) for each in affair.edits if each.when]
    shown = [when for place, when in enumerate(whens) if place == 0 or whens[place - 1] != when]
    for when in dict.fromkeys(shown):
        if shown.count(when) > max(1, wanted.count(when)):
            yield f"O10: {name} was told again at a time that it had left"
