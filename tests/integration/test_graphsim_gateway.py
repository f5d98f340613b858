"""graph-calendar §2.8, §9, §10, §11: who may pass Graph's front door, and what it says."""

import gzip
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from .graphsim_cloud import (
    ANN,
    CLIENT,
    OTHER_TENANT,
    ROLES,
    ROOM,
    TENANT,
    Cloud,
    running_cloud,
    running_hook,
)

CALENDAR = f"/users/{ROOM}/calendar?$select=id"
DENIED = (403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


async def _change(cloud: Cloud, **app: Any) -> None:
    """Changes the app and forgets the token, so that the next call has a new one."""
    body = {"tenant_id": str(TENANT), "apps": [{"client_id": str(CLIENT), **app}]}
    assert (await cloud.call("POST", "/_sim/tenants", body)).status == 201
    cloud.token = ""


async def _told(
    cloud: Cloud, path: str = CALENDAR, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, str, str]:
    reply = await cloud.graph(method, path, body, **headers)
    error = (reply.body or {}).get("error") or {"code": "", "message": ""}
    return reply.status, error["code"], error["message"]


async def test_each_wrong_token_has_its_answer_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        good = (await cloud.sign_in()).body["access_token"]
        outlook = await cloud.sign_in(scope="https://outlook.office.com/.default")
        for sent, message in (
            ("", "Access token is empty."),
            ("Bearer", "Access token is empty."),
            ("Bearer garbage", "IDX14100: JWT is not well formed, there are no dots (.)."),
            (f"Bearer {good[:-8]}AAAAAAAA", "Access token validation failure."),
            (
                f"Bearer {outlook.body['access_token']}",
                "Access token validation failure. Invalid audience.",
            ),
        ):
            reply = await cloud.call("GET", "/v1.0/users", Authorization=sent)
            assert (reply.status, reply.code) == (401, "InvalidAuthenticationToken")
            assert reply.body["error"]["message"] == message
        cloud.simulator.clock.advance(3_599)
        reply = await cloud.call("GET", "/v1.0/users", Authorization=f"Bearer {good}")
        assert (reply.status, reply.code) == (401, "InvalidAuthenticationToken")
        message = "Lifetime validation failed, the token is expired."
        assert reply.body["error"]["message"] == message


async def test_another_tenants_token_finds_nothing_of_this_one_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        client = uuid4()
        app = {"client_id": str(client), "secret": "x", "roles": list(ROLES)}
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(OTHER_TENANT), "apps": [app]})
        signed_in = await cloud.sign_in(OTHER_TENANT, client_id=str(client), client_secret="x")
        cloud.token = signed_in.body["access_token"]
        assert (await _told(cloud))[:2] == (404, "ErrorInvalidUser")
        assert (await cloud.graph("GET", "/places/microsoft.graph.room")).body["value"] == []
        assert (await cloud.graph("GET", "/users")).body["value"] == []
        del cloud.simulator.state.tenants[OTHER_TENANT]
        assert (await _told(cloud, "/users"))[:2] == (401, "InvalidAuthenticationToken")


EVENT = f"/users/{ROOM}/events"
ROUTES = {
    "calendar": ("GET", CALENDAR),
    "view": ("GET", f"/users/{ROOM}/calendarView?startDateTime=2026-01-01&endDateTime=2026-01-02"),
    "events": ("GET", EVENT),
    "event": ("GET", f"{EVENT}/x"),
    "create": ("POST", EVENT),
    "change": ("PATCH", f"{EVENT}/x"),
    "delete": ("DELETE", f"{EVENT}/x"),
    "cancel": ("POST", f"{EVENT}/x/cancel"),
    "accept": ("POST", f"{EVENT}/x/accept"),
    "decline": ("POST", f"{EVENT}/x/decline"),
    "rooms": ("GET", "/places/microsoft.graph.room"),
    "place": ("GET", f"/places/{ROOM}"),
    "users": ("GET", "/users"),
    "user": ("GET", f"/users/{ROOM}"),
}
READS = {"calendar", "view", "events", "event"}
WRITES = {"create", "change", "delete", "cancel", "accept", "decline"}


@pytest.mark.parametrize(
    ("role", "open_to"),
    [
        ("Calendars.ReadWrite", READS | WRITES),
        ("Calendars.Read", READS),
        ("Place.Read.All", {"rooms", "place"}),
        ("Directory.Read.All", {"users", "user"}),
        ("Mail.Read", set()),
    ],
)
async def test_each_route_takes_its_role_only_2_8(
    tmp_path: Path, role: str, open_to: set[str]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, roles=[role])
        told = {name: await _told(cloud, path, verb, {}) for name, (verb, path) in ROUTES.items()}
        assert {name for name, one in told.items() if one[0] != 403} == open_to
        assert {told[name] for name in (READS | WRITES) - open_to} <= {DENIED}
        for name in {"users", "user"} - open_to:
            assert told[name][1] == "Authorization_RequestDenied"


@pytest.mark.parametrize(
    ("status", "answer"), [(401, (401, "NoPermissionsInAccessToken")), (403, DENIED[:2])]
)
@pytest.mark.parametrize("delegated", [[], ["Calendars.ReadWrite"]])
async def test_a_token_without_roles_fails_in_both_readings_2_8(
    tmp_path: Path, status: int, answer: tuple[int, str], delegated: list[str]
) -> None:
    async with running_cloud(tmp_path, roleless_status=status) as cloud:
        await _change(cloud, roles=[], delegated=delegated)
        assert (await _told(cloud))[:2] == answer
        assert (await _told(cloud, "/users"))[:2] == (403, "Authorization_RequestDenied")
        rooms = await _told(cloud, "/places/microsoft.graph.room")
        message = "Either scp or roles claim need to be present in the token."
        assert rooms == (403, "AccessDenied", message)


async def test_an_app_has_no_me_11(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for path in ("/me", "/me/calendar", "/me/events"):
            assert (await _told(cloud, path))[:2] == (401, "NoPermissionsInAccessToken")


@pytest.mark.parametrize("roles", [[], ["Place.Read.All", "Directory.Read.All"]])
async def test_a_scope_opens_its_rooms_to_a_token_without_the_role_10(
    tmp_path: Path, roles: list[str]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, roles=roles, scope=[str(ROOM)])
        assert (await cloud.create(ROOM)).status == 201
        assert (await _told(cloud))[0] == 200
        for outside in (ANN, uuid4()):
            assert await _told(cloud, f"/users/{outside}/calendar") == DENIED


async def test_an_unscoped_grant_wins_over_a_scope_10(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, roles=list(ROLES), scope=[str(ROOM)])
        assert (await _told(cloud, f"/users/{ANN}/calendar"))[0] == 200
        await _change(cloud, roles=["Calendars.Read"])
        assert (await _told(cloud, f"/users/{ANN}/calendar"))[0] == 200
        assert (await cloud.create(ROOM)).status == 201
        assert (await cloud.create(ANN)).status == 403


_RAOP = ": [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."


@pytest.mark.parametrize(("words", "end"), [("long", _RAOP), ("short", ".")])
async def test_an_access_policy_blocks_with_either_of_its_texts_10(
    tmp_path: Path, words: str, end: str
) -> None:
    async with running_cloud(tmp_path, policy_refusal=words) as cloud:
        await _change(cloud, access_policy=[str(ROOM)])
        assert (await _told(cloud))[0] == 200
        status, code, message = await _told(cloud, f"/users/{ANN}/calendar")
        assert (status, code) == DENIED[:2]
        assert message == f"Access to OData is disabled{end}"
        assert (await _told(cloud, f"/users/{ANN}"))[0] == 200, "the directory is not covered"
        await _change(cloud, access_policy=None)
        assert (await _told(cloud, f"/users/{ANN}/calendar"))[0] == 200


async def test_a_subscription_follows_scope_policy_and_the_union_rule_10(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, duplicate_conflict=False) as cloud, running_hook() as hook:
        for app, status in (
            ({"roles": ["Place.Read.All"], "scope": [str(ANN)]}, 403),
            ({"roles": ["Place.Read.All"], "scope": [str(ROOM)]}, 201),
            ({"roles": list(ROLES), "scope": [str(ANN)]}, 201),  # an unscoped grant wins
            ({"roles": list(ROLES), "scope": None, "access_policy": [str(ANN)]}, 403),
        ):
            await _change(cloud, **app)
            assert (await cloud.subscribe(hook.url)).status == status, app


async def test_exchange_notices_a_new_scope_and_policy_late_10(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, exchange_lag=1_800) as cloud:
        cloud.simulator.clock.advance(1_800)
        await _change(cloud, roles=["Place.Read.All"], scope=[str(ROOM)])
        assert await _told(cloud) == DENIED
        cloud.simulator.clock.advance(1_800)
        assert (await _told(cloud))[0] == 200
        await _change(cloud, access_policy=[])
        assert (await _told(cloud))[0] == 200
        cloud.simulator.clock.advance(1_800)
        assert (await _told(cloud))[:2] == DENIED[:2]


_ENABLED, _SUPPORTED = "MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"
_OLDER = "REST API is not yet supported for this mailbox."
_NEWER = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."


@pytest.mark.parametrize(
    ("code", "text", "message"),
    [
        (_ENABLED, "newer", _NEWER),
        (_ENABLED, "older", _OLDER),
        (_SUPPORTED, "newer", _OLDER),
        (_SUPPORTED, "older", _OLDER),
    ],
)
async def test_a_mailbox_outside_the_cloud_in_each_reading_9(
    tmp_path: Path, code: str, text: str, message: str
) -> None:
    async with running_cloud(tmp_path, unsupported_mailbox=code, unsupported_text=text) as cloud:
        for hosting in ("on_premises", "unlicensed", "inactive"):
            await cloud.found(hosting=hosting)
            assert await _told(cloud) == (404, code, message)


@pytest.mark.parametrize("code", ["ErrorInvalidUser", "ResourceNotFound"])
async def test_a_mailbox_nobody_has_in_both_readings_2_8(tmp_path: Path, code: str) -> None:
    async with running_cloud(tmp_path, unknown_user=code) as cloud:
        await cloud.found(hosting="none")
        for key in (ROOM, uuid4(), "nobody@x.example"):
            assert (await _told(cloud, f"/users/{key}/calendar"))[:2] == (404, code)


async def test_an_error_has_the_envelope_in_either_spelling_2_8(tmp_path: Path) -> None:
    mine = str(uuid4())
    for spelling, fields in (
        ("innerError", {"date", "request-id", "client-request-id"}),
        ("innererror", {"date", "request-id"}),
    ):
        async with running_cloud(tmp_path, error_envelope=spelling) as cloud:
            path, sent = f"/users/{uuid4()}/calendar", {"client-request-id": mine}
            reply = await cloud.graph("GET", path, **sent)
            error = reply.body["error"]
            assert error.keys() == {"code", "message", spelling}
            assert error[spelling].keys() == fields
            assert error[spelling]["request-id"] == reply.headers["request-id"]
            assert error[spelling].get("client-request-id", mine) == mine
            assert reply.headers["client-request-id"] == mine
            assert reply.headers["content-type"] == "application/json; charset=utf-8"


async def test_every_answer_names_its_request_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        sent = {"client-request-id": str(uuid4())}
        await cloud.call("POST", "/_sim/faults", {"match": {"path": "/places"}, "status": 503})
        replies = [
            await cloud.graph("GET", path, **sent)
            for path in ("/users", "/places/microsoft.graph.room", "/nothing")
        ]
        assert [one.status for one in replies] == [200, 503, 400]
        assert len({UUID(one.headers["request-id"]) for one in replies}) == 3
        assert {one.headers["client-request-id"] for one in replies} == set(sent.values())
        kind = replies[0].headers["content-type"]
        assert kind.startswith("application/json;odata.metadata=minimal")


async def test_the_same_seed_names_the_same_requests_2_8(tmp_path: Path) -> None:
    seen = []
    for number, seed in enumerate((1, 1, 2)):
        async with running_cloud(tmp_path / str(number), seed=seed) as cloud:
            seen.append((await cloud.graph("GET", "/users")).headers["request-id"])
    assert seen[0] == seen[1] != seen[2]


async def test_a_large_answer_is_zipped_when_asked(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        users = [
            {"id": str(UUID(int=0x1000 + number)), "address": f"u{number}@x.example"}
            for number in range(50)
        ]
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(TENANT), "users": users})
        await cloud.graph("GET", "/users")
        url = f"{cloud.address.origin}/v1.0/users"
        raw: dict[str, bytes] = {}
        for coding in ("gzip", "identity"):
            headers = {"Authorization": f"Bearer {cloud.token}", "Accept-Encoding": coding}
            # The session would unzip by itself.
            async with cloud.session.request(
                "GET", url, headers=headers, auto_decompress=False
            ) as answer:
                assert answer.headers.get("Content-Encoding", "identity") == coding
                raw[coding] = await answer.read()
        assert len(raw["gzip"]) < len(raw["identity"]) / 4
        assert json.loads(gzip.decompress(raw["gzip"])) == json.loads(raw["identity"])
