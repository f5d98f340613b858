"""Importing rooms from a simulated tenant: lists that lie, rooms that are missing, many at once, names that change."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from pgstore import Role
from pgstore.testing import TestDatabase

from .portal_tenant import ROLES, Account, PortalTenant, open_portal_tenant

_DOCUMENT = Path(__file__).parents[2] / "docs" / "diagnosis.md"
_LIMITED = ("Directory.Read.All", "Place.Read.All")
_ANN = UUID(int=0xA1)


@pytest.fixture
async def portal(database: TestDatabase) -> AsyncIterator[PortalTenant]:
    async with open_portal_tenant(database) as made:
        yield made


def room(name: str, number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(UUID(int=number)), "mailbox": f"{name}@x.example", "name": name} | more


async def test_a_missing_room_is_explained_with_exactly_the_reasons_left_open(
    portal: PortalTenant,
) -> None:
    await portal.found(
        rooms=[
            room("listed", 1),
            room("new", 2, listed_from="2099-01-01T00:00:00Z"),
            room("hidden", 3, hidden=True),
            room("renamed", 4, hidden=True, sign_in_name="other@x.example"),
            room("hybrid", 5, hosting="on_premises"),
            room("inactive", 6, hosting="inactive"),
            room("far", 7),
            room("near", 8),
        ],
        users=[
            {"id": str(_ANN), "address": "ann@x.example", "name": "Ann Lee"},
            {"id": str(UUID(int=0xA2)), "address": "bob@x.example", "hosting": "unlicensed"},
            {"id": str(UUID(int=0xA3)), "address": "eve@x.example", "hosting": "none"},
        ],
    )
    wide = await portal.organisation("wide")
    settings = await portal.organisation("settings", roles=[*ROLES, "MailboxSettings.Read"])
    limited = await portal.organisation("limited", roles=_LIMITED, scope=[str(UUID(int=8))])
    asked: dict[str, tuple[Account, str]] = {
        "a listed room": (wide, "Listed"),
        "an address nobody has": (wide, "nobody"),
        "a new room, not listed yet": (wide, "new"),
        "a room hidden from address lists": (wide, "hidden"),
        "a hidden room that signs in under another name": (wide, "renamed"),
        "a person's mailbox": (wide, "ann"),
        "a person's mailbox, settings readable": (settings, "ann"),
        "a hidden room, settings readable": (settings, "hidden"),
        "a room on-premises": (wide, "hybrid"),
        "an account without a licence": (wide, "bob"),
        "an inactive room": (wide, "inactive"),
        "an account without a mailbox": (wide, "eve"),
        "a listed room outside the scope": (limited, "far"),
        "a hidden room outside the scope": (limited, "hidden"),
        "a person outside the scope": (limited, "ann"),
    }
    told: dict[str, list[str]] = {}
    for words, (account, name) in asked.items():
        path = f"/api/rooms/missing?mailbox={name}@x.example"
        answer = await portal.good("GET", path, account.token)
        told[words] = [each["code"] for each in answer["causes"]]
        assert (answer["next_check_at"] is None) == (not answer["causes"])
        assert all(each["fix"] and each["how_to_tell"] for each in answer["causes"])

    assert told == _documented()


def _documented() -> dict[str, list[str]]:
    section = _DOCUMENT.read_text(encoding="utf-8").partition("| asked for | named |\n")[2]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    return {words.strip(): re.findall(r"`(\w+)`", codes) for words, codes in rows}


async def test_a_hidden_room_is_imported_by_the_id_that_was_found_for_it(
    portal: PortalTenant,
) -> None:
    await portal.found(rooms=[room("hidden", 3, hidden=True)])
    account = await portal.organisation("north")
    path = "/api/rooms/missing?mailbox=hidden@x.example"
    found = await portal.good("GET", path, account.token)
    assert (found["importable"], found["imported"]) == (True, False)

    body = {"mailbox_id": found["mailbox_id"], "office_id": account.office}
    made = await portal.good("POST", "/api/rooms", account.token, body)

    assert made["mailbox"] == "hidden@x.example"
    assert (await portal.good("GET", path, account.token))["imported"] is True


async def test_it_is_worth_asking_again_an_hour_later(portal: PortalTenant) -> None:
    account = await portal.organisation("north")
    path = "/api/rooms/missing?mailbox=nobody@x.example"
    found = await portal.good("GET", path, account.token)
    checked, again = (
        datetime.fromisoformat(found[name]) for name in ("checked_at", "next_check_at")
    )
    assert (again - checked).total_seconds() == 3600


@pytest.mark.parametrize("page", ["sliding", "repeating", "endless", "unlinked", "partial"])
async def test_a_list_that_lies_is_shown_whole(portal: PortalTenant, page: str) -> None:
    await portal.found(rooms={"count": 250, "events": 0})
    account = await portal.organisation("north")
    await portal.plant("/faults", {"match": {"path": "^/places"}, "times": None, "page": page})

    listed = await portal.good("GET", "/api/rooms/importable", account.token)

    assert len({each["mailbox_id"] for each in listed["items"]}) == 250


async def test_a_list_that_breaks_off_is_never_shown(portal: PortalTenant) -> None:
    await portal.found(rooms={"count": 250, "events": 0})
    account = await portal.organisation("north")
    await portal.plant("/faults", {"match": {"path": "skip=200"}, "times": None, "status": 500})

    for _ in range(2):
        status, problem = await portal.call("GET", "/api/rooms/importable", account.token)
        assert (status, "Test Settings" in problem["detail"]) == (502, True)


async def test_a_throttled_list_says_how_long_to_wait(portal: PortalTenant) -> None:
    account = await portal.organisation("north")
    await portal.plant("/faults", {"match": {"path": "^/places"}, "status": 429, "retry_after": 17})
    status, problem = await portal.call("GET", "/api/rooms/importable", account.token)
    assert (status, problem["detail"]) == (502, "Microsoft asks us to slow down.")


async def test_a_list_of_rooms_is_imported_one_by_one_with_a_result_for_each(
    portal: PortalTenant,
) -> None:
    await portal.found(rooms=[room(f"room{n}", n) for n in range(1, 4)])
    account = await portal.organisation("north")
    wanted = [
        {"mailbox_id": str(mailbox), "office_id": office}
        for mailbox, office in (
            (UUID(int=1), account.office),
            (uuid4(), account.office),
            (UUID(int=2), str(uuid4())),
            (UUID(int=3), account.office),
            (UUID(int=1), account.office),
        )
    ]

    status, made = await portal.call("POST", "/api/rooms", account.token, wanted)

    assert status == 200
    assert [each["mailbox_id"] for each in made["items"]] == [each["mailbox_id"] for each in wanted]
    assert [each["room"] is not None for each in made["items"]] == [True, False, False, True, False]
    problems = [each["problem"] for each in made["items"]]
    assert problems[1] == "mailbox_id: the tenant lists no such room mailbox"
    assert problems[2] == "office_id: there is no such office"
    assert problems[4].startswith("This mailbox is connected already")
    assert len((await portal.good("GET", "/api/rooms", account.token))["items"]) == 2


@pytest.mark.parametrize("count", [0, 501])
async def test_a_list_of_rooms_is_neither_empty_nor_without_end(
    portal: PortalTenant, count: int
) -> None:
    account = await portal.organisation("north")
    wanted = [{"mailbox_id": str(UUID(int=n)), "office_id": account.office} for n in range(count)]
    assert (await portal.call("POST", "/api/rooms", account.token, wanted))[0] == 422


async def test_a_wrong_room_of_a_list_is_named_by_its_place(portal: PortalTenant) -> None:
    account = await portal.organisation("north")
    wanted = [{"mailbox_id": "x", "office_id": account.office}]
    _, problem = await portal.call("POST", "/api/rooms", account.token, wanted)
    assert [error["field"] for error in problem["errors"]] == ["0.mailbox_id"]


async def test_names_addresses_and_capacities_follow_when_the_list_is_refreshed(
    portal: PortalTenant,
) -> None:
    await portal.found(rooms=[room("old", 1, capacity=4)])
    account = await portal.organisation("north")
    body = {"mailbox_id": str(UUID(int=1)), "office_id": account.office}
    made = await portal.good("POST", "/api/rooms", account.token, body)
    await portal.found(rooms=[room("new", 1, capacity=9)])

    for _ in range(2):  # the second has nothing to take over
        await portal.good("GET", "/api/rooms/importable?refresh=true", account.token)

    now = await portal.good("GET", f"/api/rooms/{made['id']}", account.token)
    assert (now["name"], now["mailbox"], now["capacity"]) == ("new", "new@x.example", 9)
    audit = (await portal.good("GET", "/api/audit", account.token))["items"]
    assert [each["action"] for each in audit].count("room.followed") == 1
    assert "new@x.example" not in str(audit)


async def test_names_follow_by_themselves_and_a_list_without_a_room_changes_nothing(
    database: TestDatabase,
) -> None:
    async with open_portal_tenant(database, upkeep_seconds=0.05) as portal:
        await portal.found(rooms=[room("old", 1), room("other", 2)])
        account = await portal.organisation("north")
        wanted = [{"mailbox_id": str(UUID(int=n)), "office_id": account.office} for n in (1, 2)]
        await portal.good("POST", "/api/rooms", account.token, wanted)
        await portal.found(rooms=[room("new", 1), room("other", 2, hidden=True)])
        async with asyncio.timeout(20):
            names: set[str] = set()
            while "new" not in names:
                rooms = await portal.good("GET", "/api/rooms", account.token)
                names = {each["name"] for each in rooms["items"]}
        assert names == {"new", "other"}


async def test_the_progress_of_a_first_load_can_be_read(
    portal: PortalTenant, database: TestDatabase
) -> None:
    await portal.found(rooms=[room("loading", 1)])
    account = await portal.organisation("north")
    body = {"mailbox_id": str(UUID(int=1)), "office_id": account.office}
    made = await portal.good("POST", "/api/rooms", account.token, body)
    worker = await asyncpg.connect(database.login_dsn)
    await worker.execute(f"set role {Role.WORKER}")
    await worker.execute(
        "insert into room_sync (room_id, organisation_id, due_at, loaded) values ($1, $2, now(), 750)",
        UUID(made["id"]),
        account.id,
    )
    await worker.close()

    seen = await portal.good("GET", f"/api/rooms/{made['id']}", account.token)

    assert (seen["state"], seen["progress"]) == ("loading", {"loaded": 750, "expected": None})
