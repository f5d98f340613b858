"""(What the room should have, what its row says, now) → what to do (design §5.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from .subscription import Desired, Row, Rules

SPACING = timedelta(minutes=10)  # between two PATCHes, and between two questions for one hint
_DESPAIR_AFTER = 3  # failed renewals, once less than a tenth of the life remains


@dataclass(frozen=True, slots=True)
class Create:
    """Make one; `gap`: notifications were lost meanwhile."""

    gap: bool


@dataclass(frozen=True, slots=True)
class Renew:
    """Extend the one there is."""

    subscription_id: str


@dataclass(frozen=True, slots=True)
class Recreate:
    """Replace the one there is, which lives until the new one does where Graph admits two."""

    subscription_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A lifecycle hint came in: see what Graph has before acting on it."""

    subscription_id: str


@dataclass(frozen=True, slots=True)
class Delete:
    """The room shall have none: remove at Graph what is known; what nobody recorded falls to the sweep."""

    subscription_id: str | None


@dataclass(frozen=True, slots=True)
class Forget:
    """Nothing is left at Graph: the row may go."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before this time."""

    until: datetime


Plan = Create | Renew | Recreate | Ask | Delete | Forget | Wait


def plan(desired: Desired | None, row: Row, now: datetime, rules: Rules) -> Plan:
    """The next step for a room that is due."""
    if desired is None or not rules.webhook_url:
        unsure = row.subscription_id is not None or row.creating_since is not None
        return Delete(row.subscription_id) if unsure else Forget()
    if row.poll_only_since is not None and now < row.due_at:
        return Wait(row.due_at)
    if row.subscription_id is None or row.expires_at is None:
        return Create(gap=row.live_since is not None)
    if row.expires_at <= now:
        return Create(gap=True)
    reason = _misfit(desired, row, rules)
    if reason is not None:
        return Recreate(row.subscription_id, reason)
    return _kept(row, row.subscription_id, row.expires_at, now)


def renewal_at(row: Row, expires_at: datetime) -> datetime:
    """Between 50 and 70 % of the life granted, at a point that is the room's own."""
    since = max(filter(None, (row.live_since, row.patched_at)), default=expires_at)
    return since + (expires_at - since) * (0.5 + 0.2 * jitter(row.room_id))


def jitter(room_id: UUID) -> float:
    """A number in [0, 1) that belongs to the room: rooms made together do not renew together."""
    return (room_id.int * 0x9E3779B97F4A7C15 % 2**64) / 2**64


def _misfit(desired: Desired, row: Row, rules: Rules) -> str | None:
    if (row.tenant_id, row.client_id) != (desired.tenant_id, desired.client_id):
        return "credentials"
    if row.webhook_url != rules.webhook_url:
        return "webhook_url"
    if row.sealed_by != rules.sealing_key:
        return "sealing_key"
    if row.certificate_id != rules.certificate_of(desired):
        return "certificate"
    return None


def _kept(row: Row, subscription_id: str, expires_at: datetime, now: datetime) -> Plan:
    renewal = renewal_at(row, expires_at)
    if row.patched_at is not None:
        renewal = max(renewal, row.patched_at + SPACING)
    question = _question_at(row, now)
    if question is not None and question <= now:
        return Ask(subscription_id)
    if now < renewal:
        return Wait(min(renewal, question) if question is not None else renewal)
    if row.attempts >= _DESPAIR_AFTER and _nearly_over(row, expires_at, now):
        return Recreate(subscription_id, "renewal_fails")
    return Renew(subscription_id)


def _question_at(row: Row, now: datetime) -> datetime | None:
    """When the lifecycle hints of this row may be looked into, None without any."""
    if not (row.lifecycle_due or row.missed_due):
        return None
    return row.asked_at + SPACING if row.asked_at is not None else now


def _nearly_over(row: Row, expires_at: datetime, now: datetime) -> bool:
    since = max(filter(None, (row.live_since, row.patched_at)), default=expires_at)
    return expires_at - now < (expires_at - since) / 10
