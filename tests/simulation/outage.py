"""Microsoft is away for four hours: people go on, commands wait or expire, and afterwards everybody agrees."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Final
from uuid import UUID

from contracts.commands import Book, Person

from .agents import People
from .history import Outcome, _outcome, _quiet
from .ledger import Affair, Edit, When
from .logs import ERRORS
from .loop import run
from .monitor import Monitor
from .oracles import judge
from .switches import Switches, draw
from .world import World

OUTAGE_SECONDS: Final = 4 * 3_600.0
_BEFORE = 300.0
_EDITS = 24
_MOST_STEPS = 4_000_000
_HURRIED = 8
_WAYS: Final = ({"drop": True, "when": "before"}, {"status": 503}, {"status": 504})


@dataclass(frozen=True, slots=True)
class _Hurried:
    """A booking whose sender waits for a while only."""

    affair: Affair
    not_after: float
    """Virtual seconds."""


def live(seed: int, _: Switches | None = None) -> Outcome:
    """Live a seed's four hours; whatever ends them early is a violation, too."""
    ERRORS.clear()
    chosen = _calm(draw(seed))

    async def main() -> Outcome:
        return await _live(World(seed, chosen))

    return run(f"{seed}/outage", main, most_steps=_MOST_STEPS)


def _calm(drawn: Switches) -> Switches:
    """The world as it was drawn, and no other fault: nothing else may excuse a message that comes twice."""
    return replace(
        drawn,
        adversary=False,
        subscriptions=True,
        cloud=drawn.cloud | {"read_lag": 0.0, "transaction_memory_seconds": None},
        database_away=0.0,
        message_duplicated=0.0,
        message_held_back=0.0,
        confirm_lost=0.0,
        posted_again=0.0,
        defects=(),
        faults=(),
    )


async def _live(world: World) -> Outcome:
    random = world.random("outage")
    people = People(
        world.offices, world.cloud, world.platform, world.broker, world.ledger, world.journal,
        world.clock, world.random("people"), world.switches,
    )  # fmt: skip
    monitor = Monitor(world.cloud, world.offices, world.ledger, people)
    world.cloud.before, world.cloud.after = monitor.before, monitor.after
    async with world.running():
        await people.live(_EDITS // 4, _BEFORE)
        match = {"path": "^/(users|subscriptions)", "until": OUTAGE_SECONDS}
        fault = {"match": match, "times": None, **random.choice(_WAYS)}
        await world.cloud.control("POST", "faults", fault)
        begun, writes = world.time(), _writes(world)
        hurried: list[_Hurried] = []
        async with asyncio.TaskGroup() as both:
            both.create_task(people.live(_EDITS, OUTAGE_SECONDS * 0.95))
            both.create_task(_hurry(world, random, hurried))
        await asyncio.sleep(max(0.0, begun + OUTAGE_SECONDS - world.time()))
        [outage] = world.cloud.simulator.faults.all
        world.journal.faults["outage"] += outage.fired
        witness = outage.fired > 0 and writes == _writes(world)
        ended = world.time()
        view, settled = await _quiet(world, people, monitor)
        violations = [
            *(each for each in judge(view) if "was refused as expired" not in each),
            *_twice(world),
            *_expired(world, hurried, ended),
            *(f"O10: {each}" for each in ERRORS),
        ]
        if not witness:
            violations.append("witness: Graph was not away")
        if not settled:
            violations.append("O9: no quiet after the outage")
        return _outcome(world, violations, world.time() - ended)


def _writes(world: World) -> int:
    return sum(world.cloud.simulator.writes.by_kind.values())


async def _hurry(world: World, random: Random, hurried: list[_Hurried]) -> None:
    """Now and then somebody books who waits for minutes or hours only: less or more than the outage lasts."""
    for _ in range(_HURRIED):
        await asyncio.sleep(random.uniform(0.2, 0.9) * OUTAGE_SECONDS / _HURRIED)
        patience = random.choice((300.0, 3_600.0, 2 * OUTAGE_SECONDS))
        hurried.append(_book(world, random, patience))


def _book(world: World, random: Random, patience: float) -> _Hurried:
    office = random.choice(world.offices)
    room_id = random.choice(list(office.rooms))
    address = random.choice(list(office.members))
    name = office.members[address][1]
    # Days of their own: nobody else books so far ahead.
    start = world.clock().replace(hour=8, minute=0, second=0, microsecond=0)
    start += timedelta(days=30, hours=len(world.ledger.affairs) % 10, minutes=0)
    when = When(start, start + timedelta(minutes=30))
    tag = f"B{len(world.ledger.affairs)}"
    edit = Edit(world.time(), "platform", name, when, f"{tag} v0", command_id=f"h-{tag}")
    booking_id = UUID(int=random.getrandbits(128), version=4)
    affair = Affair(
        tag, office.number, room_id, office.rooms[room_id], "platform", "member", address, name,
        [edit], booking_id, sequence=1,
    )  # fmt: skip
    world.ledger.affairs.append(affair)
    not_after = world.clock() + timedelta(seconds=patience)
    order = Book(
        booking_id=booking_id,
        room_id=room_id,
        sequence=1,
        start=when.start,
        end=when.end,
        subject=f"{tag} v0",
        organizer=Person(name=name, email=address),
        not_after=not_after,
    )
    world.platform.send(world.broker, office.id, f"h-{tag}", order)
    return _Hurried(affair, world.time() + patience)


def _twice(world: World) -> Iterator[str]:
    """Nothing struck the broker and nobody crashed: each version and each result comes once."""
    platform = world.platform
    rooms = sum(
        1
        for each in world.journal.lines
        if each.who == "platform" and each.what.startswith("room.")
    )
    once = len(platform.told) + len(platform.results) + rooms
    if platform.messages > once:
        yield f"O6: {platform.messages} messages for {once} versions, results and rooms"
    notices = Counter(
        each.what
        for each in world.journal.lines
        if each.who == "platform" and each.what.startswith("room.synced")
    )
    yield from (
        f"O6: {what} was told {times} times" for what, times in notices.items() if times > 1
    )


def _expired(world: World, hurried: list[_Hurried], ended: float) -> Iterator[str]:
    """Whoever did not want to wait so long was refused, and nobody else was for that reason."""
    expired = {name for name, each in world.platform.results.items() if each.reason == "expired"}
    # The last attempt of the outage may still be under way when it ends.
    late = {each.affair.booked.command_id for each in hurried if each.not_after < ended - 60}
    surely = {each.affair.booked.command_id for each in hurried if each.not_after < ended}
    world.journal.faults["expired"] += len(expired)
    world.journal.faults["waited"] += len(hurried) - len(surely)
    yield from (f"O11: {name} was carried out too late" for name in late - expired)
    yield from (f"O11: {name} was refused as expired, but is not" for name in expired - surely)
