"""O7: what shares time in Outlook is marked on the platform, and nothing else is."""

from collections.abc import Iterator

from ..ledger import When
from ..view import View, overlap


def unreported(view: View) -> Iterator[str]:
    """Overlaps that are not told, and those told that are none."""
    for _, events, bookings in view.rooms():
        takes = [each for each in events if each.status != "pending"]
        # By what both sides call the time: the instants at which whole days begin are Outlook's alone to tell.
        shared = {
            one.when
            for one in takes
            if any(overlap(one.takes, other.takes) for other in takes if other is not one)
        }
        for booking in bookings:
            if booking.status == "pending":
                continue
            shares = When(booking.start, booking.end) in shared
            if shares != (booking.status == "conflicted"):
                yield f"O7: {booking.id} is {booking.status}, {'overlapping' if shares else 'alone'}"
