"""A tenant: its directory id, application registrations and mailboxes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from uuid import UUID, uuid5

from .applications import App
from .ids import guid
from .mailboxes import Mailbox


@dataclass(frozen=True, slots=True)
class RoomList:
    """A distribution list of rooms, which Places show as a room list (graph-calendar §3)."""

    id: UUID
    address: str
    name: str
    rooms: tuple[UUID, ...]


@dataclass(slots=True)
class Tenant:
    """One organisation's directory and mailboxes."""

    id: UUID
    domain: str
    apps: dict[UUID, App] = field(default_factory=dict)
    mailboxes: dict[UUID, Mailbox] = field(default_factory=dict)
    by_address: dict[str, UUID] = field(default_factory=dict)
    sign_in_names: dict[UUID, str] = field(default_factory=dict)
    """User principal names, which may differ from the addresses."""
    by_sign_in_name: dict[str, UUID] = field(default_factory=dict)
    room_lists: dict[UUID, RoomList] = field(default_factory=dict)
    outside: dict[str, Mailbox] = field(default_factory=dict)
    """By lower-cased address, the calendars elsewhere of who organises meetings here."""
    key_turns: int = 0
    """How often the tenant has moved on to Entra's next signing key."""
    last_meeting: int = 0
    _shown: dict[UUID, list[tuple[datetime, App]]] = field(default_factory=dict, init=False)

    def add(self, mailbox: Mailbox, sign_in_name: str | None = None) -> None:
        """Puts a mailbox into the directory, found by object id, by address and by sign-in name."""
        name = sign_in_name or mailbox.address
        self.mailboxes[mailbox.id] = mailbox
        self.by_address[mailbox.address.lower()] = mailbox.id
        self.by_sign_in_name.pop(self.sign_in_names.get(mailbox.id, "").lower(), None)
        self.sign_in_names[mailbox.id] = name
        self.by_sign_in_name[name.lower()] = mailbox.id

    def register(self, app: App, now: datetime) -> None:
        """Puts an application in force, also in place of its former state."""
        self.apps[app.client_id] = app
        self._shown.setdefault(app.client_id, []).append((now, app))

    def app_as_of(self, client_id: UUID, then: datetime) -> App | None:
        """An application as it was at a moment, which is what late readers see."""
        past = [app for since, app in self._shown.get(client_id, ()) if since <= then]
        return past[-1] if past else None

    def apps_as_of(self, then: datetime) -> list[App]:
        """All applications as they were at a moment."""
        found = (self.app_as_of(client_id, then) for client_id in self._shown)
        return [app for app in found if app is not None]

    def principal_id(self, client_id: UUID) -> UUID:
        """The id of an application's service principal in this tenant."""
        return uuid5(self.id, str(client_id))

    def mailbox(self, key: str) -> Mailbox | None:
        """The mailbox of an object id or an address, case-insensitively."""
        return self._found(self.by_address, key)

    def user(self, key: str) -> Mailbox | None:
        """The mailbox of an object id or a user principal name, case-insensitively."""
        return self._found(self.by_sign_in_name, key)

    def outsider(self, seed: int, name: str, address: str) -> Mailbox:
        """The calendar of an organiser without a mailbox here."""
        key = address.lower()
        if key not in self.outside:
            mailbox_id = uuid5(self.id, key)
            self.outside[key] = Mailbox.opened(seed, self.id, mailbox_id, address, name, "user")
        self.outside[key].name = name
        return self.outside[key]

    def _found(self, names: dict[str, UUID], key: str) -> Mailbox | None:
        known = names.get(key.lower())
        if known is None:
            try:
                known = guid(key)
            except ValueError:
                return None
        return self.mailboxes.get(known)

    def rooms(self) -> Iterator[Mailbox]:
        """All room mailboxes, hidden and unsupported ones too."""
        return (one for one in self.mailboxes.values() if one.kind == "room")

    def room_list(self, key: str) -> RoomList | None:
        """The room list of an address or an id, case-insensitively."""
        for one in self.room_lists.values():
            if key.lower() in {one.address.lower(), str(one.id)}:
                return one
        return None

    def new_ical_uid(self, seed: int) -> str:
        """A meeting id of Exchange's form, with the eight digits that an occurrence fills."""
        self.last_meeting += 1
        return ical_uid(f"{seed}/{self.id}/{self.last_meeting}")


def ical_uid(origin: str) -> str:
    """A meeting id of Exchange's form, always the same for an origin."""
    tail = blake2b(origin.encode(), digest_size=16).hexdigest().upper()
    return f"040000008200E00074C5B7101A82E00800000000{tail[:16]}000000000000000010000000{tail}"
