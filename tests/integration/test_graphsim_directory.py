"""graph-calendar §6: users, applications, service principals and what was granted."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from ..unit.graphsim.credentials import credential
from .graphsim_cloud import ANN, CLIENT, ROLES, ROOM, SECRET, TENANT, Cloud, running_cloud

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
CALENDARS_ROLE, CALENDARS_SCOPE = (
    "ef54d2bf-783f-4e0f-bca1-3210c0444d99",
    "1ec239c2-d7c9-4623-a91a-a9775856bb36",
)
APP = f"/applications?$filter=appId eq '{CLIENT}'"
PRINCIPAL = f"/servicePrincipals(appId='{CLIENT}')"


async def _change(cloud: Cloud, **app: Any) -> None:
    body = {"tenant_id": str(TENANT), "apps": [{"client_id": str(CLIENT), **app}]}
    assert (await cloud.call("POST", "/_sim/tenants", body)).status == 201
    cloud.token = ""


async def _rows(cloud: Cloud, path: str) -> list[dict[str, Any]]:
    reply = await cloud.graph("GET", path)
    assert reply.status == 200, reply.body
    rows: list[dict[str, Any]] = reply.body["value"]
    return rows


async def test_a_secrets_end_is_found_by_its_hint_6_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        one = {"value": SECRET, "ends": "2027-01-31T10:00:00Z", "key_id": str(uuid4())}
        two = {"value": "q8~other", "ends": "2028-01-31T10:00:00Z", "name": "next"}
        await _change(cloud, secrets=[one, two])
        (app,) = await _rows(cloud, f"{APP}&$select=id,appId,displayName,passwordCredentials")
        assert app.keys() == {"id", "appId", "displayName", "passwordCredentials"}
        assert app["passwordCredentials"][0] == {
            "customKeyIdentifier": None,
            "displayName": "room sync",
            "endDateTime": "2027-01-31T10:00:00Z",
            "hint": SECRET[:3],
            "keyId": one["key_id"],
            "secretText": None,
            "startDateTime": "2026-01-01T00:00:00Z",
        }
        assert [row["hint"] for row in app["passwordCredentials"]] == ["s3~", "q8~"]
        assert SECRET not in str(app)


@pytest.mark.parametrize(("hints", "hint"), [(True, "s3~"), (False, None)])
async def test_a_hint_may_be_missing_in_both_readings_6_1(
    tmp_path: Path, hints: bool, hint: str | None
) -> None:
    async with running_cloud(tmp_path, secret_hints=hints) as cloud:
        (app,) = await _rows(cloud, APP)
        assert app["passwordCredentials"][0]["hint"] == hint


async def test_a_certificate_shows_as_key_credential_6_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, certificates=[credential().pem])
        (app,) = await _rows(cloud, APP)
        (key,) = app["keyCredentials"]
        assert (key["type"], key["usage"], key["key"]) == ("AsymmetricX509Cert", "Verify", None)
        ends = credential().certificate.not_valid_after_utc
        assert key["endDateTime"] == ends.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_requested_and_granted_are_told_apart_6_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(
            cloud,
            roles=["Directory.Read.All"],
            delegated=["Calendars.ReadWrite", "Place.Read.All"],
            requested={
                "Role": ["Directory.Read.All"],
                "Scope": ["Calendars.ReadWrite"],
            },
        )
        (app,) = await _rows(cloud, APP)
        (required,) = app["requiredResourceAccess"]
        assert required["resourceAppId"] == GRAPH_APP
        assert required["resourceAccess"] == [
            {"id": "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "type": "Role"},
            {"id": CALENDARS_SCOPE, "type": "Scope"},
        ]
        (assignment,) = await _rows(cloud, f"{PRINCIPAL}/appRoleAssignments")
        principal = (await cloud.graph("GET", PRINCIPAL)).body
        assert assignment["appRoleId"] == "7ab1d382-f21e-4acd-a863-ba3e13f7da61"
        assert assignment["principalId"] == principal["id"]
        assert assignment["principalType"] == "ServicePrincipal"
        assert assignment["resourceDisplayName"] == "Microsoft Graph"
        granted = f"/oauth2PermissionGrants?$filter=clientId eq '{principal['id']}'"
        (delegated,) = await _rows(cloud, granted)
        assert delegated["scope"] == "Calendars.ReadWrite Place.Read.All"
        assert delegated["consentType"] == "AllPrincipals"
        assert delegated["resourceId"] == assignment["resourceId"]


async def test_what_nobody_says_is_requested_is_what_was_granted_6_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        (app,) = await _rows(cloud, APP)
        (required,) = app["requiredResourceAccess"]
        assert {one["type"] for one in required["resourceAccess"]} == {"Role"}
        assert CALENDARS_ROLE in {one["id"] for one in required["resourceAccess"]}


async def test_an_application_is_found_by_filter_id_and_key_6_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        (row,) = await _rows(cloud, APP)
        for path in (f"/applications/{row['id']}", f"/applications(appId='{CLIENT}')"):
            whole = (await cloud.graph("GET", path)).body
            assert whole.pop("@odata.context").endswith("$metadata#applications/$entity")
            assert whole == row
        assert await _rows(cloud, f"/applications?$filter=appId eq '{uuid4()}'") == []
        for path in (f"/applications/{CLIENT}", f"/applications(appId='{uuid4()}')"):
            reply = await cloud.graph("GET", path)
            assert (reply.status, reply.code) == (404, "Request_ResourceNotFound")
        odd = "passwordCredentials/any(c:c/hint eq 's3~')"
        assert (await cloud.graph("GET", f"/applications?$filter={odd}")).status == 400


async def test_a_registration_of_another_tenant_is_not_here_6_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, registered_elsewhere=True)
        assert await _rows(cloud, APP) == []
        principal = (await cloud.graph("GET", PRINCIPAL)).body
        assert (principal["accountEnabled"], principal["passwordCredentials"]) == (True, [])
        assert len(await _rows(cloud, f"{PRINCIPAL}/appRoleAssignments")) == 3


async def test_a_principal_is_found_by_filter_id_and_key_6_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        filtered = f"/servicePrincipals?$filter=appId eq '{CLIENT}'&$select=id,accountEnabled"
        (row,) = await _rows(cloud, filtered)
        assert row.keys() == {"id", "accountEnabled"}
        assert (await cloud.graph("GET", PRINCIPAL)).body["id"] == row["id"]
        by_id = f"/servicePrincipals/{row['id']}"
        assert (await cloud.graph("GET", by_id)).body["appId"] == str(CLIENT)
        assert await _rows(cloud, f"{by_id}/appRoleAssignments") == await _rows(
            cloud, f"{PRINCIPAL}/appRoleAssignments"
        )
        graph = (await cloud.graph("GET", f"/servicePrincipals(appId='{GRAPH_APP}')")).body
        assert {"id": CALENDARS_ROLE, "value": "Calendars.ReadWrite"} in graph["appRoles"]


async def test_a_disabled_or_missing_principal_shows_6_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.graph("GET", "/users")
        token = cloud.token
        for changes, enabled in (({"disabled": True}, False), ({"disabled": False}, True)):
            await _change(cloud, **changes)
            cloud.token = token
            assert (await cloud.graph("GET", PRINCIPAL)).body["accountEnabled"] is enabled
        await _change(cloud, installed=False)
        cloud.token = token
        for path in (PRINCIPAL, f"{PRINCIPAL}/appRoleAssignments"):
            assert (await cloud.graph("GET", path)).code == "Request_ResourceNotFound"
        assert len(await _rows(cloud, APP)) == 1


ALL = ("applications", "application", "principals", "principal", "assignments", "grants", "users")
PATHS = dict(
    zip(
        ALL,
        (
            APP,
            f"/applications(appId='{CLIENT}')",
            f"/servicePrincipals?$filter=appId eq '{CLIENT}'",
            PRINCIPAL,
            f"{PRINCIPAL}/appRoleAssignments",
            "/oauth2PermissionGrants",
            "/users",
        ),
        strict=True,
    )
)


@pytest.mark.parametrize(
    ("role", "open_to"),
    [
        ("Directory.Read.All", set(ALL)),
        ("Application.Read.All", set(ALL) - {"grants", "users"}),
        ("Application.ReadWrite.OwnedBy", {"applications", "application"}),
        ("User.Read.All", {"users"}),
        ("Calendars.ReadWrite", set()),
    ],
)
async def test_each_call_takes_the_permissions_of_6(
    tmp_path: Path, role: str, open_to: set[str]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _change(cloud, roles=[role])
        replies = {name: await cloud.graph("GET", path) for name, path in PATHS.items()}
        assert {name for name, one in replies.items() if one.status == 200} == open_to
        refused = [one for one in replies.values() if one.status != 200]
        assert {(one.status, one.code) for one in refused} <= {(403, "Authorization_RequestDenied")}


async def test_an_owner_sees_its_own_application_only_6_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        other = {"client_id": str(uuid4()), "secret": "x"}
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(TENANT), "apps": [other]})
        assert len(await _rows(cloud, "/applications")) == 2
        await _change(cloud, roles=["Application.ReadWrite.OwnedBy"])
        assert [one["appId"] for one in await _rows(cloud, "/applications")] == [str(CLIENT)]


@pytest.mark.parametrize(("readable", "status"), [(True, 200), (False, 403)])
async def test_one_application_by_directory_read_in_both_readings_6_1(
    tmp_path: Path, readable: bool, status: int
) -> None:
    async with running_cloud(tmp_path, directory_reads_one_application=readable) as cloud:
        assert (await cloud.graph("GET", PATHS["application"])).status == status
        assert len(await _rows(cloud, APP)) == 1


async def test_reads_of_fresh_changes_lag_and_sign_in_does_not_6_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, directory_lag=60) as cloud:
        cloud.simulator.clock.advance(60)
        await _change(cloud, secret="new~", roles=[*ROLES, "Application.Read.All"])
        cloud.token = (await cloud.sign_in(client_secret="new~")).body["access_token"]
        (app,) = await _rows(cloud, APP)
        assert [one["hint"] for one in app["passwordCredentials"]] == [SECRET[:3]]
        assert len(await _rows(cloud, f"{PRINCIPAL}/appRoleAssignments")) == 3
        cloud.simulator.clock.advance(60)
        (app,) = await _rows(cloud, APP)
        assert [one["hint"] for one in app["passwordCredentials"]] == ["new"]
        assert len(await _rows(cloud, f"{PRINCIPAL}/appRoleAssignments")) == 4


async def _rename(cloud: Cloud) -> None:
    """Ann signs in by another name than her address."""
    user = {"id": str(ANN), "address": "ann@x.example", "sign_in_name": "ann.lee@x.example"}
    await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(TENANT), "users": [user]})


async def test_a_user_is_found_by_id_name_and_filter_9(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await _rename(cloud)
        select = "$select=id,userPrincipalName,mail"
        expected = {
            "id": str(ANN),
            "userPrincipalName": "ann.lee@x.example",
            "mail": "ann@x.example",
        }
        for key in (ANN, "Ann.Lee@x.example"):
            body = (await cloud.graph("GET", f"/users/{key}?{select}")).body
            assert body.pop("@odata.context").endswith("(id,userPrincipalName,mail)/$entity")
            assert body == expected
        for text in ("mail eq 'ANN@x.example'", "userPrincipalName eq 'ann.lee@x.example'"):
            assert await _rows(cloud, f"/users?$filter={text}&{select}") == [expected]
        assert await _rows(cloud, "/users?$filter=mail eq 'ann.lee@x.example'") == []
        assert "accountEnabled" not in (await _rows(cloud, "/users"))[0]
        (room,) = await _rows(
            cloud, "/users?$filter=mail eq 'room@x.example'&$select=id,accountEnabled"
        )
        assert room == {"id": str(ROOM), "accountEnabled": False}


@pytest.mark.parametrize(("resolves", "status"), [(True, 200), (False, 404)])
async def test_an_address_alone_resolves_in_one_reading_9(
    tmp_path: Path, resolves: bool, status: int
) -> None:
    async with running_cloud(tmp_path, addresses_resolve=resolves) as cloud:
        await _rename(cloud)
        for path in ("/users/ann@x.example", "/users/ann@x.example/calendar"):
            assert (await cloud.graph("GET", path)).status == status
        for key in (ANN, "ann.lee@x.example"):
            assert (await cloud.graph("GET", f"/users/{key}/calendar")).status == 200


async def test_an_unknown_user_is_a_missing_resource_2_8(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        reply = await cloud.graph("GET", "/users/nobody@x.example")
        assert (reply.status, reply.code) == (404, "Request_ResourceNotFound")


async def test_a_synced_account_says_so_9(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        await cloud.found(hosting="on_premises")
        body = (await cloud.graph("GET", f"/users/{ROOM}?$select=onPremisesSyncEnabled")).body
        assert body["onPremisesSyncEnabled"] is True


async def test_what_a_mailbox_is_for_takes_a_permission_of_its_own_9(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        path = "/users/{}/mailboxSettings?$select=userPurpose"
        refused = await cloud.graph("GET", path.format(ROOM))
        assert (refused.status, refused.code) == (403, "ErrorAccessDenied")
        cloud.token = ""
        await cloud.found(roles=("MailboxSettings.Read",))
        told = [(await cloud.graph("GET", path.format(one))).body for one in (ROOM, ANN)]
        assert [one["userPurpose"] for one in told] == ["room", "user"]
        await cloud.found(roles=("MailboxSettings.Read",), hosting="unlicensed")
        assert (await cloud.graph("GET", path.format(ROOM))).code == "MailboxNotEnabledForRESTAPI"


async def test_pages_lead_through_a_large_directory_6_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        users = [
            {"id": str(UUID(int=0x1000 + number)), "address": f"u{number}@x.example"}
            for number in range(250)
        ]
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(TENANT), "users": users})
        seen: list[str] = []
        path = "/users?$select=id"
        while path:
            body = (await cloud.graph("GET", path)).body
            assert len(body["value"]) <= 100
            seen += [one["id"] for one in body["value"]]
            path = body.get("@odata.nextLink", "").partition("/v1.0")[2]
        assert len(seen) == len(set(seen)) == 253
