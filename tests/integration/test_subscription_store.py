"""The manager's SQL on a real server, as the manager's own role."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.hints import LifecycleHint
from pgstore import Database, Role, open_database
from pgstore.testing import TestDatabase
from subscription_manager.domain.subscription import Claim
from subscription_manager.domain.sweep import Due
from subscription_manager.handlers import LeaseLost
from subscription_manager.store import CredentialStore, Store, TenantStore

from .subscription_office import Office

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LEASE = timedelta(seconds=45)
HOOKS = "https://hooks.test"


@pytest.fixture
async def manager(database: TestDatabase) -> AsyncIterator[Database]:
    async with open_database(database.login_dsn, Role.MANAGER) as opened:
        yield opened


@pytest.fixture
def store(manager: Database) -> Store:
    return Store(manager, LEASE)


@pytest.fixture
async def office(database: TestDatabase) -> Office:
    return await Office(database.login_dsn).open()


async def claim_one(store: Store, now: datetime = NOW) -> Claim:
    (claim,) = await store.claim(now, 8, [])
    return claim


async def live_room(store: Store, office: Office, due_at: datetime) -> UUID:
    """A room with a subscription, due then."""
    room = await office.room()
    await store.compare(NOW, HOOKS, "k1")
    claims = [claim for claim in await store.claim(NOW, 8, []) if claim.row.room_id == room]
    await store.settle(
        replace(
            claims[0].row,
            subscription_id=f"s-{room}",
            expires_at=NOW + 7 * DAY,
            live_since=NOW,
            sealed_by="k1",
            client_id=office.client_id,
            tenant_id=office.tenant_id,
            webhook_url=HOOKS,
            due_at=due_at,
        )
    )
    return room


def hint(office: Office, room: UUID, event: str = "missed", /, **other: Any) -> LifecycleHint:
    values: dict[str, Any] = {
        "room": room,
        "tenant": office.tenant_id,
        "subscription": f"s-{room}",
        "event": event,
        "received_at": NOW,
    }
    return LifecycleHint(**(values | other))


async def test_a_room_without_a_row_gets_one_and_is_claimed_with_what_it_should_have(
    store: Store, office: Office
) -> None:
    mailbox = uuid4()
    room = await office.room(mailbox)
    await store.compare(NOW, HOOKS, "k1")

    claim = await claim_one(store)

    assert (claim.row.room_id, claim.row.organisation_id, claim.row.epoch) == (room, office.id, 1)
    assert claim.desired is not None
    assert (claim.desired.tenant_id, claim.desired.client_id, claim.desired.mailbox_id) == (
        office.tenant_id,
        office.client_id,
        mailbox,
    )


async def test_without_a_webhook_no_row_is_made_and_old_ones_are_due_for_removal(
    store: Store, office: Office
) -> None:
    room = await live_room(store, office, NOW + 3 * DAY)
    await office.room()

    await store.compare(NOW + MINUTE, "", "k1")

    assert (await claim_one(store, NOW + MINUTE)).row.room_id == room
    assert await store.claim(NOW + MINUTE, 8, []) == []


async def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(
    store: Store, office: Office
) -> None:
    await office.room()
    await store.compare(NOW, HOOKS, "k1")
    first = await claim_one(store)

    assert await store.claim(NOW + LEASE - timedelta(seconds=1), 8, []) == []
    second = await claim_one(store, NOW + LEASE)

    assert second.row.epoch == first.row.epoch + 1
    for write in (store.settle, store.intend, store.forget):
        with pytest.raises(LeaseLost):
            await write(first.row)
    await store.settle(second.row)


async def test_two_replicas_never_claim_the_same_room(store: Store, office: Office) -> None:
    for _ in range(6):
        await office.room()
    await store.compare(NOW, HOOKS, "k1")

    first, second = await store.claim(NOW, 4, []), await store.claim(NOW, 4, [])

    rooms = [claim.row.room_id for claim in (*first, *second)]
    assert len(rooms) == len(set(rooms)) == 6


async def test_a_settled_row_reads_back_as_it_was_written(store: Store, office: Office) -> None:
    await office.room()
    await store.compare(NOW, HOOKS, "k1")
    row = replace(
        (await claim_one(store)).row,
        subscription_id="S-a",
        expires_at=NOW + DAY,
        live_since=NOW,
        gap_at=NOW,
        sealed_by="k1",
        sealed_at=NOW,
        client_id=office.client_id,
        tenant_id=office.tenant_id,
        webhook_url=HOOKS,
        poll_only_since=NOW,
        refusal="X",
        asked_at=NOW,
        patched_at=NOW,
        attempts=3,
        lifecycle_due=True,
        missed_due=True,
        due_at=NOW,
    )

    await store.settle(row)

    assert (await claim_one(store)).row == replace(row, epoch=row.epoch + 1)


async def test_an_intent_is_kept_though_its_holder_dies(store: Store, office: Office) -> None:
    await office.room()
    await store.compare(NOW, HOOKS, "k1")
    row = (await claim_one(store)).row
    await store.intend(replace(row, creating_since=NOW, client_id=office.client_id))

    assert (await claim_one(store, NOW + LEASE)).row.creating_since == NOW


@pytest.mark.parametrize(
    "statement",
    [
        "update rooms set removed_at = now() where organisation_id = $1",
        "update integrations set enabled = false where organisation_id = $1",
        "update integrations set removed_at = now() where organisation_id = $1",
        "update integrations set tenant_id = gen_random_uuid() where organisation_id = $1",
    ],
)
async def test_a_room_that_ends_is_due_for_removal_and_its_row_goes_last(
    store: Store, office: Office, statement: str
) -> None:
    room = await live_room(store, office, NOW + 3 * DAY)
    await office.run(statement, office.id)
    await store.compare(NOW + MINUTE, HOOKS, "k1")

    claim = await claim_one(store, NOW + MINUTE)
    assert (claim.row.room_id, claim.desired) == (room, None)

    await store.forget(claim.row)
    await store.compare(NOW + MINUTE, HOOKS, "k1")
    assert await office.subscription(room) is None


async def test_a_row_with_nothing_at_graph_goes_by_comparison_alone(
    store: Store, office: Office
) -> None:
    room = await office.room()
    await store.compare(NOW, HOOKS, "k1")
    await office.run("update rooms set removed_at = now() where id = $1", room)

    await store.compare(NOW, HOOKS, "k1")

    assert await office.subscription(room) is None


async def test_a_new_client_or_webhook_makes_rooms_due_at_once(
    store: Store, office: Office
) -> None:
    room = await live_room(store, office, NOW + 3 * DAY)
    await store.compare(NOW + MINUTE, HOOKS, "k1")
    assert await store.claim(NOW + MINUTE, 8, []) == []

    await store.compare(NOW + MINUTE, "https://new.test", "k1")
    await store.settle((await claim_one(store, NOW + MINUTE)).row)
    await office.run(
        "update integrations set client_id = gen_random_uuid() where organisation_id = $1",
        office.id,
    )
    await store.compare(NOW + MINUTE, HOOKS, "k1")

    assert (await claim_one(store, NOW + MINUTE)).row.room_id == room


async def test_what_an_older_key_sealed_is_due_within_a_day_and_stays_so(
    store: Store, office: Office
) -> None:
    rooms = [await live_room(store, office, NOW + 3 * DAY) for _ in range(12)]
    await store.compare(NOW, HOOKS, "k2")

    async def dues() -> list[datetime]:
        rows = [await office.subscription(room) for room in rooms]
        return [row["due_at"] for row in rows if row is not None]

    first = await dues()
    assert all(NOW <= due <= NOW + DAY for due in first)
    assert max(first) - min(first) > timedelta(hours=1)

    await store.compare(NOW + MINUTE, HOOKS, "k2")
    assert await dues() == first


async def test_hints_make_a_room_due_and_say_what_they_are(store: Store, office: Office) -> None:
    missed = await live_room(store, office, NOW + 3 * DAY)
    removed = await live_room(store, office, NOW + 3 * DAY)

    noted = await store.note(
        [hint(office, missed), hint(office, missed), hint(office, removed, "subscriptionRemoved")],
        NOW,
    )

    claims = {claim.row.room_id: claim.row for claim in await store.claim(NOW, 8, [])}
    assert noted == 2
    assert (claims[missed].missed_due, claims[missed].lifecycle_due) == (True, False)
    assert (claims[removed].missed_due, claims[removed].lifecycle_due) == (False, True)


@pytest.mark.parametrize(
    "other", [{"tenant": UUID(int=1)}, {"subscription": "older"}, {"room": UUID(int=1)}]
)
async def test_hints_of_another_tenant_subscription_or_room_change_nothing(
    store: Store, office: Office, other: dict[str, Any]
) -> None:
    room = await live_room(store, office, NOW + 3 * DAY)

    assert await store.note([hint(office, room, **other)], NOW) == 0
    assert await store.claim(NOW, 8, []) == []


async def test_hints_ask_once_in_ten_minutes_and_never_shorten_a_back_off(
    store: Store, office: Office
) -> None:
    room = await live_room(store, office, NOW)
    await store.settle(replace((await claim_one(store)).row, asked_at=NOW, due_at=NOW + 3 * DAY))
    await store.note([hint(office, room)], NOW + MINUTE)
    assert await store.claim(NOW + 9 * MINUTE, 8, []) == []

    later = NOW + 10 * MINUTE
    await store.settle(replace((await claim_one(store, later)).row, attempts=1, due_at=NOW + DAY))
    await store.note([hint(office, room)], later)
    assert await store.claim(later, 8, []) == []


async def test_a_hint_during_a_pass_survives_its_settlement(store: Store, office: Office) -> None:
    room = await live_room(store, office, NOW)
    row = (await claim_one(store)).row
    await store.note([hint(office, room)], NOW)

    await store.settle(replace(row, missed_due=False, due_at=NOW + 3 * DAY))

    assert (await claim_one(store)).row.missed_due


async def test_nothing_is_claimed_for_rejected_credentials_until_they_change_or_an_hour_passed(
    store: Store, manager: Database, office: Office
) -> None:
    credentials = CredentialStore(manager)
    await office.room()
    await store.compare(NOW, HOOKS, "k1")
    await credentials.rejected(office.id, 1, "AADSTS7000222", NOW)
    assert await store.claim(NOW, 8, []) == []

    await office.run("update integrations set revision = 2 where organisation_id = $1", office.id)
    claim = await claim_one(store)
    assert claim.failing
    await store.settle(claim.row)

    await credentials.rejected(office.id, 2, "AADSTS7000222", NOW)
    assert await store.claim(NOW + 59 * MINUTE, 8, []) == []
    await store.settle((await claim_one(store, NOW + 60 * MINUTE)).row)

    await credentials.accepted(office.id, NOW)
    assert not (await claim_one(store)).failing


async def test_a_failing_organisation_that_is_switched_off_is_still_cleared(
    store: Store, manager: Database, office: Office
) -> None:
    await live_room(store, office, NOW)
    await CredentialStore(manager).rejected(office.id, 1, "X", NOW)
    await office.run(
        "update integrations set enabled = false where organisation_id = $1", office.id
    )

    assert (await claim_one(store)).desired is None


async def test_named_organisations_are_left_out(store: Store, office: Office) -> None:
    await office.room()
    await store.compare(NOW, HOOKS, "k1")

    assert await store.claim(NOW, 8, [office.id]) == []


async def test_the_secret_is_read_inside_its_organisation(
    manager: Database, office: Office
) -> None:
    credentials = CredentialStore(manager)

    assert len(await credentials.sealed_secrets(office.id)) == 1
    assert await credentials.sealed_secrets(uuid4()) == []


async def test_a_live_subscription_is_announced_to_whoever_listens(
    store: Store, office: Office, database: TestDatabase
) -> None:
    heard: list[object] = []
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        await connection.add_listener("clearooms", lambda *args: heard.append(args[-1]))
        await live_room(store, office, NOW + DAY)
        await connection.execute("select 1")
    finally:
        await connection.close()

    assert "subscriptions" in heard


async def test_nobody_is_told_of_what_changed_nothing(
    store: Store, office: Office, database: TestDatabase
) -> None:
    room = await live_room(store, office, NOW)
    heard: list[object] = []
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        await connection.add_listener("clearooms", lambda *args: heard.append(args[-1]))
        await store.compare(NOW, HOOKS, "k1")
        claim = await claim_one(store)
        await store.settle(replace(claim.row, attempts=1, due_at=NOW))
        await connection.execute("select 1")
        assert heard == []

        await store.settle(replace((await claim_one(store)).row, gap_at=NOW + MINUTE))
        await connection.execute("select 1")
    finally:
        await connection.close()

    assert heard == ["subscriptions"]
    assert claim.row.room_id == room


async def test_turns_taken_at_one_moment_by_several_replicas_are_apart(
    manager: Database, office: Office
) -> None:
    tenants, apart, most = TenantStore(manager), timedelta(milliseconds=50), timedelta(seconds=5)

    async def take() -> datetime | None:
        return await tenants.turn(office.id, "call", NOW, apart, most)

    async with asyncio.TaskGroup() as replicas:
        taken = [replicas.create_task(take()) for _ in range(30)]

    turns = sorted(turn for each in taken if (turn := each.result()) is not None)
    assert turns == [NOW + number * apart for number in range(30)]
    assert await tenants.turn(office.id, "list", NOW, apart, most) == NOW
    assert await tenants.turn(uuid4(), "call", NOW, apart, most) == NOW


async def test_a_tenant_that_is_held_up_gives_no_turns_and_its_rooms_are_not_claimed(
    store: Store, manager: Database, office: Office
) -> None:
    tenants, apart, most = TenantStore(manager), timedelta(milliseconds=50), timedelta(seconds=5)
    await office.room()
    await store.compare(NOW, HOOKS, "k1")
    await tenants.turn(office.id, "call", NOW, apart, most)
    await tenants.hold_up(office.id, "call", NOW + MINUTE)

    assert await tenants.turn(office.id, "call", NOW, apart, most) is None
    assert await store.claim(NOW, 8, []) == []
    assert await tenants.turn(office.id, "call", NOW + MINUTE, apart, most) == NOW + MINUTE
    assert len(await store.claim(NOW + MINUTE, 8, [])) == 1


async def test_a_sweep_is_one_replicas_and_due_again_in_an_hour_or_when_something_is_in_doubt(
    manager: Database, office: Office
) -> None:
    tenants = TenantStore(manager)
    due = Due(office.id, office.tenant_id, office.client_id)

    assert await tenants.next_sweep(NOW) == due
    assert await tenants.next_sweep(NOW + 59 * MINUTE) is None
    assert await tenants.next_sweep(NOW + 60 * MINUTE) == due
    await tenants.doubt(office.id, NOW + 70 * MINUTE)
    await tenants.doubt(office.id, NOW + 3 * DAY)
    assert await tenants.next_sweep(NOW + 70 * MINUTE) == due


async def test_what_is_switched_off_is_swept_once_more_and_again_once_it_is_on(
    manager: Database, office: Office
) -> None:
    tenants = TenantStore(manager)
    await tenants.next_sweep(NOW)
    await office.run(
        "update integrations set enabled = false where organisation_id = $1", office.id
    )

    assert await tenants.next_sweep(NOW + DAY) is not None
    assert await tenants.next_sweep(NOW + 9 * DAY) is None
    await office.run("update integrations set enabled = true where organisation_id = $1", office.id)
    assert await tenants.next_sweep(NOW + 9 * DAY) is not None


async def test_a_tenant_whose_credentials_fail_is_not_swept(
    manager: Database, office: Office
) -> None:
    await CredentialStore(manager).rejected(office.id, 1, "X", NOW)

    assert await TenantStore(manager).next_sweep(NOW + 9 * DAY) is None


async def test_the_next_due_time_looks_past_leases(store: Store, office: Office) -> None:
    assert await store.next_due() is None
    await office.room()
    await store.compare(NOW, HOOKS, "k1")
    assert await store.next_due() == NOW

    await claim_one(store)

    assert await store.next_due() == NOW + LEASE
