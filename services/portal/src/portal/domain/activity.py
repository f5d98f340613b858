"""What the sync did lately in an organisation, and the double bookings that are open."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.events import Booking

from .wire import Body, Resource, Time


class LinesAsked(Body):
    """What is older than the id `before`, newest first."""

    before: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class ActivityEntry(Resource):
    """One thing that the sync did: ids, times and codes; `room` is its name, null once the room is removed."""

    id: int
    at: Time
    entry: str
    version: int | None
    room_id: UUID
    room: str | None
    booking_id: UUID | None
    detail: dict[str, str | int | bool | None]


class Conflict(Resource):
    """Two bookings that overlap in a room, found at `since`; `time_zone` is the office's."""

    id: int
    room_id: UUID
    room: str
    time_zone: str
    since: Time
    bookings: tuple[Booking, Booking]
