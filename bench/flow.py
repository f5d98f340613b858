"""Both directions at once: command → event in Outlook, and Outlook change → message; all four services, real servers."""

import asyncio
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika

from contracts.commands import Book, Person, encode_command
from contracts.routing import COMMANDS, SYNC_COMMANDS
from pgstore.launcher import running_server
from pgstore.testing import clone, make_template
from tests.e2e.office import Api, Office
from tests.e2e.processes import until
from tests.e2e.stack import Stack, running_stack
from tests.servers.rabbitmq import running_rabbitmq

from .processes import at_share, cpu_seconds, graph_token

ROOMS = 20
RATES = tuple(float(each) for each in os.environ.get("BENCH_RATES", "100,200").split(","))
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
BARE = 100  # writes of the baseline before each round
GUEST = "guest@elsewhere.example"  # booked in the room's own calendar
SOURCE = "/bench/flow"


@dataclass(slots=True)
class Sent:
    """When each booking was asked for."""

    at: dict[str, float] = field(default_factory=dict)


def bench() -> bool:
    """Print the figures and their ratios; there is no budget for this flow, so it is never below one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_rabbitmq() as broker,
        running_server(Path(folder, "pg")) as dsn,  # fsync on, as in production
    ):
        asyncio.run(_measured(Path(folder), dsn, broker.fresh_url()))
    return True


async def _measured(folder: Path, dsn: str, amqp_url: str) -> None:
    template = await make_template(dsn)
    async with (
        clone(template) as database,
        running_stack(folder, database.login_dsn, amqp_url) as stack,
        await aio_pika.connect_robust(amqp_url) as connection,
    ):
        office = await stack.office("flow", rooms=2 * ROOMS)
        channel = await connection.channel()
        exchange = await channel.get_exchange(COMMANDS)
        for day, rate in enumerate(RATES, start=2):
            for organizer in (GUEST, office.people[0]):
                await _round(stack, office, exchange, rate, organizer, day)


async def _round(
    stack: Stack, office: Office, exchange: Any, rate: float, organizer: str, day: int
) -> None:
    """Half of the rooms get bookings from us, half meetings in Outlook, each at the rate."""
    rooms = list(office.rooms)
    ours, theirs = rooms[:ROOMS], [str(office.rooms[room]) for room in rooms[ROOMS:]]
    programs = (*stack.services, stack.simulator)
    bare = await _bare(stack, office, day)
    before = [cpu_seconds(program.pid) for program in programs]
    seen = len(stack.ledger.messages)
    asked = {"rooms": theirs, "rate": rate, "seconds": SECONDS}
    await stack.sim.call("POST", "/_sim/load", asked)
    sent = await _send(office, exchange, rate, ours, organizer, day)
    spent_on = sent.at.keys()

    async def settled() -> bool:
        report = await stack.sim.call("GET", "/_sim/report")
        told = {each["data"].get("booking_id") for each in stack.ledger.messages[seen:]}
        return spent_on <= told and not report["load"]["running"]

    async with asyncio.timeout(300):
        await until(settled, 0.5)
        await asyncio.sleep(3)  # invitations and echoes belong to the cost
    spent = [cpu_seconds(program.pid) - was for program, was in zip(programs, before, strict=True)]
    made = (await stack.sim.call("GET", "/_sim/load"))["changes"]
    path = "room's calendar" if organizer == GUEST else "organiser's calendar"
    base = at_share(sorted(bare), 0.5)
    print(f"{rate:.0f} bookings/s ({path}) and {rate:.0f} Outlook changes/s over {ROOMS} rooms each for {SECONDS:.0f} s; "
          f"a bare POST to Graph: p50 {base * 1000:.1f} ms")  # fmt: skip
    for what, delays in (
        ("command → event in Outlook", _in_outlook(stack, seen, sent)),
        ("command → result", _results(stack, seen, sent)),
        ("Outlook change → message", _inbound(stack, office, made, seen)),
    ):
        ordered = sorted(delays)
        p50, p99 = at_share(ordered, 0.5), at_share(ordered, 0.99)
        print(f"  {what} ({len(ordered)}): p50 {p50 * 1000:.0f} ms = {p50 / base:.1f} bare POSTs, "
              f"p99 {p99 * 1000:.0f} ms = {p99 / base:.1f}")  # fmt: skip
    changes = len(sent.at) + len(made)
    print("  CPU ms per change (either direction): " + ", ".join(
        f"{program.module} {1000 * used / changes:.1f}" for program, used in zip(programs, spent, strict=True)))  # fmt: skip


async def _send(
    office: Office, exchange: Any, rate: float, rooms: list[UUID], organizer: str, day: int
) -> Sent:
    """Bookings of ten minutes at the rate, none in another's way."""
    sent, began = Sent(), time.monotonic()
    offset = 12 if organizer == GUEST else 0
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert office.organisation is not None
    for number in range(int(rate * SECONDS)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))  # the rate
        slot = start + timedelta(days=day, hours=offset, minutes=10 * (number // len(rooms)))
        booking = uuid4()
        order = Book(
            booking_id=booking,
            room_id=rooms[number % len(rooms)],
            sequence=1,
            start=slot,
            end=slot + timedelta(minutes=10),
            subject="Bench",
            organizer=Person(name="Bench", email=organizer),
        )
        body = encode_command(
            order,
            organisation_id=office.organisation,
            source=SOURCE,
            time=datetime.now(UTC),
            message_id=str(booking),
        )
        sent.at[str(booking)] = time.time()
        await exchange.publish(aio_pika.Message(body), SYNC_COMMANDS)
    return sent


def _in_outlook(stack: Stack, seen: int, sent: Sent) -> list[float]:
    """From each command to the booking's first message, which follows the write to Graph: at most so long it took."""
    found: dict[str, float] = {}
    for message, at in zip(stack.ledger.messages[seen:], stack.ledger.arrivals[seen:], strict=True):
        if message["type"] == "com.clearooms.booking.v1" and message["data"]["id"] in sent.at:
            found.setdefault(message["data"]["id"], at)
    return [at - sent.at[booking] for booking, at in found.items()]


def _results(stack: Stack, seen: int, sent: Sent) -> list[float]:
    """From each command to its result on the platform's queue; every one must be an acceptance."""
    found: list[float] = []
    for message, at in zip(stack.ledger.messages[seen:], stack.ledger.arrivals[seen:], strict=True):
        if message["type"].startswith("com.clearooms.command."):
            assert message["data"]["outcome"] == "accepted", message["data"]
            found.append(at - sent.at[message["data"]["booking_id"]])
    return found


def _inbound(stack: Stack, office: Office, made: list[Mapping[str, str]], seen: int) -> list[float]:
    rooms = {str(mailbox): str(room) for room, mailbox in office.rooms.items()}
    arrived = {
        (message["data"]["room_id"], datetime.fromisoformat(message["data"]["start"])): at
        for message, at in reversed(
            list(zip(stack.ledger.messages[seen:], stack.ledger.arrivals[seen:], strict=True))
        )
        if message["type"] == "com.clearooms.booking.v1"
    }
    return [
        arrived[key] - datetime.fromisoformat(change["at"]).timestamp()
        for change in made
        if (key := (rooms[change["room"]], datetime.fromisoformat(change["start"]))) in arrived
    ]


async def _bare(stack: Stack, office: Office, day: int) -> list[float]:
    """Seconds of each of many writes by one client, one after the other, into a calendar that has no part in this."""
    token = (await graph_token(stack, office))["access_token"]
    graph = Api(stack.session, stack.sim.origin, token, stack.sim.tls)
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40 + day)
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
        await graph.call("POST", f"/v1.0/users/{office.people[-1]}/events", event)
        took.append(time.monotonic() - began)
    return took
