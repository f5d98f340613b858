"""Writing to a mailbox's default calendar: each call is made once, and of its answer only identity is read.

No answer and one that cannot be read leave open whether the write took effect; the marker tells (design §5.3).
"""

from uuid import UUID

import msgspec

from .drafts import EventChange, NewEvent, alteration, creation
from .errors import Changed, NotFound, Unavailable
from .models import Written
from .paging import decode
from .protocol import Answer, Method, Request
from .transport import Wire

_WRITE_SECONDS = 15.0  # half of what a lease must have left when a write starts (design §5.3)
_EVENT_GONE = "erroritemnotfound"

_written = msgspec.json.Decoder(Written)


async def create_event(wire: Wire, mailbox: UUID | str, new: NewEvent) -> Written:
    """The new event; Conflict, with its id, if the transaction id was used for another event."""
    try:
        answer = await _write(wire, "POST", mailbox, body=creation(new))
    except Changed as error:
        # Other writes to the mailbox collided with this one, and the event may be stored all the same.
        raise Unavailable(
            "Graph was in the middle of another write",
            request_id=error.request_id,
            status=error.status,
            code=error.code,
        ) from error
    return decode(_written, answer.body)


async def change_event(
    wire: Wire, mailbox: UUID | str, event_id: str, etag: str, change: EventChange
) -> Written:
    """The event after the change; Changed if it was not in the state of this etag, NotFound if it is gone."""
    answer = await _write(wire, "PATCH", mailbox, event_id, body=alteration(change), if_match=etag)
    return decode(_written, answer.body)


async def cancel_event(
    wire: Wire, mailbox: UUID | str, event_id: str, etag: str, comment: str
) -> None:
    """Call off a meeting that this mailbox organises; Changed, NotFound, and Rejected where it is a guest."""
    body = msgspec.json.encode({"comment": comment})
    await _write(wire, "POST", mailbox, event_id, "cancel", body=body, if_match=etag)


async def delete_event(wire: Wire, mailbox: UUID | str, event_id: str, etag: str) -> None:
    """See to it that the mailbox has no such event; Changed if it was not in the state of this etag."""
    try:
        await _write(wire, "DELETE", mailbox, event_id, if_match=etag)
    except NotFound as error:
        if (error.code or "").lower() != _EVENT_GONE:
            raise  # the mailbox is missing, which says nothing of the event


async def decline_event(wire: Wire, mailbox: UUID | str, event_id: str, comment: str) -> None:
    """Turn a meeting down in the name of this mailbox and tell its organiser; NotFound, Rejected."""
    body = msgspec.json.encode({"comment": comment, "sendResponse": True})
    await _write(wire, "POST", mailbox, event_id, "decline", body=body)


async def _write(
    wire: Wire,
    method: Method,
    mailbox: UUID | str,
    *path: str,
    body: bytes | None = None,
    if_match: str | None = None,
) -> Answer:
    url = wire.service.url("users", str(mailbox), "events", *path)
    request = Request(
        method, url, body, mailbox=str(mailbox), seconds=_WRITE_SECONDS, if_match=if_match
    )
    return await wire.write(request)
