"""The other end of the queue: a durable queue of the platform's own, and what a ledger of it must show."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import aio_pika

from contracts.routing import EVENTS

from ..servers.rabbitmq import PLATFORM_QUEUE


@dataclass(slots=True)
class Ledger:
    """Every message that arrived, in order of arrival, with the checks that any receiver could make."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)  # wall clock, one for each message
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, body: bytes) -> None:
        async with self.arrived:
            self.messages.append(json.loads(body))
            self.bodies.append(body)
            self.arrivals.append(time.time())
            self.arrived.notify_all()

    def bookings(self) -> list[dict[str, Any]]:
        return [m for m in self.messages if m["type"] == "com.clearooms.booking.v1"]

    def results(self, source: str) -> dict[str, list[dict[str, Any]]]:
        """Every result message of this sender's commands, by the command's id."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for message in self.messages:
            if message["data"].get("command_source") == source:
                found[message["data"]["command_id"]].append(message)
        return found

    def latest(self) -> dict[str, dict[str, Any]]:
        """The highest version per subject: what a correct receiver keeps."""
        kept: dict[str, dict[str, Any]] = {}
        for message in self.bookings():
            known = kept.get(message["subject"])
            if known is None or int(message["sequence"]) > int(known["sequence"]):
                kept[message["subject"]] = message
        return kept

    def disorder(self) -> list[str]:
        """Breaches of: first sightings rise per room; a version means one content; no change is sent under two versions."""
        found: list[str] = []
        highest: dict[str, int] = defaultdict(int)
        content: dict[tuple[str, int], str] = {}
        for message in self.bookings():
            room, version = message["data"]["room_id"], int(message["sequence"])
            told = json.dumps(message["data"], sort_keys=True)
            if (room, version) in content:
                if content[room, version] != told:
                    found.append(f"room {room} version {version} was sent with two contents")
                continue
            content[room, version] = told
            if version <= highest[room]:
                found.append(f"room {room}: version {version} first seen after {highest[room]}")
            highest[room] = max(highest[room], version)
        by_subject: dict[str, dict[int, str]] = defaultdict(dict)
        for message in self.bookings():
            bare = {k: v for k, v in message["data"].items() if k != "version"}
            by_subject[message["subject"]][int(message["sequence"])] = json.dumps(
                bare, sort_keys=True
            )
        for subject, versions in by_subject.items():
            ordered = [versions[v] for v in sorted(versions)]
            found += [
                f"{subject}: one change under two versions"
                for earlier, later in pairwise(ordered)
                if earlier == later
            ]
        return found


@asynccontextmanager
async def platform_queue(amqp_url: str) -> AsyncIterator[Ledger]:
    """A durable queue bound to every event, as the platform's operator would declare it; survives the broker's restart."""
    ledger = Ledger()
    connection = await aio_pika.connect_robust(amqp_url, reconnect_interval=0.2)
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=200)
        exchange = await channel.get_exchange(EVENTS)
        queue = await channel.declare_queue(
            PLATFORM_QUEUE, durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.bind(exchange, "#")

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            await ledger.take(message.body)
            await message.ack()

        await queue.consume(take)
        yield ledger
