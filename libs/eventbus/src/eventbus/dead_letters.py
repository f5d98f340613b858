"""Messages that nobody could deal with: looked at, sent back to where they came from, or dropped (design §4.4).

For the operator's own hands: one connection, nothing is retried, whatever is not settled goes back to the queue.
"""

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiormq
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import DeliveryError, PublishError
from pamqp.commands import Basic

from contracts.routing import DEAD_LETTERS

from .link import Session, broker_call, connected
from .publisher import PERSISTENT
from .topology import TOPOLOGY

MOST: Final = 1_000
_OURS: Final = ("x-reason", "x-queue", "x-exchange", "x-routing-key", "x-attempts")
_ORIGINS: Final = {each.name for each in TOPOLOGY.exchanges} - {DEAD_LETTERS}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message with why and where it died; `id` is made of its content, so equal messages share it.

    `headers` are those it had before.
    """

    id: str
    reason: str
    queue: str
    exchange: str
    routing_key: str
    attempts: str
    content_type: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class DeadLetters:
    """The queue of dead letters; every method raises LinkLost when the broker does not answer or refuses.

    Messages out of the first `most` are seen, and meanwhile nobody else sees those.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def count(self) -> int:
        """How many there are."""
        channel = await self._session.channel(confirms=False)
        async with broker_call():
            found = await channel.queue_declare(DEAD_LETTERS, passive=True)
            await channel.close()
        return found.message_count or 0

    async def look(self, most: int = MOST) -> list[DeadLetter]:
        """The oldest of them; all stay."""
        async with self._taken(most) as (_, taken):
            return [letter for letter, _ in taken]

    async def drop(self, ids: Collection[str], most: int = MOST) -> list[DeadLetter]:
        """Forget those with these ids; which were found."""
        async with self._taken(most) as (channel, taken):
            dropped = [(letter, message) for letter, message in taken if letter.id in ids]
            for _, message in dropped:
                await _ack(channel, message)
        return [letter for letter, _ in dropped]

    async def redrive(
        self, ids: Collection[str], most: int = MOST
    ) -> list[tuple[DeadLetter, str | None]]:
        """Send those with these ids back to where they came from, each with the obstacle if it stays here.

        Confirmed there before it is forgotten here: a crash in between doubles, never loses.
        """
        outgoing = await self._session.channel(confirms=True)
        done: list[tuple[DeadLetter, str | None]] = []
        async with self._taken(most) as (channel, taken):
            for letter, message in taken:
                if letter.id not in ids:
                    continue
                obstacle = await _publish(outgoing, letter)
                if obstacle is None:
                    await _ack(channel, message)
                done.append((letter, obstacle))
        return done

    @asynccontextmanager
    async def _taken(
        self, most: int
    ) -> AsyncIterator[tuple[aiormq.Channel, Sequence[tuple[DeadLetter, DeliveredMessage]]]]:
        """Take up to `most` messages; those not settled inside go back when the channel closes."""
        channel = await self._session.channel(confirms=False)
        taken: list[tuple[DeadLetter, DeliveredMessage]] = []
        while len(taken) < min(most, MOST):
            async with broker_call():
                message = await channel.basic_get(DEAD_LETTERS)
            if message.delivery_tag is None:
                break
            taken.append((_letter(message), message))
        yield channel, taken
        async with broker_call():
            await channel.close()


@asynccontextmanager
async def open_dead_letters(url: str) -> AsyncIterator[DeadLetters]:
    """The dead letters of this broker; raises LinkLost when it cannot be reached."""
    async with connected(url) as session:
        yield DeadLetters(session)


async def _ack(channel: aiormq.Channel, message: DeliveredMessage) -> None:
    async with broker_call():
        await channel.basic_ack(message.delivery_tag or 0, wait=True)


async def _publish(channel: aiormq.Channel, letter: DeadLetter) -> str | None:
    """Send it back; the obstacle if the broker does not take it."""
    if letter.exchange not in _ORIGINS:
        return "where it came from is not known"
    properties = Basic.Properties(
        content_type=letter.content_type,
        headers=dict(letter.headers) or None,
        delivery_mode=PERSISTENT,
    )
    async with broker_call():
        try:
            await channel.basic_publish(
                letter.body,
                exchange=letter.exchange,
                routing_key=letter.routing_key,
                properties=properties,
                mandatory=True,
            )
        except PublishError:
            return f"no queue is bound to {letter.exchange} for it"
        except DeliveryError:
            return f"the queue behind {letter.exchange} is full"
    return None


def _letter(message: DeliveredMessage) -> DeadLetter:
    properties = message.header.properties
    headers: Mapping[str, Any] = properties.headers or {}
    death = _death(headers)
    reason = str(headers.get("x-reason") or death.get("reason") or "unknown")
    queue = str(headers.get("x-queue") or death.get("queue") or "")
    exchange = str(headers.get("x-exchange") or death.get("exchange") or "")
    routing_key = str(headers.get("x-routing-key") or message.routing_key or "")
    names = f"{reason}\n{queue}\n{exchange}\n{routing_key}\n"
    return DeadLetter(
        id=hashlib.sha256(names.encode() + message.body).hexdigest()[:12],
        reason=reason,
        queue=queue,
        exchange=exchange,
        routing_key=routing_key,
        attempts=str(headers.get("x-attempts") or death.get("count") or ""),
        content_type=properties.content_type or "application/octet-stream",
        headers={
            name: value
            for name, value in headers.items()
            if isinstance(value, str) and name not in _OURS and not name.startswith("x-first-death")
        },
        body=message.body,
    )


def _death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the broker says of a message that it moved here itself."""
    deaths = headers.get("x-death")
    first = deaths[0] if isinstance(deaths, list) and deaths else None
    return first if isinstance(first, dict) else {}
