"""O7: what shares time in Outlook is marked on the platform, and nothing else is."""

from collections.abc import Iterator

from contracts.events import Booking

from ..view import View


def unreported(view: View) -> Iterator[str]:
    """Overlaps that are not told, and those told that are none."""
    for _, _, bookings in view.rooms():
        takes = [each for each in bookings if each.status != "pending"]
        for booking in takes:
            shared = any(_overlap(booking, other) for other in takes if other is not booking)
            if shared != (booking.status == "conflicted"):
                yield f"O7: {booking.id} is {booking.status}, {'overlapping' if shared else 'alone'}"


def _overlap(one: Booking, other: Booking) -> bool:
    return one.start < other.end and other.start < one.end
