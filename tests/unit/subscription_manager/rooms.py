"""Values the tests of this package share."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from subscription_manager.domain.subscription import Desired, Row, Rules

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
WEEK = timedelta(minutes=10_000)
ROOM, ORGANISATION = UUID(int=0xA11CE), UUID(int=2)
DESIRED = Desired(tenant_id=UUID(int=3), client_id=UUID(int=4), mailbox_id=UUID(int=5), revision=1)
RULES = Rules("https://hooks.test", "k1")
NEW = Row(room_id=ROOM, organisation_id=ORGANISATION, due_at=NOW)


def live(**changes: object) -> Row:
    """A healthy row: created now, with a week to live."""
    values: dict[str, object] = {
        "room_id": ROOM,
        "organisation_id": ORGANISATION,
        "due_at": NOW,
        "subscription_id": "s1",
        "expires_at": NOW + WEEK,
        "live_since": NOW,
        "sealed_by": "k1",
        "sealed_at": NOW,
        "client_id": DESIRED.client_id,
        "tenant_id": DESIRED.tenant_id,
        "webhook_url": RULES.webhook_url,
    }
    return Row(**(values | changes))  # type: ignore[arg-type]  # the tests name the fields they change
