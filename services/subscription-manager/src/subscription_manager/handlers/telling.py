"""Says what is owed: to the platform with confirm, to the organisation's chat if it has one."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import msgspec
import structlog
from prometheus_client import Counter

from contracts.cloudevents import CONTENT_TYPE
from contracts.routing import EVENTS
from eventbus import NotConfirmed
from servicekit.outbound import AddressRefused, NotDelivered

from ..domain.message import Owed, event_of, pause_after, words_of
from .needs import SecretMissing
from .secrets import Secrets

log = structlog.get_logger()

_AT_ONCE: Final = 20
_PAUSE: Final = timedelta(seconds=5)

TOLD = Counter(
    "clearooms_integration_messages",
    "Messages about credentials, by how they ended",
    ["way", "kind", "ended"],
)


class OwedRows(Protocol):
    """Rows of `integration_messages`."""

    async def claim(self, now: datetime, most: int) -> list[Owed]:
        """Take what is due."""

    async def done(self, owed: Owed) -> None:
        """Strike it out."""

    async def postpone(self, owed: Owed, until: datetime) -> None:
        """Put it off."""

    async def chat_webhook(self, organisation_id: UUID) -> bytes | None:
        """Load the sealed address."""


class Messages(Protocol):
    """The bus, as far as publishing goes."""

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, *, content_type: str
    ) -> None:
        """Raises NotConfirmed."""


class Telling:
    """Each message once; a replica that dies between saying and striking out leads to one repeat with the same id."""

    def __init__(
        self,
        rows: OwedRows,
        messages: Messages,
        secrets: Secrets,
        post: Callable[[str, bytes], Awaitable[None]],
        portal_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._messages = messages
        self._secrets = secrets
        self._post = post
        self._portal_url = portal_url
        self._clock = clock

    async def turn(self) -> bool:
        """Say what is due; whether there may be more."""
        claimed = await self._rows.claim(self._clock(), _AT_ONCE)
        for owed in claimed:
            ended = await (self._publish(owed) if owed.way == "events" else self._chat(owed))
            TOLD.labels(owed.way, owed.kind, ended).inc()
        return bool(claimed)

    async def _publish(self, owed: Owed) -> str:
        key, body = event_of(owed)
        try:
            await self._messages.publish(EVENTS, key, body, content_type=CONTENT_TYPE)
        except NotConfirmed as error:
            log.warning("events_not_confirmed", cause=error.cause)
            await self._rows.postpone(owed, self._clock() + _PAUSE)
            return "postponed"
        await self._rows.done(owed)
        return "said"

    async def _chat(self, owed: Owed) -> str:
        sealed = await self._rows.chat_webhook(owed.organisation_id)
        ended = "dropped" if sealed is None else await self._posted(owed, sealed)
        if ended != "postponed":
            await self._rows.done(owed)
        return ended

    async def _posted(self, owed: Owed, sealed: bytes) -> str:
        text = words_of(owed, self._portal_url)
        try:
            url = self._secrets.chat_webhook(owed.organisation_id, sealed)
            await self._post(url, msgspec.json.encode({"text": text}))
        except (AddressRefused, SecretMissing) as error:
            log.warning("chat_refused", organisation=str(owed.organisation_id), why=str(error))
            return "refused"
        except NotDelivered as error:
            pause = pause_after(owed, self._clock())
            log.info("chat_not_delivered", organisation=str(owed.organisation_id), why=str(error))
            if pause is None:
                return "given_up"
            await self._rows.postpone(owed, self._clock() + pause)
            return "postponed"
        return "said"
