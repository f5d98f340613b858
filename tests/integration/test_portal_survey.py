"""What is counted in SQL is what the rules in Python say, and the rooms that are free are those that nothing takes."""

from collections import Counter
from itertools import product
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from pgstore import Database, Role, open_database
from pgstore.testing import TestDatabase
from portal.domain.room_state import lag_p95, state_of
from portal.domain.vacancies import FreeSeen
from portal.store.bookings import BookingStore
from portal.store.rooms import RoomStore
from portal.store.survey import SurveyStore

from .portal_block import HOUR, NOW, TENANT, Block

MIDNIGHT: Final = NOW + 15 * HOUR
OTHER_TENANT: Final = uuid4()


async def test_rooms_are_counted_and_picked_out_as_the_rules_say_whatever_is_stored_of_them(
    database: TestDatabase,
) -> None:
    writer = await asyncpg.connect(database.login_dsn)
    block = Block(writer)
    live = {"subscription_id": "s", "sealed_by": "k1"}
    syncs: list[dict[str, Any] | None] = [
        None,
        {},
        {"loaded_at": NOW, "lags": list(range(1, 51))},
        {"loaded_at": NOW, "due_at": NOW - HOUR, "lags": [7]},
        {"loaded_at": NOW, "problem": "mailbox_gone"},
    ]
    subscriptions: list[dict[str, Any] | None] = [
        None,
        {"subscription_id": None, "poll_only_since": NOW},
        {**live, "expires_at": NOW},
        {**live, "expires_at": NOW + HOUR, "sealed_by": "k2"},
    ]
    organisations = []
    for enabled, failing in product((True, False), (None, 1, 2)):
        organisation, office = await block.organisation(enabled=enabled, failing=failing)
        organisations.append(organisation)
        for tenant, sync, subscription in product((TENANT, OTHER_TENANT), syncs, subscriptions):
            await block.room(
                organisation, office, tenant=tenant, sync=sync, subscription=subscription
            )
    await writer.close()
    states: Counter[str] = Counter()
    async with open_database(database.login_dsn, Role.PORTAL) as portal:
        for organisation in organisations:
            every = await RoomStore(portal).page(organisation, office_id=None, after=None, limit=99)
            counted: Counter[tuple[str, str | None]] = Counter()
            for room in every:
                counted[state_of(room, NOW), room.sealed_by] += 1
                states[state_of(room, NOW)] += 1
            alike, remarkable = await SurveyStore(portal).rooms(organisation, NOW)
            assert {(each.state, each.sealed_by): each.rooms for each in alike} == counted
            for each in alike:
                those = [
                    room
                    for room in every
                    if (state_of(room, NOW), room.sealed_by) == (each.state, each.sealed_by)
                ]
                lags = [lag for room in those if (lag := lag_p95(room.lags)) is not None]
                assert each.lag_ms == max(lags, default=None)
                assert each.due_at == min((room.due_at for room in those if room.due_at), default=None)  # fmt: skip
            assert remarkable == [
                room
                for room in every
                if state_of(room, NOW) == "polling"
                or (state_of(room, NOW) == "unreachable" and room.credentials_failing_since is None)
            ]
    assert set(states) == {"off", "unreachable", "loading", "live", "polling"}


async def test_free_are_the_rooms_that_nothing_takes_those_longest_free_first_so_many_of_each_office(
    database: TestDatabase,
) -> None:
    writer = await asyncpg.connect(database.login_dsn)
    block = Block(writer)
    organisation, office = await block.organisation()
    _, elsewhere = await block.organisation()
    known: dict[str, Any] = {"sync": {"loaded_at": NOW}}
    taken = {
        "soon": [(NOW + HOUR, NOW + 2 * HOUR), (NOW + 3 * HOUR, NOW + 4 * HOUR)],
        "later": [(NOW - HOUR, NOW), (NOW + 2 * HOUR, NOW + 3 * HOUR)],
        "never": [],
        "tomorrow": [(MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR)],
        "taken": [(NOW - HOUR, NOW + HOUR)],
        "for days": [(NOW - 40 * HOUR, NOW + 40 * HOUR)],
        "yesterday for days": [(NOW - 60 * HOUR, NOW - HOUR)],
    }
    for name, spans in taken.items():
        room = await block.room(organisation, office, name, **known)
        for start, end in spans:
            await block.booking(organisation, room, start, end)
    await block.room(organisation, office, "loading", sync={})
    await block.room(organisation, office, "gone", sync={"loaded_at": NOW, "problem": "gone"})
    await writer.close()

    async def free(most: int, database: Database) -> list[FreeSeen]:
        midnights = {office: MIDNIGHT, elsewhere: MIDNIGHT + 9 * HOUR}
        return await SurveyStore(database).free(organisation, NOW, midnights, most=most)

    async with open_database(database.login_dsn, Role.PORTAL) as portal:
        every, some = await free(9, portal), await free(2, portal)

    assert [(each.name, each.following) for each in every] == [
        ("never", None),
        ("tomorrow", MIDNIGHT + HOUR),
        ("yesterday for days", None),
        ("later", NOW + 2 * HOUR),
        ("soon", NOW + HOUR),
    ]
    assert [each.name for each in some] == ["never", "tomorrow"]
    assert {each.in_all for each in every} == {5}


async def test_rooms_are_found_by_a_part_of_name_or_address_page_by_page(
    database: TestDatabase,
) -> None:
    writer = await asyncpg.connect(database.login_dsn)
    block = Block(writer)
    organisation, office = await block.organisation()
    for name in ("Amber 1", "Amber 2", "100%", "Blue"):
        await block.room(organisation, office, name)
    await writer.close()
    async with open_database(database.login_dsn, Role.PORTAL) as portal:

        async def found(search: str, after: UUID | None = None) -> list[tuple[str, UUID]]:
            rooms = await RoomStore(portal).page(
                organisation, office_id=None, after=after, limit=1, search=search
            )
            return [(each.name, each.id) for each in rooms]

        [(first, seen)] = await found("AMBER")
        [(second, last)] = await found("AMBER", seen)
        assert (first, second, await found("AMBER", last)) == ("Amber 1", "Amber 2", [])
        assert [name for name, _ in await found("0%")] == ["100%"], "no sign has a meaning"
        assert len(await found("r@x")) == 1


async def test_of_each_room_of_an_office_the_first_two_times_are_told_at_which_it_is_taken(
    database: TestDatabase,
) -> None:
    writer = await asyncpg.connect(database.login_dsn)
    block = Block(writer)
    organisation, office = await block.organisation()
    spans: dict[str, list[tuple[float, float]]] = {
        "touching": [(-1, 0.5), (0.5, 1), (1, 2), (3, 4), (5, 6)],
        "overlapping": [(-40, 3), (-1, 1), (2, 4), (4.5, 5)],
        "later": [(-2, 0), (1, 2), (2, 3)],
        "tomorrow": [(35, 59), (35, 60)],
        "for days": [(-40, 61), (35.5, 100)],
        "for days, soon": [(35, 61)],
        "free": [(-2, -1), (36, 99), (50, 51)],
    }
    names = {}
    for name, times in spans.items():
        room = await block.room(organisation, office, name)
        names[room] = name
        for start, end in times:
            await block.booking(organisation, room, NOW + start * HOUR, NOW + end * HOUR)
    _, elsewhere = await block.organisation()
    await writer.close()
    async with open_database(database.login_dsn, Role.PORTAL) as portal:
        store, ahead = BookingStore(portal), NOW + 36 * HOUR
        found = await store.taken(organisation, office, start=NOW, end=ahead)
        assert await store.taken(organisation, elsewhere, start=NOW, end=ahead) == []

    told: dict[str, list[tuple[float, float]]] = {}
    for room, span in found:
        told.setdefault(names[room], []).append(
            ((span.start - NOW) / HOUR, (span.end - NOW) / HOUR)
        )
    assert told == {
        "touching": [(-1, 2), (3, 4)],
        "overlapping": [(-40, 4), (4.5, 5)],
        "later": [(1, 3)],
        "tomorrow": [(35, 60)],
        "for days": [(-40, 100)],
        "for days, soon": [(35, 61)],
    }
