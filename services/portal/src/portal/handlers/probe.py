"""One press of Test Settings: asks Entra and Graph afresh and writes down what they said."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from graphclient import CredentialsRejected, Forbidden, GraphError, MailboxUnsupported, NotFound
from graphclient.tenant import Tenant

from ..domain import evidence
from ..domain.checks import Name
from ..domain.evidence import (
    CALENDARS,
    Calendars,
    CalendarsTried,
    Evidence,
    Grants,
    GrantsRead,
    NoAddress,
    Outside,
    Rooms,
    RoomsListed,
    Throttled,
    Token,
    TokenGranted,
    Unreachable,
    WriteLost,
    missing_roles,
)
from ..domain.scope import proven
from .answers import passing, refused
from .meetings_seen import room_settings
from .probe_event import write_and_undo
from .probe_subscription import prove_webhook

_TOKEN_SECONDS = 10.0
_GRANTS_SECONDS = 6.0
_ROOMS_SECONDS = 10.0
_CALENDARS_SECONDS = 8.0
_OUTSIDE_SECONDS = 6.0
_MOST_IMPORTED = 5
_MOST_CALENDARS = 8
_AT_ONCE = 3


Telling = Callable[[Name, Evidence], Awaitable[None]]
"""Hears which step begins, and what was seen before it."""


async def nobody(_step: Name, _seen: Evidence) -> None:
    """Hears nothing."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked beyond the credentials; an empty `webhook_url` means that this deployment has none."""

    webhook_url: str
    clock: Callable[[], datetime]
    outside_mailbox: str | None = None
    write_probe: bool = False


async def gather_evidence(
    tenant: Tenant,
    client_id: UUID,
    *,
    secret_is_guid: bool,
    imported: Set[UUID],
    beyond: Questions | None = None,
    tell: Telling = nobody,
) -> Evidence:
    """Return what the test saw, after 90 s at most; raises nothing that Graph or Entra answer.

    Without `beyond` only what a new secret can break is looked at. The steps follow from each other: where one is
    throttled or gets no answer, the rest is left out.
    """
    seen = Evidence(await _token(tenant), secret_is_guid=secret_is_guid)
    if not isinstance(seen.token, TokenGranted):
        return seen
    roles = seen.token.roles
    missing = missing_roles(roles)
    if missing and "Directory.Read.All" not in missing:
        await tell("consent", seen)
        seen = replace(seen, grants=await _grants(tenant, client_id))
    listed: list[UUID] = []
    if "Place.Read.All" not in missing:
        await tell("rooms", seen)
        rooms, listed = await _rooms(tenant)
        seen = replace(seen, rooms=rooms)
    if beyond is None and CALENDARS not in missing:
        return seen
    sample = _sample(imported, listed)
    if isinstance(seen.rooms, Throttled | Unreachable) or not sample:
        return seen
    await tell("calendar", seen)
    calendars, opened = await _calendars(tenant, sample, imported)
    seen = replace(seen, calendars=calendars)
    others_missing = set(missing) - {CALENDARS}
    if beyond is None or not opened or others_missing:
        return seen
    return await _beyond(tenant, seen, roles, opened, beyond, tell)


async def _beyond(
    tenant: Tenant,
    seen: Evidence,
    roles: frozenset[str],
    opened: list[UUID],
    asked: Questions,
    tell: Telling,
) -> Evidence:
    if asked.write_probe:
        await tell("write", seen)
        seen = replace(seen, write=await write_and_undo(tenant, opened[0], asked.clock))
    if CALENDARS in missing_roles(roles) and not proven(seen, roles):
        return seen
    if asked.outside_mailbox is not None and not _ended(seen.write):
        await tell("scope", seen)
        seen = replace(seen, outside=await _outside(tenant, asked.outside_mailbox))
    if not asked.webhook_url:
        seen = replace(seen, webhook=NoAddress())
    elif not _ended(seen.write, seen.outside):
        await tell("webhook", seen)
        seen = replace(
            seen, webhook=await prove_webhook(tenant, opened, asked.webhook_url, asked.clock)
        )
    if not _ended(seen.write, seen.outside, seen.webhook):
        await tell("room_subjects", seen)
        seen = replace(seen, settings=await room_settings(tenant, opened, asked.clock()))
    return seen


def _ended(*steps: object) -> bool:
    return any(isinstance(step, Throttled | Unreachable | WriteLost) for step in steps)


def _sample(imported: Set[UUID], listed: Iterable[UUID]) -> list[UUID]:
    """Imported rooms first, which is what the sync needs; then others of the tenant's list."""
    chosen = sorted(imported)[:_MOST_IMPORTED]
    return [*chosen, *(each for each in listed if each not in imported)][:_MOST_CALENDARS]


async def _token(tenant: Tenant) -> Token:
    try:
        async with asyncio.timeout(_TOKEN_SECONDS):
            return TokenGranted(await tenant.check_token())
    except CredentialsRejected as error:
        return evidence.TokenRefused(error.aadsts, error.error, error.request_id)
    except GraphError as error:
        return passing(error) or Unreachable(error.status, error.request_id)
    except TimeoutError:
        return Unreachable()


async def _grants(tenant: Tenant, client_id: UUID) -> Grants:
    try:
        async with asyncio.timeout(_GRANTS_SECONDS):
            found = await tenant.grants(client_id)
    except GraphError as error:
        return passing(error) or refused(error)
    except TimeoutError:
        return Unreachable()
    asked = found.asked
    return GrantsRead(
        found.granted,
        found.delegated,
        asked.application if asked else None,
        asked.delegated if asked else None,
    )


async def _rooms(tenant: Tenant) -> tuple[Rooms, list[UUID]]:
    try:
        async with asyncio.timeout(_ROOMS_SECONDS):
            listed = await tenant.rooms()
    except GraphError as error:
        return passing(error) or refused(error), []
    except TimeoutError:
        return Unreachable(), []
    mailboxes = [each.mailbox_id for each in listed if each.mailbox_id is not None]
    return RoomsListed(len(listed)), mailboxes


async def _calendars(
    tenant: Tenant, mailboxes: list[UUID], imported: Set[UUID]
) -> tuple[Calendars, list[UUID]]:
    """What each calendar answered, and those that opened, in order; one that opens outweighs a passing trouble."""
    answers: dict[UUID, GraphError | None] = {}
    turn = asyncio.Semaphore(_AT_ONCE)

    async def ask(mailbox: UUID) -> None:
        async with turn:
            try:
                await tenant.calendar_reachable(mailbox)
            except GraphError as error:
                answers[mailbox] = error
            else:
                answers[mailbox] = None

    try:
        async with asyncio.timeout(_CALENDARS_SECONDS), asyncio.TaskGroup() as asking:
            for mailbox in mailboxes:
                asking.create_task(ask(mailbox))
    except TimeoutError:
        if None not in answers.values():
            return Unreachable(), []
    opened = [mailbox for mailbox in mailboxes if answers.get(mailbox, False) is None]
    if not opened:
        for error in answers.values():
            if error is not None and (trouble := passing(error)) is not None:
                return trouble, []
    return _tried(answers, imported), opened


def _tried(answers: dict[UUID, GraphError | None], imported: Set[UUID]) -> CalendarsTried:
    unusable = [
        error for error in answers.values() if isinstance(error, MailboxUnsupported | NotFound)
    ]
    denied = {mailbox: error for mailbox, error in answers.items() if isinstance(error, Forbidden)}
    told = next(iter(denied.values()), None) or next(iter(unusable), None)
    return CalendarsTried(
        opened=sum(error is None for error in answers.values()),
        refused=len(denied),
        refused_imported=len(denied.keys() & imported),
        unusable=len(unusable),
        told=refused(told) if told is not None else None,
    )


async def _outside(tenant: Tenant, address: str) -> Outside:
    """Whether the mailbox is out of reach; an account that does not exist is refused as well (graph-calendar §2.8)."""
    try:
        async with asyncio.timeout(_OUTSIDE_SECONDS):
            account = await tenant.user(address)
            try:
                await tenant.calendar_reachable(account.id)
            except Forbidden as error:
                return evidence.OutsideRefused(error.status, error.code, error.request_id)
    except GraphError as error:
        return passing(error) or evidence.OutsideUnknown()
    except TimeoutError:
        return Unreachable()
    return evidence.OutsideOpened()
