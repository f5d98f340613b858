"""What a row says after a step: every function takes a row and returns the next one."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from .plan import SPACING, jitter, renewal_at
from .subscription import Desired, Row, Rules

_LONGEST_BACKOFF = timedelta(minutes=15)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Live:
    """A subscription as Graph confirmed it, the key id in its clientState, and for which certificate it is rich."""

    subscription_id: str
    expires_at: datetime
    sealed_by: str
    certificate_id: str | None = None


def created(
    row: Row, desired: Desired, rules: Rules, live: Live, now: datetime, *, gap: bool
) -> Row:
    """A new one is live: the worker owes a window read from now on."""
    kept = replace(
        row,
        subscription_id=live.subscription_id,
        expires_at=live.expires_at,
        live_since=now,
        gap_at=now if gap else row.gap_at,
        sealed_by=live.sealed_by,
        sealed_at=now,
        certificate_id=live.certificate_id,
        client_id=desired.client_id,
        tenant_id=desired.tenant_id,
        webhook_url=rules.webhook_url,
        creating_since=None,
        poll_only_since=None,
        refusal=None,
        lifecycle_due=False,
        missed_due=False,
        patched_at=None,
        attempts=0,
    )
    return replace(kept, due_at=renewal_at(kept, live.expires_at))


def renewed(row: Row, expires_at: datetime, now: datetime) -> Row:
    """Extended, and reauthorised with it."""
    kept = replace(
        row,
        expires_at=expires_at,
        patched_at=now,
        creating_since=None,
        lifecycle_due=False,
        refusal=None,
        attempts=0,
    )
    return replace(kept, due_at=max(renewal_at(kept, expires_at), now + SPACING))


def answered(row: Row, expires_at: datetime, now: datetime) -> Row:
    """Graph still has it: what it could not deliver is now owed by the worker."""
    kept = replace(
        row,
        expires_at=expires_at,
        gap_at=now if row.missed_due else row.gap_at,
        lifecycle_due=False,
        missed_due=False,
        creating_since=None,
        asked_at=now,
        refusal=None,
        attempts=0,
    )
    return replace(kept, due_at=max(renewal_at(kept, expires_at), now))


def lost(row: Row, now: datetime) -> Row:
    """Graph has it no more: `live_since` stays, so that the next one knows of the gap."""
    return replace(
        row,
        subscription_id=None,
        expires_at=None,
        lifecycle_due=False,
        missed_due=False,
        patched_at=None,
        asked_at=now if row.lifecycle_due or row.missed_due else row.asked_at,
        due_at=now,
    )


def waiting(row: Row, until: datetime) -> Row:
    """Nothing is to be done until then; what failed before, a deletion of what is wanted again, say, is not wanted any more."""
    waits = replace(row, creating_since=None, due_at=until)
    return waits if row.poll_only_since is not None else replace(waits, attempts=0, refusal=None)


def put_off(row: Row, now: datetime, wait: float | None, code: str | None) -> Row:
    """Not now: after `wait` seconds, else after a back-off that grows to a quarter of an hour."""
    pause = timedelta(seconds=wait) if wait is not None else backoff(row.attempts, row.room_id)
    return replace(row, attempts=row.attempts + 1, refusal=code, due_at=now + pause)


def refused(
    row: Row, desired: Desired, rules: Rules, now: datetime, code: str, *, final: bool
) -> Row:
    """Graph will not have it: the room is polled, and Graph asked again.

    `final` (the mailbox itself) daily; otherwise (a permission, which may be on its way) after a quarter of an hour,
    an hour, four, sixteen, then daily.
    """
    pause = _DAY if final else min(timedelta(minutes=15) * 4 ** min(row.attempts, 4), _DAY)
    return replace(
        row,
        subscription_id=None,
        expires_at=None,
        creating_since=None,
        poll_only_since=row.poll_only_since or now,
        refusal=code,
        client_id=desired.client_id,
        tenant_id=desired.tenant_id,
        webhook_url=rules.webhook_url,
        attempts=row.attempts + 1,
        due_at=now + pause * (1 + 0.1 * jitter(row.room_id)),
    )


def backoff(attempts: int, room_id: UUID) -> timedelta:
    """2, 4, 8 … seconds up to a quarter of an hour, stretched by up to a quarter, by room and attempt."""
    pause = min(timedelta(seconds=2 << min(attempts, 10)), _LONGEST_BACKOFF)
    each_time_another = UUID(int=(room_id.int + attempts) % 2**128)
    return pause * (1 + 0.25 * jitter(each_time_another))
