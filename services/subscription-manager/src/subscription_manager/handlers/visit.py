"""One room's turn at Graph: `row` always says what is known so far, whatever comes next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

import structlog

from graphclient import (
    ClientStateKeys,
    Conflict,
    CredentialsRejected,
    ExpiryTooLate,
    Forbidden,
    GraphError,
    MailboxUnsupported,
    NotFound,
    Rejected,
    Subscription,
    Throttled,
    open_state,
    seal,
)
from graphclient.encryption import Certificates
from graphclient.subscriptions import watches

from ..domain import outcome
from ..domain.life import RICH, Lives
from ..domain.outcome import Live
from ..domain.plan import SPACING, Ask, Create, Recreate, Renew
from ..domain.subscription import Desired, Row, Rules
from .needs import Records, Tenant

log = structlog.get_logger()

NOTIFICATIONS_PATH = "/graph/notifications"
LIFECYCLE_PATH = "/graph/lifecycle"

Visited = Literal["created", "adopted", "renewed", "asked", "refused"]

# After these Graph certainly made nothing; after any other failure it may have.
_CERTAIN = (
    Throttled,
    Forbidden,
    NotFound,
    MailboxUnsupported,
    Rejected,
    Conflict,
    CredentialsRejected,
)


@dataclass(frozen=True, slots=True)
class Means:
    """What every visit works with; `doubt` has an organisation's tenant swept from a time on."""

    records: Records
    doubt: Callable[[UUID, datetime], Awaitable[None]]
    keys: Callable[[], ClientStateKeys]
    webhook_url: str
    clock: Callable[[], datetime]
    lives: Lives = field(default_factory=Lives)
    certificates: Callable[[], Certificates] | None = None

    def rules(self) -> Rules:
        """The rules of this moment: keys and certificates may change while we run."""
        certificates = None if self.certificates is None else self.certificates().first.id
        return Rules(self.webhook_url, self.keys().first, certificates)


class Visit:
    """Takes one step with Graph; what it raises is Graph's refusal, and `row` is then what to build on.

    `left_over`: one that no row knows may be live at Graph.
    """

    def __init__(self, means: Means, row: Row, desired: Desired, tenant: Tenant) -> None:
        self._means = means
        self._desired = desired
        self._tenant = tenant
        self.row = row
        self.left_over = row.creating_since is not None

    async def take(self, step: Create | Renew | Recreate | Ask) -> Visited:
        """Take the step and record how it went."""
        match step:
            case Create(gap):
                return await self._create(gap=gap)
            case Recreate(subscription_id, reason):
                log.info("subscription_replaced", room=str(self.row.room_id), reason=reason)
                return await self._create(gap=False, old=subscription_id)
            case Renew(subscription_id):
                return await self._renew(subscription_id)
            case Ask(subscription_id):
                return await self._ask(subscription_id)
            case _:
                assert_never(step)

    async def _create(self, *, gap: bool, old: str | None = None) -> Visited:
        """A new one; the old goes once it is live, or before it where Graph admits no second one."""
        try:
            live, how = await self._make(old)
        except (MailboxUnsupported, NotFound) as error:
            return await self._refused(error, final=True)
        except Forbidden as error:
            return await self._refused(error, final=False)
        if old is not None and self.row.subscription_id == old:
            await self._retire(old)
        elif old is not None:
            gap = True
        return await self._created(live, how, gap=gap)

    async def _make(self, old: str | None) -> tuple[Live, Visited]:
        await self._intend(old)
        try:
            return await self._post(), "created"
        except Forbidden:
            if not self._tenant.forget_token():
                raise
        except ExpiryTooLate as error:
            log.info("subscription_life_limited", minutes=error.most_minutes)
        except Conflict as conflict:
            live = await self._contest(conflict.existing_id, old)
            if live is not None:
                return live, "adopted"
        await self._intend(old)
        return await self._post(), "created"

    async def _intend(self, old: str | None) -> None:
        """Record it; as long as the old one is recorded, so is what it was made with: it may have to be replaced again."""
        self.row = replace(self.row, creating_since=self._means.clock())
        if old is None or self.row.subscription_id != old:
            self.row = replace(
                self.row,
                client_id=self._desired.client_id,
                tenant_id=self._desired.tenant_id,
                webhook_url=self._means.webhook_url,
            )
        await self._means.records.intend(self.row)

    async def _post(self) -> Live:
        keys, desired = self._means.keys(), self._desired
        rich = self._means.certificates if desired.rich else None
        certificate = None if rich is None else rich().first
        try:
            made = await self._tenant.create_subscription(
                mailbox=desired.mailbox_id,
                notification_url=self._means.webhook_url + NOTIFICATIONS_PATH,
                lifecycle_url=self._means.webhook_url + LIFECYCLE_PATH,
                client_state=seal(keys, self.row.room_id, desired.tenant_id, desired.client_id),
                expires_at=self._until(rich=certificate is not None),
                certificate=certificate,
            )
        except _CERTAIN as error:
            self.row = replace(self.row, creating_since=None)
            self._learn(error)
            raise
        encrypted_for = None if certificate is None else certificate.id
        return Live(made.id, made.expires_at, keys.first, encrypted_for)

    async def _contest(self, existing_id: str | None, old: str | None) -> Live | None:
        """What Graph has in the new one's place: adopted if it is this room's and fits, else it goes."""
        if old is not None:
            self.row = outcome.lost(self.row, self._means.clock())
            await self._intend(old)
            await self._tenant.delete_subscription(old)
        adopted: Live | None = None
        for candidate in [existing_id] if existing_id is not None else await self._listed():
            if candidate == old:
                continue
            try:
                found = await self._tenant.subscription(candidate)
            except NotFound:
                continue
            live = self._ours(found) if adopted is None else None
            if live is None:
                await self._tenant.delete_subscription(found.id)
            adopted = adopted or live
        return adopted

    async def _retire(self, old: str) -> None:
        """Remove what the new one replaces; the new one counts whatever comes of it."""
        try:
            await self._tenant.delete_subscription(old)
        except GraphError as error:
            self.left_over = True
            kind = type(error).__name__
            log.info("subscription_left_to_sweep", room=str(self.row.room_id), error=kind)

    async def _listed(self) -> list[str]:
        mailbox = self._desired.mailbox_id
        return [
            each.id
            async for page in self._tenant.subscriptions()
            for each in page
            if watches(each, mailbox)
        ]

    def _ours(self, found: Subscription) -> Live | None:
        opened = open_state(self._means.keys(), found.client_state or "")
        if (
            opened is None
            or (opened.room_id, opened.tenant_id, opened.client_id)
            != (self.row.room_id, self._desired.tenant_id, self._desired.client_id)
            or found.notification_url != self._means.webhook_url + NOTIFICATIONS_PATH
            or found.expires_at <= self._means.clock()
            or found.certificate_id != self._means.rules().certificate_of(self._desired)
        ):
            return None
        return Live(found.id, found.expires_at, opened.key_id, found.certificate_id)

    async def _created(self, live: Live, how: Visited, *, gap: bool) -> Visited:
        now = self._means.clock()
        self.row = outcome.created(self.row, self._desired, self._means.rules(), live, now, gap=gap)
        await self._means.records.settle(self.row)
        return how

    async def _refused(self, error: GraphError, *, final: bool) -> Visited:
        code = error.code or type(error).__name__
        log.warning("subscription_refused", room=str(self.row.room_id), code=code, final=final)
        self.row = outcome.refused(
            self.row, self._desired, self._means.rules(), self._means.clock(), code, final=final
        )
        await self._means.records.settle(self.row)
        return "refused"

    async def _renew(self, subscription_id: str) -> Visited:
        try:
            renewed = await self._patch(subscription_id)
        except NotFound:
            self.row = outcome.lost(self.row, self._means.clock())
            return await self._create(gap=True)
        self.row = outcome.renewed(self.row, renewed.expires_at, self._means.clock())
        await self._means.records.settle(self.row)
        return "renewed"

    async def _patch(self, subscription_id: str) -> Subscription:
        rich = self.row.certificate_id is not None
        try:
            return await self._tenant.renew_subscription(subscription_id, self._until(rich=rich))
        except ExpiryTooLate as error:
            self._learn(error)  # the next PATCH, ten minutes from now, asks for less
            raise
        except Forbidden:
            if not self._tenant.forget_token():
                raise
        return await self._tenant.renew_subscription(subscription_id, self._until(rich=rich))

    def _until(self, *, rich: bool) -> datetime:
        now = self._means.clock()
        longest = self._means.lives.to_ask(self._desired.tenant_id, now)
        return now + (min(longest, RICH) if rich else longest)

    def _learn(self, error: GraphError) -> None:
        if isinstance(error, ExpiryTooLate):
            now = self._means.clock()
            self._means.lives.refused(self._desired.tenant_id, error.most_minutes, now)

    async def _ask(self, subscription_id: str) -> Visited:
        reauthorise = self.row.lifecycle_due
        try:
            found = await self._tenant.subscription(subscription_id)
        except NotFound:
            self.row = outcome.lost(self.row, self._means.clock())
            return await self._create(gap=True)
        now = self._means.clock()
        self.row = outcome.answered(self.row, found.expires_at, now)
        if reauthorise and (self.row.patched_at is None or now - self.row.patched_at >= SPACING):
            return await self._renew(subscription_id)
        await self._means.records.settle(self.row)
        return "asked"
