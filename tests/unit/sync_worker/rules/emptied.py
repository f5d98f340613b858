"""A calendar that suddenly looks emptied: when removals wait for more reads."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sync_worker.domain.absence import Standing
from sync_worker.domain.brake import Brake, Hold, Prove, Release, decide

from ..examples import HOUR, MINUTE, NOW, SECOND
from .document import Case

ALPHABET: Final = {
    "future bookings": ("seven", "eight"),
    "a read lacks": ("none", "half", "more than half", "all"),
    "before it": (
        "no read lacked them", "one did, just now", "one did, a minute ago", "two did, just now",
        "two did, ten minutes ago", "one did, of others",
    ),
    "somebody confirmed": ("nothing", "those of then", "those of before"),
}  # fmt: skip
_COUNT: Final = {"seven": 7, "eight": 8}


def possible(case: Case) -> bool:
    """Half of seven is none of our cases."""
    return (case["future bookings"], case["a read lacks"]) != ("seven", "half")


async def decided(case: Case) -> dict[str, str]:
    """Whether what lacks is asked for by id now."""
    count = _COUNT[case["future bookings"]]
    rows = [Standing(UUID(int=n), f"e{n}", None, NOW + HOUR) for n in range(1, count + 1)]
    lost = {"none": 0, "half": count // 2, "more than half": count // 2 + 1, "all": count}
    lacking = rows[: lost[case["a read lacks"]]]
    brake = _brake(case, count)
    match decide(rows, lacking, brake, NOW, _confirmed_at(case, brake)):
        case Release():
            return {"what lacks": "is asked for"}
        case Hold():
            return {"what lacks": "waits for another read"}
        case Prove():
            return {"what lacks": "is asked for if the calendar answers"}


def _confirmed_at(case: Case, brake: Brake | None) -> datetime | None:
    since = brake.first_lacked_at if brake is not None else NOW
    match case["somebody confirmed"]:
        case "those of then":
            return since
        case "those of before":
            return since - SECOND
        case _:
            return None


def _brake(case: Case, count: int) -> Brake | None:
    ids = tuple(UUID(int=n) for n in range(1, count + 1))
    match case["before it"]:
        case "one did, just now":
            return Brake(ids, NOW - SECOND, 1)
        case "one did, a minute ago":
            return Brake(ids, NOW - MINUTE, 1)
        case "two did, just now":
            return Brake(ids, NOW - MINUTE - SECOND, 2)
        case "two did, ten minutes ago":
            return Brake(ids, NOW - 10 * MINUTE, 2)
        case "one did, of others":
            return Brake((UUID(int=99),), NOW - MINUTE, 1)
        case _:
            return None
