"""Lives many histories in processes of their own, in which sets iterate alike."""

import gc
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from .history import Outcome, live
from .logs import listen

PROCESSES = 2
_PIECE = 25
_COLLECT_EVERY = 5


def outcomes(seeds: Iterable[int], processes: int = PROCESSES) -> Iterator[Outcome]:
    """What became of each seed, in their order."""
    # Read by Python when it starts: with another order of sets a seed would not repeat its history.
    os.environ["PYTHONHASHSEED"] = "0"
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for piece in pool.map(_live, _pieces(seeds)):
            yield from piece


def _live(seeds: Sequence[int]) -> list[Outcome]:
    listen()
    # A history makes many cycles and ends soon: collecting once in a while costs less than all the time,
    # and what was imported need not be looked through.
    gc.freeze()
    gc.disable()
    lived: list[Outcome] = []
    for number, seed in enumerate(seeds):
        lived.append(live(seed))
        if number % _COLLECT_EVERY == 0:
            gc.collect()
    return lived


def _pieces(seeds: Iterable[int]) -> Iterator[Sequence[int]]:
    left = iter(seeds)
    while piece := list(islice(left, _PIECE)):
        yield piece
