"""The menu: what a person can go to."""

from dataclasses import dataclass
from typing import Final

from ..domain.caller import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu."""

    path: str
    title: str
    icon: str
    group: str = ""


_EVERYBODY: Final = (
    Entry("/", "Overview", "home"),
    Entry("/bookings", "Bookings", "calendar"),
    Entry("/plan", "Office plan", "plan"),
)
_ADMINISTRATORS: Final = (
    Entry("/settings/apps/office-365", "Office 365 Integration", "plug", "Settings"),
    Entry("/settings/meeting-rooms", "Meeting Rooms", "door", "Settings"),
    Entry("/settings/offices", "Offices", "building", "Settings"),
    Entry("/settings/users", "Users", "people", "Settings"),
    Entry("/activity", "Activity", "list", "Records"),
    Entry("/audit", "Audit", "shield", "Records"),
)


def menu(role: Role) -> tuple[Entry, ...]:
    """Return the menu of a person with this role."""
    return _EVERYBODY + (_ADMINISTRATORS if role is Role.ADMINISTRATOR else ())


def here(entries: tuple[Entry, ...], path: str) -> str:
    """Return the path of the entry that this page belongs to; empty for none."""
    fitting = [
        each.path
        for each in entries
        if path == each.path or (each.path != "/" and path.startswith(each.path + "/"))
    ]
    return max(fitting, key=len, default="")
