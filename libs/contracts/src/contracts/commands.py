"""What the platform and the portal ask of the sync worker (design §4.4)."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, cast
from uuid import UUID

from pydantic import Field, model_validator

from .cloudevents import CloudEvent, decode, encode
from .fields import NO_CONTROLS, Count, Instant, Received, Subject, Text

_EMAIL: Final = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$"

Scope: TypeAlias = Literal["this", "series"]
Sequence = Annotated[
    Count, Field(description="rises per (source, booking); gaps are not waited for")
]
NotAfter = Annotated[
    Instant | None, Field(description="when this has passed the command is rejected as expired")
]
BaseVersion = Annotated[
    Count, Field(description="the version of the booking on which the user decided")
]


class Person(Received):
    """Who books."""

    name: Annotated[str, Field(min_length=1, max_length=256, pattern=NO_CONTROLS)]
    email: Annotated[str, Field(min_length=3, max_length=320, pattern=_EMAIL)]


class Book(Received):
    """Make a booking, or a series if there is a recurrence; the sender chooses the id."""

    booking_id: Annotated[UUID, Field(description="with a recurrence: the id of the series")]
    room_id: UUID
    sequence: Sequence
    start: Instant
    end: Instant
    all_day: bool = False
    time_zone: Annotated[
        str | None, Field(max_length=64, pattern=r"^[A-Za-z0-9_+\-/]+$", description="IANA name")
    ] = None
    subject: Subject
    organizer: Person
    recurrence: Annotated[
        str | None,
        Field(
            max_length=500,
            pattern=r"^FREQ=[A-Z]+(;[A-Z]+=[A-Za-z0-9,+\-]+)*$",
            description="RFC 5545 RRULE value within what Graph expresses",
        ),
    ] = None
    not_after: NotAfter = None

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must be later than start")
        return self


class Change(Received):
    """Change any of start, end, subject, room; Outlook wins where both sides changed a field."""

    booking_id: UUID
    sequence: Sequence
    base_version: BaseVersion
    start: Instant | None = None
    end: Instant | None = None
    subject: Subject | None = None
    room_id: UUID | None = None
    scope: Scope = "this"
    not_after: NotAfter = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.start is None and self.end is None and self.subject is None and not self.room_id:
            raise ValueError("one of start, end, subject, room_id is needed")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("end must be later than start")
        return self


class Cancel(Received):
    """Cancel a booking; beats an edit made meanwhile."""

    booking_id: UUID
    sequence: Sequence
    base_version: BaseVersion | None = None
    reason: Text
    scope: Scope = "this"
    not_after: NotAfter = None


class Resync(Received):
    """Read the whole window of a room again."""

    room_id: UUID
    not_after: NotAfter = None


Command: TypeAlias = Book | Change | Cancel | Resync

COMMAND_TYPES: Final[dict[str, type[Command]]] = {
    "com.clearooms.command.book.v1": Book,
    "com.clearooms.command.change.v1": Change,
    "com.clearooms.command.cancel.v1": Cancel,
    "com.clearooms.command.resync.v1": Resync,
}
_type_of: Final = {model: name for name, model in COMMAND_TYPES.items()}
_envelopes: Final[dict[str, type[CloudEvent[Any]]]] = {
    "com.clearooms.command.book.v1": CloudEvent[Book],
    "com.clearooms.command.change.v1": CloudEvent[Change],
    "com.clearooms.command.cancel.v1": CloudEvent[Cancel],
    "com.clearooms.command.resync.v1": CloudEvent[Resync],
}


def encode_command(
    command: Command,
    *,
    organisation_id: UUID,
    source: str,
    time: datetime,
    message_id: str,
    traceparent: str | None = None,
) -> bytes:
    """The message body for `clearooms.commands`; `source` names the sender, who counts `sequence`."""
    return encode(
        command,
        type_=_type_of[type(command)],
        message_id=message_id,
        source=source,
        subject=None,
        time=time,
        organisation_id=organisation_id,
        traceparent=traceparent,
    )


def decode_command(body: bytes) -> CloudEvent[Command]:
    """A command with its envelope; raises Undecodable."""
    return cast("CloudEvent[Command]", decode(body, _envelopes))
