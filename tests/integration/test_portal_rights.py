"""Every route of the table against every kind of caller, generated: nobody learns or changes what is not theirs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any
from uuid import uuid4

import pytest

from pgstore.testing import TestDatabase
from portal.domain.caller import Access
from portal.routes import Desk, routes
from portal.routes.table import Route

from .portal_town import OPERATOR, PASSWORD, PICTURE, SECRET, House, Town, open_town
from .portal_worker import open_worker

# The table alone, without anybody behind it: its functions are not called here.
TABLE = routes(Desk(*[None] * len(fields(Desk))))  # type: ignore[arg-type] # nobody behind it
INSIDE = [route for route in TABLE if route.inside]


@pytest.fixture
async def town(database: TestDatabase) -> AsyncIterator[tuple[Town, House, House]]:
    async with open_town(database) as made:
        yield made


def asked(route: Route, house: House) -> tuple[str, str, Any]:
    """The route with the house's ids and a body that is acceptable there."""
    body: Any = {
        ("POST", "/api/organisations"): {
            "name": "New",
            "administrator": {"email": f"{uuid4()}@x.test", "password": PASSWORD},
        },
        ("POST", "/api/users"): {"email": f"{uuid4()}@x.test", "password": PASSWORD},
        ("PATCH", "/api/users/{user_id}"): {"role": "member"},
        ("PUT", "/api/integration"): {
            "enabled": True,
            "tenant_id": str(uuid4()),
            "client_id": str(uuid4()),
        },
        ("POST", "/api/integration/test"): {},
        ("POST", "/api/offices"): {"name": "More", "time_zone": "UTC"},
        ("PATCH", "/api/offices/{office_id}"): {"name": "Renamed"},
        ("PUT", "/api/offices/{office_id}/plan"): {"version": 0, "icons": []},
        ("PUT", "/api/offices/{office_id}/plan/image"): PICTURE,
        ("POST", "/api/rooms"): {"mailbox_id": str(uuid4()), "office_id": str(uuid4())},
        ("PATCH", "/api/rooms/{room_id}"): {"office_id": house.ids["office_id"]},
        ("POST", "/api/rooms/{room_id}/bookings"): {
            "start": "2099-01-04T09:00:00Z",
            "end": "2099-01-04T10:00:00Z",
            "subject": "Standup",
        },
        ("PATCH", "/api/bookings/{booking_id}"): {"base_version": 1, "subject": "Moved"},
    }.get((route.method, route.path))
    query = {"/api/rooms/missing": "?mailbox=nobody@x.test"}.get(route.path, "")
    return route.method, route.path.format(**house.ids) + query, body


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


async def test_a_token_of_any_bytes_is_nobodys(town: tuple[Town, House, House]) -> None:
    made, _, _ = town
    reader, writer = await asyncio.open_connection(*made.address)
    writer.write(b"GET /api/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n")
    async with asyncio.timeout(5):
        assert b" 401 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_an_administrator_is_no_operator(town: tuple[Town, House, House]) -> None:
    made, ours, theirs = town
    for route in TABLE:
        if route.access is Access.OPERATOR:
            method, path, body = asked(route, theirs)
            assert (await made.call(method, path, ours.administrator, body))[0] == 403, named(route)
    # The header is the operator's alone: in anybody else's hand it opens nothing.
    _, users = await made.call("GET", "/api/users", ours.administrator, inside=theirs.id)
    assert {user["email"] for user in users["items"]} == {"boss@ours.test", "member@ours.test"}


async def test_ids_of_another_organisation_do_not_exist(town: tuple[Town, House, House]) -> None:
    made, ours, theirs = town
    foreign = [route for route in INSIDE if "{" in route.path]
    assert len(foreign) >= 10
    for route in foreign:
        method, path, body = asked(route, theirs)
        if route.path == "/api/rooms/{room_id}" and method == "PATCH":
            body = {"office_id": ours.ids["office_id"]}
        unknown = route.path.format(**dict.fromkeys(theirs.ids, str(uuid4())))
        status, answer = await made.call(method, path, ours.administrator, body)
        if route.later is not None and "{booking_id}" in route.path:
            # What never was may be a booking on its way. So this is a command, see the test below.
            assert (status, answer["status"]) == (202, "pending"), named(route)
            answer["booking_id"] = unknown.rpartition("/")[2]
        else:
            assert status == 404, named(route)
        # The same words as for what never was.
        assert (status, answer) == await made.call(method, unknown, ours.administrator, body)


async def test_no_command_is_ever_sent_into_another_organisation(
    town: tuple[Town, House, House],
) -> None:
    made, ours, theirs = town
    booking, room = theirs.ids["booking_id"], theirs.ids["room_id"]
    before = await made.call("GET", f"/api/bookings/{booking}", theirs.member)
    sending = [route for route in INSIDE if route.later is not None or route.status == 202]
    assert len(sending) == 5  # the confirmation of removals among them, which sends none
    for token in (ours.member, ours.administrator):
        for route in sending:
            method, path, body = asked(route, theirs)
            assert (await made.call(method, path, token, body))[0] in {202, 403, 404}
        move = {"base_version": 1, "room_id": room}
        path = f"/api/bookings/{ours.ids['booking_id']}"
        assert (await made.call("PATCH", path, token, move))[0] == 404

    async with open_worker(made.database, made.bus) as worker:
        await made.call("DELETE", f"/api/bookings/{booking}", theirs.member)
        commands = [await worker.next() for _ in range(5)]
    # Change and cancel of an id that is nobody's among ours, twice each; their own came last.
    assert [command.organisationid for command in commands] == [ours.id] * 4 + [theirs.id]
    assert room not in str(commands)
    assert await made.call("GET", f"/api/bookings/{booking}", theirs.member) == before


async def test_an_office_of_another_organisation_takes_no_room(
    town: tuple[Town, House, House],
) -> None:
    made, ours, theirs = town
    room = f"/api/rooms/{ours.ids['room_id']}"
    body = {"office_id": theirs.ids["office_id"]}
    status, answer = await made.call("PATCH", room, ours.administrator, body)
    assert (status, answer["errors"][0]["field"]) == (422, "office_id")


async def test_the_operator_names_the_organisation_and_is_on_record(
    town: tuple[Town, House, House],
) -> None:
    made, ours, _ = town
    for route in INSIDE:
        if route.method != "GET":
            continue
        method, path, body = asked(route, ours)
        assert (await made.call(method, path, OPERATOR, body))[0] == 422, named(route)
        status, _ = await made.call(method, path, OPERATOR, body, inside=ours.id)
        assert status == 200, named(route)
        assert (await made.call(method, path, OPERATOR, body, inside=uuid4()))[0] == 404
    entries = (await made.good("GET", "/api/audit?limit=500", ours.administrator))["items"]
    calls = [entry for entry in entries if entry["action"] == "operator.called"]
    assert len(calls) == sum(route.method == "GET" for route in INSIDE)


async def test_no_answer_carries_a_secret_and_none_may_be_kept(
    town: tuple[Town, House, House],
) -> None:
    made, ours, _ = town
    for route in INSIDE:
        if route.method == "DELETE":
            continue
        await made.call(*asked(route, ours)[:2], ours.administrator, asked(route, ours)[2])
    assert len(made.seen) > 30
    for canary in (SECRET, PASSWORD, OPERATOR, "argon2", ours.administrator, ours.member):
        assert not any(canary in text for text in made.seen)
    for headers in made.headers:
        if headers["Content-Type"].startswith("image/"):  # kept, but asked for each time
            assert headers["Cache-Control"] == "private, no-cache"
        else:
            assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_removing_a_user_ends_their_session(town: tuple[Town, House, House]) -> None:
    made, ours, _ = town
    assert (await made.call("GET", "/api/rooms", ours.member))[0] == 200
    await made.good("DELETE", f"/api/users/{ours.ids['user_id']}", ours.administrator)
    assert (await made.call("GET", "/api/rooms", ours.member))[0] == 401
