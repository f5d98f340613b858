"""Who changed what, in words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from .accounts import AuditEntry
from .wire import looks_like_guid

# `{it}` is what it was done to, by its name where that is known.
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "organisation.created": "founded the organisation",
        "organisation.removed": "ended the organisation",
        "user.added": "added the user {it}",
        "user.changed": "changed the user {it}",
        "user.removed": "removed the user {it}",
        "user.linked": "was linked to their account at Microsoft",
        "session.opened": "signed in",
        "session.closed": "signed out",
        "integration.saved": "saved the Office 365 integration",
        "integration.tested": "tested the Office 365 integration",
        "integration.ok": "found that the credentials work",
        "integration.failing": "found that Microsoft refuses the credentials",
        "integration.secret_expiring": "warned that the client secret ends soon",
        "office.added": "added the office {it}",
        "office.changed": "changed the office {it}",
        "office.removed": "removed the office {it}",
        "room.imported": "imported the room {it}",
        "room.resumed": "imported the room {it} again",
        "room.followed": "took over what the tenant changed of the room {it}",
        "room.moved": "moved the room {it} to another office",
        "room.removed": "removed the room {it}",
        "room.deleted": "deleted the room {it}, which was removed 30 days before",
        "room.removals_confirmed": "confirmed removals held back in the room {it}",
        "room.resync_asked": "had the whole calendar of the room {it} read again",
        "operator.called": "called {it}",
    }
)
_SERVICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "operator": "The operator",
        "portal": "The portal, by itself",
        "subscription-manager": "The sync, by itself",
        "sync-worker": "The sync, by itself",
    }
)
_FLAGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "enabled": ("switched on", "switched off"),
        "new_secret": ("with a new secret", ""),
        "ok": ("successful", "failed"),
        "password": ("new password", ""),
    }
)


def ids_in(entries: list[AuditEntry]) -> set[UUID]:
    """Return the ids whose names make these entries readable."""
    found = (_id(text) for each in entries for text in (each.actor, each.subject, _office(each)))
    return {each for each in found if each is not None}


def who(entry: AuditEntry, names: Mapping[UUID, str]) -> str:
    """Return who did it: an address where one is known."""
    person = _id(entry.actor)
    if person is not None:
        return names.get(person, "A person who is not known any more")
    return _SERVICES.get(entry.actor, entry.actor)


def what(entry: AuditEntry, names: Mapping[UUID, str]) -> str:
    """Return what was done; an action that is not known here is shown as it is called."""
    thing = _id(entry.subject)
    name = (names.get(thing) if thing else None) or entry.subject
    text = _WORDS.get(entry.action)
    return text.format(it=name) if text else f"{entry.action} {entry.subject}"


def more(entry: AuditEntry, names: Mapping[UUID, str]) -> str:
    """Return what else is known of it, in words; empty for nothing."""
    said: list[str] = []
    for key, value in entry.detail.items():
        if key in _FLAGS and isinstance(value, bool):
            said.append(_FLAGS[key][0 if value else 1])
        elif key == "office_id":
            office = _id(_office(entry))
            said.append(f"to {names.get(office, value) if office else value}")
        elif key == "role" and value:
            said.append(f"role {value}")
        elif key == "fields" and isinstance(value, list):
            said.append(", ".join(str(each).replace("_", " ") for each in value))
        elif key == "how" and value == "microsoft":
            said.append("with Microsoft" if entry.action == "session.opened" else "")
        elif key == "held":
            said.append(f"{value} of them")
        elif key == "days" and isinstance(value, int):
            said.append(f"{value} days before")
    return ", ".join(each for each in said if each)


def _office(entry: AuditEntry) -> str:
    return f"office:{entry.detail['office_id']}" if "office_id" in entry.detail else ""


def _id(text: str) -> UUID | None:
    name = text.rpartition(":")[2]
    return UUID(name) if looks_like_guid(name) else None
