"""O2, O3, O4 of series: each meeting is where its last edit or its rule puts it, on both sides."""

from collections.abc import Iterator

from ..ledger import Affair, Edit
from ..view import Shown, View
from .edits import asked_again, latest
from .remade import made_once_more


def differing(view: View) -> Iterator[str]:
    """Meetings that one side alone shows, or that were called off and are shown."""
    for affair in view.series:
        for number in range(len(affair.meetings)):
            event, name = _event(view, affair, number), f"{affair.tag}.{number} {affair.booking_id}"
            booking = view.platform.newest.get((affair.room_id, affair.meeting_id(number)))
            living = booking is not None and booking.status != "cancelled"
            if living != (event is not None):
                yield f"O1: {name} is {'on the platform' if living else 'in Outlook'} alone"
            if (living or event) and _called_off(view, affair, number):
                yield f"O4: {name} was called off and is there"
            if (
                event
                and booking
                and (booking.start, booking.end) != (event.when.start, event.when.end)
            ):
                yield f"O2: {name} is at another time in Outlook"
            if living and booking and booking.series_id != affair.booking_id:
                yield f"O2: {name} belongs to another series"


def lost(view: View) -> Iterator[str]:
    """Meetings that are gone, or are not as somebody wanted them last."""
    for affair in view.series:
        for number, planned in enumerate(affair.meetings):
            if _called_off(view, affair, number):
                continue
            event, name = _event(view, affair, number), f"{affair.tag}.{number} {affair.booking_id}"
            if event is None:
                cancelled = any(edit.cancels for edit in _about(view, affair, number))
                if not cancelled and not view.rivals(affair):
                    yield f"O3: {name} is gone, and nobody called it off"
                continue
            effects = list(view.effective(affair))
            own = [each for each in effects if each[0].meeting == number]
            whens = latest(own, lambda edit: edit.when) or {planned}
            if event.when not in whens and not view.rivals(affair):
                yield f"O3: {name} is not at the time that somebody wanted last"
            subjects = latest(effects, lambda edit: edit.subject)
            there = event.organizer_subject or event.subject
            if event.tag is not None and there.strip() not in subjects:
                yield f"O3: {name} is called {there!r} in Outlook, wanted was {sorted(subjects)}"


def _called_off(view: View, affair: Affair, number: int) -> bool:
    result = view.result_of(affair.booked)
    if result is not None and result.outcome == "rejected":
        return True
    about = _about(view, affair, number)
    called_off = any(edit.cancels for edit in about) and not asked_again(view, affair, about)
    return called_off and not made_once_more(view, affair)


def _about(view: View, affair: Affair, number: int) -> list[Edit]:
    return [edit for edit, _, _ in view.effective(affair) if edit.meeting in {None, number}]


def _event(view: View, affair: Affair, number: int) -> Shown | None:
    planned = affair.originals[number]
    return next(
        (
            each
            for each in view.calendars[affair.mailbox]
            if each.original_start == planned and (each.tag == affair.tag or each.uid == affair.uid)
        ),
        None,
    )
