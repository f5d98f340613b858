"""O1, O2, O5, O6: both sides show the same bookings, each once, with the same content, and somebody wanted each."""

from collections import Counter
from collections.abc import Iterator

from contracts.events import Booking

from ..ledger import When
from ..view import Shown, View


def differing(view: View) -> Iterator[str]:
    """Bookings that one side alone has, or has otherwise."""
    for room_id, events, bookings in view.rooms():
        there = Counter(each.when for each in events)
        here = Counter(When(each.start, each.end) for each in bookings)
        for when in there - here:
            tags = ", ".join(each.tag or each.event_id for each in events if each.when == when)
            yield f"O1: {room_id} {_told(when)} ({tags}) is in Outlook alone"
        for when in here - there:
            ids = ", ".join(
                str(each.id)
                for each in bookings
                if (each.start, each.end) == (when.start, when.end)
            )
            yield f"O1: {room_id} {_told(when)} ({ids}) is on the platform alone"
        if there == here:
            yield from _otherwise(view, events, bookings)


def _otherwise(view: View, events: list[Shown], bookings: list[Booking]) -> Iterator[str]:
    ids = {each.booking_id: each for each in view.ledger.affairs}
    for booking in bookings:
        affair = ids.get(booking.id)
        event = view.event_of(affair) if affair is not None else None
        if affair is None or event is None:
            continue  # whom nobody wanted, or who has no event: others say so
        if (booking.start, booking.end) != (event.when.start, event.when.end):
            yield f"O2: {affair.tag} {booking.id} is at {_told(event.when)} in Outlook, not at {_told(When(booking.start, booking.end))}"
        if booking.status not in {event.status, "conflicted"}:
            yield f"O2: {affair.tag} {booking.id} is {booking.status}, in Outlook {event.status}"
        if not affair.ours:
            expected = event.organizer_name if event.status == "pending" else event.subject.strip()
            if booking.subject != expected:
                yield f"O2: {affair.tag} {booking.id} is called {booking.subject!r}, not {expected!r}"
            if (booking.organizer.email or "").lower() != event.organizer.lower():
                yield f"O2: {affair.tag} {booking.id} has another organiser than in Outlook"


def invented(view: View) -> Iterator[str]:
    """What nobody wanted, or wanted once and has twice."""
    wanted = {each.booking_id for each in view.ledger.affairs}
    wanted |= {
        each.meeting_id(number)
        for each in view.ledger.affairs
        for number in range(len(each.meetings))
    }
    for _, _, bookings in view.rooms():
        for booking in bookings:
            if booking.id not in wanted:
                yield f"O5: nobody wanted the booking {booking.id}"
    for office in view.offices:
        in_rooms = [
            (each, True) for mailbox in office.rooms.values() for each in view.calendars[mailbox]
        ]
        of_people = [
            (each, each.organizer.lower() == address)
            for address, (mailbox, _) in office.members.items()
            for each in view.calendars[mailbox]
        ]
        yield from _once(view, in_rooms, "rooms")
        yield from _once(view, of_people, "calendars of people")


def _once(view: View, events: list[tuple[Shown, bool]], where: str) -> Iterator[str]:
    """Each event is somebody's, and of the originals there is one of a kind."""
    tags = {each.tag for each in view.ledger.affairs}
    known = {each.event_id for each in view.ledger.affairs}
    series = {each.tag: each.uid for each in view.ledger.affairs if each.meetings}
    for event, _ in events:
        if (
            event.tag not in tags
            and event.event_id not in known
            and event.uid not in series.values()
        ):
            yield f"O5: nobody wanted the event {event.event_id} '{event.subject}'"
    made = Counter(
        (event.tag, event.original_start) for event, original in events if original and event.tag
    )
    for (tag, _), times in made.items():
        if times > 1:
            yield f"O6: {times} events of {tag} in {where}"


def _told(when: When) -> str:
    return f"{when.start:%d %H:%M}-{when.end:%H:%M}"
