"""Graph's reads of a calendar: calendarView, events, instances (§1, §2)."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from . import properties
from .access import Access
from .events import Appearance
from .expansions import EXCEPTIONS, Expansion
from .guard import Guard
from .lookup import applied, context, lens_of, named
from .mailboxes import Mailbox
from .paging import bounds, next_link
from .state import State
from .translation import translated
from .views import Form, Lens, UnknownProperty, exceptions, select, show
from .wire import Answer, Call, Refused
from .zones import parse_instant

_MOST_DAYS = 1825


class Calendar:
    """Reads of one mailbox's default calendar."""

    def __init__(self, state: State, access: Access, guard: Guard) -> None:
        self._state = state
        self._access = access
        self._guard = guard

    async def view(self, call: Call) -> Answer:
        """GET …/calendarView: what overlaps a window, paged by $skip (§1.1)."""
        mailbox = self._access.calendar(call, call.segments[1])
        start, end = _window(call)
        form = self._form(call, "calendarView")
        self._guard.window_reads[str(mailbox.id)] += 1
        found = mailbox.window(start, end, border_touches=self._state.options.border_touches)
        return self._page(call, mailbox, found, form, "calendarView")

    async def instances(self, call: Call) -> Answer:
        """GET …/events/{id}/instances: a series' days, not the cancelled ones (§2.7)."""
        mailbox = self._access.calendar(call, call.segments[1])
        start, end = _window(call)
        form = self._form(call, "instances")
        master = named(mailbox, call.segments[-2])
        key = f"{call.segments[-2]}|{mailbox.mint.etag(master.event.change)}"
        self._guard.instance_reads[key] += 1
        found = mailbox.instances(master.event, start, end)
        return self._page(call, mailbox, found, form, "instances")

    async def event(self, call: Call) -> Answer:
        """GET …/events/{id}."""
        mailbox = self._access.calendar(call, call.segments[1])
        form = self._form(call, "events/{id}")
        asked = call.segments[-1]
        try:
            one = named(mailbox, asked)
        except Refused:
            self._guard.event_misses[asked] += 1
            raise
        lens = self._lens(call, mailbox, "events/{id}")
        shown = show(one, lens, form)
        if one.kind == "seriesMaster" and self._exceptions_asked(lens, form):
            try:
                shown[EXCEPTIONS] = exceptions(one, lens, form)
            except UnknownProperty as error:
                raise _unknown(error) from None
        self._guard.event_gets[f"{asked}|{shown['@odata.etag']}"] += 1
        self._guard.returned("events/{id}", shown)
        return Answer(
            200,
            {"@odata.context": context(call, "events/$entity"), **shown},
            applied(call),
        )

    async def events(self, call: Call) -> Answer:
        """GET …/events: singles and masters, paged, or those with one extended property."""
        mailbox = self._access.calendar(call, call.segments[1])
        form = self._form(call, "events")
        rows = [mailbox.at_key(key) for key in sorted(mailbox.events)]
        return self._page(call, mailbox, self._filtered(call, rows), form, "events")

    async def translate(self, call: Call) -> Answer:
        """POST /users/{id}/translateExchangeIds (§1.2)."""
        mailbox = self._access.calendar(call, call.segments[1])
        rows = translated(mailbox, call.json())
        name = f"{call.origin}/v1.0/$metadata#Collection(microsoft.graph.convertIdResult)"
        return Answer(200, {"@odata.context": name, "value": rows})

    def _filtered(self, call: Call, rows: list[Appearance]) -> list[Appearance]:
        text = call.query.get("$filter")
        if text is None:
            return rows
        wanted = properties.filtered(text)
        if wanted is None:
            message = "graphsim filters events by one extended property only."
            raise Refused(501, "NotImplemented", message)
        self._guard.marker_reads["events $filter"] += 1
        property_id, value = wanted
        return [
            one
            for one in rows
            if any(each["value"] == value for each in properties.held(one.event, {property_id}))
        ]

    def _page(
        self, call: Call, mailbox: Mailbox, rows: list[Appearance], form: Form, route: str
    ) -> Answer:
        first, last = bounds(call)
        if "desc" in call.query.get("$orderby", "").lower():
            rows = sorted(rows, key=lambda one: one.starts_at, reverse=True)
        lens = self._lens(call, mailbox, route)
        value = [show(one, lens, form) for one in rows[first:last]]
        for shown in value[:1]:
            self._guard.returned(route, shown)
        payload: dict[str, object] = {"@odata.context": context(call, route), "value": value}
        if last < len(rows):
            payload["@odata.nextLink"] = next_link(call, last)
        return Answer(200, payload, applied(call))

    def _lens(self, call: Call, mailbox: Mailbox, route: str) -> Lens:
        lens, text = lens_of(call, mailbox, self._state.options), call.query.get("$expand")
        if text is None:
            return lens
        asked = Expansion.read(text)
        if asked is None:
            self._guard.expanded(route, text)
            return lens
        if asked.exceptions:
            self._guard.expanded(route, EXCEPTIONS)
        if asked.single or asked.multi:
            self._guard.marker_reads[f"{route} $expand"] += 1
        return replace(lens, expansion=asked)

    def _exceptions_asked(self, lens: Lens, form: Form) -> bool:
        selected = EXCEPTIONS in form or not self._state.options.exceptions_need_select
        return lens.expansion.exceptions and selected

    def _form(self, call: Call, route: str) -> Form:
        asked = call.query.get("$select")
        if not asked:
            self._guard.asked(route, None)
            return "all"
        try:
            names = _selected(asked)
        except UnknownProperty as error:
            raise _unknown(error) from None
        self._guard.asked(route, names)
        return names


@lru_cache(maxsize=1_024)
def _selected(text: str) -> tuple[str, ...]:
    """The properties of a $select: clients send the same one all day. Raises UnknownProperty."""
    return select(text.split(","))


def _unknown(name: UnknownProperty) -> Refused:
    message = f"Could not find a property named '{name}' on type 'microsoft.graph.event'."
    return Refused(400, "RequestBroker--ParseUri", message)


def _window(call: Call) -> tuple[datetime, datetime]:
    first, last = call.query.get("startdatetime"), call.query.get("enddatetime")
    if not first or not last:
        raise Refused(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters "
            "StartDateTime and EndDateTime.",
        )
    try:
        start, end = parse_instant(first), parse_instant(last)
    except ValueError:
        raise Refused(
            400, "ErrorInvalidParameter", "The time window is not given as ISO 8601."
        ) from None
    if end < start:
        raise Refused(400, "ErrorInvalidRequest", "The end of the window is before its start.")
    if end - start > timedelta(days=_MOST_DAYS):
        raise Refused(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. The range between the start and end dates is greater "
            f"than the allowed range. Maximum number of days: {_MOST_DAYS}",
        )
    return start, end
