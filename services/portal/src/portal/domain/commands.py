"""What the portal asks of the sync worker, and what the worker's refusals mean to a caller."""

from datetime import UTC, datetime, timedelta
from typing import Final, assert_never
from uuid import UUID, uuid5

from contracts.commands import Book, Cancel, Change, Command, Person, Resync
from contracts.events import CommandResult
from contracts.identity import NAMESPACE

from .bookings import BookingCancellation, BookingChange, NewBooking, NewOrganizer
from .caller import Acting
from .refusal import Reason, Refusal, invalid

SOURCE: Final = "/clearooms/portal"
LASTS: Final = timedelta(minutes=15)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NAME: Final = 256
_RETRY_SECONDS: Final = 2


def book_command_id(organisation_id: UUID, booking_id: UUID) -> UUID:
    """Id of the command that makes a booking: the client's repeat is the same command."""
    return uuid5(NAMESPACE, f"portal/book/{organisation_id}/{booking_id}")


def sequence_at(now: datetime) -> int:
    """Microseconds since 1970: rises over replicas and restarts without a counter."""
    return (now - _EPOCH) // timedelta(microseconds=1)


def book(by: Acting, room_id: UUID, new: NewBooking, time_zone: str, now: datetime) -> Book:
    """The command that makes the booking; refuses one of the operator's for nobody."""
    return Book(
        booking_id=new.booking_id,
        room_id=room_id,
        sequence=sequence_at(now),
        start=new.start,
        end=new.end,
        all_day=new.all_day,
        time_zone=new.time_zone or time_zone,
        subject=new.subject,
        organizer=_organizer(by, new.organizer),
        recurrence=new.recurrence,
        not_after=now + LASTS,
    )


def change(booking_id: UUID, asked: BookingChange, now: datetime) -> Change:
    """The command that changes the booking."""
    return Change(
        booking_id=booking_id,
        sequence=sequence_at(now),
        base_version=asked.base_version,
        start=asked.start,
        end=asked.end,
        subject=asked.subject,
        room_id=asked.room_id,
        scope=asked.scope,
        not_after=now + LASTS,
    )


def cancel(booking_id: UUID, asked: BookingCancellation, now: datetime) -> Cancel:
    """The command that cancels the booking."""
    return Cancel(
        booking_id=booking_id,
        sequence=sequence_at(now),
        base_version=asked.base_version,
        reason=asked.reason,
        scope=asked.scope,
        not_after=now + LASTS,
    )


def refused(result: CommandResult) -> Refusal:
    """What the worker's refusal is to the caller, with its reason and alternatives."""
    match result.reason:
        case "unknown_booking" | "room_unknown":
            reason = Reason.NOT_FOUND
        case "invalid":
            reason = Reason.INVALID
        case _:
            reason = Reason.CONFLICT
    return Refusal(reason, result.text or "The sync refused this.", rejection=result)


def unconfirmed(command: Command) -> Refusal:
    """The bus did not confirm, and the command may arrive all the same: what a repeat would do."""
    match command:
        case Book():
            advice = f"Repeating it with booking_id {command.booking_id} is safe."
        case Change():
            advice = "Look at the booking before you repeat it."
        case Cancel() | Resync():
            advice = "Repeating it is safe."
        case _:
            assert_never(command)
    return Refusal(
        Reason.UNAVAILABLE,
        f"It is not certain that this reached the sync; it may have arrived all the same. {advice}",
        retry_after=_RETRY_SECONDS,
    )


def _organizer(by: Acting, given: NewOrganizer | None) -> Person:
    if given is not None:
        return Person(name=given.name, email=given.email)
    if by.email is None:
        raise invalid("organizer", "the operator says for whom")
    return Person(name=by.email.partition("@")[0][:_LONGEST_NAME], email=by.email)
