"""Users on both sides work while everything breaks again and again: nothing is lost, doubled, or left apart."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from demo.ports import free_port
from pgstore.testing import clone, make_template

from ..servers.rabbitmq import Broker
from .audit import (
    MOST_WRITES,
    all_answered,
    unanswered,
    wrong_bookings,
    wrong_events,
    wrong_results,
)
from .bookers import Bookers, platform_exchange
from .crossers import Crossers
from .office import Office
from .processes import Program, until
from .settled import bound, settle
from .stack import Stack, running_stack
from .strikes import Postgres, Strikes
from .traffic import Traffic

SEED: Final = 20
COMMANDS: Final = 2.0  # a second
CHANGES: Final = 2.0  # a second, in Outlook
CROSSING: Final = 0.5  # s between edits of the same few meetings by either side
EDITING: Final = 85.0  # s at least, strikes or no strikes
FEWEST_STRIKES: Final = 20
ANSWERED_WITHIN: Final = 130.0  # a cancellation whose answer was lost is looked at again until then
SETTLED_WITHIN: Final = 60.0
# A killed process keeps the page cache, so fsync may be off; a commit must not wait in the server's memory.
KEEPS_COMMITS: Final = {"fsync": "off", "synchronous_commit": "on"}


@asynccontextmanager
async def _second_worker(stack: Stack, folder: Path) -> AsyncIterator[Program]:
    listen = f"127.0.0.1:{free_port()}"
    environ = {**stack.worker.environ, "OPS_LISTEN": listen}
    log = folder / "second_worker.log"
    worker = Program("sync_worker", environ, log, f"http://{listen}/readyz")
    try:
        await worker.start()
        yield worker
        assert await worker.stop() == 0, worker.tail()
    finally:
        await worker.stop()


async def _answered(bookers: Bookers, crossers: Crossers, stack: Stack) -> None:
    async def crossed() -> bool:
        return not crossers.unanswered()

    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            await all_answered(bookers, stack.ledger)
            await until(crossed, 0.2)
    except TimeoutError:
        left = unanswered(bookers, stack.ledger) | crossers.unanswered()
        raise AssertionError(f"{len(left)} without a result: {left}\n{stack.logs()}") from None


async def _wrong_writes(bookers: Bookers, crossers: Crossers, office: Office) -> list[str]:
    """More events made than bookings, more than three effective writes per edit, fields that are none of our business."""
    report = await office.sim.call("GET", "/_sim/report")
    found = [f"guard: {violation}" for violation in report["guard_violations"]]
    if report["writes"].get("POST events", 0) != len(bookers.bookings):
        found.append(f"{report['writes']} for {len(bookers.bookings)} bookings")
    commands = {str(booking.id): len(booking.commands) for booking in bookers.bookings}
    edits = await crossers.edits()
    for marker, rows in (await bound(office)).items():
        edits |= {row["ical_uid"]: commands.get(marker, 0) for row in rows}
    # Of a cancelled event nobody knows any more whose it was: it may have cost as much as the most edited of them.
    cancelled = max((len(each.commands) for each in bookers.bookings if each.cancelled), default=0)
    spent: dict[str, int] = defaultdict(int)
    for key, times in report["writes_by_event"].items():
        spent[key.partition("|")[2]] += times
    for uid, times in spent.items():
        if times > MOST_WRITES * edits.get(uid, cancelled):
            found.append(f"{times} writes for {edits.get(uid, cancelled)} edits")
    return found


async def _audited(bookers: Bookers, crossers: Crossers, office: Office, stack: Stack) -> None:
    wrong = [
        *wrong_results(bookers, stack.ledger),
        *crossers.wrong_results(),
        *await wrong_events(bookers, office),
        *await crossers.wrong_times(),
        *wrong_bookings(bookers, stack.ledger),
        *await _wrong_writes(bookers, crossers, office),
        *stack.ledger.disorder(),
    ]
    assert not wrong, "\n".join(wrong[:20]) + f"\n({len(wrong)} in all)\n{stack.logs()}"


async def test_both_sides_agree_after_everything_was_killed_and_stopped_by_turns(
    amqp_url: str, rabbitmq_server: Broker, tmp_path: Path
) -> None:
    postgres = Postgres(tmp_path / "server", KEEPS_COMMITS)
    with postgres.serving() as dsn:
        template = await make_template(dsn)
        async with (
            clone(template) as database,
            running_stack(tmp_path, database.login_dsn, amqp_url) as stack,
            _second_worker(stack, tmp_path) as second,
            platform_exchange(amqp_url) as exchange,
        ):
            office = await stack.office("chaos", rooms=6)
            rooms = list(office.rooms)
            bookers = Bookers(office, stack.ledger, exchange, COMMANDS, SEED, rooms[:2])
            crossers = Crossers(office, stack.ledger, exchange, CROSSING, SEED, rooms[2:4])
            traffic = Traffic(office, CHANGES, SEED, [office.rooms[room] for room in rooms[4:]])
            strikes = Strikes(stack, [stack.worker, second], rabbitmq_server, postgres, SEED)
            stop, began = asyncio.Event(), time.monotonic()
            async with asyncio.TaskGroup() as running:
                for users in (bookers, crossers, traffic):
                    running.create_task(users.run(stop))
                await strikes.run()
                broke = time.monotonic() - began
                await asyncio.sleep(EDITING - broke)  # the users' day goes on
                stop.set()
            edited = time.monotonic() - began
            await _answered(bookers, crossers, stack)
            answered = time.monotonic() - began - edited
            await settle(stack, office, SETTLED_WITHIN)
            settled = time.monotonic() - began - edited
            await _audited(bookers, crossers, office, stack)
            assert strikes.struck.total() >= FEWEST_STRIKES
            print(  # noqa: T201  # what the proof rests on
                f"{strikes.struck.total()} strikes in {broke:.0f} s of {edited:.0f}: {dict(strikes.struck)}; commands {dict(bookers.done)}, "
                f"Outlook {dict(traffic.done)}, both at one meeting {dict(crossers.done)}; the last result after {answered:.0f} s, agreed after {settled:.0f} s"
            )
