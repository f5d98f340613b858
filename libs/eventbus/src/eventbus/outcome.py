"""What a handler says about a delivery, and what an unexpected failure means."""

from dataclasses import dataclass

MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Done:
    """Dealt with: forget the message."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now, through no fault of the message: this consumer pauses for `seconds`, then tries it again.

    It counts no attempt, so a store that is away for hours kills no message.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Dead:
    """Never: keep it in the dead letters, with the reason in its headers."""

    reason: str


Outcome = Done | Later | Dead


@dataclass(frozen=True, slots=True)
class Again:
    """Give the message back, one attempt counted."""


def after_failure(error: BaseException, attempts: int, most: int = MOST_ATTEMPTS) -> Again | Dead:
    """What to do with a delivery whose handler raised in its `attempts`-th attempt (the first is 1).

    The reason names the exception's type alone: its text may quote the message.
    """
    if attempts < most:
        return Again()
    return Dead(f"{type(error).__name__} in attempt {attempts}")
