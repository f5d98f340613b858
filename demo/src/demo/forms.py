"""What the page's forms say: days and spans in the office's wall time, meetings for Outlook, bookings for the platform."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from . import recurrence, tenant
from .entries import utc
from .outlook import NewMeeting
from .rooms import ImportedRoom


class BadRequest(Exception):
    """What the page sent cannot be done; the text is for its reader."""


async def body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object that was sent."""
    if request.content_type != "application/json":
        raise BadRequest("Send JSON.")
    try:
        sent = await request.json()
    except ValueError as error:
        raise BadRequest("Send JSON.") from error
    if not isinstance(sent, dict):
        raise BadRequest("Send a JSON object.")
    return sent


def meeting(asked: Mapping[str, Any], room: ImportedRoom) -> NewMeeting:
    """Return a new meeting in Outlook; `direct` is one in the room's own calendar."""
    organizer = None if asked.get("direct") else str(asked.get("organizer"))
    if organizer is not None and organizer not in {person.address for person in tenant.PEOPLE}:
        raise BadRequest("Choose who organises it.")
    if asked.get("all_day"):
        start, end = room.bounds(day(str(asked.get("day"))))
    else:
        start, end = span(asked, room)
    return NewMeeting(
        _subject(asked),
        organizer,
        start,
        end,
        all_day=bool(asked.get("all_day")),
        private=bool(asked.get("private")),
        recurrence=recurrence.asked(
            asked.get("repeat"), start.astimezone(room.zone).date(), room.office.time_zone
        ),
    )


def booking(asked: Mapping[str, Any], room: ImportedRoom) -> dict[str, Any]:
    """Return a new booking as the portal takes it."""
    start, end = span(asked, room)
    organizer = asked.get("organizer")
    if not isinstance(organizer, dict) or not (organizer.get("name") and organizer.get("email")):
        raise BadRequest("Say who organises it: a guest needs a name and an address.")
    return {
        "booking_id": asked.get("booking_id"),
        "start": utc(start),
        "end": utc(end),
        "subject": _subject(asked),
        "organizer": {"name": organizer["name"], "email": organizer["email"]},
    }


def change(asked: Mapping[str, Any], room: ImportedRoom) -> dict[str, Any]:
    """Return a change of a booking as the portal takes it: only what was changed, so that the rest can be merged."""
    changed: dict[str, Any] = {"base_version": asked.get("version")}
    if "start" in asked:
        start, end = span(asked, room)
        changed |= {"start": utc(start), "end": utc(end)}
    if "subject" in asked:
        changed["subject"] = _subject(asked)
    return changed


def span(asked: Mapping[str, Any], room: ImportedRoom) -> tuple[datetime, datetime]:
    """Return start and end."""
    try:
        start = room.instant(day(str(asked["day"])), time.fromisoformat(str(asked["start"])))
        minutes = int(asked["minutes"])
    except (KeyError, ValueError) as error:
        raise BadRequest("Choose a start and a length.") from error
    if not 5 <= minutes <= 24 * 60:
        raise BadRequest("A meeting lasts 5 minutes to a day.")
    return start, start + timedelta(minutes=minutes)


def day(text: str) -> date:
    """Return a day."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("Choose a day.") from error


def wall(text: str, room: ImportedRoom) -> datetime:
    """Return the instant of a wall time that the page has shown."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=room.zone)
    except ValueError as error:
        raise BadRequest("Say when the meeting starts.") from error


def _subject(asked: Mapping[str, Any]) -> str:
    subject = str(asked.get("subject") or "").strip()
    if not subject:
        raise BadRequest("It needs a subject.")
    return subject
