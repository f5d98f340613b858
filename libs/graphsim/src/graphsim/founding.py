"""Sets up a tenant from the control API's JSON; the same call again changes what differs."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID, uuid5

from .mailboxes import Kind, Mailbox, Place, Processing
from .state import State
from .tenants import App, Secret, Tenant
from .zones import parse_instant


def found(state: State, body: Mapping[str, Any]) -> Tenant:
    """The tenant of a `POST /_sim/tenants` body; raises KeyError, ValueError, TypeError."""
    tenant_id = UUID(str(body["tenant_id"]))
    tenant = state.tenants.get(tenant_id)
    if tenant is None:
        domain = str(body.get("domain") or f"{tenant_id.hex[:12]}.onmicrosoft.example")
        tenant = state.add_tenant(Tenant(tenant_id, domain))
    for raw in body.get("apps") or ():
        app = _app(tenant, raw)
        tenant.apps[app.client_id] = app
    for raw in body.get("rooms") or ():
        room = _mailbox(state, tenant, raw, "room", str(raw["mailbox"]))
        room.place = _place(raw)
        room.processing = Processing.of(raw.get("processing") or {})
    for raw in body.get("users") or ():
        _mailbox(state, tenant, raw, "user", str(raw["address"]))
    return tenant


def _app(tenant: Tenant, raw: Mapping[str, Any]) -> App:
    client_id = UUID(str(raw["client_id"]))
    listed = raw.get("secrets") or [{"value": raw["secret"], "ends": raw.get("secret_ends")}]
    secrets = [
        Secret(
            str(one["value"]),
            str(one.get("key_id") or uuid5(client_id, str(one["value"]))),
            parse_instant(str(one["ends"])) if one.get("ends") else None,
        )
        for one in listed
    ]
    return App(
        client_id,
        secrets,
        tuple(raw.get("roles") or ()),
        name=str(raw.get("name") or "Room sync"),
        disabled=bool(raw.get("disabled")),
        blocked_by_policy=bool(raw.get("blocked_by_policy")),
        scope=_ids(tenant, raw.get("scope")),
        access_policy=_ids(tenant, raw.get("access_policy")),
    )


def _ids(_: Tenant, raw: Any) -> frozenset[UUID] | None:
    return None if raw is None else frozenset(UUID(str(one)) for one in raw)


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
    tenant.add(mailbox)
    return mailbox


def _place(raw: Mapping[str, Any]) -> Place:
    known = {one.name for one in fields(Place)}
    given = {name: value for name, value in raw.items() if name in known}
    if given.get("listed_from"):
        given["listed_from"] = parse_instant(str(given["listed_from"]))
    return Place(**given)
