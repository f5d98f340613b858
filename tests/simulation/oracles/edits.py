"""O3, O4: what somebody did last is what both sides show, and what was cancelled stays so."""

from collections.abc import Callable, Iterator
from math import inf
from typing import TypeVar

from ..ledger import Affair, Edit
from ..view import View
from .remade import made_once_more
from .unread import undone_unread, written_though_refused

T = TypeVar("T")


def undead(view: View) -> Iterator[str]:
    """What was cancelled or refused and is there all the same."""
    for affair in view.singles:
        why = _ended(view, affair)
        booking = view.booking_of(affair)
        living = booking is not None and booking.status != "cancelled"
        if why is not None and (living or view.event_of(affair) is not None):
            yield f"O4: {affair.tag} {affair.booking_id} was {why} and is there"


def _ended(view: View, affair: Affair) -> str | None:
    effects = [edit for edit, _, _ in view.effective(affair)]
    if any(edit.cancels for edit in effects) and not asked_again(view, affair, effects):
        return None if made_once_more(view, affair) else "cancelled"
    result = view.result_of(affair.booked)
    return "refused" if result is not None and result.outcome == "rejected" else None


def asked_again(view: View, affair: Affair, effects: list[Edit]) -> bool:
    """Whether its organiser edited what the room had declined: that asks the room anew.

    For us, an outsider's; for a rival, anybody's: then a cancellation had nothing left to do.
    """
    cancels = [edit for edit in effects if edit.cancels and edit.side == "platform"]
    declined = [each.at for each in cancels]
    if affair.side == "platform":  # the room had declined before the cancellation's turn came
        decided = [view.platform.decided_at.get(each.command_id or "", inf) for each in cancels]
        declined = [] if affair.organiser == "guest" else decided
    for_a_rival = affair.organiser == "member" and view.rivals(affair)
    if not declined or not (affair.organiser == "guest" or for_a_rival):
        return False
    if any(edit.cancels and edit.side == "outlook" for edit in effects):
        return False
    return any(edit.side == "outlook" and edit.at >= min(declined) for edit in effects)


def lost(view: View) -> Iterator[str]:
    """Edits that took effect and are not seen."""
    for affair in view.singles:
        if _ended(view, affair) is not None:
            continue
        effects, event = list(view.effective(affair)), view.event_of(affair)
        if event is None:
            cancelled = any(edit.cancels for edit, _, _ in effects)
            if not cancelled and not view.rivals(affair):
                yield f"O3: {affair.tag} {affair.booking_id} is gone, and nobody cancelled it"
            continue
        told_apart = [
            each
            for each in effects
            if not _as_refused(view, affair, each[0]) and not undone_unread(view, affair, each[0])
        ]
        whens = latest(effects, lambda edit: edit.when)
        whens |= latest(told_apart, lambda edit: edit.when)
        whens |= written_though_refused(view, affair)
        if event.when not in whens:
            yield f"O3: {affair.tag} {affair.booking_id} is not at the time that somebody wanted last"
        yield from _subject(view, affair, effects)


def _as_refused(view: View, affair: Affair, edit: Edit) -> bool:
    """Whether it moved the event where a command that was then refused was just moving it: nobody can tell the two apart."""
    return edit.side == "outlook" and any(
        each.side == "platform"
        and each.when == edit.when
        and (result := view.result_of(each)) is not None
        and result.outcome == "rejected"
        and each.at <= edit.at <= view.platform.decided_at[each.command_id or ""]
        for each in affair.edits
    )


def _subject(view: View, affair: Affair, effects: list[tuple[Edit, float, float]]) -> Iterator[str]:
    event, booking = view.event_of(affair), view.booking_of(affair)
    subjects = latest(effects, lambda edit: edit.subject)
    if event is None or event.tag is None:
        return
    there = event.organizer_subject or event.subject
    if there.strip() not in subjects:
        yield f"O3: {affair.tag} {affair.booking_id} is called {there!r} in Outlook, wanted was {sorted(subjects)}"
    if affair.ours and booking is not None:
        ours = {edit.subject for edit, _, _ in effects if edit.subject}
        if booking.subject not in ours:
            yield f"O3: {affair.tag} {affair.booking_id} is called {booking.subject!r}"


def latest(effects: list[tuple[Edit, float, float]], field: Callable[[Edit], T | None]) -> set[T]:
    """What the field may be: of edits that went on at the same time, any."""
    touching = [(field(edit), begun, done) for edit, begun, done in effects]
    given = [(value, begun, done) for value, begun, done in touching if value is not None]
    return {value for value, _, done in given if not any(begun > done for _, begun, _ in given)}
