"""Two bookings of one room: who is `conflicted`, who gives way."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sync_worker.domain.booking import Row

from ..examples import HOUR, MINUTE, NOW, row
from .document import Case
from .room import Room

_WHOSE: Final = ("Outlook's", "ours", "ours, direct, fresh")
_ANSWERS: Final = ("pending", "confirmed", "tentative", "cancelled")
ALPHABET: Final = {
    "one": _WHOSE, "its answer": _ANSWERS, "it was conflicted": ("no", "yes"),
    "the other": _WHOSE, "the other's answer": _ANSWERS, "that was conflicted": ("no", "yes"),
    "their times": ("are apart", "touch", "overlap", "are the same"),
}  # fmt: skip
_SECOND: Final = {"are apart": (4.0, 1.0), "touch": (2.0, 1.0), "overlap": (1.5, 1.0), "are the same": (1.0, 1.0)}  # fmt: skip


def possible(case: Case) -> bool:
    """What was cancelled is no longer conflicted."""
    one = (case["its answer"], case["it was conflicted"])
    other = (case["the other's answer"], case["that was conflicted"])
    return ("cancelled", "yes") not in {one, other}


async def decided(case: Case) -> dict[str, str]:
    """What each of them is afterwards."""
    start, hours = _SECOND[case["their times"]]
    rows = (
        _row(1, case["one"], case["its answer"], conflicted=case["it was conflicted"] == "yes"),
        _row(2, case["the other"], case["the other's answer"], starts=NOW + start * HOUR, hours=hours,
             conflicted=case["that was conflicted"] == "yes"),
    )  # fmt: skip
    room = Room(*rows)
    room.held.state = replace(room.held.state, overlaps_owed=True)
    await room.held.settle_overlaps()
    return {"one": _became(room, 1), "the other": _became(room, 2)}


def _row(number: int, whose: str, answer: str, **fields: Any) -> Row:
    fields["answer"] = answer
    fields["removed_at"] = NOW if answer == "cancelled" else None
    if whose != "Outlook's":
        fields["origin"] = "clearooms"
    if whose == "ours, direct, fresh":
        fields["yields_until"] = NOW + MINUTE
    return row(number, **fields)


def _became(room: Room, number: int) -> str:
    after = room.mirror.kept[UUID(int=number)]
    if after.withdrawn_at is not None:
        return "gives way"
    return "its answer" if after.status == after.answer else after.status
