"""What an administrator is told on every page: the credentials end soon, or Microsoft refuses them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from .integration import Saved, is_failing

_SOON: Final = timedelta(days=60)
_NOW: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Alert:
    """A banner: its words and the step that helps."""

    tone: Literal["soon", "wrong"]
    text: str
    step: str


def alert_of(saved: Saved, now: datetime) -> Alert | None:
    """The banner of this integration; None while there is nothing to say."""
    if not saved.enabled:
        return None
    if is_failing(saved):
        return Alert(
            "wrong",
            "Microsoft refuses the saved credentials: calendars are not followed. Rooms and bookings are kept.",
            "See the cause",
        )
    ends = saved.expires_at
    if ends is None or ends - now > _SOON:
        return None
    what = "certificate" if saved.certificate_thumbprint else "client secret"
    if ends <= now:
        return Alert("wrong", f"The {what} ended on {ends.day} {ends:%B %Y}.", "Renew it")
    days = (ends - now).days
    left = "in less than a day" if days == 0 else f"in {days} day{'s' * (days > 1)}"
    return Alert(
        "wrong" if ends - now <= _NOW else "soon",
        f"The {what} ends {left}, on {ends.day} {ends:%B %Y}. Nothing stops while you renew it.",
        "Renew it",
    )
