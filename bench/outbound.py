"""Booking by REST → result on clearooms.events: all four services, real servers, against a bare write to the simulator."""

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from pgstore.launcher import running_server
from pgstore.testing import clone, make_template
from tests.e2e.office import Api, Office
from tests.e2e.processes import Program, until
from tests.e2e.stack import Stack, running_stack
from tests.servers.rabbitmq import running_rabbitmq

ROOMS = 20
RATE = float(os.environ.get("BENCH_COMMANDS", "20"))  # a second
SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
BARE = 100  # writes of the baseline, before and after each round
ANSWER_MUST = 5.5  # s, p99 from request to answer
ATTENDANT = 0.3  # s: what the simulated room takes to answer, which is nobody's fault here
GUEST = "guest@elsewhere.example"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Round:
    """Bookings of one kind: when each was asked for, how long its answer took."""

    sent: dict[str, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)


def bench() -> bool:
    """Print the figures and their ratios; false when answers take longer than they may."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_rabbitmq() as broker,
        running_server(Path(folder, "pg")) as dsn,  # fsync on, as in production
    ):
        return asyncio.run(_measured(Path(folder), dsn, broker.fresh_url()))


async def _measured(folder: Path, dsn: str, amqp_url: str) -> bool:
    template = await make_template(dsn)
    async with (
        clone(template) as database,
        running_stack(folder, database.login_dsn, amqp_url) as stack,
    ):
        office = await stack.office("bench", rooms=ROOMS)
        graph = Api(stack.session, stack.sim.origin, await _token(stack, office), stack.sim.tls)
        await _book(stack, office, office.people[0], 2.0, 1)  # warm
        direct = await _round(stack, office, graph, GUEST, 2)
        organised = await _round(stack, office, graph, office.people[0], 3)
        return direct and organised


async def _round(stack: Stack, office: Office, graph: Api, organizer: str, day: int) -> bool:
    """One path at a steady rate, the bare write before and after it."""
    programs = (*stack.services, stack.simulator)
    bare = await _bare(office, graph)
    before = [_cpu(program) for program in programs]
    seen = len(stack.ledger.messages)
    made = await _book(stack, office, organizer, SECONDS, day)
    spent = [_cpu(program) - was for program, was in zip(programs, before, strict=True)]
    bare = sorted([*bare, *await _bare(office, graph)])
    base = _at(bare, 0.5)
    organised = organizer != GUEST
    delays = sorted(_delays(stack, made, seen, ATTENDANT if organised else 0.0))
    answers = sorted(made.answers)
    name = (
        f"organiser's calendar, {ATTENDANT:.1f} s of the room's own taken off"
        if organised
        else "room's calendar"
    )
    print(f"{name}: {RATE:.0f} bookings/s over {ROOMS} rooms for {SECONDS:.0f} s; "
          f"a bare POST to Graph: p50 {base * 1000:.1f} ms, p99 {_at(bare, 0.99) * 1000:.1f} ms")  # fmt: skip
    for what, times in (("request → result", delays), ("request → answer", answers)):
        p50, p99 = _at(times, 0.5), _at(times, 0.99)
        print(f"  {what}: p50 {p50 * 1000:.0f} ms = {p50 / base:.1f} bare POSTs, p99 {p99 * 1000:.0f} ms = {p99 / base:.1f}")  # fmt: skip
    cost = {
        program.module: 1000 * used / len(made.sent)
        for program, used in zip(programs, spent, strict=True)
    }
    print("  CPU per booking: " + ", ".join(
        f"{module} {each:.1f} ms = {each / cost['graphsim']:.1f} of the simulator's" for module, each in cost.items()))  # fmt: skip
    return _at(answers, 0.99) <= ANSWER_MUST


async def _book(stack: Stack, office: Office, organizer: str, seconds: float, day: int) -> Round:
    """Bookings at the rate, none in another's way; returns once each has its result."""
    made, rooms, count = Round(), list(office.rooms), int(RATE * seconds)
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    began = time.monotonic()
    async with asyncio.TaskGroup() as clients:
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))  # the rate
            slot = start + timedelta(days=day, minutes=15 * (number // ROOMS))
            clients.create_task(_one(office, rooms[number % ROOMS], slot, organizer, made))

    async def answered() -> bool:
        told = {message["data"].get("booking_id") for message in stack.ledger.messages}
        return made.sent.keys() <= told

    async with asyncio.timeout(120):
        await until(answered, 0.5)
        await asyncio.sleep(3)  # invitations and echoes belong to the cost
    return made


async def _one(office: Office, room: UUID, start: datetime, organizer: str, made: Round) -> None:
    booking = str(uuid4())
    made.sent[booking] = time.time()
    body = {
        "booking_id": booking,
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=15)).isoformat(),
        "subject": "Bench",
        "organizer": {"name": "Bench", "email": organizer},
    }
    began = time.monotonic()
    await office.portal.call("POST", f"/api/rooms/{room}/bookings", body)
    made.answers.append(time.monotonic() - began)


async def _bare(office: Office, graph: Api) -> list[float]:
    """Seconds of each of many writes by one client, one after the other, into a calendar that has no part in this."""
    person = office.people[-1]
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40)
    took: list[float] = []
    for number in range(BARE):
        at = start + timedelta(minutes=15 * number)
        event = {
            "subject": "Bare",
            "start": {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"},
            "end": {"dateTime": f"{at + timedelta(minutes=15):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"},
            "transactionId": str(uuid4()),
        }  # fmt: skip
        began = time.monotonic()
        await graph.call("POST", f"/v1.0/users/{person}/events", event)
        took.append(time.monotonic() - began)
    return took


async def _token(stack: Stack, office: Office) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": str(office.client),
        "client_secret": office.secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    url = f"{stack.sim.origin}/{office.tenant}/oauth2/v2.0/token"
    async with stack.session.post(url, data=form, ssl=stack.sim.tls) as answer:
        return str((await answer.json())["access_token"])


def _delays(stack: Stack, made: Round, seen: int, less: float) -> list[float]:
    """From each request to its result on the platform's queue; every one must be an acceptance."""
    found: list[float] = []
    for message, at in zip(stack.ledger.messages[seen:], stack.ledger.arrivals[seen:], strict=True):
        if message["type"].startswith("com.clearooms.command."):
            assert message["data"]["outcome"] == "accepted", message["data"]
            found.append(at - made.sent[message["data"]["booking_id"]] - less)
    return found


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)]


def _cpu(program: Program) -> float:
    fields = Path(f"/proc/{program.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK
