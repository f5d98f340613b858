"""The ingress without a web server: what Graph posts goes through the shipped admission into the broker."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from contracts.hints import join_hints
from contracts.routing import (
    GRAPH_CHANGES,
    GRAPH_LIFECYCLE,
    SUBSCRIPTIONS_LIFECYCLE,
    SYNC_CHANGES,
)
from eventbus import Coalescer
from graphclient import ClientStateKeys
from webhook_ingress.domain.validation import validation_token
from webhook_ingress.handlers import Reception

from .broker import Broker, Port
from .journal import Journal
from .processes import Crash, Fuse

if TYPE_CHECKING:
    from webhook_ingress.domain.outcomes import ItemOutcome

STATUS = {"accepted": 202, "malformed": 400, "unconfirmed": 503}


class Ingress:
    """One process that Graph posts to; away while it is restarted."""

    def __init__(
        self,
        broker: Broker,
        keys: ClientStateKeys,
        clock: Callable[[], datetime],
        journal: Journal,
        random: Random,
    ) -> None:
        self.posted_again = 0.0
        self._broker = broker
        self._keys = keys
        self._clock = clock
        self._journal = journal
        self._random = random
        self._fuse: Fuse | None = None
        self._reception: Reception | None = None

    async def main(self, fuse: Fuse, stop: asyncio.Event) -> None:
        """One life."""
        port = Port(self._broker, fuse)

        async def changes(body: bytes) -> None:
            await port.publish(GRAPH_CHANGES, SYNC_CHANGES, body)

        async def lifecycle(body: bytes) -> None:
            await port.publish(GRAPH_LIFECYCLE, SUBSCRIPTIONS_LIFECYCLE, body)

        self._reception = Reception(
            Coalescer(changes, join_hints),
            Coalescer(lifecycle, join_hints),
            lambda: self._keys,
            self._clock,
            _uncounted,
        )
        self._fuse = fuse
        try:
            await stop.wait()
        finally:
            self._reception = self._fuse = None

    async def receive(self, url: URL, body: bytes) -> tuple[int, str, bytes]:
        """What Graph is answered; raises aiohttp.ClientError while nobody is there."""
        reception, fuse = self._reception, self._fuse
        if reception is None or fuse is None:
            self._journal.fault("ingress_away")
            raise aiohttp.ClientConnectionError
        token = validation_token(url.raw_query_string)
        if token is not None:
            return 200, "text/plain", token
        self._journal.expect("posted_ten_times", self.posted_again)
        again = self._random.random() < self.posted_again
        if again:
            self._journal.fault("posted_ten_times")
        try:
            verdict = await reception.receive(body)
            for _ in range(9 if again else 0):
                verdict = await reception.receive(body)
        except Crash:
            raise aiohttp.ServerDisconnectedError from None
        return STATUS[verdict], "text/plain", b""


def _uncounted(_: "ItemOutcome", __: int) -> None:
    return None
