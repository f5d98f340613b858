"""Somebody puts back what we wrote: counted, and after five times within an hour left alone."""

from typing import Any, Final

from sync_worker.domain.changes import Seen

from ..examples import BOOKING, HOUR, MINUTE, NOW, content, intent, row, sighting
from .document import Case
from .outlook import an_hour
from .room import Room

ALPHABET: Final = {
    "its time was set by": ("us", "Outlook"),
    "Graph shows": ("the same time", "what we write", "another time"),
    "put back before": ("never", "four times", "four times, one long ago", "five times"),
}  # fmt: skip
_FLIPS: Final[dict[str, tuple[Any, ...]]] = {
    "never": (), "four times": (NOW - MINUTE,) * 4, "five times": (NOW - MINUTE,) * 5,
    "four times, one long ago": (NOW - HOUR, *(NOW - MINUTE,) * 3),
}  # fmt: skip
_TIMES: Final = {"the same time": NOW + HOUR, "what we write": NOW + 5 * HOUR, "another time": NOW + 9 * HOUR}  # fmt: skip


def possible(case: Case) -> bool:
    """All are."""
    return True


async def decided(case: Case) -> dict[str, str]:
    """What is counted, and whether the booking is left alone from now on."""
    flips = _FLIPS[case["put back before"]]
    before = row(1, origin="clearooms", when_ours=case["its time was set by"] == "us", flips=flips)
    write = intent(1, step="change", base=content(), content=content(NOW + 5 * HOUR)).written(NOW)
    room = Room(before, intents=(write,))
    starts = _TIMES[case["Graph shows"]]
    shown = an_hour(starts)
    await room.held.commit([Seen(sighting("e1", "7", iCalUId="uid 1", **shown))], [])
    after = room.mirror.kept[BOOKING]
    counted = len(after.flips) - len([at for at in flips if at in after.flips]) > 0
    parked = any(line.kind == "parked" for line in room.mirror.effects.conflicts)
    return {
        "it": "is counted" if counted else "is not counted",
        "the booking": "is parked now" if parked else "stays parked" if after.parked else "is followed",
        "its time is now": "ours" if after.when_ours else "Outlook's",
    }  # fmt: skip
