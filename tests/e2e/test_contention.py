"""Thirty-two people want the same two hundred slots at once while Outlook books some of them: nothing is doubled."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from pgstore.testing import TestDatabase

from .office import Office
from .processes import Program, until
from .settled import bound, settle
from .stack import Stack, running_stack

CLIENTS, SLOTS, ROOMS = 32, 200, 8
GUESTS = CLIENTS // 4
MEETINGS = 20  # of Outlook, half of them directly in a room's calendar, where nobody checks
MEETINGS_WITHIN = 30.0  # s: sooner than the two minutes in which a direct booking of ours gives way
ANSWER_P99 = 5.5
DECIDED_WITHIN = 180.0
PORTAL = "/clearooms/portal"
FATAL = ("pass_failed", "Traceback", "40P01", "deadlock detected")

Slot = tuple[UUID, datetime]


@dataclass(slots=True)
class Tries:
    """What the clients sent and were answered."""

    slots: dict[str, Slot] = field(default_factory=dict)  # by booking id
    guests: set[str] = field(default_factory=set)
    sent: dict[str, float] = field(default_factory=dict)  # wall clock, as the ledger's arrivals
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


async def _client(office: Office, number: int, slots: list[Slot], tries: Tries) -> None:
    """Try each slot once, in an order of one's own."""
    guest = number >= CLIENTS - GUESTS
    email = f"guest{number}@elsewhere.example" if guest else office.people[number]
    mine = list(slots)
    random.Random(number).shuffle(mine)  # noqa: S311  # a reproducible crowd, not a secret
    for room, start in mine:
        booking = str(uuid4())
        tries.slots[booking] = (room, start)
        if guest:
            tries.guests.add(booking)
        body = {
            "booking_id": booking,
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=30)).isoformat(),
            "subject": "Ours",
            "organizer": {"name": "Somebody", "email": email},
        }
        tries.sent[booking], began = time.time(), time.monotonic()
        async with office.portal.session.post(
            f"{office.portal.origin}/api/rooms/{room}/bookings",
            json=body,
            headers={"Authorization": f"Bearer {office.portal.token}"},
        ) as answer:
            await answer.read()
            tries.statuses[answer.status] += 1
        tries.seconds.append(time.monotonic() - began)


async def _outlook(office: Office, chosen: list[Slot]) -> None:
    for number, (room, start) in enumerate(chosen):
        person = None if number % 2 else len(office.people) - 1  # somebody who books nothing here
        await office.meet(office.rooms[room], start, organizer=person)
        await asyncio.sleep(MEETINGS_WITHIN / MEETINGS)  # people's own pace


async def _decided(stack: Stack, tries: Tries) -> None:
    async def every_one() -> bool:
        return len(stack.ledger.results(PORTAL)) >= len(tries.sent)

    async with asyncio.timeout(DECIDED_WITHIN):
        await until(every_one, 0.5)


def _delays(stack: Stack, tries: Tries) -> list[float]:
    """From sending a command to its one result; fails where a command has none or two."""
    told: dict[str, set[str]] = defaultdict(set)
    delays: dict[str, float] = {}
    for message, at in zip(stack.ledger.messages, stack.ledger.arrivals, strict=True):
        if message["data"].get("command_source") == PORTAL:
            booking = message["data"]["booking_id"]
            told[booking].add(message["id"])
            delays.setdefault(booking, at - tries.sent[booking])
    assert told.keys() == tries.sent.keys()
    assert {booking: ids for booking, ids in told.items() if len(ids) > 1} == {}
    return sorted(delays.values())


async def _nothing_is_doubled(
    stack: Stack, office: Office, tries: Tries, chosen: list[Slot]
) -> None:
    """At most one living booking of ours per slot, exactly one where Outlook did not interfere; who gave way is gone."""
    events = await bound(office)
    assert {marker: len(rows) for marker, rows in events.items() if len(rows) > 1} == {}
    living = Counter(tries.slots[marker] for marker in events)
    assert {slot: times for slot, times in living.items() if times > 1} == {}
    free = set(tries.slots.values()) - set(chosen)
    assert {slot for slot in free if not living[slot]} == set()
    conflicted = {
        message["data"]["id"]
        for message in stack.ledger.latest().values()
        if message["data"]["status"] == "conflicted"
    }
    assert conflicted & tries.guests == set(), "a direct booking did not give way"


async def _deadlocks(superuser_dsn: str, database: str) -> int:
    connection = await asyncpg.connect(superuser_dsn)
    try:
        return int(
            await connection.fetchval(
                "select deadlocks from pg_stat_database where datname = $1", database
            )
        )
    finally:
        await connection.close()


async def test_many_who_want_the_same_slots_get_one_booking_each_slot(
    database: TestDatabase, postgres_server: str, amqp_url: str, tmp_path: Path
) -> None:
    programs: tuple[Program, ...] = ()
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        programs = stack.services
        office = await stack.office("crowd", rooms=ROOMS, people=CLIENTS - GUESTS + 1)
        first = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
        starts = [first + timedelta(days=1, minutes=30 * n) for n in range(SLOTS // ROOMS)]
        slots = [(room, start) for room in office.rooms for start in starts]
        assert len(slots) == SLOTS
        chosen = random.Random(7).sample(slots, MEETINGS)  # noqa: S311  # reproducible
        tries, began = Tries(), time.monotonic()
        async with asyncio.TaskGroup() as crowd:
            crowd.create_task(_outlook(office, chosen))
            for number in range(CLIENTS):
                crowd.create_task(_client(office, number, slots, tries))
        asked = time.monotonic() - began
        await _decided(stack, tries)
        delays = _delays(stack, tries)
        answers = sorted(tries.seconds)
        p50, p99 = (answers[int(len(answers) * share)] for share in (0.50, 0.99))
        print(  # noqa: T201  # what the proof rests on
            f"{len(answers)} requests in {asked:.0f} s ({len(answers) / asked:.0f}/s), {dict(tries.statuses)}; "
            f"request → answer p50 {p50:.2f} s, p99 {p99:.2f} s, longest {answers[-1]:.2f} s; "
            f"request → result p99 {delays[int(len(delays) * 0.99)]:.2f} s, longest {delays[-1]:.2f} s"
        )
        assert tries.statuses.keys() <= {201, 202, 409}
        assert len(answers) == CLIENTS * SLOTS
        assert p99 <= ANSWER_P99
        assert delays[-1] <= DECIDED_WITHIN
        await settle(stack, office)
        await _nothing_is_doubled(stack, office, tries, chosen)
        assert stack.ledger.disorder() == []
        report = await stack.sim.call("GET", "/_sim/report")
        assert report["guard_violations"] == []
        assert max(report["writes_by_event"].values()) <= 3 * 2  # made, and perhaps taken back
    logs = {program.module: program.log.read_text() for program in programs}
    assert {(name, word) for name, text in logs.items() for word in FATAL if word in text} == set()
    assert await _deadlocks(postgres_server, database.name) == 0
