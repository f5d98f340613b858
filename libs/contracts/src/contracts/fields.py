"""Field types with their limits, shared by commands and events."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)

MOST_SUBJECT: Final = 255  # Exchange's own limit
MOST_TEXT: Final = 1024
LARGEST: Final = 2**63 - 1

# A control character could not be stored (NUL) or would break a line of somebody's page.
NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f]*$"
_LINES: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"  # the same, but people write lines and tabs


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("there is no such time in UTC") from error


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _cut(text: object) -> object:
    if not isinstance(text, str):
        return text
    clean = "".join(c if c >= " " and c != "\x7f" else " " for c in text)
    return clean[:MOST_SUBJECT]


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_in_utc),
    PlainSerializer(_rfc3339, when_used="json"),
    Field(json_schema_extra={"format": "date-time", "examples": ["2026-11-23T09:30:00Z"]}),
]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Subject = Annotated[str, Field(max_length=MOST_SUBJECT, pattern=NO_CONTROLS)]
CutSubject = Annotated[
    str, Field(max_length=MOST_SUBJECT, pattern=NO_CONTROLS), BeforeValidator(_cut)
]
Text = Annotated[str, Field(max_length=MOST_TEXT, pattern=_LINES)]


class Received(BaseModel):
    """Data somebody sends us: what we do not know is refused, the sender shall notice."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class Sent(BaseModel):
    """Data we send: its readers ignore what they do not know, so it may grow."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        hide_input_in_errors=True,
        json_schema_serialization_defaults_required=True,  # data is always whole
    )
