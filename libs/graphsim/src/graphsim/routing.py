"""Which handler answers which call below `/v1.0`, and what limits it counts against."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .access import signed_in_user
from .calendar import Calendar
from .calendars import Calendars
from .directory import Directory
from .places import Places
from .quotas import (
    REAUTHORIZATIONS,
    SUBSCRIPTION_LISTS,
    SUBSCRIPTION_READS,
    SUBSCRIPTION_WRITES,
    Quota,
)
from .registrations import Registrations
from .subscribing import Subscribing
from .wire import Answer, Call, Refused
from .writing import Writing

Handler = Callable[[Call], Awaitable[Answer]]

_GROUP = "users/{id}/calendarGroups/{group}"
_CALENDARS = (
    "users/{id}",
    "users/{id}/calendar",
    "users/{id}/calendars/{calendar}",
    f"{_GROUP}/calendars/{{calendar}}",
)


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a pattern of segments; None stands for anything."""

    method: str
    pattern: tuple[str | None, ...]
    name: str
    handler: Handler
    quota: Quota | None = None
    units: int = 0
    """Resource units of a directory read, before `$select` and the like (§8.2)."""

    def matches(self, lower: tuple[str, ...]) -> bool:
        """Whether as many lower-cased segments fit."""
        return all(
            want is None or want == have for want, have in zip(self.pattern, lower, strict=True)
        )


class Routes:
    """All calls that Graph answers here."""

    def __init__(
        self,
        calendars: Calendars,
        calendar: Calendar,
        writing: Writing,
        places: Places,
        directory: Directory,
        registrations: Registrations,
        subscribing: Subscribing,
    ) -> None:
        self._routes: dict[tuple[str, int], list[Route]] = {}
        self._add_calendars(calendars)
        self._add_calendar(calendar)
        self._add_writing(writing)
        self._add_places(places)
        self._add_directory(directory, registrations)
        self._add_subscriptions(subscribing)

    def find(self, call: Call) -> Route:
        """The route of a call; raises Refused."""
        lower = tuple(segment.lower() for segment in call.segments)
        for route in self._routes.get((call.method, len(lower)), ()):
            if route.matches(lower):
                return route
        if lower[:1] == ("me",):
            raise signed_in_user()
        message = f"Resource not found for the segment '{call.segments[-1] if lower else ''}'."
        raise Refused(400, "BadRequest", message)

    def _add(
        self,
        method: str,
        path: str,
        handler: Handler,
        quota: Quota | None = None,
        units: int = 0,
    ) -> None:
        pattern = tuple(None if part.startswith("{") else part.lower() for part in path.split("/"))
        route = Route(method, pattern, path, handler, quota, units)
        self._routes.setdefault((method, len(pattern)), []).append(route)

    def _add_calendars(self, calendars: Calendars) -> None:
        for path in _CALENDARS[1:]:
            self._add("GET", path, calendars.calendar)
        for owner in ("users/{id}", _GROUP):
            self._add("GET", f"{owner}/calendars", calendars.calendars)
        self._add("GET", "users/{id}/calendarGroups", calendars.groups)
        self._add("GET", _GROUP, calendars.group)

    def _add_calendar(self, calendar: Calendar) -> None:
        for prefix in _CALENDARS:
            self._add("GET", f"{prefix}/calendarView", calendar.view)
            self._add("GET", f"{prefix}/events", calendar.events)
            self._add("GET", f"{prefix}/events/{{event}}", calendar.event)
            self._add("GET", f"{prefix}/events/{{event}}/instances", calendar.instances)
        self._add("POST", "users/{id}/translateExchangeIds", calendar.translate)

    def _add_writing(self, writing: Writing) -> None:
        for prefix in _CALENDARS:
            event = f"{prefix}/events/{{event}}"
            self._add("POST", f"{prefix}/events", writing.create)
            self._add("PATCH", event, writing.change)
            self._add("DELETE", event, writing.delete)
            self._add("POST", f"{event}/permanentDelete", writing.purge)
            self._add("POST", f"{event}/cancel", writing.cancel)
            self._add("POST", f"{event}/accept", writing.accept)
            self._add("POST", f"{event}/tentativelyAccept", writing.tentatively_accept)
            self._add("POST", f"{event}/decline", writing.decline)

    def _add_places(self, places: Places) -> None:
        for space in ("microsoft.graph", "graph"):
            # `graph` is the alias of `microsoft.graph` in the metadata; Microsoft's SDKs use it.
            self._add("GET", f"places/{space}.room", places.rooms)
            self._add("GET", f"places/{space}.roomlist", places.lists)
            self._add("GET", f"places/{{id}}/{space}.roomlist/rooms", places.rooms_of)
        self._add("GET", "places/{id}", places.place)

    def _add_directory(self, directory: Directory, registrations: Registrations) -> None:
        for pattern, handler, units in (
            ("users", directory.users, 2),
            ("users/{id}", directory.user, 1),
            ("applications", registrations.applications, 2),
            ("applications/{id}", registrations.application, 2),
            ("servicePrincipals", registrations.principals, 1),
            ("servicePrincipals/{id}", registrations.principal, 1),
            ("servicePrincipals/{id}/appRoleAssignments", registrations.role_assignments, 2),
            ("oauth2PermissionGrants", registrations.delegated_grants, 1),
        ):
            self._add("GET", pattern, handler, units=units)
        self._add("GET", "users/{id}/mailboxSettings", directory.mailbox_settings)

    def _add_subscriptions(self, subscribing: Subscribing) -> None:
        one, writes = "subscriptions/{id}", SUBSCRIPTION_WRITES
        self._add("POST", "subscriptions", subscribing.create, quota=writes)
        self._add("GET", "subscriptions", subscribing.listed, quota=SUBSCRIPTION_LISTS)
        self._add("GET", one, subscribing.read, quota=SUBSCRIPTION_READS)
        self._add("PATCH", one, subscribing.renew, quota=writes)
        self._add("DELETE", one, subscribing.delete, quota=writes)
        self._add("POST", f"{one}/reauthorize", subscribing.reauthorize, quota=REAUTHORIZATIONS)
