"""(What is known of an organisation's credentials, what a look showed, now) → what to say and when to look again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from contracts.events import WarningDays

WARNINGS: Final[tuple[WarningDays, ...]] = (60, 30, 14, 7, 3, 1)
_LOOK_AGAIN: Final = timedelta(days=1)
_RETRY: Final = timedelta(hours=1)
_UNCLEAR: Final = timedelta(minutes=10)
_SAME: Final = timedelta(days=1)  # Graph's date and the one typed in differ by as much


@dataclass(frozen=True, slots=True)
class Watched:
    """An integration, and what we know of its credentials; ours until the lease ends.

    `expires_at` was found for `watched_revision`; of the expiry `warned_for` the warning `warned_days` was said last.
    """

    organisation_id: UUID
    tenant_id: UUID
    client_id: UUID
    revision: int
    enabled: bool
    epoch: int = 0
    expires_at: datetime | None = None
    watched_revision: int | None = None
    looked_at: datetime | None = None
    failing_since: datetime | None = None
    failing_revision: int | None = None
    retry_at: datetime | None = None
    warned_days: int | None = None
    warned_for: datetime | None = None

    def may_call(self, now: datetime) -> bool:
        """Whether Microsoft may be asked: not while switched off, nor soon after it refused these very credentials."""
        refused = self.failing_since is not None and self.failing_revision == self.revision
        return self.enabled and not (refused and self.retry_at is not None and self.retry_at > now)


@dataclass(frozen=True, slots=True)
class Works:
    """Entra gives a token; `expires_at` where Graph or the certificate tells."""

    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Entra gives none, with this code."""

    code: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nothing was found out: nobody answered, or nobody was asked."""


Look: TypeAlias = Works | Refused | Unclear


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known now; `warning` is to be said once, `due_at` None means not before something changes."""

    expires_at: datetime | None
    looked_at: datetime | None
    warning: WarningDays | None
    warned_days: int | None
    warned_for: datetime | None
    due_at: datetime | None


def judge(watched: Watched, look: Look, typed: datetime | None, now: datetime) -> Verdict:
    """The verdict on a look; `typed` is the expiry that an administrator entered."""
    known = watched.expires_at if watched.watched_revision == watched.revision else None
    told = look.expires_at if isinstance(look, Works) else None
    expires_at = told or known or typed
    warning = warning_due(watched, expires_at, now) if watched.enabled else None
    return Verdict(
        expires_at=expires_at,
        looked_at=watched.looked_at if isinstance(look, Unclear) else now,
        warning=warning,
        warned_days=warning or watched.warned_days,
        warned_for=expires_at if warning else watched.warned_for,
        due_at=_due(watched, look, expires_at, now) if watched.enabled else None,
    )


def warning_due(watched: Watched, expires_at: datetime | None, now: datetime) -> WarningDays | None:
    """The nearest threshold passed, if it was not said yet; what was missed before it is not made up for."""
    if expires_at is None or expires_at <= now:
        return None
    passed = [days for days in WARNINGS if expires_at - timedelta(days=days) <= now]
    if not passed:
        return None
    nearest = passed[-1]
    same_series = watched.warned_for is not None and expires_at <= watched.warned_for + _SAME
    said = same_series and watched.warned_days is not None and watched.warned_days <= nearest
    return None if said else nearest


def _due(watched: Watched, look: Look, expires_at: datetime | None, now: datetime) -> datetime:
    return min([_next_look(watched, look, now), *_thresholds(expires_at, now)])


def _next_look(watched: Watched, look: Look, now: datetime) -> datetime:
    match look:
        case Works():
            return now + _LOOK_AGAIN
        case Refused():
            return now + _RETRY
        case Unclear():
            allowed = watched.retry_at if not watched.may_call(now) else None
            return allowed or now + _UNCLEAR
        case _:
            assert_never(look)


def _thresholds(expires_at: datetime | None, now: datetime) -> Iterator[datetime]:
    if expires_at is not None:
        for days in WARNINGS:
            if (at := expires_at - timedelta(days=days)) > now:
                yield at
