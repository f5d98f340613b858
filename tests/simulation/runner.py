"""Lives many histories in processes of their own, in which sets iterate alike."""

import gc
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context

from .history import Outcome, live
from .logs import listen

PROCESSES = 2
_PIECE = 10


@contextmanager
def processes() -> Iterator[ProcessPoolExecutor]:
    """Two processes in which sets iterate alike, and the collector comes when it is called."""
    # Read by Python when it starts: with another order of sets a seed would not repeat its history.
    os.environ["PYTHONHASHSEED"] = "0"
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])  # importing takes as long as many a story
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=_ready) as pool:
        yield pool


def outcomes(seeds: Iterable[int]) -> Iterator[Outcome]:
    """What became of each seed, in their order."""
    with processes() as pool:
        for piece in pool.map(_live, _pieces(seeds)):
            yield from piece


def _ready() -> None:
    listen()
    # When the collector comes must decide nothing: it comes between two stories.
    gc.disable()


def _live(seeds: Sequence[int]) -> list[Outcome]:
    # A history makes many cycles and ends soon: collecting once in a while costs less than all the time,
    # and what there is by now need not be looked through.
    gc.collect()
    gc.freeze()
    return [live(seed) for seed in seeds]


def _pieces(seeds: Iterable[int]) -> Iterator[Sequence[int]]:
    left = iter(seeds)
    while piece := list(islice(left, _PIECE)):
        yield piece
