"""From 10 rooms to 100,000: the worker's CPU per change; size of PostgreSQL with 1,000,000 mirrored events; memory of an idle service."""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from pgstore.launcher import running_server
from pgstore.testing import clone, make_template
from tests.e2e.office import Office
from tests.e2e.processes import until
from tests.e2e.stack import Stack, running_stack
from tests.servers.rabbitmq import running_rabbitmq

from .processes import cpu_seconds

BUSY: Final = 10  # rooms in which something happens, however many there are
ROOMS: Final = (BUSY, 10_000, 100_000)
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "6"))
RATE: Final = 100.0  # changes a second
CPU_MUST, CPU_AIM = 1.2, 1.05  # design §6: times the CPU per change at 10 rooms
SIZE_ROOMS: Final = 10_000
EVENTS: Final = 100  # in each of them
SIZE_MUST: Final = 1.5  # GiB
IDLE_MUST: Final = 90.0  # MiB
_PER_ORGANISATION: Final = 1_000  # rooms, as the insert of rooms says
_GIB, _MIB = 1 << 30, 1 << 20

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Rooms in which nothing happens, copied from one in which something does: live, loaded, not due within the run.
_QUIET: Final = (
    """insert into organisations (id, name, created_at)
       select gen_random_uuid(), 'quiet', now() from generate_series(1, $1::int)""",
    """insert into integrations select made.* from (select * from integrations limit 1) i, organisations o,
           lateral jsonb_populate_record(null::integrations, to_jsonb(i) || jsonb_build_object('organisation_id', o.id)) made
       where o.name = 'quiet'""",
    """insert into offices select made.* from (select * from offices limit 1) f, organisations o,
           lateral jsonb_populate_record(null::offices, to_jsonb(f) || jsonb_build_object(
               'organisation_id', o.id, 'id', gen_random_uuid())) made
       where o.name = 'quiet'""",
    """insert into rooms select made.* from (select * from rooms limit 1) r, organisations o
           join offices f on f.organisation_id = o.id, generate_series(1, 1000) n,
           lateral jsonb_populate_record(null::rooms, to_jsonb(r) || jsonb_build_object(
               'organisation_id', o.id, 'office_id', f.id, 'id', md5(o.id::text || n),
               'mailbox_id', md5(n || o.id::text))) made
       where o.name = 'quiet' limit $1""",
    """insert into subscriptions select made.* from (select * from subscriptions limit 1) s, rooms r
           join organisations o on o.id = r.organisation_id,
           lateral jsonb_populate_record(null::subscriptions, to_jsonb(s) || jsonb_build_object(
               'organisation_id', r.organisation_id, 'room_id', r.id, 'subscription_id', md5(r.id::text),
               'due_at', now() + interval '1 day', 'expires_at', now() + interval '6 days')) made
       where o.name = 'quiet'""",
    """insert into room_sync select made.* from (select * from room_sync limit 1) s, rooms r
           join organisations o on o.id = r.organisation_id,
           lateral jsonb_populate_record(null::room_sync, to_jsonb(s) || jsonb_build_object(
               'organisation_id', r.organisation_id, 'room_id', r.id, 'due_at', now() + interval '1 day',
               'pending', '[]'::jsonb, 'lease_until', null)) made
       where o.name = 'quiet'""",
)
_GONE: Final = (
    "delete from bookings b using organisations o where o.id = b.organisation_id and o.name = 'quiet'",
    "delete from room_sync s using organisations o where o.id = s.organisation_id and o.name = 'quiet'",
    "delete from subscriptions s using organisations o where o.id = s.organisation_id and o.name = 'quiet'",
    "delete from rooms r using organisations o where o.id = r.organisation_id and o.name = 'quiet'",
    "delete from offices f using organisations o where o.id = f.organisation_id and o.name = 'quiet'",
    "delete from integrations i using organisations o where o.id = i.organisation_id and o.name = 'quiet'",
    "delete from organisations where name = 'quiet'",
)
# Ids, etags and iCalUIds as long as Graph's.
_EVENTS: Final = """
insert into bookings select made.* from (select * from bookings limit 1) b, generate_series(1, $1::int) n,
    rooms r join organisations o on o.id = r.organisation_id,
    lateral jsonb_populate_record(null::bookings, to_jsonb(b) || jsonb_build_object(
        'organisation_id', r.organisation_id, 'room_id', r.id, 'id', md5(r.id || '#' || n), 'version', n,
        'event_id', 'AAkALgAAAAAA' || md5(r.id::text || n) || md5(n || r.id::text) || md5(r.id || '/' || n) || 'AAA=',
        'etag', 'W/"' || left(md5(n || 'etag' || r.id), 24) || '=="',
        'seen_etags', jsonb_build_array('W/"' || left(md5(n || 'etag' || r.id), 24) || '=="'),
        'ical_uid', '040000008200E00074C5B7101A82E00800000000' || md5(n || 'a' || r.id) || md5(n || 'b' || r.id),
        'starts', now() + n * interval '2 hours', 'ends', now() + n * interval '2 hours' + interval '1 hour')) made
where o.name = 'quiet'
"""


def bench() -> bool:
    """Print the figures and their ratios to design §6; false when one is missed."""
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
        office = await stack.office("scale", rooms=BUSY)
        await _load(stack, office, 3.0)  # warm: the events that the loads then move
        good = _idle(stack)
        owner = await asyncpg.connect(urlunsplit(urlsplit(dsn)._replace(path=database.name)))
        try:
            good &= await _cpu(stack, office, owner)
            good &= await _size(owner, database.name)
        finally:
            await owner.close()
        return good


def _idle(stack: Stack) -> bool:
    resident = {program.module: _resident(program.pid) / _MIB for program in stack.services}
    good = max(resident.values()) <= IDLE_MUST
    print(f"{_verdict(good)}: an idle service takes at most {IDLE_MUST:.0f} MiB: "
          + ", ".join(f"{name} {size:.0f}" for name, size in resident.items()))  # fmt: skip
    return good


async def _cpu(stack: Stack, office: Office, owner: Connection) -> bool:
    """Rounds of each size interleaved, so that a slow minute of the machine hits all alike."""
    spent: dict[int, list[float]] = {rooms: [] for rooms in ROOMS}
    for _ in range(ROUNDS):
        for rooms in ROOMS:
            await _quiet_rooms(owner, rooms - BUSY)
            before = cpu_seconds(stack.worker.pid)
            made = await _load(stack, office, SECONDS)
            spent[rooms].append(1000 * (cpu_seconds(stack.worker.pid) - before) / made)
    medians: Mapping[int, float] = {rooms: statistics.median(each) for rooms, each in spent.items()}
    ratios = {rooms: each / medians[BUSY] for rooms, each in medians.items()}
    good = max(ratios.values()) <= CPU_MUST
    print(f"{_verdict(good)}: CPU of the worker per change, at most {CPU_MUST} (aim {CPU_AIM}) times that of {BUSY} rooms: "
          + ", ".join(f"{rooms:,} rooms {medians[rooms]:.2f} ms = {ratios[rooms]:.2f}" for rooms in ROOMS)
          + f" (medians of {ROUNDS} rounds of {SECONDS:.0f} s at {RATE:.0f} changes/s in {BUSY} rooms)")  # fmt: skip
    print(f"  the worker with {ROOMS[-1]:,} rooms: {_resident(stack.worker.pid) / _MIB:.0f} MiB")
    return good


async def _size(owner: Connection, name: str) -> bool:
    await _quiet_rooms(owner, SIZE_ROOMS)
    await owner.execute("vacuum full")  # what the rounds before left behind is none of these rooms'
    empty = await owner.fetchval("select pg_database_size($1)", name)
    await owner.execute(_EVENTS, EVENTS)
    await owner.execute("vacuum analyze")
    size = await owner.fetchval("select pg_database_size($1)", name)
    count = await owner.fetchval("select count(*) from bookings")
    good = bool(size / _GIB <= SIZE_MUST)
    print(f"{_verdict(good)}: {SIZE_ROOMS:,} rooms with {count:,} mirrored events take {size / _GIB:.2f} GiB of PostgreSQL, "
          f"at most {SIZE_MUST}; {(size - empty) / count:.0f} bytes for each event")  # fmt: skip
    return good


async def _quiet_rooms(owner: Connection, rooms: int) -> None:
    """Exactly so many rooms beside the busy ones."""
    async with owner.transaction():
        for statement in _GONE:
            await owner.execute(statement)
        organisations, *others = _QUIET
        await owner.execute(organisations, -(-rooms // _PER_ORGANISATION))
        for statement in others:
            await owner.execute(statement, *([rooms] if "$1" in statement else []))
    await owner.execute("vacuum analyze")
    found = await owner.fetchval("select count(*) from room_sync")
    if found != rooms + BUSY:
        raise SystemExit(f"{found} rooms instead of {rooms + BUSY}")


async def _load(stack: Stack, office: Office, seconds: float) -> int:
    """Changes at the rate in the busy rooms; how many were made, once the last is published."""
    rooms = [str(mailbox) for mailbox in office.mailboxes]
    await stack.sim.call("POST", "/_sim/load", {"rooms": rooms, "rate": RATE, "seconds": seconds})

    async def quiet() -> bool:
        report = await stack.sim.call("GET", "/_sim/report")
        return not report["load"]["running"] and report["deliveries"]["waiting"] == 0

    async with asyncio.timeout(seconds + 60):
        await until(quiet, 0.5)
        count = -1
        while count != len(stack.ledger.messages):
            count = len(stack.ledger.messages)
            await asyncio.sleep(1)  # silence has no event to wait for
    return len((await stack.sim.call("GET", "/_sim/load"))["changes"])


def _resident(pid: int) -> int:
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGESIZE")


def _verdict(good: bool) -> str:
    return "PASS" if good else "MISSED"
