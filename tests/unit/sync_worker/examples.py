"""Events and rows for the domain's tests."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from graphclient.models import Event
from sync_worker.domain.mirror import Sighting, sight

ROOM = UUID("11111111-2222-4333-8444-555555555555")
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def event(event_id: str = "e1", etag: str = "1", **fields: object) -> Event:
    raw: dict[str, object] = {
        "id": event_id,
        "@odata.etag": etag,
        "type": "singleInstance",
        "subject": "Planning",
        "start": {"dateTime": "2026-03-02T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-03-02T10:00:00.0000000", "timeZone": "UTC"},
        "organizer": {"emailAddress": {"name": "Mara Lind", "address": "mara@x.test"}},
        "originalStartTimeZone": "W. Europe Standard Time",
        "responseStatus": {"response": "accepted"},
        "showAs": "busy",
        **fields,
    }
    return msgspec.convert(raw, Event)


def sighting(event_id: str = "e1", etag: str = "1", **fields: object) -> Sighting:
    return sight(ROOM, event(event_id, etag, **fields))
