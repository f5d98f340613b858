"""What a refusal by the platform says on the page: why, what to do, and what is free instead. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict
from uuid import UUID

from .entries import moment
from .rooms import ImportedRoom

_ADVICE = {
    "overlap": "Choose another time or room.",
    "stale": "Below is how it is now; save again if you still want your change.",
    "room_unknown": "Choose another room.",
    "room_declined": "Choose another time or room.",
    "room_no_answer": "Try again, or look into the room's calendar in Outlook.",
    "outside_window": "Choose another day.",
    "unknown_booking": "It may just have been cancelled: load the day again.",
    "superseded": "Look at the booking, then change it again.",
    "expired": "Nothing was changed: try again.",
    "integration_off": "An administrator can switch the integration on again.",
}


class Offer(TypedDict):
    """A room and a slot that can be booked instead, in the office's wall time."""

    room_id: str
    room_name: str
    start: str
    end: str
    minutes: int


class Refusal(TypedDict):
    """Why not, what to do about it, and the alternatives."""

    reason: str | None
    detail: str
    advice: str
    alternatives: list[Offer]


def refusal(
    reason: str | None,
    text: str,
    alternatives: Iterable[Mapping[str, Any]],
    rooms: Mapping[UUID, ImportedRoom],
) -> Refusal:
    """Put the platform's reason, its text and its alternatives into words for the page."""
    offers = [
        _offer(each, room)
        for each in alternatives
        if (room := rooms.get(UUID(each["room_id"]))) is not None
    ]
    advice = _ADVICE.get(reason or "", "")
    return Refusal(reason=reason, detail=text, advice=advice, alternatives=offers)


def of_problem(problem: Mapping[str, Any], rooms: Mapping[UUID, ImportedRoom]) -> Refusal:
    """Return the same for a problem document of the portal, whose fields are named if they are to blame."""
    fields = "; ".join(
        f"{each['field']}: {each['message']}" for each in problem.get("errors") or ()
    )
    return refusal(
        problem.get("reason"),
        fields or str(problem.get("detail") or "The platform refuses this."),
        problem.get("alternatives") or (),
        rooms,
    )


def _offer(alternative: Mapping[str, Any], room: ImportedRoom) -> Offer:
    start, end = moment(alternative["start"]), moment(alternative["end"])
    return Offer(
        room_id=str(room.id),
        room_name=room.room.name,
        start=room.wall(start),
        end=room.wall(end),
        minutes=round((end - start).total_seconds() / 60),
    )
