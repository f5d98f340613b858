import json
from typing import Any
from uuid import UUID

import pytest

from graphclient.errors import Malformed
from graphclient.notifications import Change, Item, parse

TENANT = UUID("7c0e0000-0000-4000-8000-000000000001")


def change(**other: Any) -> dict[str, Any]:
    item: dict[str, Any] = {
        "subscriptionId": "3b0d0c0e-6c1e-4f35-9a0b-7a6f1d2e9c11",
        "subscriptionExpirationDateTime": "2031-02-10T08:15:30.1234567+05:30",
        "changeType": "created",
        "resource": "Users/5d1f0f52-8d0e-4a5b-9f0e-0f6f4c1a2b3c/Events/AAMkADk0AAA=",
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": "Users/5d1f0f52-8d0e-4a5b-9f0e-0f6f4c1a2b3c/Events/AAMkADk0AAA=",
            "@odata.etag": 'W/"DwAAAB"',
            "id": "AAMkADk0AAA=",
        },
        "clientState": "k3y",
        "tenantId": str(TENANT),
    }
    return item | other


def lifecycle(event: str, **other: Any) -> dict[str, Any]:
    return {
        "subscriptionId": "3b0d",
        "subscriptionExpirationDateTime": "2031-02-10T08:15:30.0000000Z",
        "tenantId": str(TENANT),
        "clientState": "k3y",
        "lifecycleEvent": event,
    } | other


def body(*items: object) -> bytes:
    return json.dumps({"value": items}).encode()


def test_a_change_item_gives_event_etag_tenant_and_state() -> None:
    assert parse(body(change())) == [
        Item(
            subscription_id="3b0d0c0e-6c1e-4f35-9a0b-7a6f1d2e9c11",
            tenant_id=TENANT,
            client_state="k3y",
            change=Change("AAMkADk0AAA=", 'W/"DwAAAB"', "created"),
        )
    ]


@pytest.mark.parametrize("kind", ["deleted", "Deleted", "archived"])
def test_the_etag_of_what_may_be_a_deletion_says_nothing(kind: str) -> None:
    (item,) = parse(body(change(changeType=kind)))

    assert item.change == Change("AAMkADk0AAA=", None, kind)


def test_a_deletion_without_etag_is_read() -> None:
    (item,) = parse(body(change(changeType="deleted", resourceData={"id": "AAMk="})))

    assert item.change == Change("AAMk=", None, "deleted")


@pytest.mark.parametrize(
    "resource",
    [
        "Users/5d1f/Events/AAMk-1=",
        "users/5d1f@7c0e/events/AAMk-1=",
        "Users('5d1f')/Events('AAMk-1=')",
        "USERS/5d1f/EVENTS/AAMk-1=",
    ],
)
def test_without_resource_data_the_id_comes_from_the_path_in_any_casing(resource: str) -> None:
    (item,) = parse(body(change(resource=resource, resourceData=None)))

    assert item.change == Change("AAMk-1=", None, "created")


@pytest.mark.parametrize(
    "resource", [None, "", "Users/5d1f/Messages/AAMk", "Events", "Users/5d1f/Events/"]
)
def test_an_item_that_names_no_event_has_no_change(resource: str | None) -> None:
    (item,) = parse(body(change(resource=resource, resourceData=None)))

    assert item.change is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("missed", "missed"),
        ("subscriptionRemoved", "subscriptionRemoved"),
        ("ReauthorizationRequired", "reauthorizationRequired"),
        ("somethingNew", "somethingNew"),
    ],
)
def test_lifecycle_items_need_no_resource_and_unknown_ones_keep_their_name(
    sent: str, read: str
) -> None:
    (item,) = parse(body(lifecycle(sent)))

    assert (item.lifecycle, item.change, item.client_state) == (read, None, "k3y")


def test_a_lifecycle_item_with_an_empty_resource_is_still_one() -> None:
    (item,) = parse(body(lifecycle("missed", resource="", resourceData=None)))

    assert item.lifecycle == "missed"
    assert item.change is None


def test_changes_and_lifecycle_items_of_several_tenants_may_share_a_post() -> None:
    other = UUID(int=5)

    items = parse(
        body(change(), lifecycle("missed", tenantId=str(other)), change(clientState=None))
    )

    assert [item.tenant_id for item in items] == [TENANT, other, TENANT]
    assert items[2].client_state is None


def test_encrypted_content_is_noticed() -> None:
    rich, plain = parse(body(change(encryptedContent={"data": "x"}), change(encryptedContent=None)))

    assert rich.encrypted
    assert not plain.encrypted


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        "text",
        [],
        {},
        change(tenantId="not a guid"),
        change(clientState=5),
        change(resourceData="text"),
        change(resourceData={"id": 5}),
        change(resourceData={"id": "A" * 2000}),
    ],
)
def test_an_item_of_an_odd_shape_does_not_take_its_neighbours_with_it(odd: object) -> None:
    items = parse(body(change(), odd, lifecycle("missed")))

    assert len(items) == 3
    assert items[0].change is not None
    assert items[1].change is None
    assert items[1].lifecycle is None
    assert items[2].lifecycle == "missed"


def test_an_empty_collection_is_well_formed() -> None:
    assert parse(b'{"value":[]}') == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"value":null}',
        b'{"value":{}}',
        b'{"value":[}',
        b"\xff\xfe",
        b'{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"other":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b',"value":[]}',
    ],
)
def test_a_body_that_is_no_collection_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        parse(text)
