"""Asking Graph for events by id: what was there, what was not, and what stopped us."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from graphclient.errors import (
    Forbidden,
    GraphError,
    MailboxUnsupported,
    Malformed,
    NotFound,
    Rejected,
)
from graphclient.models import Event

from .needs import Calendar

log = structlog.get_logger()

_AT_ONCE = 3  # requests in flight per mailbox (design §5.1)
_EVENT_GONE = "erroritemnotfound"


@dataclass(slots=True)
class Answers:
    """Of the events asked for: those that are there, those Graph says 404 to, those it refuses to talk about."""

    events: dict[str, Event] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failure: GraphError | None = None  # stopped here; what is not listed was not asked


async def ask(calendar: Calendar, mailbox: UUID, event_ids: Sequence[str]) -> Answers:
    """Ask for each of these events once, a few at a time; never raises a GraphError."""
    answers = Answers()
    if len(event_ids) == 1:
        await _one(calendar, mailbox, event_ids[0], answers)
        return answers
    for start in range(0, len(event_ids), _AT_ONCE):
        async with asyncio.TaskGroup() as asking:
            for event_id in event_ids[start : start + _AT_ONCE]:
                asking.create_task(_one(calendar, mailbox, event_id, answers))
        if answers.failure is not None:
            break
    return answers


async def _one(calendar: Calendar, mailbox: UUID, event_id: str, answers: Answers) -> None:
    try:
        answers.events[event_id] = await calendar.event(mailbox, event_id)
    except NotFound as error:
        if (error.code or "").lower() != _EVENT_GONE:
            # Perhaps not the event is gone but the mailbox, which would remove every booking.
            try:
                await calendar.calendar_reachable(mailbox)
            except GraphError as obstacle:
                answers.failure = obstacle
                return
        answers.missing.append(event_id)
    except (Rejected, Malformed) as error:
        log.warning("event_unreadable", code=error.code, request_id=error.request_id)
        answers.refused.append(event_id)
    except GraphError as error:
        answers.failure = error


def problem_of(error: GraphError) -> str | None:
    """The reason code when this error says that the mailbox itself cannot be read."""
    match error:
        case MailboxUnsupported():
            return "mailbox_unsupported"
        case Forbidden():
            return "forbidden"
        case NotFound():
            return "mailbox_gone"
        case _:
            return None
