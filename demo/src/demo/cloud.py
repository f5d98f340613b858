"""The simulated cloud, and the diary by which a restart rebuilds the very same calendars."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from graphsim import Simulator, serve
from graphsim.options import Options

from . import tenant

log = structlog.get_logger()

# The same seed and the same calls in the same order make the same ids, so the platform finds what it knows.
_SEED = 2026
APPEAR_SECONDS = 0.8
# Set-CalendarProcessing of mailboxes that keep titles and privacy; Exchange's default shows the organiser instead.
_KEEPS = {
    "delete_subject": False,
    "add_organizer_to_subject": False,
    "remove_private_property": False,
}
_CALL_SECONDS = 10.0


class CloudRefused(Exception):
    """The simulator does not take a call; the text is its own."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(slots=True)
class Cloud:
    """The running simulator: its address, how to trust it, and the diary of what was done to it."""

    session: aiohttp.ClientSession
    origin: str
    ca: Path
    tls: ssl.SSLContext
    diary: Path

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str
    ) -> Any:
        """Return the decoded answer; raises `CloudRefused`, `aiohttp.ClientError`, `TimeoutError`."""
        async with (
            asyncio.timeout(_CALL_SECONDS),
            self.session.request(
                method, self.origin + path, json=body, ssl=self.tls, headers=headers
            ) as answer,
        ):
            if answer.status >= 400:
                raise CloudRefused(answer.status, await answer.text())
            return await answer.json(content_type=None) if answer.status != 204 else None

    async def do(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Do what changes a calendar and write it into the diary."""
        done = await self.call(method, path, body)
        with self.diary.open("a", encoding="utf-8") as diary:
            diary.write(json.dumps([method, path, body], ensure_ascii=False) + "\n")
        return done

    async def relive(self) -> int:
        """Do again what the diary holds; returns how many things that were."""
        if not self.diary.exists():
            return 0
        lines = self.diary.read_text(encoding="utf-8").splitlines()
        for line in lines:
            method, path, body = json.loads(line)
            try:
                await self.call(method, path, body)
            except CloudRefused as refused:
                # What was refused then is refused now; a refusal that is new shows as a difference, not as a crash.
                log.debug("diary_refused", method=method, status=refused.status)
        return len(lines)


@asynccontextmanager
async def open_cloud(session: aiohttp.ClientSession, folder: Path) -> AsyncIterator[Cloud]:
    """Run the simulator until the block ends, with nothing in it yet."""
    simulator = await asyncio.to_thread(
        Simulator, Options(seed=_SEED, appear_seconds=APPEAR_SECONDS, allow_http=True), folder
    )
    async with serve(simulator) as address:
        tls = ssl.create_default_context(cafile=str(address.ca_file))
        yield Cloud(session, address.origin, address.ca_file, tls, folder / "diary.jsonl")


def founding(client_secret: str) -> dict[str, Any]:
    """Return the control call's body that makes the tenant."""
    return {
        "tenant_id": str(tenant.TENANT_ID),
        "apps": [
            {
                "client_id": str(tenant.CLIENT_ID),
                "secret": client_secret,
                "roles": list(tenant.ROLES),
            }
        ],
        "rooms": [
            {
                "id": str(room.mailbox_id),
                "mailbox": room.address,
                "name": room.name,
                "capacity": room.capacity,
                "building": office.building,
                "floor": room.floor,
                "processing": _KEEPS if office.keeps_subjects else {},
            }
            for office in tenant.OFFICES
            for room in office.rooms
        ],
        "users": [
            {"id": str(person.id), "address": person.address, "name": person.name}
            for person in tenant.PEOPLE
        ],
    }
