"""Lives histories of mutants in processes of their own, and compares them with the same seeds unharmed."""

import gc
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from ..history import Outcome, live
from ..runner import PROCESSES, processes
from .focus import FOCUSES

MOST_HISTORIES = 20_000
_PIECE = 2


@dataclass(frozen=True, slots=True)
class Caught:
    """The first seed that told a mutant from the shipped code."""

    name: str
    seed: int
    histories: int
    violations: tuple[str, ...]


def hunt(names: Iterable[str], most: int = MOST_HISTORIES) -> Iterator[tuple[str, Caught | None]]:
    """For each mutant the first seed from 1 that violates with it and not without; None if none does."""
    with processes() as pool:
        for name in names:
            yield name, _first(pool, name, most)


def _first(pool: ProcessPoolExecutor, name: str, most: int) -> Caught | None:
    for begun in range(1, most + 1, _PIECE * PROCESSES):
        pieces = [
            range(start, min(start + _PIECE, most + 1))
            for start in range(begun, begun + _PIECE * PROCESSES, _PIECE)
        ]
        for caught in pool.map(_try, [name] * len(pieces), pieces):
            if caught is not None:
                return caught
    return None


def _try(name: str, seeds: Iterable[int]) -> Caught | None:
    for seed in seeds:
        violations = _told_apart(name, seed)
        if violations:
            return Caught(name, seed, seed, violations)
    return None


def replayed(seeds: Iterable[tuple[str, int]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For each mutant and its seed what it violates; nothing where the shipped code does, too."""
    pairs = list(seeds)
    with processes() as pool:
        yield from zip(
            [name for name, _ in pairs],
            pool.map(_told_apart, *zip(*pairs, strict=True), chunksize=1),
            strict=True,
        )


def _told_apart(name: str, seed: int) -> tuple[str, ...]:
    from . import MUTANTS  # noqa: PLC0415 -- in the process that patches, when everything shipped is loaded

    mutant = MUTANTS[name]
    harmed = mutant.outcome(seed).violations
    gc.collect()
    spared = harmed and not mutant.clean(seed).violations
    gc.collect()
    return harmed if spared else ()


def spared(places: Iterable[tuple[str, int]]) -> Iterator[tuple[tuple[str, int], Outcome]]:
    """What becomes of the shipped code in these focuses and seeds."""
    given = list(places)
    with processes() as pool:
        yield from zip(given, pool.map(_focused, given, chunksize=1), strict=True)


def _focused(place: tuple[str, int]) -> Outcome:
    name, seed = place
    focus = next(each for each in FOCUSES if each.name == name)
    outcome = live(seed, focus.draw(seed))
    gc.collect()
    return outcome
