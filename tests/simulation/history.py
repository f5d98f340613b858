"""One history: found a world, let people and faults loose, end the faults, wait for quiet, judge."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .agents import People
from .logs import ERRORS
from .loop import run
from .makings import Makings
from .monitor import Monitor
from .oracles import judge, unsettled
from .switches import Switches, draw
from .trouble import Trouble
from .upheaval import Upheaval
from .view import View, look
from .world import World

QUIET_SECONDS = 1_800.0
_LOOK_EVERY = 15.0
_LOOK_AT_LEAST_EVERY = 90.0
_STANDS = 45.0
"""How long both sides have agreed before that counts."""
_MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a seed."""

    seed: int
    trace: str
    violations: tuple[str, ...]
    faults: Counter[str]
    edits: int
    crash_points: tuple[str, ...]
    """Which process died after how many of its steps."""
    settled_after: float
    """Virtual seconds from the end of the faults to quiet."""
    story: tuple[str, ...]


def live(seed: int, switches: Switches | None = None) -> Outcome:
    """Live the history of a seed; whatever ends it early is a violation, too."""
    chosen = switches or draw(seed)
    # graphclient spreads its second attempts by it: the one chance that is not handed in.
    random.seed(seed)
    ERRORS.clear()
    made: list[World] = []

    async def main() -> Outcome:
        world = World(seed, chosen)
        made.append(world)
        return await _live(world)

    try:
        return run(seed, main)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the seed has found it
        world = made[0]
        violations = [f"died: {text}" for text in _causes(error)]
        return _outcome(world, violations, 0.0)


async def _live(world: World) -> Outcome:
    switches = world.switches
    people = People(
        world.offices, world.cloud, world.platform, world.broker, world.ledger, world.journal,
        world.clock, world.random("people"), switches,
    )  # fmt: skip
    monitor = Monitor(world.cloud, world.offices, world.ledger, people)
    Makings(world.cloud, world.journal, monitor)
    trouble = Trouble(world, world.random("trouble"))
    upheaval = Upheaval(world, world.random("upheaval"))
    async with world.running():
        async with asyncio.TaskGroup() as both:
            both.create_task(people.live(switches.edits, 60 * switches.minutes))
            both.create_task(trouble.strike(60 * switches.minutes))
            both.create_task(upheaval.strike(60 * switches.minutes))
        people.rest()
        ended = world.time()
        view, settled = await _quiet(world, people, monitor)
        violations = [*judge(view), *world.journal.unseen(), *(f"O10: {each}" for each in ERRORS)]
        if world.broker.dead_letters:
            violations.append(f"O11: dead letters: {world.broker.dead_letters}")
        if not settled:
            violations.append(f"O9: no quiet within {QUIET_SECONDS:.0f} s")
        return _outcome(world, violations, world.time() - ended)


async def _quiet(world: World, people: People, monitor: Monitor) -> tuple[View, bool]:
    """What shows when both sides agree and nothing has happened for a while, or when that has not come for too long."""
    until, pause = world.time() + QUIET_SECONDS, _LOOK_EVERY
    while world.time() < until:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LOOK_AT_LEAST_EVERY)
        still = world.time() - max(world.platform.last_news_at, monitor.last_write_at)
        if still < _STANDS or world.cloud.flying:
            continue
        view = await _view(world, people, monitor)
        if not unsettled(view):
            return view, True
    return await _view(world, people, monitor), False


async def _view(world: World, people: People, monitor: Monitor) -> View:
    return await look(
        people, world.offices, world.platform, world.ledger, monitor, world.journal, world.switches
    )


def _outcome(world: World, violations: list[str], settled_after: float) -> Outcome:
    return Outcome(
        world.seed,
        world.journal.trace(),
        tuple(dict.fromkeys(violations)),
        world.journal.faults,
        world.ledger.edits,
        tuple(
            line.what
            for line in world.journal.lines
            if line.who == "fault" and line.what.startswith("crashed ")
        ),
        settled_after,
        tuple(_story(world, violations)) if violations else (),
    )


def _story(world: World, violations: Iterable[str]) -> Iterable[str]:
    """The lines about whatever the violations name."""
    text = " ".join(violations)
    about: set[str] = set()
    for affair in world.ledger.affairs:
        words = {affair.tag, str(affair.booking_id), affair.event_id or ""} - {""}
        if any(
            word in text.replace(",", " ").replace("(", " ").replace(")", " ").split()
            for word in words
        ):
            about |= {
                f" {affair.tag} ",
                f"-{affair.tag} ",
                f"'{affair.tag} ",
                str(affair.booking_id),
            }
            if affair.event_id:
                about.add(affair.event_id)
    names = {
        str(one): name
        for office in world.offices
        for place, (room_id, mailbox) in enumerate(office.rooms.items())
        for one, name in (
            (room_id, f"<{office.number}.{place}>"),
            (mailbox, f"<box {office.number}.{place}>"),
        )
    }
    names |= {
        str(affair.booking_id): f"<{affair.tag}>"
        for affair in world.ledger.affairs
        if affair.booking_id
    }
    names |= {
        affair.event_id: f"<event {affair.tag}>"
        for affair in world.ledger.affairs
        if affair.event_id
    }
    return world.journal.story(about, names, _MOST_LINES)


def _causes(error: BaseException) -> Iterable[str]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _causes(each)
    else:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = (
            f"{place.tb_frame.f_code.co_filename.rpartition('/')[2]}:{place.tb_lineno}"
            if place
            else ""
        )
        yield f"{type(error).__name__}: {error} ({where})"
