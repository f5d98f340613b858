"""What goes out on `clearooms.events`: state, not events (design law 5, §4.4, §4.5)."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, assert_never, cast
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from .cloudevents import SOURCE, CloudEvent, decode, encode
from .fields import Count, CutSubject, Instant, Sent, Text
from .identity import booking_event_id, booking_subject
from .routing import BookingStatus, EventKey

Origin: TypeAlias = Literal["outlook", "clearooms"]
RejectionReason: TypeAlias = Literal[
    "overlap",
    "stale",
    "room_unknown",
    "room_declined",
    "room_no_answer",
    "organizer_unreachable",
    "outside_window",
    "unknown_booking",
    "superseded",
    "expired",
    "invalid",
    "integration_off",
]
UnreachableReason: TypeAlias = Literal[
    "mailbox_gone",
    "mailbox_unsupported",  # on-premises, unlicensed or without a mailbox: Graph does not tell which
    "unlicensed",
    "on_premises",
    "forbidden",
]
WarningDays: TypeAlias = Literal[60, 30, 14, 7, 3, 1]


class Organizer(Sent):
    """Who holds the meeting; some have no address."""

    name: Annotated[str, Field(max_length=256), BeforeValidator(lambda name: _short(name, 256))]
    email: Annotated[
        str | None, Field(max_length=320), BeforeValidator(lambda email: _short(email, 320) or None)
    ] = None


def _short(text: object, most: int) -> object:
    return text[:most] if isinstance(text, str) else text


class Booking(Sent):
    """A booking, whole: the highest version per room and booking is the truth."""

    id: UUID
    room_id: UUID
    start: Instant
    end: Instant
    all_day: bool = False
    time_zone: Annotated[str, Field(max_length=128)]
    subject: CutSubject
    organizer: Organizer
    status: BookingStatus
    origin: Origin
    series_id: UUID | None = None
    original_start: Instant | None = None
    version: Annotated[Count, Field(description="the room's counter when the booking changed last")]


class Alternative(Sent):
    """A room and a slot that were free when the command was refused."""

    room_id: UUID
    start: Instant
    end: Instant


class CommandResult(Sent):
    """The one terminal result of a command; a repeated command gets the same again."""

    command_id: Annotated[str, Field(max_length=256, description="the command's CloudEvents id")]
    command_source: Annotated[str, Field(max_length=512)]
    outcome: Literal["accepted", "rejected"]
    booking_id: UUID | None = None
    room_id: UUID | None = None
    version: Count | None = None
    reason: RejectionReason | None = None
    text: Text = ""
    alternatives: Annotated[tuple[Alternative, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if (self.reason is None) != (self.outcome == "accepted"):
            raise ValueError("a reason belongs to a rejected command and to no other")
        return self


class RoomSynced(Sent):
    """The first load of a room has finished."""

    room_id: UUID
    bookings: Count


class RoomUnreachable(Sent):
    """The room's mailbox cannot be read."""

    room_id: UUID
    reason: UnreachableReason
    text: Text = ""


class IntegrationOk(Sent):
    """The organisation's credentials work (again)."""


class IntegrationFailing(Sent):
    """The organisation's credentials do not work; nothing is lost meanwhile."""

    code: Annotated[str, Field(max_length=64)]
    text: Text = ""
    since: Instant


class IntegrationSecretExpiring(Sent):
    """The client secret ends soon; `days` is the warning this message is."""

    expires_at: Instant
    days: WarningDays


Event: TypeAlias = (
    Booking
    | CommandResult
    | RoomSynced
    | RoomUnreachable
    | IntegrationOk
    | IntegrationFailing
    | IntegrationSecretExpiring
)
BOOKING_TYPE: Final = "com.clearooms.booking.v1"
EVENT_TYPES: Final[dict[str, type[Event]]] = {
    BOOKING_TYPE: Booking,
    "com.clearooms.command.accepted.v1": CommandResult,
    "com.clearooms.command.rejected.v1": CommandResult,
    "com.clearooms.room.synced.v1": RoomSynced,
    "com.clearooms.room.unreachable.v1": RoomUnreachable,
    "com.clearooms.integration.ok.v1": IntegrationOk,
    "com.clearooms.integration.failing.v1": IntegrationFailing,
    "com.clearooms.integration.secret_expiring.v1": IntegrationSecretExpiring,
}
_envelopes: Final[dict[str, type[CloudEvent[Any]]]] = {
    name: CloudEvent[model]  # type: ignore[valid-type] # a model chosen at run time
    for name, model in EVENT_TYPES.items()
}

Message: TypeAlias = tuple[EventKey, bytes]


def booking_event(
    booking: Booking,
    *,
    organisation_id: UUID,
    version: int,
    time: datetime,
    id: UUID | None = None,  # noqa: A002 — the attribute's name in CloudEvents
    traceparent: str | None = None,
) -> Message:
    """Routing key and body; without an id the one that every repeat of this version gets."""
    if version != booking.version:
        raise ValueError("the message's version is the booking's")
    key: EventKey = f"booking.{booking.status}"  # type: ignore[assignment] # mypy does not join literals
    body = encode(
        booking,
        type_=BOOKING_TYPE,
        message_id=str(id or booking_event_id(booking.room_id, booking.id, version)),
        source=SOURCE,
        subject=booking_subject(booking.room_id, booking.id),
        time=time,
        organisation_id=organisation_id,
        sequence=version,
        traceparent=traceparent,
    )
    return key, body


def command_result_event(
    result: CommandResult,
    *,
    organisation_id: UUID,
    time: datetime,
    id: UUID,  # noqa: A002 — the attribute's name in CloudEvents
    traceparent: str | None = None,
) -> Message:
    """Routing key and body of `command.accepted` or `command.rejected`."""
    key: EventKey = "command.accepted" if result.outcome == "accepted" else "command.rejected"
    subject = None
    if result.booking_id is not None and result.room_id is not None:
        subject = booking_subject(result.room_id, result.booking_id)
    elif result.room_id is not None:
        subject = f"rooms/{result.room_id}"
    return key, _plain(result, key, subject, organisation_id, time, id, traceparent)


def room_event(
    notice: RoomSynced | RoomUnreachable,
    *,
    organisation_id: UUID,
    time: datetime,
    id: UUID,  # noqa: A002 — the attribute's name in CloudEvents
) -> Message:
    """Routing key and body of `room.synced` or `room.unreachable`."""
    key: EventKey = "room.synced" if isinstance(notice, RoomSynced) else "room.unreachable"
    return key, _plain(notice, key, f"rooms/{notice.room_id}", organisation_id, time, id)


def integration_event(
    notice: IntegrationOk | IntegrationFailing | IntegrationSecretExpiring,
    *,
    organisation_id: UUID,
    time: datetime,
    id: UUID,  # noqa: A002 — the attribute's name in CloudEvents
) -> Message:
    """Routing key and body of the `integration.*` messages."""
    key: EventKey
    match notice:
        case IntegrationOk():
            key = "integration.ok"
        case IntegrationFailing():
            key = "integration.failing"
        case IntegrationSecretExpiring():
            key = "integration.secret_expiring"
        case _:
            assert_never(notice)
    return key, _plain(notice, key, "integration", organisation_id, time, id)


def _plain(
    data: Event,
    key: EventKey,
    subject: str | None,
    organisation_id: UUID,
    time: datetime,
    message_id: UUID,
    traceparent: str | None = None,
) -> bytes:
    return encode(
        data,
        type_=f"com.clearooms.{key}.v1",
        message_id=str(message_id),
        source=SOURCE,
        subject=subject,
        time=time,
        organisation_id=organisation_id,
        traceparent=traceparent,
    )


def decode_event(body: bytes) -> CloudEvent[Event]:
    """An outgoing message, its data as the model its type names; raises Undecodable."""
    return cast("CloudEvent[Event]", decode(body, _envelopes))
