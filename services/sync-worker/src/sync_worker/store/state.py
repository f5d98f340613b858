"""The holder's columns of `room_sync`, from and to values."""

import msgspec

from ..domain.absence import Lacking
from ..domain.brake import Brake
from ..domain.reading import Pending
from ..domain.room import Notice, State
from .rows import Fields

COLUMNS = (
    "window_done_no",
    "window_read_started",
    "loaded_at",
    "loaded",
    "expected",
    "attempts",
    "version",
    "published_version",
    "last_change_at",
    "lags",
    "brake",
    "lacking",
    "problem",
    "problem_since",
    "refused_revision",
    "notices",
    "command_done_no",
    "overlaps_owed",
    "own_series",
    "planned_at",
)


def assignments(first: int) -> str:
    """`column = $n, …` for an update whose parameters begin at `first`."""
    return ", ".join(f"{column} = ${number}" for number, column in enumerate(COLUMNS, start=first))


def parameters(state: State) -> tuple[object, ...]:
    """The values in the order of COLUMNS."""
    return tuple(getattr(state, column) for column in COLUMNS)


def state_of(row: Fields) -> State:
    """The state a row of `room_sync` holds."""
    brake = row["brake"]
    return State(
        window_done_no=row["window_done_no"],
        window_read_started=row["window_read_started"],
        loaded_at=row["loaded_at"],
        loaded=row["loaded"],
        expected=row["expected"],
        attempts=row["attempts"],
        version=row["version"],
        published_version=row["published_version"],
        last_change_at=row["last_change_at"],
        lags=tuple(row["lags"]),
        brake=None if brake is None else msgspec.convert(brake, Brake),
        lacking=msgspec.convert(row["lacking"], tuple[Lacking, ...]),
        problem=row["problem"],
        problem_since=row["problem_since"],
        refused_revision=row["refused_revision"],
        notices=msgspec.convert(row["notices"], tuple[Notice, ...]),
        command_done_no=row["command_done_no"],
        overlaps_owed=row["overlaps_owed"],
        own_series=row["own_series"],
        planned_at=row["planned_at"],
    )


def pending_of(row: Fields) -> tuple[Pending, ...]:
    """The hints a row of `room_sync` still owes."""
    return msgspec.convert(row["pending"], tuple[Pending, ...])
