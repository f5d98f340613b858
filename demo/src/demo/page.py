"""The demo's one page: its files, what it asks, what it changes in Outlook, and its live stream."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from importlib.resources import files
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web
from aiohttp_sse import sse_response

from . import recurrence, tenant
from .audience import Audience
from .cloud import CloudRefused
from .entries import Entry, busy_text, of_booking, touches
from .outlook import NewMeeting, Outlook
from .portal_client import Portal, PortalRefused
from .rooms import ImportedRoom
from .stopwatch import Action, Saved, Stopwatch

_STATIC = files(__package__) / "static"
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class BadRequest(Exception):
    """What the page sent cannot be done; the text is for its reader."""


@dataclass(slots=True)
class Page:
    """Serves one browser page over the two sides."""

    outlook: Outlook
    portal: Portal
    rooms: Mapping[UUID, ImportedRoom]
    audience: Audience
    stopwatch: Stopwatch
    now: Callable[[], datetime]

    def application(self) -> web.Application:
        """Return the routes."""
        app = web.Application(middlewares=[_guarded])
        app.add_routes(
            [
                web.get("/", _index),
                web.get("/static/{name}", _static),
                web.get("/api/setup", self._setup),
                web.get("/api/day", self._day),
                web.get("/api/now", self._availability),
                web.get("/api/stream", self._stream),
                web.post("/api/outlook/{room}/meetings", self._book),
                web.patch("/api/outlook/{room}/meetings/{event}", self._move),
                web.delete("/api/outlook/{room}/meetings/{event}", self._cancel),
            ]
        )
        return app

    async def _setup(self, _: web.Request) -> web.Response:
        offices = []
        for office in tenant.OFFICES:
            rooms = [room for room in self.rooms.values() if room.office is office]
            offices.append(
                {
                    "name": office.name,
                    "time_zone": office.time_zone,
                    "rooms": [
                        {
                            "id": str(room.id),
                            "name": room.room.name,
                            "capacity": room.room.capacity,
                            "building": office.building,
                            "floor": room.room.floor,
                        }
                        for room in rooms
                    ],
                }
            )
        people = [{"name": person.name, "address": person.address} for person in tenant.PEOPLE]
        return web.json_response({"offices": offices, "people": people})

    async def _day(self, request: web.Request) -> web.Response:
        room = self._room(request.query.get("room", ""))
        day = _date(request.query.get("day", ""))
        start, end = room.bounds(day)
        answer: dict[str, Any] = {"outlook": await self.outlook.meetings(room, start, end)}
        if request.query.get("side") != "outlook":
            answer["platform"] = await self._bookings(room, day)
        return web.json_response(answer)

    async def _bookings(self, room: ImportedRoom, day: date) -> list[Entry]:
        start, end = room.bounds(day)
        path = f"/api/rooms/{room.id}/bookings?from={_utc(start)}&to={_utc(end)}"
        entries = [of_booking(booking, room) for booking in await self.portal.items(path)]
        return [entry for entry in entries if touches(entry, day)]

    async def _availability(self, _: web.Request) -> web.Response:
        now = self.now()
        states = {}
        for room in self.rooms.values():
            today = await self._bookings(room, now.astimezone(room.zone).date())
            busy, text = busy_text(today, room.wall(now))
            states[str(room.id)] = {"busy": busy, "text": text}
        return web.json_response({"rooms": states})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        async with sse_response(request, headers=_HEADERS) as response:
            with self.audience.seat() as queue:
                await response.send(_json({"lags": list(self.stopwatch.lags_ms)}), event="hello")
                await response.send(_json({"live": self.audience.live}), event="upstream")
                while response.is_connected() and (waiting := await queue.get()) is not None:
                    event, data = waiting
                    await response.send(_json(data), event=event)
        return response

    async def _book(self, request: web.Request) -> web.Response:
        room = self._room(request.match_info["room"])
        asked = await _body(request)
        meeting = _meeting(asked, room)
        saved_at = time.perf_counter()
        made = await self.outlook.book(room, meeting)
        self._saved(room, "booked", meeting.start, saved_at)
        return web.json_response(made, status=201)

    async def _move(self, request: web.Request) -> web.Response:
        room = self._room(request.match_info["room"])
        asked = await _body(request)
        start, end = _span(asked, room)
        saved_at = time.perf_counter()
        await self.outlook.move(room, request.match_info["event"], start, end)
        self._saved(room, "moved", start, saved_at)
        return web.Response(status=204)

    async def _cancel(self, request: web.Request) -> web.Response:
        room = self._room(request.match_info["room"])
        start = _starting(request, room)  # which one the reader saw, so that its end can be timed
        saved_at = time.perf_counter()
        await self.outlook.cancel(room, request.match_info["event"])
        self._saved(room, "cancelled", start, saved_at)
        return web.Response(status=204)

    def _saved(self, room: ImportedRoom, action: Action, start: datetime, at: float) -> None:
        self.stopwatch.start(Saved(room.id, action, start, at))
        self.audience.tell("outlook", {"room_id": str(room.id)})

    def _room(self, text: str) -> ImportedRoom:
        with suppress(ValueError):
            if (room := self.rooms.get(UUID(text))) is not None:
                return room
        raise BadRequest("There is no such room.")


@web.middleware
async def _guarded(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    # Another site's page must not book meetings through the browser of whoever runs the demo.
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        return web.json_response({"detail": "Only this page may ask."}, status=403)
    try:
        response = await handler(request)
    except BadRequest as error:
        response = web.json_response({"detail": str(error)}, status=400)
    except CloudRefused as error:
        response = web.json_response({"detail": f"Outlook refuses: {error}"}, status=409)
    except PortalRefused as error:
        response = web.json_response(
            {"detail": f"The platform refuses: {error.detail}"}, status=502
        )
    except (aiohttp.ClientError, TimeoutError, OSError):
        response = web.json_response({"detail": "The other side does not answer."}, status=502)
    if not response.prepared:
        response.headers.update(_HEADERS)
    return response


async def _index(_: web.Request) -> web.Response:
    return _file("index.html")


async def _static(request: web.Request) -> web.Response:
    return _file(request.match_info["name"])


def _file(name: str) -> web.Response:
    known = {entry.name for entry in _STATIC.iterdir()}
    if name not in known:
        raise web.HTTPNotFound
    kind = _TYPES[name.rpartition(".")[2]]
    return web.Response(
        text=(_STATIC / name).read_text("utf-8"), content_type=kind, charset="utf-8"
    )


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise BadRequest("Send JSON.")
    try:
        body = await request.json()
    except ValueError as error:
        raise BadRequest("Send JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest("Send a JSON object.")
    return body


def _meeting(asked: Mapping[str, Any], room: ImportedRoom) -> NewMeeting:
    subject = str(asked.get("subject") or "").strip()
    if not subject:
        raise BadRequest("A meeting needs a subject.")
    known = {person.address for person in tenant.PEOPLE}
    organizer = str(asked.get("organizer"))
    if organizer not in known:
        raise BadRequest("Choose who organises it.")
    if asked.get("all_day"):
        start, end = room.bounds(_date(str(asked.get("day"))))
    else:
        start, end = _span(asked, room)
    return NewMeeting(
        subject,
        organizer,
        start,
        end,
        all_day=bool(asked.get("all_day")),
        private=bool(asked.get("private")),
        recurrence=recurrence.asked(
            asked.get("repeat"), start.astimezone(room.zone).date(), room.office.time_zone
        ),
    )


def _span(asked: Mapping[str, Any], room: ImportedRoom) -> tuple[datetime, datetime]:
    try:
        start = room.instant(
            _date(str(asked["day"])), clock_time.fromisoformat(str(asked["start"]))
        )
        minutes = int(asked["minutes"])
    except (KeyError, ValueError) as error:
        raise BadRequest("Choose a start and a length.") from error
    if not 5 <= minutes <= 24 * 60:
        raise BadRequest("A meeting lasts 5 minutes to a day.")
    return start, start + timedelta(minutes=minutes)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("Choose a day.") from error


def _starting(request: web.Request, room: ImportedRoom) -> datetime:
    try:
        return datetime.fromisoformat(request.query.get("start", "")).replace(tzinfo=room.zone)
    except ValueError as error:
        raise BadRequest("Say when the meeting starts.") from error


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
