from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.domain.room_state import health_of, lag_p95, shown, state_of
from portal.domain.rooms import RoomRecord

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TENANT = UUID("11111111-0000-4000-8000-000000000001")
LIVE = RoomRecord(
    id=uuid4(),
    office_id=uuid4(),
    tenant_id=TENANT,
    mailbox_id=uuid4(),
    mailbox="room@example.com",
    name="Room",
    capacity=8,
    loaded_at=NOW - timedelta(hours=1),
    lags=(10, 20, 30),
    subscribed=True,
    subscription_expires_at=NOW + timedelta(days=1),
    integration_tenant_id=TENANT,
)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "live"),
        ({"loaded_at": None}, "loading"),
        ({"subscribed": False}, "polling"),
        ({"subscription_expires_at": NOW}, "polling"),
        ({"subscription_expires_at": None}, "polling"),
        ({"problem": "mailbox_unsupported"}, "unreachable"),
        ({"problem": "forbidden", "loaded_at": None}, "unreachable"),
        ({"credentials_failing_since": NOW}, "unreachable"),
        ({"integration_tenant_id": uuid4()}, "unreachable"),
        ({"integration_enabled": False, "problem": "forbidden"}, "off"),
        ({"integration_enabled": False}, "off"),
    ],
)
def test_the_state_follows_from_what_the_services_wrote(
    changed: dict[str, object], expected: str
) -> None:
    assert state_of(replace(LIVE, **changed), NOW) == expected  # type: ignore[arg-type] # a table of changes


@pytest.mark.parametrize(
    "changed",
    [
        {"problem": "mailbox_unsupported"},
        {"problem": "a_reason_of_tomorrow"},
        {"credentials_failing_since": NOW},
        {"integration_tenant_id": uuid4()},
        {"integration_enabled": False},
        {"subscribed": False, "poll_only_since": NOW, "refusal": "Forbidden"},
        {"held_removals": 9},
    ],
)
def test_whatever_is_wrong_comes_with_what_to_do(changed: dict[str, object]) -> None:
    health = health_of(replace(LIVE, **changed), NOW)  # type: ignore[arg-type] # a table of changes
    assert health.text
    assert health.what_to_do


def test_a_polled_room_has_no_lag() -> None:
    assert shown(LIVE, NOW).lag_ms == 30
    assert shown(replace(LIVE, subscribed=False), NOW).lag_ms is None


def test_the_lag_is_the_95th_percentile_by_nearest_rank() -> None:
    assert lag_p95(()) is None
    assert lag_p95((7,)) == 7
    assert lag_p95(tuple(range(1, 51))) == 48
