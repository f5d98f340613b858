"""A simulated organisation: its tenant at the simulator, its account at the portal, its rooms on both sides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp

Json = dict[str, Any]


class Refused(AssertionError):
    """An HTTP call of the test was answered with another status than expected."""


@dataclass(slots=True)
class Api:
    """JSON over HTTP with one bearer token; every answer must be a success."""

    session: aiohttp.ClientSession
    origin: str
    token: str | None = None
    tls: Any = True

    async def call(self, method: str, path: str, body: Json | None = None, **headers: str) -> Any:
        sent: Mapping[str, str] = (
            {"Authorization": f"Bearer {self.token}", **headers} if self.token else headers
        )
        async with self.session.request(
            method, self.origin + path, json=body, headers=sent, ssl=self.tls
        ) as answer:
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {await answer.text()}")
            return await answer.json(content_type=None) if answer.status != 204 else None


@dataclass(slots=True)
class Office:
    """One organisation with its rooms: `rooms` maps our room id to the mailbox id."""

    name: str
    sim: Api
    portal: Api
    tenant: UUID = field(default_factory=uuid4)
    client: UUID = field(default_factory=uuid4)
    secret: str = field(default_factory=lambda: "s3~" + uuid4().hex)
    mailboxes: list[UUID] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    calendars: dict[str, UUID] = field(default_factory=dict)  # of people, by address
    rooms: dict[UUID, UUID] = field(default_factory=dict)
    organisation: UUID | None = None

    async def found(self, rooms: int, people: int = 3) -> None:
        """Create the tenant at the simulator."""
        self.mailboxes = [uuid4() for _ in range(rooms)]
        self.people = [f"person{n}@{self.name}.example" for n in range(people)]
        self.calendars = {address: uuid4() for address in self.people}
        await self.sim.call(
            "POST",
            "/_sim/tenants",
            {
                "tenant_id": str(self.tenant),
                "apps": [
                    {
                        "client_id": str(self.client),
                        "secret": self.secret,
                        "roles": [
                            "Calendars.ReadWrite",
                            "Calendars.Read",
                            "Directory.Read.All",
                            "Place.Read.All",
                        ],
                    }
                ],
                "rooms": [
                    {
                        "id": str(mailbox),
                        "mailbox": f"room{n}@{self.name}.example",
                        "name": f"{self.name} room {n}",
                        "capacity": 4 + n,
                        "building": "B1",
                        "floor": "1",
                    }
                    for n, mailbox in enumerate(self.mailboxes)
                ],
                "users": [
                    {"id": str(mailbox), "address": address, "name": address.split("@")[0].title()}
                    for address, mailbox in self.calendars.items()
                ],
            },
        )

    async def connect(self, operator: Api, *, importing: bool = True) -> None:
        """Create the organisation, sign in, save and test the integration, import every room if wanted: all by REST."""
        email, password = f"admin@{self.name}.example", "correct horse " + uuid4().hex
        made = await operator.call(
            "POST",
            "/api/organisations",
            {"name": self.name, "administrator": {"email": email, "password": password}},
        )
        self.organisation = UUID(made["id"])
        signed_in = await self.portal.call(
            "POST", "/api/session", {"email": email, "password": password}
        )
        self.portal.token = signed_in["token"]
        await self.portal.call(
            "PUT",
            "/api/integration",
            {
                "enabled": True,
                "tenant_id": str(self.tenant),
                "client_id": str(self.client),
                "client_secret": self.secret,
            },
        )
        tested = await self.portal.call("POST", "/api/integration/test", {})
        assert tested["ok"], tested
        office = await self.portal.call(
            "POST",
            "/api/offices",
            {"name": "HQ", "time_zone": "Europe/Berlin", "opens": "08:00", "closes": "18:00"},
        )
        if not importing:
            return
        importable = (await self.portal.call("GET", "/api/rooms/importable"))["items"]
        for room in importable:
            imported = await self.portal.call(
                "POST", "/api/rooms", {"mailbox_id": room["mailbox_id"], "office_id": office["id"]}
            )
            self.rooms[UUID(imported["id"])] = UUID(room["mailbox_id"])

    async def meet(
        self,
        mailbox: UUID,
        start: datetime,
        minutes: int = 30,
        subject: str = "Plans",
        organizer: int | None = 0,
        **more: Any,
    ) -> str:
        """Book in Outlook, without an organiser directly in the room's calendar; the room copy's event id."""
        made = await self.sim.call(
            "POST",
            f"/_sim/mailboxes/{mailbox}/meetings",
            {
                "organizer": None if organizer is None else self.people[organizer],
                "subject": subject,
                "start": start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "end": (start + timedelta(minutes=minutes))
                .astimezone(UTC)
                .strftime("%Y-%m-%dT%H:%M:%SZ"),
                **more,
            },
        )
        return str(made["event_id"])

    async def move(self, mailbox: UUID, event: str, start: datetime, minutes: int = 30) -> None:
        await self.sim.call(
            "PATCH",
            f"/_sim/mailboxes/{mailbox}/meetings/{event}",
            {
                "start": start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "end": (start + timedelta(minutes=minutes))
                .astimezone(UTC)
                .strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )

    async def shown(self, mailbox: UUID) -> list[Json]:
        """What takes place in a room's or a person's calendar from today on, for 30 days."""
        now = datetime.now(UTC)
        span = f"?from={now - timedelta(hours=12):%Y-%m-%dT%H:%M:%SZ}&to={now + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
        listed = await self.sim.call("GET", f"/_sim/mailboxes/{mailbox}/meetings{span}")
        return [row for row in listed["items"] if not row["is_cancelled"]]

    async def cancel(self, mailbox: UUID, event: str) -> None:
        await self.sim.call("DELETE", f"/_sim/mailboxes/{mailbox}/meetings/{event}")
