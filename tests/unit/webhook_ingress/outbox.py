"""A bus that remembers what it confirmed and can be told to refuse, and the notifications for it."""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from eventbus import Handler, Listener, NotConfirmed, Reconnected
from graphclient.client_state import ClientStateKeys, seal

ROOM = UUID("3f8e2b14-97a5-4c0d-b1e6-7c4a8d2f5b91")
TENANT = UUID("7c0e0000-0000-4000-8000-000000000001")
CLIENT = UUID("aaaaaaaa-0000-4000-8000-000000000002")
NOW = datetime(2026, 11, 23, 9, 12, 45, tzinfo=UTC)
KEYS = ClientStateKeys.parse("k1:" + base64.b64encode(b"1" * 32).decode())
STATE = seal(KEYS, ROOM, TENANT, CLIENT)

Json: TypeAlias = dict[str, Any]


def change(event: str = "AAMkADk0AAA=", **other: Any) -> Json:
    """An item as Exchange sends it for a room."""
    resource = f"Users/5d1f0f52-8d0e-4a5b-9f0e-0f6f4c1a2b3c/Events/{event}"
    item: Json = {
        "subscriptionId": "3b0d0c0e-6c1e-4f35-9a0b-7a6f1d2e9c11",
        "subscriptionExpirationDateTime": "2031-02-10T08:15:30.1234567+00:00",
        "changeType": "updated",
        "resource": resource,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": 'W/"DwAAAB"',
            "id": event,
        },
        "clientState": STATE,
        "tenantId": str(TENANT),
    }
    return item | other


def lifecycle(event: str = "missed", **other: Any) -> Json:
    """A lifecycle item."""
    item: Json = {
        "subscriptionId": "3b0d0c0e-6c1e-4f35-9a0b-7a6f1d2e9c11",
        "subscriptionExpirationDateTime": "2031-02-10T08:15:30.0000000Z",
        "tenantId": str(TENANT),
        "clientState": STATE,
        "lifecycleEvent": event,
    }
    return item | other


def delivery(*items: Json) -> bytes:
    """The body of one POST."""
    return json.dumps({"value": items}).encode()


class RememberingBus:
    """Confirms everything, unless `refusal` is set; `gate` holds confirms back."""

    def __init__(self) -> None:
        self.confirmed: list[tuple[str, str, Any]] = []
        self.refusal: NotConfirmed | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()

    async def publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        within: float = 2.0,
    ) -> None:
        del content_type, headers
        self.asked.set()
        try:
            async with asyncio.timeout(within):
                await self.gate.wait()
        except TimeoutError as error:
            raise NotConfirmed("late") from error
        if self.refusal is not None:
            raise self.refusal
        self.confirmed.append((exchange, routing_key, json.loads(body)))

    def events(self) -> list[str]:
        """The event ids (changes) and words (lifecycle) of everything confirmed."""
        return [hint["event"] for _, _, hints in self.confirmed for hint in hints]

    async def consume(
        self, queue: str, handle: Handler, stop: asyncio.Event, *, prefetch: int = 64
    ) -> None:
        raise NotImplementedError

    async def follow(
        self,
        exchange: str,
        patterns: Sequence[str],
        handle: Listener,
        stop: asyncio.Event,
        *,
        max_length: int = 10_000,
        reconnected: Reconnected | None = None,
    ) -> None:
        raise NotImplementedError

    def connected(self) -> bool:
        return self.refusal is None


def clock() -> datetime:
    return NOW


Clock: TypeAlias = Callable[[], datetime]
