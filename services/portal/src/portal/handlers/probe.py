"""One press of Test Settings: asks Entra and Graph afresh and writes down what they said."""

import asyncio
from uuid import UUID

from graphclient import (
    CredentialsRejected,
    GraphError,
    MailboxUnsupported,
    Malformed,
    NotFound,
    Room,
    Throttled,
    Unavailable,
)
from graphclient.tenant import Tenant

from ..domain import evidence
from ..domain.evidence import Calendar, Evidence, NotTried, Rooms, Token

_TOKEN_SECONDS = 10.0
_ROOMS_SECONDS = 10.0
_CALENDAR_SECONDS = 8.0
_MOST_CALENDARS = 3


async def gather_evidence(tenant: Tenant, *, secret_is_guid: bool) -> Evidence:
    """Return what the test saw, after 28 s at most; raises nothing that Graph or Entra answer."""
    token = await _token(tenant)
    rooms: Rooms = NotTried()
    calendar: Calendar = NotTried()
    if isinstance(token, evidence.TokenGranted) and "Place.Read.All" not in evidence.missing_roles(
        token.roles
    ):
        rooms, listed = await _rooms(tenant)
        mailboxes = [each.mailbox_id for each in listed if each.mailbox_id is not None]
        if mailboxes and evidence.calendar_says_something(token.roles):
            calendar = await _calendar(tenant, mailboxes[:_MOST_CALENDARS])
    return Evidence(token, rooms, calendar, secret_is_guid)


async def _token(tenant: Tenant) -> Token:
    try:
        async with asyncio.timeout(_TOKEN_SECONDS):
            return evidence.TokenGranted(await tenant.check_token())
    except CredentialsRejected as error:
        return evidence.TokenRefused(error.aadsts, error.error, error.request_id)
    except GraphError as error:
        return _passing(error) or evidence.Unreachable(error.status, error.request_id)
    except TimeoutError:
        return evidence.Unreachable()


async def _rooms(tenant: Tenant) -> tuple[Rooms, list[Room]]:
    try:
        async with asyncio.timeout(_ROOMS_SECONDS):
            listed = await tenant.rooms()
    except GraphError as error:
        return _passing(error) or _refused(error), []
    except TimeoutError:
        return evidence.Unreachable(), []
    return evidence.RoomsListed(len(listed)), listed


async def _calendar(tenant: Tenant, mailboxes: list[UUID]) -> Calendar:
    seen: Calendar = NotTried()
    try:
        async with asyncio.timeout(_CALENDAR_SECONDS):
            for mailbox in mailboxes:
                try:
                    await tenant.calendar_reachable(mailbox)
                except (MailboxUnsupported, NotFound) as error:
                    if isinstance(seen, NotTried):
                        seen = evidence.MailboxUnusable(error.code, error.request_id)
                except GraphError as error:
                    if (passing := _passing(error)) is not None:
                        return passing
                    seen = _refused(error)
                else:
                    return evidence.CalendarOpened()
    except TimeoutError:
        return evidence.Unreachable()
    return seen


def _passing(error: GraphError) -> evidence.Throttled | evidence.Unreachable | None:
    match error:
        case Throttled():
            return evidence.Throttled(error.retry_after, error.request_id)
        case Unavailable() | Malformed():
            return evidence.Unreachable(error.status, error.request_id)
        case _:
            return None


def _refused(error: GraphError) -> evidence.CallRefused:
    return evidence.CallRefused(error.status, error.code, error.request_id)
