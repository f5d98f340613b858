"""Connects the simulated company the way an administrator would: through the portal's REST alone."""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from . import tenant
from .portal_client import Portal, PortalRefused
from .rooms import ImportedRoom, imported

_POLL_SECONDS = 0.1
_LOADED_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Account:
    """How the administrator signs in."""

    email: str
    password: str

    @classmethod
    def kept(cls, file: Path) -> "Account":
        """Return the account of an earlier start, or make one and keep it."""
        if file.exists():
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        account = cls(tenant.ADMINISTRATOR, "demo-" + secrets.token_urlsafe(9))
        file.touch(mode=0o600)
        file.write_text(
            json.dumps({"email": account.email, "password": account.password}), encoding="utf-8"
        )
        return account


async def connect(
    session: aiohttp.ClientSession,
    origin: str,
    operator_token: str,
    account: Account,
    client_secret: str,
    tell: Callable[[str], None],
) -> tuple[Portal, list[ImportedRoom]]:
    """Return the administrator's session and the imported rooms, doing whatever is not done yet.

    Raises `PortalRefused` with the portal's words when a step fails.
    """
    portal = await _signed_in(session, origin, operator_token, account, tell)
    await _integration(portal, client_secret, tell)
    rooms = await _rooms(portal, tell)
    await _loaded(portal, tell)
    return portal, rooms


async def _signed_in(
    session: aiohttp.ClientSession,
    origin: str,
    operator_token: str,
    account: Account,
    tell: Callable[[str], None],
) -> Portal:
    sign_in = {"email": account.email, "password": account.password}
    nobody = Portal(session, origin, "")
    try:
        token = (await nobody.call("POST", "/api/session", sign_in))["token"]
    except PortalRefused as refused:
        if refused.status not in {400, 401, 403, 404}:
            raise
        tell(f"creating the organisation {tenant.NAME}")
        operator = Portal(session, origin, operator_token)
        await operator.call(
            "POST", "/api/organisations", {"name": tenant.NAME, "administrator": sign_in}
        )
        token = (await nobody.call("POST", "/api/session", sign_in))["token"]
    return Portal(session, origin, token)


async def _integration(portal: Portal, client_secret: str, tell: Callable[[str], None]) -> None:
    try:
        known = await portal.call("GET", "/api/integration")
    except PortalRefused as refused:
        if refused.status != 404:
            raise
        known = {}
    if known.get("status") == "ok":
        return
    tell("saving and testing the integration")
    await portal.call(
        "PUT",
        "/api/integration",
        {
            "enabled": True,
            "tenant_id": str(tenant.TENANT_ID),
            "client_id": str(tenant.CLIENT_ID),
            "client_secret": client_secret,
        },
    )
    result = await portal.call("POST", "/api/integration/test", {})
    if not result["ok"]:
        raise PortalRefused(422, f"Test Settings is red: {result['diagnosis']}")


async def _rooms(portal: Portal, tell: Callable[[str], None]) -> list[ImportedRoom]:
    offices = {office["name"]: office["id"] for office in await portal.items("/api/offices")}
    for office in tenant.OFFICES:
        if office.name not in offices:
            made = await portal.call(
                "POST",
                "/api/offices",
                {
                    "name": office.name,
                    "time_zone": office.time_zone,
                    "opens": office.opens,
                    "closes": office.closes,
                },
            )
            offices[office.name] = made["id"]
    here = {room["mailbox_id"] for room in await portal.items("/api/rooms")}
    missing = [
        (room, office)
        for office in tenant.OFFICES
        for room in office.rooms
        if str(room.mailbox_id) not in here
    ]
    if missing:
        tell(f"importing {len(missing)} rooms")
    for room, office in missing:
        await portal.call(
            "POST",
            "/api/rooms",
            {"mailbox_id": str(room.mailbox_id), "office_id": offices[office.name]},
        )
    return imported(await portal.items("/api/rooms"))


async def _loaded(portal: Portal, tell: Callable[[str], None]) -> None:
    said = -1
    async with asyncio.timeout(_LOADED_SECONDS):
        while True:
            rooms: list[dict[str, Any]] = await portal.items("/api/rooms")
            ready = sum(room["state"] == "live" for room in rooms)
            if ready != said and ready < len(rooms):
                tell(f"loading calendars: {ready} of {len(rooms)} rooms live")
            said = ready
            if ready == len(rooms):
                return
            await asyncio.sleep(_POLL_SECONDS)  # the REST has no push for a room's state
