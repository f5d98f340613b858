"""What the forms of bookings have in common: what was typed or pressed, and what the sync says to it."""

from collections.abc import Awaitable, Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from contracts.events import Booking
from pgstore import DatabaseUnavailable

from ..domain.booking_form import Instead, fields_of, written
from ..domain.booking_times import span_in_words
from ..domain.bookings import BookingAsked
from ..domain.refusal import Reason, Refusal
from ..domain.rejections import advice
from .house import House
from .table import Answer, Redirect, View, Visit

Typed = Mapping[str, str]
_LABELS: Final = {
    "subject": "Subject", "room_id": "Room", "day": "Day", "date": "Day", "start": "Start", "end": "End",
    "end_day": "Last day", "repeat": "Repeats", "every": "Every", "times": "Meetings", "until": "Last day",
    "for_name": "Name", "for_email": "E-mail address", "reason": "Reason", "instead": "This",
}  # fmt: skip


def taken(visit: Visit, house: House) -> tuple[dict[str, str], datetime | None]:
    """What was typed, with the alternative that was pressed in its place, and since when this waits for an answer."""
    typed = dict(visit.typed)
    since = _moment(typed.pop("since", ""))
    instead = typed.pop("instead", "")
    if instead:
        chosen = Instead.read(instead)
        typed |= fields_of(
            chosen.room_id, chosen.start, chosen.end, house.zone(chosen.room_id),
            all_day=bool(typed.get("all_day")),
        )  # fmt: skip
    return typed, since


async def answered(asking: Awaitable[Booking | BookingAsked]) -> Booking | BookingAsked:
    """The answer; without the database a refusal, so that the form shows again what was typed."""
    try:
        return await asking
    except DatabaseUnavailable as error:
        raise Refusal(
            Reason.UNAVAILABLE, "The database is away for a moment.", retry_after=2
        ) from error


def is_open(found: Booking | BookingAsked) -> bool:
    """Whether the room has not answered yet."""
    return isinstance(found, BookingAsked) and found.status == "pending"


def said(house: House, typed: Typed, refusal: Refusal | None) -> dict[str, object]:
    """What the templates show of a refusal, and where times belong."""
    rejection = refusal.rejection if refusal else None
    day = day_of(typed)
    return {
        "typed": typed,
        "house": house,
        "zone": house.zone(typed.get("room_id")).key,
        "labels": _LABELS,
        "advice": advice(rejection),
        "reason": rejection.reason if rejection else None,
        "alternatives": [
            (
                written(each.room_id, each.start, each.end),
                house.name(each.room_id),
                span_in_words(each.start, each.end, house.zone(each.room_id), day),
            )
            for each in (rejection.alternatives if rejection else ())
        ],
    }


def day_of(typed: Typed) -> date | None:
    """The day as typed; None for what is none."""
    try:
        return date.fromisoformat(typed.get("day", ""))
    except ValueError:
        return None


def done(visit: Visit, say: str, to: str, booking_id: UUID | None = None) -> Answer:
    """Say it: in the panel, which closes, or on the calendar's page."""
    if visit.partial:
        return View("booking_done.html", {"say": say, "booking_id": booking_id})
    return Redirect(to, say=say)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
