"""Carrying out an intent: one write to Graph, its outcome committed, doubts left to the next attempt (design §5.3)."""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never
from uuid import uuid5

import structlog
from prometheus_client import Counter

from contracts.identity import NAMESPACE
from graphclient.errors import (
    Changed,
    CredentialsRejected,
    Forbidden,
    GraphError,
    MailboxUnsupported,
    Malformed,
    NotFound,
    Rejected,
    Throttled,
    TryLater,
)

from ..domain.intent import Intent
from ..domain.room import LeaseLost
from ..domain.schedule import backoff
from .changing import change, invite
from .creating import create
from .desk import Desk
from .moving import hand_over
from .removing import decline_instead, take_away

log = structlog.get_logger()

writes = Counter("sync_writes_total", "Writes begun at Graph", ["step", "path"])

_LONGEST_WAIT = timedelta(seconds=30)  # somebody is waiting for the answer
_UNREACHABLE = (Forbidden, NotFound, MailboxUnsupported)


async def carry_out(desk: Desk, intent: Intent, *, begun: bool = False) -> None:
    """Do what an intent says, and what follows from it; raises LeaseLost, NotConfirmed, and what concerns the whole room.

    `begun`: it was committed just now, this attempt counted.
    """
    if not begun:
        intent = await desk.ready(intent)
    following: Intent | None = intent
    while following is not None:
        if not desk.held.may_write():
            raise LeaseLost
        following = await _attempt(desk, following)


async def _attempt(desk: Desk, intent: Intent) -> Intent | None:
    """One attempt at one write; the intent that was begun because of it, committed."""
    writes.labels(intent.step, intent.path).inc()
    try:
        match intent.step:
            case "create":
                return await create(desk, intent)
            case "change" | "restore":
                return await change(desk, intent)
            case "invite":
                await invite(desk, intent)
            case "cancel" | "delete" | "decline":
                return await take_away(desk, intent)
            case "move":
                await hand_over(desk, intent)
            case _:
                assert_never(intent.step)
    except CredentialsRejected:
        raise
    except (TryLater, Malformed, Changed) as error:
        await _postpone(desk, intent, error)
    except _UNREACHABLE as error:
        if intent.path == "organizer":
            return await _unreachable(desk, intent, error)
        # The room was read a moment ago: what is missing is the right to write, and reading goes on.
        await _refused(desk, intent, error)
    except Rejected as error:
        await _refused(desk, intent, error)
    return None


async def _unreachable(desk: Desk, intent: Intent, error: GraphError) -> Intent | None:
    """The organiser has no calendar that we may use: the room's own is left."""
    log.info(
        "organizer_unreachable",
        room=str(desk.held.claim.room_id),
        step=intent.step,
        status=error.status,
        code=error.code,
    )
    now = desk.held.clock()
    match intent.step:
        case "create":
            direct = replace(
                intent,
                id=uuid5(NAMESPACE, f"{intent.id}/direct"),
                path="direct",
                mailbox=desk.room,
                attempts=1,
                created_at=now,
            )
            await desk.save(replace(intent, stage="done", ended_at=now), direct)
            return direct
        case "cancel":
            return await decline_instead(desk, intent)
        case "change" | "move":
            text = "The organiser's calendar cannot be reached; ask them to change the meeting."
            await desk.abandon(intent, "organizer_unreachable", text)
        case _:
            log.error("left_undone", step=intent.step, booking=str(intent.booking_id))
            await desk.save(replace(intent, stage="done", ended_at=now))
    return None


async def _refused(desk: Desk, intent: Intent, error: GraphError) -> None:
    log.warning(
        "write_refused",
        step=intent.step,
        path=intent.path,
        code=error.code,
        request_id=error.request_id,
    )
    await desk.abandon(
        intent, "invalid", f"Microsoft 365 refuses it ({error.code or error.status})."
    )


async def _postpone(desk: Desk, intent: Intent, error: GraphError) -> None:
    """Not now, or the outcome is unknown: the next attempt looks for our own work first."""
    told = error.retry_after if isinstance(error, TryLater) else None
    wait = backoff(intent.attempts, told)
    if told is None:
        wait = min(wait, _LONGEST_WAIT)
    log.warning(
        "write_postponed",
        room=str(desk.held.claim.room_id),
        step=intent.step,
        error=type(error).__name__,
        status=error.status,
        code=error.code,
        seconds=wait.total_seconds(),
        request_id=error.request_id,
    )
    known = desk.held.errands.intent(intent.id) or intent  # an attempt may have learnt something
    await desk.save(replace(known, due_at=desk.held.clock() + wait))
    if intent.path == "direct" and isinstance(error, Throttled):
        raise error
