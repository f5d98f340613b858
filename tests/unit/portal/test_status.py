"""Is everything all right: what counts as wrong, what as soon, and for how many rooms it is said."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.domain.integration import Integration
from portal.domain.room_state import state_of
from portal.domain.rooms import RoomRecord
from portal.domain.status import MOST_TROUBLES, Overview, RoomsAlike

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def room(**values: Any) -> RoomRecord:
    known: dict[str, Any] = {
        "id": uuid4(), "office_id": uuid4(), "tenant_id": UUID(int=1), "mailbox_id": uuid4(),
        "mailbox": "r@x", "name": "R", "capacity": 4, "loaded_at": NOW - HOUR, "subscribed": True,
        "subscription_expires_at": NOW + HOUR, "integration_tenant_id": UUID(int=1),
    }  # fmt: skip
    return RoomRecord(**known | values)


def integration(**values: Any) -> Integration:
    known: dict[str, Any] = {
        "enabled": True, "tenant_id": uuid4(), "client_id": uuid4(), "secret_set": True,
        "secret_expires_at": None, "webhook_url": None, "delivery": "basic", "scope": "tenant",
        "status": "ok", "status_detail": "Connection successful.",
    }  # fmt: skip
    return Integration.model_construct(**known | values)


def overview(
    *rooms: RoomRecord, webhook: bool = True, streaming: bool = True, **of: Any
) -> Overview:
    seen = Overview(NOW, webhook=webhook)
    seen.count(RoomsAlike(state_of(each, NOW), None, 1, due_at=each.due_at) for each in rooms)
    seen.look_at(rooms)
    seen.conclude(integration(**of), streaming=streaming)
    return seen


def test_a_live_room_of_a_working_integration_is_all_right() -> None:
    seen = overview(room(due_at=NOW + HOUR))
    assert (seen.troubles(), seen.waiting_since) == ([], None)


@pytest.mark.parametrize(
    ("of", "severity"),
    [
        ({"problem": "mailbox_gone"}, "wrong"),
        ({"held_removals": 9}, "wrong"),
        ({"subscribed": False, "subscription_expires_at": None}, "wrong"),
        ({"subscribed": False, "poll_only_since": NOW - HOUR, "subscription_expires_at": None}, "soon"),
        ({"subscribed": False, "subscription_expires_at": None, "loaded_at": NOW}, None),
        ({"loaded_at": None}, None),
        ({"integration_enabled": False}, None),
        ({"credentials_failing_since": NOW}, None),
        ({"due_at": NOW - timedelta(minutes=6)}, "wrong"),
        ({"due_at": NOW - timedelta(minutes=4)}, None),
    ],
)  # fmt: skip
def test_what_is_told_of_a_room(of: dict[str, Any], severity: str | None) -> None:
    troubles = overview(room(**of)).troubles()
    assert [each.severity for each in troubles] == ([severity] if severity else [])
    assert all(each.what_to_do for each in troubles)


def test_polling_is_as_meant_where_there_is_no_webhook() -> None:
    assert (
        overview(room(subscribed=False, subscription_expires_at=None), webhook=False).troubles()
        == []
    )


@pytest.mark.parametrize(
    ("days", "severity"), [(-1, "wrong"), (7, "wrong"), (30, "soon"), (61, None)]
)
def test_a_secret_that_ends_is_told_in_time(days: int, severity: str | None) -> None:
    troubles = overview(secret_expires_at=NOW + timedelta(days=days)).troubles()
    assert [each.severity for each in troubles] == ([severity] if severity else [])


def test_refused_credentials_are_told_once_and_not_of_every_room() -> None:
    refused = [room(credentials_failing_since=NOW) for _ in range(3)]
    [told] = overview(*refused, status="failing", status_detail="Refused.").troubles()
    assert (told.room_id, told.text) == (None, "Refused.")


def test_a_portal_without_a_broker_is_not_all_right() -> None:
    [told] = overview(streaming=False).troubles()
    assert told.severity == "wrong"


def test_however_many_rooms_are_wrong_the_organisations_own_troubles_come_first() -> None:
    many = [room(problem="mailbox_gone") for _ in range(MOST_TROUBLES + 9)]
    seen = overview(*many, room(due_at=NOW - HOUR))
    assert seen.found["wrong"] == MOST_TROUBLES + 10
    troubles = seen.troubles()
    assert len(troubles) == MOST_TROUBLES
    assert [each.room_id is None for each in troubles[:2]] == [True, False]
    assert seen.waiting_since == NOW - HOUR
