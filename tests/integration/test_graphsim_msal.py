"""graph-calendar §7.4, §8: an unmodified msal over HTTPS, with a secret and with a certificate."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import msal
import pytest
import requests

from ..unit.graphsim.credentials import Credential, credential
from .graphsim_cloud import CLIENT, ROLES, SECRET, TENANT, Cloud, running_cloud

SCOPE = "https://graph.microsoft.com/.default"
MULTI = UUID(int=0x99)


def _with_thumbprint(held: Credential) -> dict[str, str]:
    """msal signs RS256 and names the key by x5t."""
    return {"private_key": held.private_pem, "thumbprint": held.sha1.hex()}


def _with_certificate(held: Credential) -> dict[str, str]:
    """msal signs PS256 and names the key by x5t#S256."""
    return {"private_key": held.private_pem, "public_certificate": held.pem}


def _client(http: requests.Session, cloud: Cloud, held: Any, client: object, tenant: object) -> Any:
    return msal.ConfidentialClientApplication(
        str(client),
        client_credential=held,
        authority=f"{cloud.address.origin}/{tenant}",
        # After a refusal msal asks the real login host for aliases unless this is off.
        instance_discovery=False,
        http_client=http,
    )


async def _ask(
    cloud: Cloud,
    held: Any = SECRET,
    *,
    client: object = CLIENT,
    tenant: object = TENANT,
    scope: str = SCOPE,
) -> dict[str, Any]:
    def ask() -> Any:
        with requests.Session() as http:
            http.trust_env = False  # a REQUESTS_CA_BUNDLE would win over `verify` (§8)
            http.verify = str(cloud.address.ca_file)
            app = _client(http, cloud, held, client, tenant)
            return app.acquire_token_for_client(scopes=[scope])

    result: dict[str, Any] = await asyncio.to_thread(ask)
    return result


async def _change(cloud: Cloud, client: UUID = CLIENT, **app: Any) -> None:
    body = {"tenant_id": str(TENANT), "apps": [{"client_id": str(client), **app}]}
    assert (await cloud.call("POST", "/_sim/tenants", body)).status == 201


def _told(result: dict[str, Any]) -> tuple[str, list[int]]:
    """What msal reports of a refusal, whose text must agree with the number."""
    (code,) = result["error_codes"]
    assert result["error_description"].startswith(f"AADSTS{code}: ")
    assert f"Correlation ID: {result['correlation_id']}" in result["error_description"]
    return result["error"], result["error_codes"]


async def test_a_secret_gets_a_token_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        result = await _ask(cloud)
        assert (result["token_type"], result["expires_in"]) == ("Bearer", 3599)
        assert result["token_source"] == "identity_provider"
        claims = jwt.decode(result["access_token"], options={"verify_signature": False})
        assert (claims["roles"], claims["appidacr"]) == (list(ROLES), "1")


@pytest.mark.parametrize("form", [_with_thumbprint, _with_certificate])
async def test_a_certificate_gets_a_token_that_graph_takes_7(tmp_path: Path, form: Any) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, secrets=[], certificates=[credential().pem])
        result = await _ask(cloud, form(credential()))
        claims = jwt.decode(result["access_token"], options={"verify_signature": False})
        assert claims["appidacr"] == "2"
        cloud.token = result["access_token"]
        assert (await cloud.graph("GET", "/users")).status == 200


async def test_each_wrong_secret_is_reported_as_its_row_says_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        key_id = str(uuid4())
        live = {"value": SECRET, "key_id": key_id}
        old = {"value": "old~", "ends": "2020-01-01T00:00:00Z"}
        await _change(cloud, secrets=[old, live, {"value": "new~"}])
        wrong = ("invalid_client", [7000215])
        assert _told(await _ask(cloud, "never there~")) == wrong
        assert _told(await _ask(cloud, key_id)) == wrong, "the Secret ID is no secret"
        assert _told(await _ask(cloud, "old~")) == ("invalid_client", [7000222])
        for held in (SECRET, "new~"):
            assert "access_token" in await _ask(cloud, held)
        await _change(cloud, secrets=[live])
        assert _told(await _ask(cloud, "old~")) == wrong, "a removed secret is not an expired one"
        assert _told(await _ask(cloud, "new~")) == wrong


async def test_each_wrong_certificate_is_reported_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        stale = credential("stale", -10, -1)
        await _change(cloud, certificates=[credential().pem, stale.pem])
        for form in (_with_thumbprint, _with_certificate):
            unknown = await _ask(cloud, form(credential("other")))
            assert _told(unknown) == ("invalid_client", [700027])
            assert "The key was not found." in unknown["error_description"]
            assert _told(await _ask(cloud, form(stale))) == ("invalid_client", [1000502])
        forged = {"private_key": credential("other").private_pem}
        forged["thumbprint"] = credential().sha1.hex()
        assert _told(await _ask(cloud, forged)) == ("invalid_client", [700027])


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"exp": 1}, ("invalid_client", [700024])),
        ({"aud": "https://elsewhere.example"}, ("invalid_client", [700023])),
        ({"iss": str(uuid4())}, ("invalid_client", [50048])),
        ({"iss": "x", "sub": "x"}, ("invalid_client", [700021])),
        ({"exp": None}, ("invalid_request", [50027])),
    ],
)
async def test_each_wrong_assertion_is_reported_7_4(
    tmp_path: Path, claims: dict[str, Any], told: Any
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, certificates=[credential().pem])
        endpoint = f"{cloud.address.origin}/{TENANT}/oauth2/v2.0/token"
        now = cloud.simulator.clock.now()
        assertion = credential().assertion(CLIENT, endpoint, now, **claims)
        assert _told(await _ask(cloud, {"client_assertion": lambda: assertion})) == told


async def test_an_old_assertion_is_refused_on_the_simulators_clock_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, certificates=[credential().pem])
        cloud.simulator.clock.advance(3_600)
        refused = await _ask(cloud, _with_certificate(credential()))
        assert _told(refused) == ("invalid_client", [700024])


@pytest.mark.parametrize("held", ["secret", "certificate"])
async def test_what_is_wrong_with_the_app_is_reported_either_way_7_4(
    tmp_path: Path, held: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, certificates=[credential().pem])
        given = SECRET if held == "secret" else _with_certificate(credential())
        unknown = ("unauthorized_client", [700016])
        assert _told(await _ask(cloud, given, client=uuid4())) == unknown
        assert _told(await _ask(cloud, given, client="no guid")) == unknown
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(MULTI)})
        elsewhere = await _ask(cloud, given, tenant=MULTI)
        assert _told(elsewhere) == unknown, "the right app in another tenant that exists"
        await _change(cloud, disabled=True)
        assert _told(await _ask(cloud, given)) == ("unauthorized_client", [7000112])
        await _change(cloud, disabled=False, installed=False)
        assert _told(await _ask(cloud, given)) == ("invalid_client", [7000229])
        await _change(cloud, installed=True, blocked_by_policy=True)
        assert _told(await _ask(cloud, given)) == ("access_denied", [53003])
        await _change(cloud, registered_elsewhere=True)
        assert "access_token" in await _ask(cloud, given), "policies reach single-tenant apps only"


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("https://graph.microsoft.com/Calendars.Read", ("invalid_scope", [1002012])),
        ("https%3A%2F%2Fgraph.microsoft.com%2F.default", ("invalid_scope", [1002012])),
        ("https://other.example/.default", ("invalid_resource", [500011])),
        (f"{SCOPE} {SCOPE}", ("invalid_scope", [70011])),
    ],
)
async def test_each_wrong_scope_is_reported_7_4(tmp_path: Path, scope: str, told: Any) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert _told(await _ask(cloud, scope=scope)) == told


@pytest.mark.parametrize("error", ["access_denied", "interaction_required", "invalid_grant"])
async def test_conditional_access_is_reported_in_every_reading_7_4(
    tmp_path: Path, error: str
) -> None:
    async with running_cloud(tmp_path, blocked_error=error) as cloud:
        await _change(cloud, blocked_by_policy=True)
        assert _told(await _ask(cloud)) == (error, [53003])


async def test_a_missing_principal_is_reported_in_the_other_reading_7_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, missing_principal=700016) as cloud:
        await _change(cloud, installed=False)
        assert _told(await _ask(cloud)) == ("unauthorized_client", [700016])


async def test_a_missing_secret_is_reported_in_both_readings_7_4(tmp_path: Path) -> None:
    for status, error in ((401, "invalid_client"), (400, "invalid_request")):
        async with running_cloud(tmp_path, missing_secret_status=status) as cloud:
            assert _told(await _ask(cloud, None)) == (error, [7000216])


# msal advises against what this proves to fail.
@pytest.mark.filterwarnings("ignore:Using /common or /organizations:DeprecationWarning")
@pytest.mark.parametrize(
    ("tenant", "told"),
    [
        ("common", ("invalid_request", [9001023])),
        ("consumers", ("invalid_request", [9001023])),
        ("organizations", ("invalid_request", [50194])),
    ],
)
async def test_a_shared_authority_has_no_such_grant_7_4(
    tmp_path: Path, tenant: str, told: Any
) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert _told(await _ask(cloud, tenant=tenant)) == told


async def test_a_domain_name_is_as_good_as_the_guid_7_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        domain = cloud.simulator.state.tenants[TENANT].domain
        await _change(cloud, certificates=[credential().pem])
        for held in (SECRET, _with_certificate(credential())):
            assert "access_token" in await _ask(cloud, held, tenant=domain)


async def test_a_wrong_tenant_fails_in_the_constructor_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for tenant, code in ((uuid4(), 90002), ("unknown.example", 90002), ("nonsense", 900023)):
            with pytest.raises(ValueError, match="double check your tenant") as raised:
                await _ask(cloud, tenant=tenant)
            assert f"AADSTS{code}: " in str(raised.value.__context__)


async def test_throttled_and_failing_sign_ins_are_reported_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for status, code in ((429, 90055), (400, 90055), (400, 50196), (429, 50196)):
            fault = {"match": {"method": "POST"}, "status": status, "retry_after": 3}
            body = {"error_codes": [code]}
            await cloud.call("POST", "/_sim/faults", {**fault, "body": body})
            assert (await _ask(cloud))["error_codes"] == [code]
        match = {"method": "POST", "path": "/oauth2/"}
        for status in (500, 503, 504):
            await cloud.call("POST", "/_sim/faults", {"match": match, "status": status})
            with pytest.raises(Exception, match=str(status)):
                await _ask(cloud)
        assert "access_token" in await _ask(cloud)


async def test_msal_replays_a_refusal_for_a_minute_and_a_new_object_does_not_8(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, disabled=True)
        with requests.Session() as http:
            http.trust_env, http.verify = False, str(cloud.address.ca_file)
            old = await asyncio.to_thread(_client, http, cloud, SECRET, CLIENT, TENANT)
            first = await asyncio.to_thread(old.acquire_token_for_client, [SCOPE])
            await _change(cloud, disabled=False)
            again = await asyncio.to_thread(old.acquire_token_for_client, [SCOPE])
            assert first["trace_id"] == again["trace_id"]
        assert "access_token" in await _ask(cloud)


async def test_consent_shows_in_a_new_token_only_7_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, roles=[], delegated=list(ROLES))
        cloud.token = (await _ask(cloud))["access_token"]
        assert (await cloud.graph("GET", "/users")).status == 403
        await _change(cloud, roles=list(ROLES))
        assert (await cloud.graph("GET", "/users")).status == 403
        cloud.token = (await _ask(cloud))["access_token"]
        assert (await cloud.graph("GET", "/users")).status == 200


@pytest.mark.parametrize(
    "fault", [{"drop": True}, {"status": 400, "body": {"error_codes": [50196]}}]
)
async def test_msal_renews_a_token_early_and_lives_with_a_failure_of_that_8(
    tmp_path: Path, fault: dict[str, Any]
) -> None:
    async with running_cloud(tmp_path, refresh_in=0) as cloud:
        with requests.Session() as http:
            http.trust_env, http.verify = False, str(cloud.address.ca_file)
            app = await asyncio.to_thread(_client, http, cloud, SECRET, CLIENT, TENANT)

            async def ask() -> Any:
                return await asyncio.to_thread(app.acquire_token_for_client, [SCOPE])

            first, second = await ask(), await ask()
            assert first["access_token"] != second["access_token"]
            assert second["token_source"] == "identity_provider"
            match = {"method": "POST", "path": "/oauth2/"}
            await cloud.call("POST", "/_sim/faults", {"match": match, **fault})
            third = await ask()
            assert (third["access_token"], third["token_source"]) == (
                second["access_token"],
                "cache",
            )
        assert [one["fired"] for one in (await cloud.report())["faults"]] == [1]


async def test_msal_raises_a_503_though_the_token_it_holds_is_still_good_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, refresh_in=0) as cloud:
        with requests.Session() as http:
            http.trust_env, http.verify = False, str(cloud.address.ca_file)
            app = await asyncio.to_thread(_client, http, cloud, SECRET, CLIENT, TENANT)
            cloud.token = (await asyncio.to_thread(app.acquire_token_for_client, [SCOPE]))[
                "access_token"
            ]
            match = {"method": "POST", "path": "/oauth2/"}
            await cloud.call("POST", "/_sim/faults", {"match": match, "status": 503})
            with pytest.raises(Exception, match="503"):
                await asyncio.to_thread(app.acquire_token_for_client, [SCOPE])
        assert (await cloud.graph("GET", "/users")).status == 200


async def test_msal_keeps_a_token_that_asks_for_no_renewal_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        with requests.Session() as http:
            http.trust_env, http.verify = False, str(cloud.address.ca_file)
            app = await asyncio.to_thread(_client, http, cloud, SECRET, CLIENT, TENANT)
            tokens = [
                (await asyncio.to_thread(app.acquire_token_for_client, [SCOPE]))["access_token"]
                for _ in range(2)
            ]
            assert tokens[0] == tokens[1]


async def test_msal_reports_a_loop_by_its_number_and_cannot_read_the_bare_answer_7_4(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path, loop_requests=1, loop_answer="50196") as cloud:
        assert "access_token" in await _ask(cloud)
        assert _told(await _ask(cloud)) == ("invalid_grant", [50196])
    async with running_cloud(tmp_path, loop_requests=1) as cloud:
        assert "access_token" in await _ask(cloud)
        with pytest.raises(ValueError, match="Expecting value"):
            await _ask(cloud)
