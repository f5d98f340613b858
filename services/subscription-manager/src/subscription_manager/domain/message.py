"""What is said of an organisation's credentials: as a message for the platform, and in words for a chat."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, assert_never, cast
from uuid import UUID, uuid5

from contracts.events import (
    IntegrationFailing,
    IntegrationOk,
    IntegrationSecretExpiring,
    Message,
    WarningDays,
    integration_event,
)
from contracts.identity import NAMESPACE
from contracts.remedies import remedy

Way: TypeAlias = Literal["events", "chat"]
Kind: TypeAlias = Literal["ok", "failing", "secret_expiring"]

_PATIENCE: Final = timedelta(days=1)
_LONGEST_PAUSE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Owed:
    """A row of `integration_messages`; `attempts` counts this one."""

    number: int
    organisation_id: UUID
    way: Way
    kind: Kind
    at: datetime
    code: str | None
    expires_at: datetime | None
    days: int | None
    attempts: int


def event_of(owed: Owed) -> Message:
    """Routing key and body; a repeat has the same id."""
    return integration_event(
        _notice(owed),
        organisation_id=owed.organisation_id,
        time=owed.at,
        id=uuid5(NAMESPACE, f"integrations/{owed.organisation_id}/{owed.number}"),
    )


def words_of(owed: Owed, portal_url: str) -> str:
    """For people; names nobody and no tenant."""
    return f"{_words(owed)} {portal_url}".rstrip()


def _words(owed: Owed) -> str:
    notice = _notice(owed)
    match notice:
        case IntegrationSecretExpiring():
            days = max((notice.expires_at.date() - owed.at.date()).days, 0)
            return (
                f"The secret of the Office 365 integration ends on {notice.expires_at:%d %B %Y}, in {days} days."
                " Create a new one in Entra and paste it in Clearooms: nothing stops meanwhile."
            )
        case IntegrationFailing():
            return f"Microsoft refuses the Office 365 integration ({notice.code}). {notice.text}"
        case IntegrationOk():
            return "The Office 365 integration works."
        case _:
            assert_never(notice)


def pause_after(owed: Owed, now: datetime) -> timedelta | None:
    """How long to wait after a post that did not arrive; None to give it up."""
    if now - owed.at >= _PATIENCE:
        return None
    return min(timedelta(seconds=15 * 2 ** min(owed.attempts, 10)), _LONGEST_PAUSE)


def _notice(owed: Owed) -> IntegrationOk | IntegrationFailing | IntegrationSecretExpiring:
    match owed.kind:
        case "ok":
            return IntegrationOk()
        case "failing":
            code = owed.code or "unknown"
            return IntegrationFailing(code=code, text=remedy(code), since=owed.at)
        case "secret_expiring":
            if owed.expires_at is None or owed.days is None:
                raise ValueError("a warning without its date")
            return IntegrationSecretExpiring(
                expires_at=owed.expires_at, days=cast("WarningDays", owed.days)
            )
