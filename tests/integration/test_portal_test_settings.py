"""Test Settings through the REST interface, against a simulated tenant and with the real ingress behind it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pgstore.testing import TestDatabase
from servicekit.clock import utc_now

from .portal_tenant import SECRET, Account, PortalTenant, open_portal_tenant

_LIMITED = ("Directory.Read.All", "Place.Read.All")
_ROOM, _OTHER, _ANN = (UUID(int=n) for n in (1, 2, 0xA1))


@pytest.fixture
async def portal(database: TestDatabase) -> AsyncIterator[PortalTenant]:
    async with open_portal_tenant(database, ingress=True) as made:
        await made.found(
            rooms=[
                {"id": str(each), "mailbox": f"room{each.int}@x.example", "name": "Room"}
                for each in (_ROOM, _OTHER)
            ],
            users=[{"id": str(_ANN), "address": "ann@x.example", "name": "Ann Lee"}],
        )
        yield made


async def press(portal: PortalTenant, account: Account, **asked: Any) -> tuple[Any, str]:
    """The result, and the scope that is saved with the integration afterwards."""
    result = await portal.good("POST", "/api/integration/test", account.token, asked)
    saved = await portal.good("GET", "/api/integration", account.token)
    return result, saved["scope"]


def results(result: Any) -> dict[str, str]:
    return {check["name"]: check["result"] for check in result["checks"]}


async def test_the_ingress_answers_for_a_subscription_that_is_gone_afterwards(
    portal: PortalTenant,
) -> None:
    account = await portal.organisation("north")

    result, scope = await press(portal, account, write_probe=True, outside_mailbox="Ann@x.example")

    assert (result["ok"], result["causes"], result["rooms"], scope) == (True, [], 2, "tenant")
    told = results(result)
    assert (told["webhook"], told["write"], told["scope"]) == ("pass", "pass", "pass")
    assert (await portal.look("/subscriptions"))["items"] == []
    writes = (await portal.look("/report"))["writes"]
    assert sum(writes.values()) == 2, writes
    assert "ann@x.example" not in result["diagnosis"].lower()
    assert SECRET not in str(result)


async def test_a_limited_scope_is_proven_by_an_outside_mailbox_and_saved(
    portal: PortalTenant,
) -> None:
    account = await portal.organisation("north", roles=_LIMITED, scope=[str(_ROOM)])

    result, scope = await press(portal, account, outside_mailbox="ann@x.example")

    assert (result["ok"], scope) == (True, "rooms")
    assert results(result)["scope"] == "pass"


async def test_a_refused_mailbox_that_nobody_has_proves_nothing(portal: PortalTenant) -> None:
    account = await portal.organisation("north", roles=_LIMITED, scope=[str(_ROOM)])

    result, scope = await press(portal, account, outside_mailbox="nobody@x.example")

    assert (result["ok"], scope) == (True, "rooms")
    assert results(result)["scope"] == "unknown"


async def test_an_imported_room_that_leaves_the_scope_is_what_is_wrong(
    portal: PortalTenant,
) -> None:
    scope = [str(_ROOM), str(_OTHER)]
    account = await portal.organisation("north", roles=_LIMITED, scope=scope)
    wanted = [{"mailbox_id": each, "office_id": account.office} for each in scope]
    await portal.good("POST", "/api/rooms", account.token, wanted)
    assert (await press(portal, account))[0]["ok"]
    await portal.found(apps=[{"client_id": str(account.client), "scope": [str(_ROOM)]}])

    result, saved = await press(portal, account)

    assert [each["code"] for each in result["causes"]] == ["room_outside_scope"]
    assert saved == "rooms"


async def test_a_new_secret_is_not_held_up_by_rooms_and_keeps_the_scope(
    portal: PortalTenant,
) -> None:
    policy = [str(_ROOM), str(_OTHER)]
    account = await portal.organisation("north", access_policy=policy)
    assert (await press(portal, account, outside_mailbox="ann@x.example"))[1] == "rooms"
    secrets = [{"value": SECRET}, {"value": "s3~next-value"}]
    await portal.found(
        apps=[{"client_id": str(account.client), "secrets": secrets, "access_policy": []}]
    )
    change = {
        "enabled": True,
        "tenant_id": str(portal.tenant),
        "client_id": str(account.client),
        "client_secret": "s3~next-value",
    }

    saved = await portal.good("PUT", "/api/integration", account.token, change)

    assert (saved["status"], saved["scope"]) == ("ok", "rooms")


async def test_each_press_signs_in_afresh(portal: PortalTenant) -> None:
    account = await portal.organisation("north", disabled=True)
    assert [each["code"] for each in (await press(portal, account))[0]["causes"]] == [
        "app_disabled"
    ]
    await portal.found(apps=[{"client_id": str(account.client), "disabled": False}])
    assert (await press(portal, account))[0]["ok"]


async def test_a_live_subscription_of_the_room_is_left_alone(portal: PortalTenant) -> None:
    account = await portal.organisation("north")
    hook = (await portal.good("GET", "/api/integration", account.token))["webhook_url"]
    live = {
        "changeType": "created,updated,deleted",
        "notificationUrl": f"{hook}/graph/notifications",
        "lifecycleNotificationUrl": f"{hook}/graph/lifecycle",
        "resource": f"users/{_ROOM}/events",
        "expirationDateTime": (utc_now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "clientState": "k3y",
    }
    await portal.as_app(account, "/subscriptions", live)
    # And one that an earlier test could not delete.
    await portal.as_app(account, "/subscriptions", live | {"changeType": "deleted"})

    assert (await press(portal, account))[0]["ok"]

    left = (await portal.look("/subscriptions"))["items"]
    assert len(left) == 1
    assert "created" in str(left)


@pytest.mark.parametrize("variant", ["rooms", "rooms_and_staff"])
async def test_the_scope_script_is_for_the_imported_rooms_and_this_app(
    portal: PortalTenant, variant: str
) -> None:
    account = await portal.organisation("north")
    body = {"mailbox_id": str(_ROOM), "office_id": account.office}
    await portal.good("POST", "/api/rooms", account.token, body)

    path = f"/api/integration/scope-script?variant={variant}"
    made = await portal.good("GET", path, account.token)

    assert (made["variant"], made["rooms"]) == (variant, 1)
    assert "'room1@x.example'" in made["script"]
    assert "room2@x.example" not in made["script"]
    assert str(account.client) in made["script"]
    assert "Read-Host" not in made["script"]  # the directory told the object id


@pytest.mark.parametrize("asked", [{"outside_mailbox": "nobody"}, {"write_probe": "perhaps"}])
async def test_what_cannot_be_asked_for_is_refused(
    portal: PortalTenant, asked: dict[str, str]
) -> None:
    account = await portal.organisation("north")
    status, _ = await portal.call("POST", "/api/integration/test", account.token, asked)
    assert status == 422
