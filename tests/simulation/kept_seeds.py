"""Seeds that once found something, each with the sentence why it is kept."""

from typing import Final

MENDED: Final[dict[int, str]] = {}
"""Must break no promise any more."""

OPEN: Final[dict[int, str]] = {
    16: "our own event is adopted with its present etag but the intent's time, so a move made meanwhile is never read",
    47: "a deletion whose hint carries the etag that the mirror has is never read",
    118: "a change of the subject alone writes the old time over a move that Outlook made meanwhile",
    134: "an event just written that a lagging read does not show counts as gone, is not withdrawn, and stays",
    281: "a move whose answer was lost is refused as stale: the organiser's event is looked for at the old time alone",
    288: "a booking that was cancelled before its answer came is written again under the next transactionId",
    374: "putting a change back that the room did not answer overwrites a later move in Outlook",
    10282: "a lagging read after our own write puts the older subject back on the platform, and nobody reads again",
    430: "a booking yields to its own twins, which then stay as bookings that nobody wanted",
}
"""Still break a promise; whoever mends one moves it up."""
