"""Signing in with Microsoft: what a browser keeps meanwhile, and how it ends otherwise than well."""

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from .wire import Email, Time

LASTS_SECONDS: Final = 600
"""How long a person may stay at Microsoft: as long as a code of Entra's is good."""


LONGEST_TO: Final = 1000
"""Longest address of a page that is gone to after signing in: it lies in the cookie."""


_EMAIL: Final = TypeAdapter[str](Email)


class Away(BaseModel):
    """What the browser holds, sealed, while its person is at Microsoft."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kept: str
    to: Annotated[str, StringConstraints(max_length=LONGEST_TO)]
    ends: Time


class Failure(StrEnum):
    """Why somebody came back without being let in, as the address of the sign-in page names it."""

    CANCELLED = "cancelled"
    DENIED = "denied"
    STALE = "stale"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"
    BROKEN = "broken"

    @property
    def words(self) -> str:
        """What happened and what to do; the same whether or not there is such an account here."""
        return _WORDS[self]


_WORDS: Final = {
    Failure.CANCELLED: "You cancelled at Microsoft. Sign in again whenever you like, or use your password.",
    Failure.DENIED: "Microsoft does not let you use this application. Ask the administrator of your Microsoft 365"
    " to allow it, or sign in with your password.",
    Failure.STALE: "This sign-in took longer than ten minutes, was used already, or began in another browser."
    " Start it again here.",
    Failure.UNKNOWN: "Microsoft has confirmed who you are, but that account is not known here. Ask your administrator"
    " to add you with exactly that address and to see that Test Settings is green, or choose another account.",
    Failure.UNAVAILABLE: "Microsoft does not answer just now. Try again in a minute, or sign in with your password.",
    Failure.BROKEN: "Signing in with Microsoft does not work because of a setting on our side; it is logged."
    " Sign in with your password, and tell whoever runs this service.",
}


def address_of(preferred_username: str) -> str | None:
    """The name as an e-mail address of ours is written; None for what cannot be one."""
    # Other letters than ASCII may become an ASCII one in lower case, and so another's address.
    if not preferred_username.isascii():
        return None
    try:
        return _EMAIL.validate_python(preferred_username)
    except ValidationError:
        return None


NOBODY: Final = UUID(int=0)
"""The place that an Away is sealed for: it belongs to no organisation yet."""
