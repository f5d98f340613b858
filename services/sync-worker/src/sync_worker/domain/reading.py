"""What each hint still asks of us: nothing, a read now, or another look later (design §5.2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from .booking import Row

REASK_SECONDS: Final = (2, 10, 60)
GONE_SECONDS: Final = 2  # a removal needs two answers of 404 this far apart


@dataclass(frozen=True, slots=True)
class Pending:
    """A hint that is not done with; `no` is the room's hint number it came with, `asked` counts re-asks."""

    event: str
    etag: str | None
    no: int
    received_at: datetime
    asked: int = 0
    ask_at: datetime | None = None
    gone_at: datetime | None = None  # when Graph first said 404


@dataclass(frozen=True, slots=True)
class Drop:
    """Everything these hints say is known already."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: these hints are to be asked about later."""

    pending: tuple[Pending, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """Ask Graph for the event, on behalf of these hints."""

    pending: tuple[Pending, ...]


Decision: TypeAlias = Drop | Wait | Read


@dataclass(frozen=True, slots=True)
class Answered:
    """After an answer: hints that still wait, and the etags the row has now been asked for."""

    waiting: tuple[Pending, ...]
    etags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """After a 404: hints that still wait; `gone` once the event is proved to be gone."""

    waiting: tuple[Pending, ...]
    gone: bool


def by_event(pending: Iterable[Pending]) -> dict[str, tuple[Pending, ...]]:
    """The hints of each event, in the order they came."""
    groups: dict[str, tuple[Pending, ...]] = {}
    for each in pending:
        groups[each.event] = (*groups.get(each.event, ()), each)
    return groups


def decide(hints: Sequence[Pending], row: Row | None, now: datetime) -> Decision:
    """What these hints of one event ask for, the row being what the mirror has of it."""
    open_hints = tuple(hint for hint in hints if row is None or not row.knows(hint.etag))
    if not open_hints:
        return Drop()
    if all(hint.ask_at is not None and hint.ask_at > now for hint in open_hints):
        return Wait(open_hints)
    return Read(open_hints)


def answered(hints: Sequence[Pending], row: Row | None, etag: str, now: datetime) -> Answered:
    """What is left of the hints after Graph answered with the event in state `etag`."""
    if row is not None and (row.etag == etag or row.lags(etag, now)):
        # The mirror's own state again, or an older one: the change these hints announce has not arrived where Graph reads.
        return _again(hints, now)
    matched = [place for place, hint in enumerate(hints) if hint.etag == etag]
    if not matched and row is not None and etag in row.seen_etags:
        return _again(
            hints, now
        )  # announced before these hints were: what they announce has not arrived
    if not matched and row is None:
        # The first sight of an event is mostly newer than its hint; where the read lags it is older. Not asked again at once.
        named = [hint for hint in hints if hint.etag is not None]
        return _again([replace(hint, asked=max(hint.asked, 1)) for hint in named], now)
    if not matched:
        return Answered(waiting=(), etags=_etags(hints))
    # What came after the hint that fits announces another state, later or (out of order) earlier.
    last = matched[-1] + 1
    later = _again(hints[last:], now)
    return Answered(waiting=later.waiting, etags=(*_etags(hints[:last]), *later.etags))


def missing(
    hints: Sequence[Pending], *, known: bool, now: datetime, settles_at: datetime | None = None
) -> Missing:
    """What is left of the hints after a 404; `known` says that the mirror has rows to lose by it.

    Before `settles_at` a 404 proves nothing: we wrote the event a moment ago.
    """
    if not known:
        return Missing(waiting=_again(hints, now).waiting, gone=False)
    first = min((hint.gone_at for hint in hints if hint.gone_at is not None), default=None)
    proved = first is not None and now - first >= timedelta(seconds=GONE_SECONDS)
    if proved and settles_at is None:
        return Missing(waiting=(), gone=True)
    first = first or now
    ask_at = max(first + timedelta(seconds=GONE_SECONDS), settles_at or now)
    return Missing(
        waiting=tuple(replace(hint, gone_at=first, ask_at=ask_at) for hint in hints), gone=False
    )


def _again(hints: Sequence[Pending], now: datetime) -> Answered:
    """Later, as often as the rule allows; hints that were asked often enough are let go."""
    # A question asked early, for another hint's sake, uses up none of a hint's own.
    early = [hint for hint in hints if hint.ask_at is not None and hint.ask_at > now]
    due = [hint for hint in hints if hint not in early]
    given_up = [hint for hint in due if hint.asked >= len(REASK_SECONDS)]
    again = [
        replace(
            hint,
            asked=hint.asked + 1,
            ask_at=now + timedelta(seconds=REASK_SECONDS[hint.asked]),
            gone_at=None,
        )
        for hint in due
        if hint.asked < len(REASK_SECONDS)
    ]
    return Answered(waiting=(*early, *again), etags=_etags(given_up))


def _etags(hints: Sequence[Pending]) -> tuple[str, ...]:
    return tuple(hint.etag for hint in hints if hint.etag is not None)
