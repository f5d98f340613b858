"""Sets up a tenant from the control API's JSON; the same call again changes what differs."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from .applications import REGISTERED, App, Certificate, Secret
from .estate import Estate, Plan
from .mailboxes import Kind, Mailbox, Place
from .processing import Processing
from .state import State
from .tenants import RoomList, Tenant
from .zones import parse_instant


def found(state: State, body: Mapping[str, Any]) -> Tenant:
    """The tenant of a `POST /_sim/tenants` body; raises KeyError, ValueError, TypeError."""
    tenant_id = UUID(str(body["tenant_id"]))
    tenant = state.tenants.get(tenant_id)
    if tenant is None:
        domain = str(body.get("domain") or f"{tenant_id.hex[:12]}.onmicrosoft.example")
        tenant = state.add_tenant(Tenant(tenant_id, domain))
    if body.get("rotate_keys"):
        tenant.key_turns += 1
    for raw in body.get("apps") or ():
        client_id = UUID(str(raw["client_id"]))
        app = tenant.apps.get(client_id) or App(client_id)
        tenant.register(replace(app, **_changes(client_id, raw)), state.clock.now())
    rooms = body.get("rooms") or ()
    if isinstance(rooms, Mapping):
        _found_many(state, tenant, rooms)
        rooms = ()
    for raw in rooms:
        room = _mailbox(state, tenant, raw, "room", str(raw["mailbox"]))
        room.place = _place(raw, room, state.clock.now())
        room.processing = Processing.of(raw.get("processing") or {})
        state.releases.follow(tenant, room, state.clock.now())
    for raw in body.get("users") or ():
        _mailbox(state, tenant, raw, "user", str(raw["address"]))
    for raw in body.get("room_lists") or ():
        one = _room_list(raw)
        tenant.room_lists[one.id] = one
    return tenant


def _room_list(raw: Mapping[str, Any]) -> RoomList:
    address = str(raw["address"])
    rooms = tuple(UUID(str(one)) for one in raw.get("rooms") or ())
    return RoomList(UUID(str(raw["id"])), address, str(raw.get("name") or address), rooms)


def _found_many(state: State, tenant: Tenant, raw: Mapping[str, Any]) -> None:
    """Rooms by number, not by name; those that are there stay as they are."""
    if raw.keys() - {"count", "events", "first_day"}:
        raise ValueError("rooms by number have a count, events and a first_day")
    first = raw.get("first_day")
    day = date.fromisoformat(str(first)) if first else state.clock.now().date()
    plan = Plan(int(raw["count"]), int(raw["events"]), day)
    if plan.rooms < 0 or plan.events < 0:
        raise ValueError("rooms and events are counted from 0")
    options = state.options
    estate = Estate(options.seed, tenant, plan, trailing_blank=options.trailing_blank)
    for room in estate.rooms():
        if room.id not in tenant.mailboxes:
            tenant.add(room)


def _changes(client_id: UUID, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of an application; what it leaves out stays as it was."""
    unknown = raw.keys() - _READERS.keys() - {"client_id", "secret", "secret_ends"}
    if unknown:
        raise ValueError(f"unknown properties of an application: {sorted(unknown)}")
    given = dict(raw)
    if "secret" in given:
        given["secrets"] = [{"value": given["secret"], "ends": given.get("secret_ends")}]
    return {name: read(client_id, given[name]) for name, read in _READERS.items() if name in given}


def _secrets(client_id: UUID, raw: Any) -> tuple[Secret, ...]:
    return tuple(
        Secret(
            str(one["value"]),
            str(one.get("key_id") or uuid5(client_id, str(one["value"]))),
            parse_instant(str(one["ends"])) if one.get("ends") else None,
            parse_instant(str(one["starts"])) if one.get("starts") else REGISTERED,
            str(one.get("name") or "room sync"),
        )
        for one in raw
    )


def _certificates(client_id: UUID, raw: Any) -> tuple[Certificate, ...]:
    return tuple(Certificate.read(client_id, str(pem)) for pem in raw)


def _names(_: UUID, raw: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in raw or ())


def _requested(_: UUID, raw: Any) -> tuple[tuple[str, str], ...] | None:
    if raw is None:
        return None
    if raw.keys() - {"Role", "Scope"}:
        raise ValueError("permissions are requested as Role or as Scope")
    return tuple((str(name), kind) for kind, names in raw.items() for name in names)


def _ids(_: UUID, raw: Any) -> frozenset[UUID] | None:
    return None if raw is None else frozenset(UUID(str(one)) for one in raw)


def _flag(_: UUID, raw: Any) -> bool:
    return bool(raw)


def _name(_: UUID, raw: Any) -> str:
    return str(raw)


_READERS: dict[str, Callable[[UUID, Any], object]] = {
    "secrets": _secrets,
    "certificates": _certificates,
    "roles": _names,
    "delegated": _names,
    "requested": _requested,
    "name": _name,
    "disabled": _flag,
    "installed": _flag,
    "registered_elsewhere": _flag,
    "multi_tenant": _flag,
    "redirect_uris": _names,
    "blocked_by_policy": _flag,
    "scope": _ids,
    "access_policy": _ids,
}


def _mailbox(
    state: State, tenant: Tenant, raw: Mapping[str, Any], kind: Kind, address: str
) -> Mailbox:
    mailbox_id = UUID(str(raw["id"]))
    mailbox = tenant.mailboxes.get(mailbox_id)
    if mailbox is None:
        name = str(raw.get("name") or address)
        mailbox = Mailbox.opened(state.options.seed, tenant.id, mailbox_id, address, name, kind)
    mailbox.name = str(raw.get("name") or address)
    mailbox.address = address
    mailbox.hosting = raw.get("hosting") or "cloud"
    tenant.add(mailbox, raw.get("sign_in_name"))
    return mailbox


def _place(raw: Mapping[str, Any], room: Mailbox, now: datetime) -> Place:
    known = {one.name for one in fields(Place)}
    given = {name: value for name, value in raw.items() if name in known}
    if given.get("listed_from"):
        given["listed_from"] = parse_instant(str(given["listed_from"]))
    if raw.get("listed_after_hours"):
        # Counted from when the room was founded, not from when it was last changed.
        later = now + timedelta(hours=float(raw["listed_after_hours"]))
        given["listed_from"] = room.place.listed_from or later
    return Place(**given)
