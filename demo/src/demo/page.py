"""The demo's one page: its files, what it asks, what it changes on either side, and its live stream."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web
from aiohttp_sse import sse_response

from . import forms, tenant
from .audience import Audience
from .bookings import BookingRefused, Bookings
from .cloud import CloudRefused
from .entrance import PATH, Entrance
from .entries import busy_text
from .outlook import Outlook
from .portal_client import PortalRefused
from .rooms import ImportedRoom
from .stopwatch import Saved, Watches

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


@dataclass(slots=True)
class Page:
    """Serves one browser page over the two sides."""

    outlook: Outlook
    bookings: Bookings
    rooms: Mapping[UUID, ImportedRoom]
    audience: Audience
    watches: Watches
    entrance: Entrance
    now: Callable[[], datetime]

    def application(self) -> web.Application:
        """Return the routes."""
        app = web.Application(middlewares=[_guarded])
        app.add_routes(
            [
                web.get("/", _index),
                web.get(PATH, self.entrance.open),
                web.get("/static/{name}", _static),
                web.get("/api/setup", self._setup),
                web.get("/api/day", self._day),
                web.get("/api/now", self._availability),
                web.get("/api/stream", self._stream),
                web.post("/api/outlook/{room}/meetings", self._meet),
                web.patch("/api/outlook/{room}/meetings/{event}", self._move_meeting),
                web.delete("/api/outlook/{room}/meetings/{event}", self._cancel_meeting),
                web.post("/api/platform/{room}/bookings", self._book),
                web.patch("/api/platform/{room}/bookings/{booking}", self._change_booking),
                web.delete("/api/platform/{room}/bookings/{booking}", self._cancel_booking),
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
        day = forms.day(request.query.get("day", ""))
        start, end = room.bounds(day)
        answer: dict[str, Any] = {"outlook": await self.outlook.meetings(room, start, end)}
        if request.query.get("side") != "outlook":
            answer["platform"] = await self.bookings.of_day(room, day)
        return web.json_response(answer)

    async def _availability(self, _: web.Request) -> web.Response:
        now = self.now()
        states = {}
        for room in self.rooms.values():
            today = await self.bookings.of_day(room, now.astimezone(room.zone).date())
            busy, text = busy_text(today, room.wall(now))
            states[str(room.id)] = {"busy": busy, "text": text}
        return web.json_response({"rooms": states})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        async with sse_response(request, headers=_HEADERS) as response:
            with self.audience.seat() as queue:
                await response.send(_json({"lags": self.watches.lags_ms()}), event="hello")
                await response.send(_json({"live": self.audience.live}), event="upstream")
                while response.is_connected() and (waiting := await queue.get()) is not None:
                    event, data = waiting
                    await response.send(_json(data), event=event)
        return response

    async def _meet(self, request: web.Request) -> web.Response:
        room = self._room(request.match_info["room"])
        meeting = forms.meeting(await forms.body(request), room)
        saved = Saved(room.id, "booked", meeting.start, time.perf_counter())
        made = await self.outlook.book(room, meeting)
        self.watches.arrived.start(saved)
        return web.json_response(made, status=201)

    async def _move_meeting(self, request: web.Request) -> web.Response:
        room = self._room(request.match_info["room"])
        start, end = forms.span(await forms.body(request), room)
        saved = Saved(room.id, "moved", start, time.perf_counter())
        await self.outlook.move(room, request.match_info["event"], start, end)
        self.watches.arrived.start(saved)
        return web.Response(status=204)

    async def _cancel_meeting(self, request: web.Request) -> web.Response:
        room = self._room(request.match_info["room"])
        saved = Saved(room.id, "cancelled", _seen(request, room), time.perf_counter())
        await self.outlook.cancel(room, request.match_info["event"])
        self.watches.arrived.start(saved)
        return web.Response(status=204)

    async def _book(self, request: web.Request) -> web.Response:
        room = self._room(request.match_info["room"])
        asked = await forms.body(request)
        new = forms.booking(asked, room)
        saved = Saved(room.id, "booked", forms.span(asked, room)[0], time.perf_counter())
        with self.watches.on_the_platform(saved):
            return web.json_response(await self.bookings.book(room, new))

    async def _change_booking(self, request: web.Request) -> web.Response:
        room, booking_id = self._room(request.match_info["room"]), _booking_id(request)
        asked = await forms.body(request)
        change = forms.change(asked, room)
        moves = "start" in change
        start = forms.span(asked, room)[0] if moves else _seen(request, room)
        saved = Saved(room.id, "moved" if moves else "renamed", start, time.perf_counter())
        with self.watches.on_the_platform(saved):
            return web.json_response(await self.bookings.change(room, booking_id, change))

    async def _cancel_booking(self, request: web.Request) -> web.Response:
        room, booking_id = self._room(request.match_info["room"]), _booking_id(request)
        saved = Saved(room.id, "cancelled", _seen(request, room), time.perf_counter())
        with self.watches.on_the_platform(saved):
            return web.json_response(await self.bookings.cancel(room, booking_id))

    def _room(self, text: str) -> ImportedRoom:
        with suppress(ValueError):
            if (room := self.rooms.get(UUID(text))) is not None:
                return room
        raise forms.BadRequest("There is no such room.")


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
    except forms.BadRequest as error:
        response = web.json_response({"detail": str(error)}, status=400)
    except BookingRefused as error:
        told = {**error.refusal, "now": error.now}
        response = web.json_response(told, status=error.status)
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


def _seen(request: web.Request, room: ImportedRoom) -> datetime:
    """Return the start that the reader saw, so that the change can be timed."""
    return forms.wall(request.query.get("start", ""), room)


def _booking_id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["booking"])
    except ValueError as error:
        raise forms.BadRequest("There is no such booking.") from error


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
