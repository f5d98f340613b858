"""A mailbox's calendars and calendar groups as things: it has one of each (graph-calendar §1.1).

Source of their properties: Graph's resource pages `calendar` and `calendarGroup`.
"""

from dataclasses import dataclass
from urllib.parse import quote

from .access import Access
from .listing import Row, page, selected, wanted
from .lookup import context
from .mailboxes import Mailbox
from .wire import Answer, Call

_MY_CALENDARS = "0006f0b7-0000-0000-c000-000000000046"


@dataclass(frozen=True, slots=True)
class Calendars:
    """Answers who asks for a calendar itself, not for what is in it."""

    access: Access

    async def calendar(self, call: Call) -> Answer:
        """GET …/calendar, …/calendars/{id}: the one calendar."""
        row = _calendar(self.access.calendar(call, call.segments[1]))
        return _one(call, row, "calendar")

    async def calendars(self, call: Call) -> Answer:
        """GET …/calendars, also of a group; `$filter` by name."""
        return _listed(call, _calendar(self.access.calendar(call, call.segments[1])), "calendars")

    async def group(self, call: Call) -> Answer:
        """GET …/calendarGroups/{id}: the one group."""
        row = _group(self.access.calendar(call, call.segments[1]))
        return _one(call, row, "calendarGroups")

    async def groups(self, call: Call) -> Answer:
        """GET …/calendarGroups; `$filter` by name."""
        row = _group(self.access.calendar(call, call.segments[1]))
        return _listed(call, row, "calendarGroups")


def _one(call: Call, row: Row, what: str) -> Answer:
    shown = {"id": row["id"], **selected(call, row)}
    return Answer(200, {"@odata.context": context(call, f"{what}/$entity"), **shown})


def _listed(call: Call, row: Row, what: str) -> Answer:
    asked = wanted(call, "name")
    rows = [row] if asked is None or asked[1] == str(row["name"]).lower() else []
    owner = quote(call.segments[1])
    return page(
        call,
        rows,
        f"users('{owner}')/{what}",
        show=lambda one: {"id": one["id"], **selected(call, one)},
    )


def _calendar(mailbox: Mailbox) -> Row:
    return {
        "id": mailbox.mint.regular_container(),
        "name": "Calendar",
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": True,
        "changeKey": mailbox.mint.etag(0)[3:-1],
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": [],
        "defaultOnlineMeetingProvider": "unknown",
        "isTallyingResponses": True,
        "isRemovable": False,
        "owner": {"name": mailbox.name, "address": mailbox.address},
    }


def _group(mailbox: Mailbox) -> Row:
    return {
        "id": mailbox.mint.regular_group(),
        "name": "My Calendars",
        "classId": _MY_CALENDARS,
        "changeKey": mailbox.mint.etag(0)[3:-1],
    }
