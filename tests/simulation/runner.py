"""Lives many histories in processes of their own, in which sets iterate alike."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from .history import Outcome, live
from .logs import listen

PROCESSES = 2
_PIECE = 25


def outcomes(seeds: Iterable[int], processes: int = PROCESSES) -> Iterator[Outcome]:
    """What became of each seed, in their order."""
    # Read by Python when it starts: with another order of sets a seed would not repeat its history.
    os.environ["PYTHONHASHSEED"] = "0"
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for piece in pool.map(_live, _pieces(seeds)):
            yield from piece


def _live(seeds: Sequence[int]) -> list[Outcome]:
    listen()
    return [live(seed) for seed in seeds]


def _pieces(seeds: Iterable[int]) -> Iterator[Sequence[int]]:
    left = iter(seeds)
    while piece := list(islice(left, _PIECE)):
        yield piece
