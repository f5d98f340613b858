"""Events from the bus onto the live stream."""

from typing import Final
from uuid import UUID

import msgspec
import structlog

from eventbus import Delivery

from .handlers.feed import Feed, Happening

log = structlog.get_logger()

PATTERNS: Final = ("booking.*", "command.*", "room.*", "integration.*")


class _Address(msgspec.Struct):
    id: str
    organisationid: UUID


_decoder = msgspec.json.Decoder(_Address)


class EventConsumer:
    """Reads of each event only whose it is."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def handle(self, delivery: Delivery) -> None:
        """Pass it on; what cannot be read is dropped, the stream promises nothing."""
        try:
            address = _decoder.decode(delivery.body)
            body = delivery.body.decode()
        except (msgspec.MsgspecError, UnicodeDecodeError):
            log.warning("event_unreadable", routing_key=delivery.routing_key)
            return
        self._feed.tell(address.organisationid, Happening(delivery.routing_key, address.id, body))

    async def resumed(self) -> None:
        """After a lost connection events are missing: end the streams, so that the pages fetch again."""
        self._feed.interrupt()
