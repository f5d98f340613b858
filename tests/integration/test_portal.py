"""The whole portal in this process over HTTP: real Postgres, a real bus, Graph over HTTPS."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.events import Booking, Organizer, booking_event
from contracts.routing import EVENTS
from eventbus.postgres import SCHEMA, open_postgres_bus
from pgstore import Role, open_database
from pgstore.testing import TestDatabase
from servicekit.clock import utc_now

from .portal_scene import OFFICE, OPERATOR, PASSWORD, Scene, open_scene


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(SCHEMA)
    await owner.close()
    async with (
        open_postgres_bus(database.login_dsn) as bus,
        open_scene(database, tmp_path, bus, result_seconds=0.1) as made,
    ):
        yield made


async def test_an_administrator_connects_a_tenant_and_imports_its_rooms(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    assert (await scene.call("GET", "/api/integration", token=token)).status == 404
    saved = await scene.good("PUT", "/api/integration", scene.integration(), token)
    assert (saved["status"], saved["secret_set"]) == ("untested", True)

    tested = await scene.good("POST", "/api/integration/test", {}, token)

    assert (tested["ok"], tested["rooms"], tested["causes"]) == (True, 3, [])
    assert (await scene.good("GET", "/api/integration", token=token))["status"] == "ok"
    office = await scene.good("POST", "/api/offices", OFFICE, token)
    listed = await scene.good("GET", "/api/rooms/importable", token=token)
    assert [each["name"] for each in listed["items"]] == ["Room 0", "Room 1", "Room 2"]
    room = await scene.room(token, UUID(office["id"]), 1)
    assert (room["state"], room["name"], room["capacity"]) == ("loading", "Room 1", 5)
    assert (await scene.good("GET", "/api/rooms", token=token))["items"] == [room]
    listed = await scene.good("GET", "/api/rooms/importable", token=token)
    assert [each["imported"] for each in listed["items"]] == [False, True, False]
    health = await scene.good("GET", f"/api/rooms/{room['id']}/health", token=token)
    assert health["state"] == "loading"
    assert scene.graph.lists == 2  # once for the test, once for all the rest
    assert scene.graph.secret not in "".join(scene.texts)


async def test_a_wrong_secret_is_named_and_never_replaces_a_working_one(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    right = scene.integration()
    await scene.good("PUT", "/api/integration", right | {"client_secret": "s3~other"}, token)
    tested = await scene.good("POST", "/api/integration/test", {}, token)
    assert [cause["code"] for cause in tested["causes"]] == ["wrong_secret"]
    await scene.good("PUT", "/api/integration", right, token)
    assert (await scene.good("POST", "/api/integration/test", {}, token))["ok"]

    refused = await scene.call(
        "PUT", "/api/integration", right | {"client_secret": "s3~mistyped"}, token
    )

    assert refused.status == 422
    assert refused.body["test"]["causes"][0]["code"] == "wrong_secret"
    assert (await scene.good("POST", "/api/integration/test", {}, token))["ok"]
    assert "s3~mistyped" not in "".join(scene.texts)


async def test_missing_consent_leaves_exactly_two_causes(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    scene.graph.roles = ("Place.Read.All", "Calendars.ReadWrite")
    await scene.good("PUT", "/api/integration", scene.integration(), token)

    tested = await scene.good("POST", "/api/integration/test", {}, token)

    assert {cause["code"] for cause in tested["causes"]} == {
        "consent_missing",
        "permission_delegated",
    }


async def test_bad_fields_are_named_in_a_problem_document_without_their_values(
    scene: Scene,
) -> None:
    _, token = await scene.organisation("north")
    body = scene.integration(client_secret=str(uuid4()), tenant_id="contoso", surprise=1)

    refused = await scene.call("PUT", "/api/integration", body, token)

    assert refused.status == 422
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert {error["field"] for error in refused.body["errors"]} == {
        "tenant_id",
        "client_secret",
        "surprise",
    }
    assert body["client_secret"] not in str(refused.body)


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'{"name": "' + b"x" * 70_000 + b'"}', "application/json", 413),
    ],
)
async def test_bodies_that_cannot_be_taken_are_refused(
    scene: Scene, data: bytes, kind: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {OPERATOR}", "Content-Type": kind}
    async with scene.session.post("/api/organisations", data=data, headers=headers) as answer:
        assert answer.status == status


async def test_what_belongs_to_another_organisation_does_not_exist(scene: Scene) -> None:
    north, north_token = await scene.organisation("north")
    south, south_token = await scene.organisation("south")
    office = await scene.connected(north_token)
    room = await scene.room(north_token, office)
    people = (await scene.good("GET", "/api/users", token=north_token))["items"]
    foreign = [
        ("GET", f"/api/rooms/{room['id']}", None),
        ("GET", f"/api/rooms/{room['id']}/health", None),
        ("GET", f"/api/rooms/{room['id']}/bookings", None),
        ("POST", f"/api/rooms/{room['id']}/resync", None),
        ("DELETE", f"/api/rooms/{room['id']}", None),
        ("PATCH", f"/api/offices/{office}", {"name": "Mine"}),
        ("DELETE", f"/api/offices/{office}", None),
        ("PATCH", f"/api/users/{people[0]['id']}", {"role": "member"}),
        ("DELETE", f"/api/users/{people[0]['id']}", None),
    ]

    answers = [await scene.call(*each, south_token) for each in foreign]

    assert [answer.status for answer in answers] == [404] * len(foreign)
    assert (await scene.good("GET", "/api/rooms", token=south_token))["items"] == []
    assert (await scene.good("GET", f"/api/rooms/{room['id']}", token=north_token)) == room
    assert str(north) not in str(await scene.good("GET", "/api/audit", token=south_token))
    assert str(south) in str(await scene.good("GET", "/api/audit", token=south_token))


async def test_a_mailbox_belongs_to_one_organisation_and_keeps_its_id_on_return(
    scene: Scene,
) -> None:
    tenant = uuid4()
    _, north = await scene.organisation("north")
    _, south = await scene.organisation("south")
    north_office = await scene.connected(north, tenant)
    south_office = await scene.connected(south, tenant)
    room = await scene.room(north, north_office)
    body = {"mailbox_id": room["mailbox_id"], "office_id": str(south_office)}

    assert (await scene.call("POST", "/api/rooms", body, south)).status == 409

    await scene.good("DELETE", f"/api/rooms/{room['id']}", token=north)
    assert (await scene.call("GET", f"/api/rooms/{room['id']}", token=north)).status == 404
    assert (await scene.room(north, north_office))["id"] == room["id"]


async def test_a_rooms_bookings_come_by_start_page_after_page_without_cancelled_ones(
    scene: Scene,
) -> None:
    organisation, token = await scene.organisation("north")
    room = await scene.room(token, await scene.connected(token))
    nine = datetime(2027, 1, 4, 9, tzinfo=UTC)
    starts = [nine + timedelta(hours=n) for n in (3, 0, 1, 1, 30)]
    states = ["confirmed", "confirmed", "tentative", "cancelled", "confirmed"]
    ids = [uuid4() for _ in starts]
    async with (
        open_database(scene.database.login_dsn, Role.WORKER) as worker,
        worker.organisation_transaction(organisation) as connection,
    ):
        for booking, start, status in zip(ids, starts, states, strict=True):
            await connection.execute(
                "insert into bookings (organisation_id, room_id, id, event_id, kind, etag, starts, ends, time_zone,"
                " subject, organizer_name, organizer_email, status, origin, version, changed_at)"
                " values ($1, $2, $3, $4, 'single', 'e', $5, $6, 'Europe/Berlin', 'Plans', 'Ada', '', $7,"
                " 'outlook', 7, $5)",
                organisation,
                UUID(room["id"]),
                booking,
                str(booking),
                start,
                start + timedelta(minutes=30),
                status,
            )
    path = f"/api/rooms/{room['id']}/bookings?from=2027-01-04T09:10:00Z&to=2027-01-04T18:00:00Z&limit=2"

    first = await scene.good("GET", path, token=token)
    second = await scene.good("GET", first["next"], token=token)

    assert [each["id"] for each in first["items"]] == [str(ids[1]), str(ids[2])]
    assert [each["id"] for each in second["items"]] == [str(ids[0])]
    assert second["next"] is None
    assert first["items"][0]["start"] == "2027-01-04T09:00:00Z"
    assert first["items"][0]["organizer"] == {"name": "Ada", "email": None}
    gone = await scene.good("GET", f"/api/bookings/{ids[3]}", token=token)
    assert gone["status"] == "cancelled"
    _, stranger = await scene.organisation("south")
    assert (await scene.call("GET", f"/api/bookings/{ids[0]}", token=stranger)).status == 404
    backwards = await scene.call("GET", path.replace("T18", "T08"), token=token)
    assert [error["field"] for error in backwards.body["errors"]] == ["to"]
    assert (await scene.call("GET", path + "&x=1", token=token)).status == 422


async def test_an_office_with_rooms_stays(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    office = await scene.connected(token)
    room = await scene.room(token, office)
    other = await scene.good("POST", "/api/offices", OFFICE | {"name": "Lab"}, token)

    assert (await scene.call("DELETE", f"/api/offices/{office}", token=token)).status == 409
    moved = await scene.good("PATCH", f"/api/rooms/{room['id']}", {"office_id": other["id"]}, token)
    assert moved["office_id"] == other["id"]
    await scene.good("DELETE", f"/api/offices/{office}", token=token)
    backwards = await scene.call("PATCH", f"/api/offices/{other['id']}", {"closes": "07:00"}, token)
    assert backwards.status == 422


async def test_the_operator_acts_inside_a_named_organisation_on_record(scene: Scene) -> None:
    organisation, token = await scene.organisation("north")

    assert (await scene.call("GET", "/api/offices", token=OPERATOR)).status == 422
    inside = {"X-Organisation": str(organisation)}
    assert (await scene.call("GET", "/api/offices", token=OPERATOR, **inside)).status == 200
    elsewhere = {"X-Organisation": str(uuid4())}
    assert (await scene.call("GET", "/api/offices", token=OPERATOR, **elsewhere)).status == 404

    latest = (await scene.good("GET", "/api/audit", token=token))["items"][0]
    assert (latest["actor"], latest["subject"]) == ("operator", "GET /api/offices")


async def test_ending_an_organisation_ends_its_sessions(scene: Scene) -> None:
    organisation, token = await scene.organisation("north")
    await scene.good("DELETE", f"/api/organisations/{organisation}", token=OPERATOR)

    assert (await scene.call("GET", "/api/offices", token=token)).status == 401
    assert (await scene.good("GET", "/api/organisations", token=OPERATOR))["items"] == []


async def test_an_address_signs_in_once_and_the_last_administrator_stays(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    person = {"email": "Admin@north.example", "password": PASSWORD, "role": "member"}
    assert (await scene.call("POST", "/api/users", person, token)).status == 409
    nameless = {"email": "c@north.example", "role": "member"}
    refused = await scene.call("POST", "/api/users", nameless, token)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "password")
    administrator = (await scene.good("GET", "/api/users", token=token))["items"][0]["id"]
    path = f"/api/users/{administrator}"

    assert (await scene.call("DELETE", path, token=token)).status == 409
    assert (await scene.call("PATCH", path, {"role": "member"}, token)).status == 409

    await scene.good("POST", "/api/users", person | {"email": "b@north.example"}, token)
    assert (await scene.call("DELETE", path, token=token)).status == 409
    await scene.good("PATCH", path, {"password": PASSWORD + "!"}, token)
    assert (await scene.call("GET", "/api/users", token=token)).status == 401


async def test_signing_out_ends_the_token_and_only_its_hash_was_stored(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    owner = await asyncpg.connect(scene.database.owner_dsn)
    stored = await owner.fetchval("select string_agg(s::text, ' ') from sessions s")
    await owner.close()

    await scene.good("DELETE", "/api/session", token=token)

    assert token not in str(stored)
    assert (await scene.call("GET", "/api/offices", token=token)).status == 401


async def test_guessing_passwords_is_slowed_down(scene: Scene) -> None:
    guess = {"email": "nobody@north.example", "password": "wrong"}
    statuses = [(await scene.call("POST", "/api/session", guess)).status for _ in range(11)]

    assert statuses == [401] * 10 + [429]
    refused = await scene.call("POST", "/api/session", guess)
    assert int(refused.headers["Retry-After"]) > 0


async def test_the_stream_carries_the_own_organisations_events_alone(scene: Scene) -> None:
    north, token = await scene.organisation("north")
    south, _ = await scene.organisation("south")
    async with (
        asyncio.timeout(20),
        scene.session.get("/api/stream", headers={"Authorization": f"Bearer {token}"}) as stream,
    ):
        assert stream.status == 200
        assert await stream.content.readline() == b": open\r\n"
        foreign, own = _booking("Secret plans"), _booking("Stand-up")
        for organisation, booking in ((south, foreign), (north, own)):
            key, body = booking_event(
                booking, organisation_id=organisation, version=1, time=utc_now()
            )
            await scene.bus.publish(EVENTS, key, body)
        lines: list[bytes] = []
        while not (lines and lines[-1].startswith(b"data:")):
            lines.append(await stream.content.readline())

    text = b"".join(lines).decode()
    assert "event: booking.confirmed" in text
    assert str(own.id) in text
    assert str(foreign.id) not in text


def _booking(subject: str) -> Booking:
    start = utc_now()
    return Booking(
        id=uuid4(),
        room_id=uuid4(),
        start=start,
        end=start + timedelta(hours=1),
        all_day=False,
        time_zone="Europe/Berlin",
        subject=subject,
        organizer=Organizer(name="Ada", email="ada@x.example"),
        status="confirmed",
        origin="outlook",
        series_id=None,
        original_start=None,
        version=1,
    )


async def test_the_description_names_every_route(scene: Scene) -> None:
    described = await scene.good("GET", "/api/openapi.json")

    assert described["openapi"].startswith("3.1")
    assert "/api/rooms/{room_id}/bookings" in described["paths"]
    names = [
        p["name"] for p in described["paths"]["/api/rooms/{room_id}/bookings"]["get"]["parameters"]
    ]
    assert names == ["room_id", "from", "to", "limit", "after"]
    schemas = described["components"]["schemas"]
    assert "client_secret" in schemas["IntegrationChange"]["properties"]
    assert "client_secret" not in schemas["Integration"]["properties"]


# Who may call what: the whole table, written out by hand so that a slip in the code shows.
ANYONE, MEMBER, ADMINISTRATOR, ONLY_OPERATOR = 0, 1, 2, 3
ID = str(uuid4())
RIGHTS = {
    "GET /api/organisations": ONLY_OPERATOR,
    "POST /api/organisations": ONLY_OPERATOR,
    "DELETE /api/organisations/{organisation_id}": ONLY_OPERATOR,
    "POST /api/session": ANYONE,
    "DELETE /api/session": MEMBER,
    "GET /api/users": ADMINISTRATOR,
    "POST /api/users": ADMINISTRATOR,
    "PATCH /api/users/{user_id}": ADMINISTRATOR,
    "DELETE /api/users/{user_id}": ADMINISTRATOR,
    "GET /api/integration": ADMINISTRATOR,
    "PUT /api/integration": ADMINISTRATOR,
    "GET /api/integration/renewal.ics": ADMINISTRATOR,
    "POST /api/integration/test": ADMINISTRATOR,
    "GET /api/integration/test": ADMINISTRATOR,
    "GET /api/integration/scope-script": ADMINISTRATOR,
    "GET /api/offices": MEMBER,
    "POST /api/offices": ADMINISTRATOR,
    "PATCH /api/offices/{office_id}": ADMINISTRATOR,
    "DELETE /api/offices/{office_id}": ADMINISTRATOR,
    "GET /api/offices/{office_id}/plan": MEMBER,
    "PUT /api/offices/{office_id}/plan": ADMINISTRATOR,
    "GET /api/offices/{office_id}/plan/image": MEMBER,
    "PUT /api/offices/{office_id}/plan/image": ADMINISTRATOR,
    "GET /api/rooms/importable": ADMINISTRATOR,
    "GET /api/rooms/missing": ADMINISTRATOR,
    "GET /api/rooms": MEMBER,
    "POST /api/rooms": ADMINISTRATOR,
    "GET /api/rooms/{room_id}": MEMBER,
    "PATCH /api/rooms/{room_id}": ADMINISTRATOR,
    "DELETE /api/rooms/{room_id}": ADMINISTRATOR,
    "POST /api/rooms/{room_id}/removals/confirm": ADMINISTRATOR,
    "GET /api/rooms/{room_id}/health": MEMBER,
    "GET /api/rooms/{room_id}/plan-report": ADMINISTRATOR,
    "POST /api/rooms/{room_id}/resync": ADMINISTRATOR,
    "GET /api/rooms/{room_id}/bookings": MEMBER,
    "POST /api/rooms/{room_id}/bookings": MEMBER,
    "GET /api/bookings/{booking_id}": MEMBER,
    "PATCH /api/bookings/{booking_id}": MEMBER,
    "DELETE /api/bookings/{booking_id}": MEMBER,
    "GET /api/bookings/{booking_id}/history": MEMBER,
    "GET /api/activity": ADMINISTRATOR,
    "GET /api/conflicts": MEMBER,
    "GET /api/audit": ADMINISTRATOR,
    "GET /api/operator/audit": ONLY_OPERATOR,
    "POST /api/operator/audit": ONLY_OPERATOR,
    "GET /api/status": MEMBER,
    "GET /api/stream": MEMBER,
}


async def test_every_route_admits_exactly_the_roles_it_is_for(scene: Scene) -> None:
    described = (await scene.good("GET", "/api/openapi.json"))["paths"]
    served = {f"{method.upper()} {path}" for path, each in described.items() for method in each}
    assert served == set(RIGHTS)
    _, administrator = await scene.organisation("north")
    person = {"email": "member@north.example", "password": PASSWORD, "role": "member"}
    await scene.good("POST", "/api/users", person, administrator)
    tokens = (None, await scene.sign_in(person["email"]), administrator)

    for route, least in RIGHTS.items():
        method, path = route.split()
        for part in ("organisation", "user", "office", "room", "booking"):
            path = path.replace(f"{{{part}_id}}", ID)
        for level, token in enumerate(tokens):
            if route in {"DELETE /api/session", "GET /api/stream"} and level >= least:
                continue  # one would end the token, the other never ends: both have their own test
            status = (await scene.call(method, path, None, token)).status
            refused = {0: 401, 1: 403, 2: 403}[level]
            if level < least:
                assert status == refused, (route, level, status)
            else:
                assert status not in {401, 403, 405, 500} or least == ANYONE, (route, level, status)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.1.2.3", "169.254.169.254", "localhost"])
async def test_a_chat_address_inside_our_network_is_refused_with_the_reason(
    scene: Scene, host: str
) -> None:
    _, token = await scene.organisation("north")
    body = scene.integration(chat_webhook=f"https://{host}/hooks/t0ken")

    refused = await scene.call("PUT", "/api/integration", body, token)

    assert refused.status == 422
    (error,) = refused.body["errors"]
    assert error["field"] == "chat_webhook"
    assert "public internet" in error["message"]
    assert (await scene.call("GET", "/api/integration", token=token)).status == 404


async def test_a_chat_address_is_kept_secret_kept_when_left_out_and_taken_away_by_null(
    scene: Scene,
) -> None:
    _, token = await scene.organisation("north")
    body = scene.integration()
    saved = await scene.good(
        "PUT", "/api/integration", body | {"chat_webhook": "https://8.8.8.8/hooks/t0ken"}, token
    )
    assert saved["chat_webhook_set"]
    assert (await scene.good("PUT", "/api/integration", body, token))["chat_webhook_set"]
    gone = await scene.good("PUT", "/api/integration", body | {"chat_webhook": None}, token)
    assert not gone["chat_webhook_set"]
    audited = await scene.good("GET", "/api/audit", token=token)
    saves = [each["detail"]["chat_webhook"] for each in audited["items"]
             if each["action"] == "integration.saved"]  # fmt: skip
    assert saves == [False, None, True]
    assert "t0ken" not in "".join(scene.texts)


async def test_the_rotation_of_keys_shows_to_the_operator_alone(scene: Scene) -> None:
    organisation, token = await scene.organisation("north")
    await scene.good("PUT", "/api/integration", scene.integration(), token)
    assert (await scene.good("GET", "/api/status", token=token))["secret_keys"] is None
    inside = {"X-Organisation": str(organisation)}
    seen = await scene.call("GET", "/api/status", token=OPERATOR, **inside)
    assert seen.body["secret_keys"] == {"newest": "s1", "remaining": 0}
