"""The worker's SQL on a real server, as the worker's own role."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.hints import ChangeHint
from pgstore import Database, Role, open_database
from pgstore.testing import TestDatabase
from sync_worker.domain.booking import Row
from sync_worker.domain.room import Claim, LeaseLost, Settlement
from sync_worker.domain.schedule import Cadence
from sync_worker.domain.versions import Changes
from sync_worker.store import Comparison, HintStore, LeaseStore, MirrorStore, SweepStore
from sync_worker.store.hints import MOST_PENDING

from .subscription_office import Office

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def worker(database: TestDatabase) -> AsyncIterator[Database]:
    async with open_database(database.login_dsn, Role.WORKER) as opened:
        yield opened


@pytest.fixture
async def office(database: TestDatabase) -> Office:
    return await Office(database.login_dsn).open()


@pytest.fixture
async def room_id(worker: Database, office: Office) -> UUID:
    room_id = await office.room()
    await compare(worker)
    return room_id


async def compare(worker: Database, now: datetime = NOW) -> None:
    await Comparison(worker, Cadence(timedelta(hours=1), timedelta(minutes=1))).compare(now)


async def claim_one(
    worker: Database, office: Office, room_id: UUID, now: datetime = NOW
) -> tuple[Claim, tuple[Row, ...]]:
    [claimed] = await LeaseStore(worker).claim(office.id, [room_id], now)
    return claimed


async def note(worker: Database, office: Office, room_id: UUID, *etags: str | None) -> int:
    hints = [ChangeHint(room_id, office.tenant_id, "e1", etag, NOW) for etag in etags]
    return (await HintStore(worker).note_hints(hints, NOW)).dropped


def row(version: int, *, event_id: str = "e1", row_id: UUID | None = None) -> Row:
    return Row(
        id=row_id or uuid4(), event_id=event_id, kind="single", master_id=None, series_id=None,
        original_start=None, etag="1", seen_etags=("0", "1"), ical_uid="u", starts=NOW, ends=LATER,
        all_day=False, time_zone="Europe/Berlin", subject="S", organizer_name="O",
        organizer_email="o@x.test", answer="confirmed", origin="outlook", version=version,
        published=True, removed_at=None, changed_at=NOW,
    )  # fmt: skip


def changes(*rows: Row) -> Changes:
    return Changes(quiet=(), told=rows, version=max(each.version for each in rows))


async def test_two_workers_never_hold_one_room(worker: Database, office: Office) -> None:
    rooms = [await office.room() for _ in range(20)]
    await compare(worker)
    stores = [LeaseStore(worker) for _ in range(4)]
    async with asyncio.TaskGroup() as group:
        claims = [group.create_task(each.claim(office.id, rooms, NOW)) for each in stores]
    held = [claim.room_id for each in claims for claim, _ in each.result()]
    assert sorted(held) == sorted(rooms)


async def test_a_room_is_claimed_again_only_when_its_lease_has_run_out(
    worker: Database, office: Office, room_id: UUID
) -> None:
    first, _ = await claim_one(worker, office, room_id)
    assert await LeaseStore(worker).claim(office.id, [room_id], NOW + timedelta(seconds=80)) == []
    second, _ = await claim_one(worker, office, room_id, NOW + timedelta(seconds=91))
    assert second.epoch == first.epoch + 1


async def test_a_stale_epoch_commits_and_settles_nothing(
    worker: Database, office: Office, room_id: UUID
) -> None:
    stale, _ = await claim_one(worker, office, room_id)
    await claim_one(worker, office, room_id, NOW + timedelta(seconds=91))
    mirror, leases = MirrorStore(worker), LeaseStore(worker)
    with pytest.raises(LeaseLost):
        await mirror.commit(stale, stale.state, changes(row(1)), NOW)
    with pytest.raises(LeaseLost):
        await mirror.commit(stale, stale.state, Changes((), (), 0), NOW)
    with pytest.raises(LeaseLost):
        await leases.settle(stale, stale.state, Settlement((), LATER), NOW)
    assert await mirror.rows(office.id, room_id, [], ["e1"]) == []


async def test_rows_come_back_as_they_were_committed(
    worker: Database, office: Office, room_id: UUID
) -> None:
    claim, _ = await claim_one(worker, office, room_id)
    made = row(1)
    mirror = MirrorStore(worker)
    await mirror.commit(claim, replace(claim.state, version=1), changes(made), NOW)
    assert await mirror.rows(office.id, room_id, [], ["e1"]) == [made]
    assert await mirror.rows(uuid4(), room_id, [made.id], ["e1"]) == []


async def test_rows_may_swap_their_event_ids_in_one_commit(
    worker: Database, office: Office, room_id: UUID
) -> None:
    claim, _ = await claim_one(worker, office, room_id)
    one, two = row(1, event_id="a"), row(2, event_id="b")
    mirror = MirrorStore(worker)
    await mirror.commit(claim, claim.state, changes(one, two), NOW)
    await mirror.commit(
        claim, claim.state, changes(replace(one, event_id="b"), replace(two, event_id="a")), NOW
    )
    [swapped] = await mirror.rows(office.id, room_id, [one.id], [])
    assert swapped.event_id == "b"


async def test_only_the_debt_seen_at_the_start_is_cleared(
    worker: Database, office: Office, room_id: UUID
) -> None:
    await note(worker, office, room_id, "1")
    claim, _ = await claim_one(worker, office, room_id)
    await note(worker, office, room_id, "2")
    due_at = await LeaseStore(worker).settle(claim, claim.state, Settlement((), LATER), NOW)
    assert due_at == NOW
    again, _ = await claim_one(worker, office, room_id)
    assert [hint.etag for hint in again.pending] == ["2"]


async def test_a_hint_repeated_during_a_pass_is_not_cleared_by_it(
    worker: Database, office: Office, room_id: UUID
) -> None:
    await note(worker, office, room_id, None)
    claim, _ = await claim_one(worker, office, room_id)
    await note(worker, office, room_id, None)
    await LeaseStore(worker).settle(claim, claim.state, Settlement((), LATER), NOW)
    again, _ = await claim_one(worker, office, room_id)
    assert [hint.etag for hint in again.pending] == [None]


async def test_equal_hints_are_one_debt(worker: Database, office: Office, room_id: UUID) -> None:
    for _ in range(5):
        await note(worker, office, room_id, "1", "1", "2")
    claim, _ = await claim_one(worker, office, room_id)
    assert [hint.etag for hint in claim.pending] == ["1", "2"]
    assert claim.hint_no == 5


async def test_too_many_hints_become_a_window_read(
    worker: Database, office: Office, room_id: UUID
) -> None:
    first, _ = await claim_one(worker, office, room_id)
    read = replace(first.state, window_read_started=NOW)
    await LeaseStore(worker).settle(first, read, Settlement((), NOW), NOW)
    await note(worker, office, room_id, *(str(number) for number in range(MOST_PENDING)))
    claim, _ = await claim_one(worker, office, room_id)
    assert not claim.window_owed
    await LeaseStore(worker).release([(room_id, claim.epoch)])
    await note(worker, office, room_id, "one more")
    claim, _ = await claim_one(worker, office, room_id)
    assert claim.window_owed
    assert len(claim.pending) == MOST_PENDING


async def test_hints_of_another_tenant_or_an_unknown_room_are_dropped_and_counted(
    worker: Database, office: Office, room_id: UUID
) -> None:
    foreign = ChangeHint(room_id, uuid4(), "e1", "1", NOW)
    unknown = ChangeHint(uuid4(), office.tenant_id, "e1", "1", NOW)
    good = ChangeHint(room_id, office.tenant_id, "e2", "1", NOW)
    noted = await HintStore(worker).note_hints([foreign, unknown, good], NOW)
    assert (noted.dropped, noted.due) == (2, ((room_id, office.id),))
    claim, _ = await claim_one(worker, office, room_id)
    assert [hint.event for hint in claim.pending] == ["e2"]


async def test_the_rows_of_pending_hints_and_unsent_ones_come_with_the_claim(
    worker: Database, office: Office, room_id: UUID
) -> None:
    claim, _ = await claim_one(worker, office, room_id)
    rows = [row(1, event_id="e1"), row(2, event_id="sent"), row(3, event_id="unsent")]
    state = replace(claim.state, version=3, published_version=2)
    await MirrorStore(worker).commit(claim, state, changes(*rows), NOW)
    await LeaseStore(worker).settle(claim, state, Settlement((), NOW), NOW)
    await note(worker, office, room_id, "1")
    _, loaded = await claim_one(worker, office, room_id)
    assert {each.event_id for each in loaded} == {"e1", "unsent"}


async def test_every_organisation_gets_a_turn_before_any_gets_two(
    worker: Database, database: TestDatabase, office: Office
) -> None:
    for _ in range(10):
        await office.room()
    other = await Office(database.login_dsn).open()
    quiet = await other.room()
    await compare(worker)
    due = await LeaseStore(worker).due(LATER, 2)
    assert (quiet, other.id) in due


async def test_a_gap_of_the_subscription_makes_the_room_due(
    worker: Database, office: Office, room_id: UUID, database: TestDatabase
) -> None:
    claim, _ = await claim_one(worker, office, room_id)
    read = replace(claim.state, window_read_started=NOW)
    await LeaseStore(worker).settle(claim, read, Settlement((), LATER), NOW)
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "insert into subscriptions (room_id, organisation_id, due_at, gap_at, live_since, subscription_id, expires_at)"
        " values ($1, $2, $3, $4, $3, 's', $5)",
        room_id, office.id, NOW, NOW + timedelta(seconds=5), LATER,
    )  # fmt: skip
    await owner.close()
    await compare(worker, NOW + timedelta(seconds=6))
    again, _ = await claim_one(worker, office, room_id, NOW + timedelta(seconds=6))
    assert (again.window_owed, again.subscribed) == (True, True)
    assert again.gap_at == NOW + timedelta(seconds=5)


async def test_old_rows_and_removed_rooms_are_swept(
    worker: Database, office: Office, room_id: UUID
) -> None:
    claim, _ = await claim_one(worker, office, room_id)
    state = replace(claim.state, version=1, published_version=1)
    mirror, sweep = MirrorStore(worker), SweepStore(worker)
    await mirror.commit(claim, state, changes(row(1)), NOW)
    assert await sweep.clear_bookings(office.id, NOW + timedelta(days=29)) == 0
    assert await sweep.clear_bookings(office.id, NOW + timedelta(days=31)) == 2
    await office.run("update rooms set removed_at = $1", NOW)
    await sweep.clear_rooms(NOW + timedelta(days=31))
    assert await sweep.organisations() == []
