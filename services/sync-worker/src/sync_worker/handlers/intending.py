"""From a command to the write it asks for: which copy of the meeting, in whose calendar (design §5.3)."""

from datetime import datetime
from uuid import UUID, uuid5

from contracts.identity import NAMESPACE

from ..domain.booking import Row
from ..domain.command import Asked
from ..domain.intent import Content, Intent, Path, Step
from .desk import Desk


def on_copy(desk: Desk, asked: Asked, step: Step, row: Row, content: Content) -> Intent | None:
    """A write to the copy that counts: the organiser's, or the room's own where the room organises; None without either."""
    now = desk.held.clock()
    address = desk.held.errands.address
    ours_direct = row.origin == "clearooms" and row.organizer_mailbox is None
    email = (row.organizer_mailbox or row.organizer_email).lower()
    if ours_direct or (address is not None and email == address.mailbox.lower()):
        return intend(asked, step, "direct", desk.room, content, now, row)
    if not email:
        return None
    return intend(asked, step, "organizer", email, content, now, row)


def intend(
    asked: Asked,
    step: Step,
    path: Path,
    mailbox: str,
    content: Content,
    now: datetime,
    row: Row | None = None,
) -> Intent:
    """The write that serves this command; of a booking that is there its row says what is to be touched."""
    booking_id = _booking(asked) if row is None else row.id
    direct = path == "direct"
    return Intent(
        id=uuid5(NAMESPACE, f"intents/{asked.key.source}/{asked.key.id}/{step}/{path}"),
        booking_id=booking_id,
        command=asked.key,
        step=step,
        path=path,
        mailbox=mailbox,
        content=content,
        created_at=now,
        due_at=now,
        attempts=1,
        event_id=None if row is None else row.event_id if direct else row.organizer_event_id,
        etag=row.etag if row is not None and direct else None,
        ical_uid=row.ical_uid if row is not None else None,
        base=Content.of(row) if row is not None and step in {"change", "move"} else None,
    )


def _booking(asked: Asked) -> UUID:
    if asked.booking_id is None:
        raise ValueError("a resync writes nothing")
    return asked.booking_id
