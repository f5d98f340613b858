"""graph-calendar §7: Entra, as an unmodified msal and plain HTTP see it."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msal
import pytest
import requests

from .graphsim_cloud import CLIENT, SECRET, TENANT, Cloud, running_cloud

SCOPES = ["https://graph.microsoft.com/.default"]


async def _ask(
    cloud: Cloud,
    secret: str = SECRET,
    client: UUID = CLIENT,
    tenant: object = TENANT,
    *,
    discover: bool = False,
) -> Any:
    origin = cloud.address.origin

    def ask() -> Any:
        with requests.Session() as http:
            http.trust_env = False  # a REQUESTS_CA_BUNDLE would win over `verify` (§8)
            http.verify = str(cloud.address.ca_file)
            app = msal.ConfidentialClientApplication(
                str(client),
                client_credential=secret,
                authority=f"{origin}/{tenant}",
                # After a refusal msal asks the real login host for aliases unless this is off.
                instance_discovery=f"{origin}/common/discovery/instance" if discover else False,
                http_client=http,
            )
            return app.acquire_token_for_client(scopes=SCOPES)

    return await asyncio.to_thread(ask)


async def test_unmodified_msal_gets_a_token_that_graph_takes(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        result = await _ask(cloud, discover=True)
        assert result["expires_in"] == 3599
        cloud.token = result["access_token"]
        listed = await cloud.graph("GET", "/places/microsoft.graph.room")
        assert [one["emailAddress"] for one in listed.body["value"]] == ["room@x.example"]


async def test_each_wrong_credential_has_its_own_number_7_4(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        assert (await _ask(cloud, secret=str(uuid4())))["error_codes"] == [7000215]
        assert (await _ask(cloud, client=uuid4()))["error_codes"] == [700016]
        expired = {"value": "old~", "ends": "2020-01-01T00:00:00Z"}
        await cloud.call(
            "POST",
            "/_sim/tenants",
            {"tenant_id": str(TENANT), "apps": [{"client_id": str(CLIENT), "secrets": [expired]}]},
        )
        assert (await _ask(cloud, secret="old~"))["error_codes"] == [7000222]
        await cloud.call(
            "POST",
            "/_sim/tenants",
            {
                "tenant_id": str(TENANT),
                "apps": [{"client_id": str(CLIENT), "secret": SECRET, "disabled": True}],
            },
        )
        assert (await _ask(cloud))["error_codes"] == [7000112]


async def test_an_unknown_tenant_fails_in_msals_constructor_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        with pytest.raises(ValueError, match="double check your tenant") as raised:
            await _ask(cloud, tenant=uuid4())
        assert "90002" in str(raised.value.__context__)
        with pytest.raises(ValueError, match="double check your tenant") as raised:
            await _ask(cloud, tenant="nonsense")
        assert "900023" in str(raised.value.__context__)


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"scope": "https://graph.microsoft.com/Calendars.Read"}, 400, 1002012),
        ({"scope": "https://other.example/.default"}, 400, 500011),
        ({"client_id": "not a guid"}, 400, 700016),
    ],
)
async def test_a_wrong_form_is_refused_with_its_number_7_4(
    tmp_path: Path, form: dict[str, str], status: int, code: int
) -> None:
    async with running_cloud(tmp_path) as cloud:
        reply = await cloud.sign_in(**form)
        assert (reply.status, reply.body["error_codes"]) == (status, [code])
        assert reply.body["error_description"].startswith(f"AADSTS{code}: ")
        assert "Correlation ID" in reply.body["error_description"]


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


async def test_the_ca_and_the_token_key_survive_a_restart(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        ca = cloud.address.ca_file.read_bytes()
        token = (await cloud.sign_in()).body["access_token"]
    async with running_cloud(tmp_path) as cloud:
        assert cloud.address.ca_file.read_bytes() == ca
        cloud.token = token
        assert (await cloud.graph("GET", "/users")).status == 200


async def test_a_fault_strikes_the_token_endpoint_too(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        fault = {"match": {"path": "/oauth2/"}, "status": 503, "retry_after": "7"}
        await cloud.call("POST", "/_sim/faults", fault)
        assert (await cloud.sign_in()).status == 503
        assert (await cloud.sign_in()).status == 200
