"""Crash at every call of a script: count them, then let a process die at each, and at pairs of them."""

import asyncio
import gc
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from typing_extensions import override

from .agents import People
from .crashes_scripts import SCRIPTS, Script, Stage, until
from .history import QUIET_SECONDS, _causes
from .logs import ERRORS
from .loop import run
from .monitor import Monitor
from .oracles import judge, unsettled
from .runner import processes
from .supervisor import Process
from .view import View, look
from .world import World

Victim = Literal["worker0", "manager", "ingress"]

_VICTIMS: Final[tuple[Victim, ...]] = ("worker0", "manager", "ingress")
_STANDS = 40.0
_LOOKS_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process dies: at its step of this number since the script's beginning, and, in its next life, at another."""

    script: int
    victim: Victim
    steps: tuple[int, ...]

    @override
    def __str__(self) -> str:
        return f"{SCRIPTS[self.script].name}, {self.victim} at {self.steps}"


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a script: steps that the victim made, deaths, promises broken."""

    steps: int
    deaths: int
    violations: tuple[str, ...]
    faults: Counter[str]


def singles(endings: Iterable[tuple[Point, Ending]]) -> Iterator[Point]:
    """Every step that was made: each is before or after an effect."""
    for point, ending in endings:
        yield from (replace(point, steps=(step,)) for step in range(1, ending.steps + 1))


def pairs(points: list[Point], most: int, seed: int) -> Iterator[Point]:
    """Some of these points, each with a second death soon after the restart."""
    random = Random(seed)  # noqa: S311 -- repeatable by seed
    for point in random.sample(points, min(most, len(points))):
        yield replace(point, steps=(*point.steps, 1 + random.randrange(40)))


WHOLE: Final = tuple(
    Point(script, victim, ()) for script in range(len(SCRIPTS)) for victim in _VICTIMS
)
"""Every script without a crash."""


def played(points: Iterable[Point]) -> Iterator[tuple[Point, Ending]]:
    """What became of each."""
    given = list(points)
    with processes() as pool:
        yield from zip(given, pool.map(play, given, chunksize=20), strict=True)


def play(point: Point) -> Ending:
    """What becomes of a script at this point."""
    return perform(SCRIPTS[point.script], point.victim, point.steps)


def perform(script: Script, victim: Victim, steps: tuple[int, ...]) -> Ending:
    """Perform a script to its end with this process dying at these steps."""
    ERRORS.clear()
    gc.collect(1)

    async def main() -> Ending:
        return await _perform(script, victim, steps)

    try:
        return run(script.name, main)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the point has found it
        return Ending(0, 0, tuple(f"died: {each}" for each in _causes(error)), Counter())


async def _perform(script: Script, name: Victim, steps: tuple[int, ...]) -> Ending:
    world = World(len(script.name), script.switches)
    people = People(
        world.offices, world.cloud, world.platform, world.broker, world.ledger, world.journal,
        world.clock, world.random("people"), script.switches,
    )  # fmt: skip
    monitor = Monitor(world.cloud, world.offices, world.ledger, people)
    world.cloud.before, world.cloud.after = monitor.before, monitor.after
    stage = Stage(world, people)
    async with world.running(), asyncio.TaskGroup() as tasks:
        await script.before(stage)
        victim = next(each for each in world.processes if each.name == name)
        begun, deaths = victim.fuse.steps, victim.deaths
        killers = [tasks.create_task(_kill(victim, steps))] if steps else []
        await script.play(stage)
        settled = await _quiet(stage, monitor)
        for killer in killers:
            killer.cancel()
        view = await _view(stage, monitor)
        broken = [
            *_judged(stage, view),
            *script.check(stage, view),
            *(f"O10: {each}" for each in ERRORS),
            *(f"O11: dead letters {each}" for each in world.broker.dead_letters),
        ]
        if not settled:
            broken.append(f"O9: no quiet within {QUIET_SECONDS:.0f} s")
        made, died = victim.fuse.steps - begun, victim.deaths - deaths
        return Ending(made, died, tuple(dict.fromkeys(broken)), world.journal.faults)


def _kill(victim: Process, steps: tuple[int, ...]) -> Coroutine[None, None, None]:
    """Armed before anybody else runs: the step counts from here."""
    victim.fuse.blow_after(steps[0])
    return _killed(victim, steps[1:])


async def _killed(victim: Process, further: tuple[int, ...]) -> None:
    for step in (*further, None):
        fuse = victim.fuse
        await until(lambda fuse=fuse: fuse.dead, every=0.1)  # type: ignore[misc] # mypy types no default of a lambda
        victim.kill()  # the ingress would wait for a signal
        await until(lambda fuse=fuse: victim.fuse is not fuse, every=0.1)  # type: ignore[misc] # as above
        if step is not None:
            victim.fuse.blow_after(step)


def _judged(stage: Stage, view: View) -> list[str]:
    if not stage.series:
        return judge(view)
    return [*view.monitor.broken, *view.platform.broken, *_series_differ(stage, view)]


def _unsettled(stage: Stage, view: View) -> list[str]:
    waiting = [f"O11: no result of {each}" for each in stage.unanswered()]
    return waiting + (_series_differ(stage, view) if stage.series else unsettled(view))


def _series_differ(stage: Stage, view: View) -> list[str]:
    """A series that was cancelled: no meeting of it stands anywhere, and every command has its result."""
    found = [
        f"O1: {room_id} has {len(events)} events, {len(bookings)} bookings of a cancelled series"
        for room_id, events, bookings in view.rooms()
        if events or bookings
    ]
    people = [box for office in view.offices for box, _ in office.members.values()]
    found += [
        f"O1: the organiser still has {view.calendars[box]}"
        for box in people
        if view.calendars[box]
    ]
    results = view.platform.results
    if {each.outcome for each in results.values()} != {"accepted"} or len(results) < 2:
        found.append(f"O11: the results are {results}")
    return found


async def _quiet(stage: Stage, monitor: Monitor) -> bool:
    world = stage.world
    until = world.time() + QUIET_SECONDS
    while world.time() < until:
        await asyncio.sleep(_LOOKS_EVERY)
        still = world.time() - max(world.platform.last_news_at, monitor.last_write_at)
        if (
            still >= _STANDS
            and not world.cloud.flying
            and not _unsettled(stage, await _view(stage, monitor))
        ):
            return True
    return False


async def _view(stage: Stage, monitor: Monitor) -> View:
    world = stage.world
    return await look(
        stage.people,
        world.offices,
        world.platform,
        world.ledger,
        monitor,
        world.journal,
        world.switches,
    )
