"""A room as its holder knows it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from .absence import Lacking
from .brake import Brake
from .reading import Pending
from .work import Work

MOST_LAGS = 50

Problem = Literal["mailbox_missing", "mailbox_unsupported", "forbidden", "credentials"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A room.* message that is still to be sent."""

    kind: Literal["synced", "unreachable"]
    at: datetime
    reason: str | None = None
    number: int = 0  # the room's hint number then: makes the message's id the same at a repeat


@dataclass(frozen=True, slots=True)
class State:
    """What only the holder of a room changes; written as a whole by each of its commits."""

    window_done_no: int
    window_read_started: datetime | None
    loaded_at: datetime | None
    loaded: int
    expected: int | None
    attempts: int
    version: int
    published_version: int
    last_change_at: datetime | None
    lags: tuple[int, ...]
    brake: Brake | None
    lacking: tuple[Lacking, ...]
    problem: str | None
    problem_since: datetime | None
    refused_revision: int | None
    notices: tuple[Notice, ...]
    command_done_no: int = 0
    overlaps_owed: bool = False
    own_series: bool = False  # the room has series that commands of ours made
    planned_at: datetime | None = None  # when observe mode last wrote down what it would do

    def settled(self, command_done_no: int) -> "State":
        """After a pass that nothing obstructed: itself where that changes nothing, as mostly."""
        obstacles = (self.problem, self.problem_since, self.refused_revision)
        if obstacles == (None, None, None) and (self.attempts, self.command_done_no) == (
            0,
            command_done_no,
        ):
            return self
        return replace(
            self,
            attempts=0,
            problem=None,
            problem_since=None,
            refused_revision=None,
            command_done_no=command_done_no,
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """A room held by us: `epoch` proves it, `hint_no` and `command_no` bound the debt this pass may clear."""

    room_id: UUID
    organisation_id: UUID
    tenant_id: UUID
    client_id: UUID
    mailbox_id: UUID
    revision: int
    epoch: int
    hint_no: int
    pending: tuple[Pending, ...]
    window_owed: bool
    subscribed: bool
    state: State
    command_no: int = 0
    work: Work = field(default_factory=Work)
    removals_confirmed_at: datetime | None = None
    gap_at: datetime | None = None
    """When notifications began, or began anew: of what was before nobody may have told."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a pass ends: the hints that still wait, and when to come back; not before `not_before`."""

    pending: tuple[Pending, ...]
    due_at: datetime
    not_before: datetime | None = None


def with_lags(lags: tuple[int, ...], added: tuple[int, ...]) -> tuple[int, ...]:
    """The newest lags, in milliseconds."""
    return (*lags, *added)[-MOST_LAGS:]


class LeaseLost(Exception):
    """Another worker holds the room, or nobody may: what this pass wanted to write did not happen."""
