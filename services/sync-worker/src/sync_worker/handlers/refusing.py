"""How a command ends without a write: what is said to whoever asked, and the slots that nobody can have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from contracts.events import CommandResult, RejectionReason

from ..domain.alternatives import Slot
from ..domain.booking import Row
from ..domain.command import Asked, rejected
from ..domain.work import Conflict
from ..domain.zones import day_of
from .desk import Desk

_LONGEST = timedelta(days=31)
_CLOCKS_GO_BACK = timedelta(hours=1)  # within whole days that count by their dates
_DAY = "%A, %d %B %Y"


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing is to be written."""

    result: CommandResult
    conflicts: tuple[Conflict, ...] = ()
    rows: tuple[Row, ...] = ()  # what a booking that stands already becomes


class Refused(Exception):
    """Ends a command from wherever the reason is seen."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.result.reason)
        self.ended = ended


def refusal(desk: Desk, asked: Asked, reason: RejectionReason, text: str) -> Refused:
    """The end of a command, for this reason."""
    return Refused(Ended(rejected(asked, desk.held.claim.room_id, reason, text)))


def stale(desk: Desk, asked: Asked, row: Row, text: str) -> Refused:
    """The end of a command that Outlook overtook, with a line for the human who asks."""
    line = Conflict("stale", row.id, command_id=asked.key.id)
    return Refused(Ended(rejected(asked, desk.held.claim.room_id, "stale", text), (line,)))


def check_time(desk: Desk, asked: Asked, slots: Sequence[Slot]) -> None:
    """Refuse a time nobody can book; of a series some meeting must lie ahead. Raises Refused."""
    held = desk.held
    now = held.clock()
    ahead = [slot for slot in slots if slot.ends > now]
    if not ahead or slots[0].starts < now - _LONGEST:
        raise refusal(desk, asked, "outside_window", "The time is over.")
    if slots[0].ends - slots[0].starts > _LONGEST + _CLOCKS_GO_BACK:
        text = f"A booking takes at most {_LONGEST.days} days."
        raise refusal(desk, asked, "outside_window", text)
    if ahead[0].starts > now + held.options.window:
        text = f"Rooms can be booked at most {held.options.window.days} days ahead."
        raise refusal(desk, asked, "outside_window", text)


async def check_free(desk: Desk, asked: Asked, slots: Sequence[Slot], but: UUID) -> None:
    """Refuse what another command holds and what the mirror shows taken by others than `but`. Raises Refused.

    A decline foreseen costs nobody a mail. Of a series each slot counts.
    """
    held = desk.held
    ahead = [slot for slot in slots if slot.ends > held.clock()]
    await held.mirrored.occupancy()
    taken = [
        slot
        for slot in ahead
        if held.errands.held(slot, but=but) or held.mirrored.taken(slot, but=but)
    ]
    if not taken:
        return
    room_id = held.claim.room_id
    if len(slots) == 1:
        text = "The room is taken at this time."
        offers = await desk.offers(taken[0])
        raise Refused(Ended(rejected(asked, room_id, "overlap", text, offers)))
    first = day_of(taken[0].starts, held.errands.address.time_zone if held.errands.address else "")
    text = (
        f"The room is taken at {len(taken)} of the {len(ahead)} times of the series,"
        f" first on {first:{_DAY}}."
    )
    raise Refused(Ended(rejected(asked, room_id, "overlap", text)))
