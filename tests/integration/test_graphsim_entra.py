"""graph-calendar §7: Entra, as plain HTTP sees it."""

import asyncio
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import jwt
import pytest

from graphsim.refusals import OTHER

from ..unit.graphsim.credentials import credential
from .graphsim_cloud import CLIENT, SECRET, TENANT, Cloud, Reply, running_cloud


async def _post(
    cloud: Cloud, form: dict[str, str], tenant: object = TENANT, **headers: str
) -> Reply:
    """A token request of exactly this form."""
    url = f"{cloud.address.origin}/{tenant}/oauth2/v2.0/token"
    async with cloud.session.post(url, data=form, headers=headers) as answer:
        told = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status, await answer.json(), told)


def _form(**changes: str | None) -> dict[str, str]:
    whole = {
        "grant_type": "client_credentials",
        "client_id": str(CLIENT),
        "client_secret": SECRET,
        "scope": "https://graph.microsoft.com/.default",
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


async def _change(cloud: Cloud, **app: Any) -> None:
    body = {"tenant_id": str(TENANT), "apps": [{"client_id": str(CLIENT), **app}]}
    assert (await cloud.call("POST", "/_sim/tenants", body)).status == 201


async def test_discovery_tells_the_tenant_of_a_domain_7_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        origin, domain = cloud.address.origin, cloud.simulator.state.tenants[TENANT].domain
        path = "/v2.0/.well-known/openid-configuration"
        by_name, by_id = [
            (await cloud.call("GET", f"/{name}{path}")).body for name in (domain.upper(), TENANT)
        ]
        assert by_name == by_id
        assert by_id["issuer"] == f"{origin}/{TENANT}/v2.0"
        assert by_id["token_endpoint"] == f"{origin}/{TENANT}/oauth2/v2.0/token"
        assert by_id["token_endpoint_auth_methods_supported"] == [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ]
        shared = (await cloud.call("GET", f"/organizations{path}")).body
        assert shared["issuer"] == f"{origin}/{{tenantid}}/v2.0"


@pytest.mark.parametrize("tail", ["v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"])
async def test_a_wrong_tenant_fails_at_discovery_7_3(tmp_path: Path, tail: str) -> None:
    async with running_cloud(tmp_path) as cloud:
        for name, told in (
            (str(uuid4()), ("invalid_tenant", [90002])),
            ("unknown.example", ("invalid_tenant", [90002])),
            ("nonsense", ("invalid_request", [900023])),
        ):
            reply = await cloud.call("GET", f"/{name}/{tail}")
            assert reply.status == 400
            assert (reply.body["error"], reply.body["error_codes"]) == told
            assert f"'{name}'" in reply.body["error_description"]


async def test_instance_discovery_names_this_host_7_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        origin = cloud.address.origin
        query = f"?api-version=1.1&authorization_endpoint={origin}/{TENANT}/oauth2/authorize"
        body = (await cloud.call("GET", f"/common/discovery/instance{query}")).body
        tail = "v2.0/.well-known/openid-configuration"
        assert body["tenant_discovery_endpoint"] == f"{origin}/{TENANT}/{tail}"
        (metadata,) = body["metadata"]
        assert metadata["aliases"] == [origin.removeprefix("https://")]


async def test_the_answer_is_that_of_7_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        reply = await _post(cloud, _form())
        assert reply.body.keys() == {"token_type", "expires_in", "ext_expires_in", "access_token"}
        assert (reply.status, reply.body["expires_in"]) == (200, 3599)


async def test_the_secret_may_come_by_basic_7_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, secret="a+b:c/d~")
        form = _form(client_id=None, client_secret=None)
        for secret, status in (("a+b:c/d~", 200), ("wrong", 401)):
            named = f"{CLIENT}:{quote(secret, safe='')}".encode()
            basic = f"Basic {b64encode(named).decode()}"
            assert (await _post(cloud, form, Authorization=basic)).status == status


async def test_a_refusal_ends_with_its_trailer_7_4(tmp_path: Path) -> None:
    for broken, gap in ((False, " "), (True, "\r\n")):
        async with running_cloud(tmp_path, broken_descriptions=broken) as cloud:
            mine = str(uuid4())
            wrong = _form(client_secret="wrong")
            reply = await _post(cloud, wrong, **{"client-request-id": mine})
            body = reply.body
            assert (reply.status, body["error"]) == (401, "invalid_client")
            assert body["correlation_id"] == mine == reply.headers["client-request-id"]
            assert body["error_description"].endswith(
                f"added to app '{CLIENT}'.{gap}Trace ID: {body['trace_id']}{gap}"
                f"Correlation ID: {mine}{gap}Timestamp: {body['timestamp']}"
            )
            assert body["error_uri"].endswith("/error?code=7000215")
            assert SECRET not in str(body)


async def test_the_same_seed_names_the_same_traces_7_4(tmp_path: Path) -> None:
    traces = []
    for seed in (1, 1, 2):
        async with running_cloud(tmp_path, seed=seed) as cloud:
            traces.append((await _post(cloud, _form(client_secret="x"))).body["trace_id"])
    assert traces[0] == traces[1] != traces[2]


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"scope": "https://graph.microsoft.com/Calendars.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://other.example/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "a/.default b/.default"}, 400, "invalid_scope", 70011),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"client_id": "not a guid"}, 400, "unauthorized_client", 700016),
        ({"client_id": None}, 400, "invalid_request", 900144),
        ({"client_secret": None}, 401, "invalid_client", 7000216),
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None, "client_assertion": "x"}, 401, "invalid_client", 7000216),
        ({"grant_type": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": "password", "client_secret": None}, 401, "invalid_client", 7000218),
    ],
)
async def test_a_wrong_form_is_refused_with_its_number_7_4(
    tmp_path: Path, changes: dict[str, str | None], status: int, error: str, code: int
) -> None:
    async with running_cloud(tmp_path) as cloud:
        reply = await _post(cloud, _form(**changes))
        assert (reply.status, reply.body["error"]) == (status, error)
        assert reply.body["error_codes"] == [code]
        assert reply.body["error_description"].startswith(f"AADSTS{code}: ")


async def test_the_token_endpoint_of_a_wrong_tenant_says_invalid_request_7_4(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        for tenant, code in ((uuid4(), 90002), ("nonsense", 900023)):
            reply = await _post(cloud, _form(), tenant)
            assert (reply.status, reply.body["error"]) == (400, "invalid_request")
            assert reply.body["error_codes"] == [code]


async def test_a_secret_expires_on_the_simulators_clock_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        ends = (cloud.simulator.clock.now() + timedelta(hours=1)).isoformat()
        await _change(cloud, secret=SECRET, secret_ends=ends)
        assert (await _post(cloud, _form())).status == 200
        cloud.simulator.clock.advance(3_600)
        assert (await _post(cloud, _form())).body["error_codes"] == [7000222]
        assert (await _post(cloud, _form(client_secret="x"))).body["error_codes"] == [7000215]


async def test_an_assertion_may_be_meant_for_the_tenants_issuer_7_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, certificates=[credential().pem])
        base, now = f"{cloud.address.origin}/{TENANT}", cloud.simulator.clock.now()
        for audience in (f"{base}/v2.0", f"{base}/oauth2/v2.0/token"):
            form = _form(
                client_secret=None,
                client_assertion=credential().assertion(CLIENT, audience, now),
                client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            )
            assert (await _post(cloud, form)).status == 200


@pytest.mark.parametrize(("needed", "status"), [(False, 200), (True, 400)])
async def test_an_assertion_without_jti_in_both_readings_7_4(
    tmp_path: Path, needed: bool, status: int
) -> None:
    async with running_cloud(tmp_path, assertion_needs_jti=needed) as cloud:
        await _change(cloud, certificates=[credential().pem])
        base, now = f"{cloud.address.origin}/{TENANT}", cloud.simulator.clock.now()
        form = _form(
            client_secret=None,
            client_assertion=credential().assertion(CLIENT, f"{base}/v2.0", now, jti=None),
            client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        assert (await _post(cloud, form)).status == status


async def test_a_rotated_key_signs_and_the_old_one_stays_7_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.graph("GET", "/users")
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(TENANT), "rotate_keys": True})
        assert (await cloud.graph("GET", "/users")).status == 200
        new = (await _post(cloud, _form())).body["access_token"]
        shown = (await cloud.call("GET", f"/{TENANT}/discovery/v2.0/keys")).body["keys"]
        assert len(shown) == 2
        assert {one["issuer"] for one in shown} == {f"{cloud.address.origin}/{TENANT}/v2.0"}
        assert jwt.get_unverified_header(new)["kid"] == shown[-1]["kid"]
        assert jwt.get_unverified_header(cloud.token)["kid"] == shown[0]["kid"]
    async with running_cloud(tmp_path) as cloud:
        cloud.token = new
        assert (await cloud.graph("GET", "/users")).status == 200
        again = (await _post(cloud, _form())).body["access_token"]
        assert jwt.get_unverified_header(again)["kid"] == shown[-1]["kid"]


async def test_a_token_without_consent_is_issued_and_fails_at_graph_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(roles=())
        reply = await cloud.event("x")
        assert (reply.status, reply.code) == (401, "NoPermissionsInAccessToken")
        reply = await cloud.graph("GET", "/users/ann@x.example")
        assert (reply.status, reply.code) == (403, "Authorization_RequestDenied")


async def test_partial_consent_fails_only_where_the_role_is_missing_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(roles=("Place.Read.All",))
        assert (await cloud.graph("GET", "/places/microsoft.graph.room")).status == 200
        reply = await cloud.event("x")
        assert (reply.status, reply.code) == (403, "ErrorAccessDenied")


async def test_a_token_ends_on_the_simulators_clock_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert (await cloud.graph("GET", "/users")).status == 200
        await cloud.call("POST", "/_sim/clock", {"advance": 3_600})
        reply = await cloud.graph("GET", "/users")
        assert (reply.status, reply.code) == (401, "InvalidAuthenticationToken")


async def test_the_ca_and_the_token_key_survive_a_restart_7_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        ca = cloud.address.ca_file.read_bytes()
        token = (await cloud.sign_in()).body["access_token"]
    async with running_cloud(tmp_path) as cloud:
        assert cloud.address.ca_file.read_bytes() == ca
        cloud.token = token
        assert (await cloud.graph("GET", "/users")).status == 200


async def test_a_fault_strikes_the_token_endpoint_too_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        fault = {"match": {"path": "/oauth2/"}, "status": 503, "retry_after": "7"}
        await cloud.call("POST", "/_sim/faults", fault)
        reply = await _post(cloud, _form())
        assert (reply.status, reply.headers["retry-after"]) == (503, "7")
        assert reply.body["error"] == "temporarily_unavailable"
        assert reply.body["error_codes"] == [90033]
        assert (await cloud.sign_in()).status == 200


async def test_a_fault_may_say_anything_at_all_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        body = {"error": "invalid_client", "error_description": "AADSTS7: New."}
        await cloud.call("POST", "/_sim/faults", {"status": 400, "body": body})
        assert (await _post(cloud, _form())).body == body
        await cloud.call("POST", "/_sim/faults", {"status": 400, "body": {"error_codes": [7]}})
        assert (await _post(cloud, _form())).body == {"error_codes": [7]}


_ENDPOINTS = {
    "token": ("POST", f"/{TENANT}/oauth2/v2.0/token"),
    "discovery": ("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration"),
    "instance": ("GET", "/common/discovery/instance"),
    "keys": ("GET", f"/{TENANT}/discovery/v2.0/keys"),
    "publisher": ("GET", "/common/discovery/v2.0/keys"),
    "publisher discovery": ("GET", "/common/.well-known/openid-configuration"),
}
"""Where tokens and keys are fetched (graph-calendar §7.1, §7.3; graph-notifications §5.3)."""


async def _fetch(cloud: Cloud, where: str) -> tuple[int, dict[str, str]]:
    method, path = _ENDPOINTS[where]
    data = _form() if method == "POST" else None
    async with cloud.session.request(method, cloud.address.origin + path, data=data) as answer:
        await answer.read()
        return answer.status, {name.lower(): one for name, one in answer.headers.items()}


@pytest.mark.parametrize("where", _ENDPOINTS)
async def test_every_fault_of_an_answer_strikes_where_tokens_and_keys_are_fetched_7_3(
    tmp_path: Path, where: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        method, path = _ENDPOINTS[where]
        match = {"method": method, "path": f"^{path}$"}
        fault = {"match": match, "headers": {"Retry-After": "3", "X-Odd": "1"}, "status": 429}
        for when in ("before", "after"):
            await cloud.call("POST", "/_sim/faults", {**fault, "when": when})
            status, headers = await _fetch(cloud, where)
            assert (status, headers["retry-after"], headers["x-odd"]) == (429, "3", "1")
            assert (await _fetch(cloud, where))[0] == 200
        # aiohttp asks a second time where a GET's connection is lost.
        lost = {"match": match, "drop": True, "when": "after", "times": None}
        await cloud.call("POST", "/_sim/faults", lost)
        with pytest.raises(aiohttp.ClientConnectionError):
            await _fetch(cloud, where)
        *answered, dropped = [one["fired"] for one in (await cloud.report())["faults"]]
        assert answered == [1, 1]
        assert dropped >= 1


@pytest.mark.parametrize("where", _ENDPOINTS)
@pytest.mark.parametrize("what", ["latency", "delay"])
async def test_a_slow_answer_waits_on_the_clock_where_tokens_and_keys_are_fetched_7_3(
    tmp_path: Path, where: str, what: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        match = {"path": f"^{_ENDPOINTS[where][1]}$"}
        await cloud.call("POST", "/_sim/faults", {"match": match, what: 30})
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
            waiting = tasks.create_task(_fetch(cloud, where))
            while (await cloud.report())["faults"][0]["fired"] == 0:
                continue
            assert not waiting.done()
            await cloud.call("POST", "/_sim/clock", {"advance": 30})
        assert waiting.result()[0] == 200


async def test_a_token_is_dated_after_its_latency_and_before_its_delay_7_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        began = cloud.simulator.clock.now().timestamp()
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        for number, what in enumerate(("latency", "delay")):
            await cloud.call("POST", "/_sim/faults", {what: 600})
            async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
                waiting = tasks.create_task(_post(cloud, _form()))
                while (await cloud.report())["faults"][number]["fired"] == 0:
                    continue
                await cloud.call("POST", "/_sim/clock", {"advance": 600})
            token = waiting.result().body["access_token"]
            issued = jwt.decode(token, options={"verify_signature": False})["iat"]
            assert 600 <= issued - began + 1 < 700


async def test_a_page_of_a_token_is_refused_when_it_is_ordered_7_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for what in ({"page": "endless"}, {"lag": 5}):
            order = {"match": {"path": "/oauth2/"}, **what}
            refused = await cloud.call("POST", "/_sim/faults", order)
            assert (refused.status, "tokens and keys" in refused.body["error"]) == (400, True)


_WRONG: dict[int, dict[str, Any]] = {
    50048: {"iss": str(uuid4())},
    700021: {"iss": "x", "sub": "x"},
    1000502: {},
    5002723: {},
    5002738: {},
}
"""What makes an assertion wrong; a wrong certificate or header where it says nothing."""


def _assertion(code: int, endpoint: str, now: datetime) -> str:
    held = credential("stale", -10, -1) if code == 1000502 else credential()
    signed = held.assertion(CLIENT, endpoint, now, **_WRONG[code])
    if code not in {5002723, 5002738}:
        return signed
    claims = jwt.decode(signed, options={"verify_signature": False})
    if code == 5002738:
        return jwt.encode(claims, "k" * 32, algorithm="HS256")
    return jwt.encode(claims, held.private_pem, algorithm="RS256")


@pytest.mark.parametrize("reading", ["usual", "other"])
@pytest.mark.parametrize("code", _WRONG)
async def test_a_refusal_that_nobody_has_shown_whole_in_both_readings_7_4(
    tmp_path: Path, code: int, reading: str
) -> None:
    async with running_cloud(tmp_path, unverified_refusals=reading) as cloud:
        pems = [credential().pem, credential("stale", -10, -1).pem]
        await _change(cloud, certificates=pems)
        endpoint = f"{cloud.address.origin}/{TENANT}/oauth2/v2.0/token"
        form = _form(
            client_secret=None,
            client_assertion=_assertion(code, endpoint, cloud.simulator.clock.now()),
            client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        reply = await _post(cloud, form)
        told = (reply.status, reply.body["error"])
        assert told == (OTHER[code] if reading == "other" else (401, "invalid_client"))
        assert reply.body["error_codes"] == [code]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"error_codes": [50196]}, 400), ({"error_codes": [90055]}, 429), (None, 503)],
)
async def test_a_fault_without_a_status_has_that_of_its_number_7_4(
    tmp_path: Path, body: Any, status: int
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.call("POST", "/_sim/faults", {"match": {"path": "/oauth2/"}, "body": body})
        assert (await _post(cloud, _form())).status == status


@pytest.mark.parametrize("where", _ENDPOINTS)
@pytest.mark.parametrize(("status", "code"), [(503, 90033), (429, 90055)])
async def test_a_fault_without_a_body_is_entras_refusal_everywhere_7_4(
    tmp_path: Path, where: str, status: int, code: int
) -> None:
    async with running_cloud(tmp_path) as cloud:
        method, path = _ENDPOINTS[where]
        await cloud.call("POST", "/_sim/faults", {"match": {"path": path}, "status": status})
        reply = await cloud.call(method, path)
        assert (reply.status, reply.body["error_codes"]) == (status, [code])
        assert reply.body["error_description"].startswith(f"AADSTS{code}: ")


async def _asked(cloud: Cloud, times: int, **changes: str) -> list[int]:
    url = f"{cloud.address.origin}/{TENANT}/oauth2/v2.0/token"
    statuses = []
    for _ in range(times):
        async with cloud.session.post(url, data=_form(**changes)) as answer:
            statuses.append(answer.status)
    return statuses


async def test_who_asks_for_one_token_too_often_is_told_to_wait_a_minute_7_4(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path, loop_requests=15) as cloud:
        await cloud.call("POST", "/_sim/clock", {"stands": True})
        assert await _asked(cloud, 16) == [200] * 15 + [429]
        url = f"{cloud.address.origin}/{TENANT}/oauth2/v2.0/token"
        async with cloud.session.post(url, data=_form()) as answer:
            told = (answer.headers["Retry-After"], answer.content_type, await answer.text())
            assert told == ("60", "text/plain", "Too Many Requests")
        other = "https://outlook.office.com/.default"
        assert await _asked(cloud, 1, scope=other) == [200], "another token is no loop"
        await cloud.call("POST", "/_sim/clock", {"advance": 300})
        assert await _asked(cloud, 1) == [200]


@pytest.mark.parametrize(("reading", "status"), [("usual", 400), ("other", 429)])
async def test_refused_requests_are_part_of_a_loop_in_both_readings_7_4(
    tmp_path: Path, reading: str, status: int
) -> None:
    options = {"loop_requests": 2, "loop_answer": "50196", "unverified_refusals": reading}
    async with running_cloud(tmp_path, **options) as cloud:
        wrong = _form(client_secret="wrong")
        codes = [(await _post(cloud, wrong)).body["error_codes"] for _ in range(3)]
        assert codes == [[7000215], [7000215], [50196]]
        reply = await _post(cloud, _form())
        assert (reply.status, reply.body["error"]) == (status, "invalid_grant")


async def test_nobody_loops_in_the_usual_reading_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert await _asked(cloud, 40) == [200] * 40
    async with running_cloud(tmp_path, loop_requests=1, throttle=False) as cloud:
        assert await _asked(cloud, 3) == [200] * 3


async def test_an_answer_asks_to_be_renewed_where_the_option_says_so_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, refresh_in=1_799) as cloud:
        assert (await _post(cloud, _form())).body["refresh_in"] == 1_799
