import base64
from typing import Any
from uuid import uuid4

import pytest

from contracts.hints import ChangeHint, LifecycleHint, decode_changes, decode_lifecycle, join_hints
from graphclient.client_state import ClientStateKeys, seal
from graphclient.notifications import parse
from webhook_ingress.domain.admission import MOST_REMEMBERED, Admission, Seals, admit

from ..outbox import CLIENT, KEYS, NOW, ROOM, STATE, TENANT, change, delivery, lifecycle


def admitted(*items: dict[str, Any], keys: ClientStateKeys = KEYS) -> Admission:
    return admit(parse(delivery(*items)), Seals(keys), NOW)


def test_an_authentic_change_becomes_a_hint_made_of_the_seal_and_two_ids() -> None:
    admission = admitted(change())
    assert decode_changes(join_hints(admission.changes)) == [
        ChangeHint(ROOM, TENANT, "AAMkADk0AAA=", 'W/"DwAAAB"', NOW)
    ]
    assert (admission.lifecycle, admission.refused) == ([], {})


@pytest.mark.parametrize("event", ["missed", "subscriptionRemoved", "reauthorizationRequired"])
def test_an_authentic_lifecycle_item_becomes_a_lifecycle_hint(event: str) -> None:
    admission = admitted(lifecycle(event, resource="", resourceData=None))
    assert decode_lifecycle(join_hints(admission.lifecycle)) == [
        LifecycleHint(ROOM, TENANT, "3b0d0c0e-6c1e-4f35-9a0b-7a6f1d2e9c11", event, NOW)
    ]


FLIPPED = STATE[:-1] + ("A" if STATE[-1] != "A" else "B")
FOREIGN = ClientStateKeys.parse("k1:" + base64.b64encode(b"2" * 32).decode())


@pytest.mark.parametrize(
    ("item", "outcome"),
    [
        (change(clientState=None), "forged"),
        (change(clientState=""), "forged"),
        (change(clientState="guess"), "forged"),
        (change(clientState=FLIPPED), "forged"),
        (change(clientState="é" * 40), "forged"),
        (change(clientState=seal(FOREIGN, ROOM, TENANT, CLIENT)), "forged"),
        (lifecycle(clientState=FLIPPED), "forged"),
        ("no item at all", "forged"),
        (change(tenantId=str(uuid4())), "wrong_tenant"),
        (change(tenantId=None), "wrong_tenant"),
        (change(encryptedContent={"data": "x"}, clientState=FLIPPED), "forged"),
        (lifecycle("rebooted"), "lifecycle_unknown"),
        (lifecycle(subscriptionId=None), "meaningless"),
        (change("A\x00A"), "meaningless"),
        (change("Ünicode"), "meaningless"),
        (change("A" * 1025), "meaningless"),
        (change(changeType=None), "meaningless"),
        (change(resource=None, resourceData=None), "meaningless"),
    ],
)
def test_what_is_not_admitted_has_a_named_reason(item: Any, outcome: str) -> None:
    admission = admitted(item, change("GOOD"))
    assert admission.refused == {outcome: 1}
    hints = decode_changes(join_hints(admission.changes))
    assert [hint.event for hint in hints] == ["GOOD"]
    assert admission.lifecycle == []


def test_a_seal_is_worth_nothing_for_another_tenants_item_in_the_same_delivery() -> None:
    admission = admitted(change(), change(tenantId=str(uuid4())), change())
    assert len(admission.changes) == 2
    assert admission.refused == {"wrong_tenant": 1}


def test_an_etag_that_cannot_be_stored_is_left_out_and_the_hint_goes() -> None:
    item = change()
    item["resourceData"]["@odata.etag"] = "W/\x00"
    (hint,) = decode_changes(join_hints(admitted(item).changes))
    assert hint.etag is None


def test_every_key_opens_what_it_sealed() -> None:
    second = "k2:" + base64.b64encode(b"3" * 32).decode()
    both = ClientStateKeys.parse("k1:" + base64.b64encode(b"1" * 32).decode() + "," + second)
    only_second = ClientStateKeys.parse(second)
    by_second = change(clientState=seal(only_second, ROOM, TENANT, CLIENT))
    assert len(admitted(change(), by_second, keys=both).changes) == 2
    assert admitted(change(), by_second, keys=only_second).refused == {"forged": 1}


def test_seals_stay_right_when_more_are_seen_than_are_remembered() -> None:
    seals = Seals(KEYS)
    rooms = [uuid4() for _ in range(MOST_REMEMBERED + 10)]
    states = [seal(KEYS, room, TENANT, CLIENT) for room in rooms]
    for _ in range(2):
        assert [getattr(seals.open(state), "room_id", None) for state in states] == rooms
    assert seals.open(FLIPPED) is None
    assert seals.open(FLIPPED) is None
