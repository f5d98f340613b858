"""Thousands of rooms and the shipped managers alone: their subscriptions on virtual time, and what Graph was asked for them."""

import asyncio
import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from typing_extensions import override

from graphclient import open_state
from graphclient.client_state import Opened
from graphsim.wire import Call
from subscription_manager.domain.subscription import Row

from .office import Office
from .store.tables import Room, Subscription
from .supervisor import Process
from .switches import Switches, draw
from .world import KEYS, WEBHOOK, World

DAY = 86_400.0
MINUTE = 60.0
WINDOW = 20.0  # seconds; over it Graph counts calls about subscriptions (graph-notifications §8.2)


def circumstances(
    organisations: int, rooms: int, *, compare_seconds: float = 300.0, **cloud: object
) -> Switches:
    """So many organisations with so many rooms each, and nothing that goes wrong by itself."""
    return replace(
        draw(1),
        rooms=(rooms,) * organisations,
        workers=0,
        compare_seconds=compare_seconds,
        subscriptions=True,
        database_away=0.0,
        cloud={"lifetime_minutes": 10_070, "reauthorization": False, **cloud},
    )


@dataclass(slots=True)
class Load:
    """The most that was asked in any twenty seconds, by kind of call and tenant, and at once, by mailbox."""

    most: Counter[tuple[str, str]] = field(default_factory=Counter)
    most_at_once: int = 0
    patched: dict[str, float] = field(default_factory=dict)
    closest_patches: float = math.inf
    """Seconds between two PATCHes of one subscription."""
    _recent: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    _flying: Counter[bytes] = field(default_factory=Counter)

    def begins(self, kind: str, tenant: str, at: float) -> None:
        """A call reaches Graph."""
        for name in ((kind, tenant), (kind, "all")):
            recent = self._recent.setdefault(name, deque())
            recent.append(at)
            while recent[0] <= at - WINDOW:
                recent.popleft()
            self.most[name] = max(self.most[name], len(recent))

    def creates(self, body: bytes, step: int) -> None:
        """One more or less create under way for the mailbox that a body names."""
        mailbox = body.partition(b'"resource":"')[2].partition(b'"')[0]
        self._flying[mailbox] += step
        self.most_at_once = max(self.most_at_once, self._flying[mailbox])

    def patches(self, path: str, at: float) -> None:
        """A subscription is asked to be extended."""
        if path in self.patched:
            self.closest_patches = min(self.closest_patches, at - self.patched[path])
        self.patched[path] = at

    def of(self, kind: str) -> tuple[int, int]:
        """The most of one kind in one tenant, and over all of them."""
        tenants = [
            most for (what, tenant), most in self.most.items() if what == kind and tenant != "all"
        ]
        return max(tenants, default=0), self.most[kind, "all"]


class Fleet(World):
    """Ingress and so many managers; portal, broker, cloud and store as in every history."""

    def __init__(self, seed: int, switches: Switches, managers: int) -> None:
        super().__init__(seed, switches)
        self._managers = managers
        self.load = Load()
        self.bared = 0
        """Removals of ours that left a room without a live subscription."""
        self.cloud.before, self.cloud.after = self._asked, self._answered
        self.rooms = {
            room: mailbox for office in self.offices for room, mailbox in office.rooms.items()
        }

    def lapsed(self) -> None:
        """Every room has the row of a subscription that has just ended, as after a week without managers."""
        now = self.clock()
        for office in self.offices:
            for number, room_id in enumerate(office.rooms):
                row = self._lapsed(office, room_id, now - timedelta(days=3, seconds=number))
                self.tables.subscriptions[room_id] = Subscription(row)
        assert not self.live()
        assert all(not self.tables.subscribed(room, now) for room in self.rooms)

    def live(self) -> set[UUID]:
        """The mailboxes that Graph tells us about."""
        now = self.clock()
        register = self.cloud.simulator.register
        return {each.mailbox for each in register.everything() if each.expires > now}

    def uncovered(self) -> list[UUID]:
        """Rooms that Graph tells us nothing about and that the worker does not poll either."""
        live, now = self.live(), self.clock()
        if len(live) == len(self.rooms):
            return []
        return [
            room
            for room, mailbox in self.rooms.items()
            if mailbox not in live and self.tables.subscribed(room, now)
        ]

    async def all_live(self, within: float) -> float:
        """The seconds until every room has a live subscription; raises TimeoutError."""
        began = self.time()
        async with asyncio.timeout(within):
            while len(self.live()) < len(self.rooms):  # noqa: ASYNC110 -- the cloud counts, it does not signal
                await asyncio.sleep(5)
        return self.time() - began

    async def remove_silently(self, random: Random, per_day: float, until: float) -> int:
        """Graph forgets some subscription so many times a day, and tells nobody; how often it did."""
        removed = 0
        while True:
            pause = random.expovariate(per_day) * DAY
            if self.time() + pause > until:
                return removed
            await asyncio.sleep(pause)
            register = self.cloud.simulator.register
            living = register.everything()
            if living:
                register.drop(random.choice(living))
                removed += 1

    async def count_uncovered(self, until: float) -> int:
        """Room-minutes without a live subscription and without polling."""
        missing = 0
        while self.time() < until:
            await asyncio.sleep(MINUTE)
            missing += len(self.uncovered())
        return missing

    def seals(self) -> list[Opened]:
        """What the clientStates at Graph say, opened with today's keys."""
        states = [each.client_state or "" for each in self.cloud.simulator.register.everything()]
        return [opened for state in states if (opened := open_state(self.keys, state)) is not None]

    def throttled(self) -> Sequence[str]:
        """What Graph refused as too much."""
        counts = self.cloud.simulator.gateway.counts
        return [name for name in counts if name.endswith((" 429", " 503"))]

    @override
    def _made(self) -> list[Process]:
        names = [f"manager{number}" for number in range(self._managers)]
        mains = {"ingress": self.ingress.main} | dict.fromkeys(names, self._manage)
        return [
            Process(name, main, self.journal, self.random(name)) for name, main in mains.items()
        ]

    @override
    def _add_rooms(self, office: Office, now: datetime) -> None:
        """Without the portal's look at every room for each."""
        for room_id, mailbox_id in office.rooms.items():
            self.tables.rooms[room_id] = Room(
                room_id, office.id, office.id, office.tenant_id, mailbox_id,
                office.addresses[room_id], "Room", None, now,
            )  # fmt: skip

    def _lapsed(self, office: Office, room_id: UUID, due_at: datetime) -> Row:
        now = self.clock()
        return Row(
            room_id=room_id,
            organisation_id=office.id,
            due_at=due_at,
            subscription_id=f"gone-{room_id}",
            expires_at=now,
            live_since=now - timedelta(minutes=10_000),
            sealed_by=KEYS.first,
            sealed_at=now - timedelta(minutes=10_000),
            client_id=office.client_id,
            tenant_id=office.tenant_id,
            webhook_url=WEBHOOK,
        )

    async def _asked(self, _: str, call: Call) -> None:
        listing = call.method == "GET" and call.path.rstrip("/").endswith("subscriptions")
        kind = "list" if listing else "read" if call.method == "GET" else "write"
        token = call.headers["Authorization"]
        self.load.begins(kind, token, self.time())
        if call.method == "POST":
            self.load.creates(call.body, 1)
        if call.method == "PATCH":
            self.load.patches(call.path, self.time())

    def _answered(self, _: str, call: Call, __: int) -> None:
        if call.method == "POST":
            self.load.creates(call.body, -1)
        if call.method == "DELETE" and len(self.live()) < len(self.rooms):
            self.bared += 1
