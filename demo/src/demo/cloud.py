"""The simulated cloud, and how a restart rebuilds the very same calendars from its diary."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from graphsim import Clock, Simulator, serve
from graphsim.options import Options
from servicekit.clock import utc_now

from . import tenant
from .diary import Diary, DiarySimulator

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


class Moments:
    """The simulator's clock: the real time, or that of what is being lived again."""

    def __init__(self) -> None:
        self.relived: datetime | None = None

    def __call__(self) -> datetime:
        """Return the time that the simulator believes in."""
        return self.relived or utc_now()


@dataclass(slots=True)
class Cloud:
    """The running simulator: its address, how to trust it, and the diary of what was done to it."""

    session: aiohttp.ClientSession
    origin: str
    ca: Path
    tls: ssl.SSLContext
    diary: Diary
    simulator: Simulator
    moments: Moments

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str
    ) -> Any:
        """Return the decoded answer; raises `CloudRefused`, `aiohttp.ClientError`, `TimeoutError`."""
        return await self._answer(method, path, json=body, headers=headers)

    async def relive(self, client_secret: str) -> None:
        """Found the tenant and do again what the diary holds, at its times, the rooms' answers in between.

        Ids, etags and answers come out as they were: the platform finds what it knows, and nothing else.
        """
        deeds = self.diary.read()
        if deeds:
            self._at(deeds[0].at)
        await self.call("POST", "/_sim/tenants", _founding(client_secret))
        self._at(None)
        token = await self._token(client_secret)
        for deed in deeds:
            self._at(deed.at)
            try:
                await self.call(deed.method, deed.path, deed.body, Authorization=f"Bearer {token}")
            except CloudRefused as refused:
                log.warning("diary_refused", method=deed.method, status=refused.status)
        self._at(None)

    async def _token(self, client_secret: str) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": str(tenant.CLIENT_ID),
            "client_secret": client_secret,
            "scope": "https://graph.microsoft.com/.default",
        }
        path = f"/{tenant.TENANT_ID}/oauth2/v2.0/token"
        return str((await self._answer("POST", path, data=form))["access_token"])

    async def _answer(self, method: str, path: str, **request: Any) -> Any:
        async with (
            asyncio.timeout(_CALL_SECONDS),
            self.session.request(method, self.origin + path, ssl=self.tls, **request) as answer,
        ):
            if answer.status >= 400:
                raise CloudRefused(answer.status, await answer.text())
            return await answer.json(content_type=None) if await answer.read() else None

    def _at(self, moment: datetime | None) -> None:
        self.moments.relived = moment
        self.simulator.state.agenda.run_due(self.moments())


@asynccontextmanager
async def open_cloud(session: aiohttp.ClientSession, folder: Path) -> AsyncIterator[Cloud]:
    """Run the simulator until the block ends, with nothing in it yet."""
    moments = Moments()
    diary = Diary(folder / "diary.jsonl")
    simulator = await asyncio.to_thread(
        DiarySimulator,
        Options(seed=_SEED, appear_seconds=APPEAR_SECONDS, allow_http=True),
        Clock(moments),
        diary,
        lambda: moments.relived is not None,
    )
    async with serve(simulator) as address:
        tls = ssl.create_default_context(cafile=str(address.ca_file))
        yield Cloud(session, address.origin, address.ca_file, tls, diary, simulator, moments)


def _founding(client_secret: str) -> dict[str, Any]:
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
