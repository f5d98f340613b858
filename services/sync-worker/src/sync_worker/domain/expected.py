"""The row of what we write, before the room shows it (design §5.2, identity)."""

from datetime import datetime

from .booking import Row, unbound_id
from .intent import Intent


def expected(intent: Intent, old: Row | None, now: datetime) -> Row:
    """The booking's row as it stands; of a new booking, or the master of a new series, one without the room's copy."""
    if old is not None and old.removed_at is None:
        return old
    content = intent.content
    is_series = content.recurrence is not None
    by_organizer = intent.path == "organizer"
    return Row(
        id=intent.booking_id,
        event_id=unbound_id(intent.booking_id),
        kind="master" if is_series else "single",
        master_id=None,
        series_id=intent.booking_id if is_series else None,
        original_start=None,
        etag="",
        seen_etags=(),
        ical_uid=intent.ical_uid,
        starts=content.starts,
        ends=content.ends,
        all_day=content.all_day,
        time_zone=content.time_zone,
        subject=content.subject,
        organizer_name=content.organizer_name,
        organizer_email=content.organizer_email,
        answer="pending",
        origin="clearooms",
        version=old.version if old is not None else 0,  # it moved away and comes back
        published=not is_series,
        removed_at=None,
        changed_at=now,
        organizer_mailbox=intent.mailbox if by_organizer else None,
        organizer_event_id=intent.event_id if by_organizer else None,
        when_ours=True,
    )
