"""Events from the bus: onto the live stream, and results to who waits for them."""

from typing import Final
from uuid import UUID

import msgspec
import structlog

from contracts import Undecodable
from contracts.events import CommandResult, decode_event
from eventbus import Delivery

from .domain.commands import SOURCE
from .handlers.feed import Feed, Happening
from .handlers.results import Results

log = structlog.get_logger()

PATTERNS: Final = ("booking.*", "command.*", "room.*", "integration.*")


class _Address(msgspec.Struct):
    id: str
    organisationid: UUID


_decoder = msgspec.json.Decoder(_Address)


class EventConsumer:
    """Reads of each event only whose it is, and of results which command they end."""

    def __init__(self, feed: Feed, results: Results) -> None:
        self._feed = feed
        self._results = results

    async def handle(self, delivery: Delivery) -> None:
        """Pass it on; what cannot be read is dropped, the stream promises nothing."""
        try:
            address = _decoder.decode(delivery.body)
            body = delivery.body.decode()
        except (msgspec.MsgspecError, UnicodeDecodeError):
            log.warning("event_unreadable", routing_key=delivery.routing_key)
            return
        self._feed.tell(address.organisationid, Happening(delivery.routing_key, address.id, body))
        if delivery.routing_key.startswith("command."):
            self._settle(delivery.body)

    def _settle(self, body: bytes) -> None:
        try:
            event = decode_event(body)
        except Undecodable as error:
            log.warning("result_unreadable", reason=str(error))
            return
        # Commands of other senders may bear the same id.
        if isinstance(event.data, CommandResult) and event.data.command_source == SOURCE:
            self._results.tell(event.organisationid, event.data)

    async def resumed(self) -> None:
        """After a lost connection events are missing: end the streams, so that the pages fetch again."""
        self._feed.interrupt()
