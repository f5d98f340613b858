"""Entra's signing keys over the wire: asked for when a token needs them, kept for hours (graph-notifications §5.3)."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

from .protocol import Service
from .publisher import (
    FALSE,
    NOTHING,
    Judgement,
    KeySet,
    KeysUnusable,
    Named,
    Version,
    judged,
    lacking,
    named,
)

log = structlog.get_logger()

REFETCH_SECONDS = 300.0  # between two fetches of one version's keys, whatever tokens ask for
_FRESH_SECONDS = 6 * 3600.0  # then they are fetched again, the old ones serving until that worked
_OLDEST_SECONDS = 24 * 3600.0  # keys are said to rotate daily: nothing older proves anything
_WAIT_SECONDS = 0.4  # a delivery does not wait longer: Graph wants its answer within 3 s
_FETCH_SECONDS = 5.0
_MOST_BYTES = 256 * 1024
_DISCOVERY: dict[Version, str] = {
    "1.0": "/common/.well-known/openid-configuration",
    "2.0": "/common/v2.0/.well-known/openid-configuration",
}


class _Discovery(msgspec.Struct):
    issuer: str
    jwks_uri: str


class _Held:
    """One version's keys, and the one fetch there may be."""

    def __init__(self) -> None:
        self.keys: KeySet | None = None
        self.fetched_at = 0.0
        self.tried_at = float("-inf")
        self.fetch: asyncio.Task[None] | None = None


class Publisher:
    """Judges what claims to come from Graph; asks Entra for keys once, however many deliveries need them."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        entra_url: str,
        fetches: asyncio.TaskGroup,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._origin = entra_url.rstrip("/")
        self._fetches = fetches
        self._monotonic = monotonic
        self._held: dict[Version, _Held] = {version: _Held() for version in _DISCOVERY}

    async def judge(self, tokens: Sequence[str], now: datetime) -> Judgement:
        """What these tokens prove, within half a second: nothing while Entra's keys are not to be had."""
        if not tokens:
            return NOTHING
        told: list[Named] = []
        for text in tokens:
            token = named(text)
            if token is None:
                return FALSE
            told.append(token)
        await self._look_up(told)
        return judged(told, self._sets(), now)

    def _sets(self) -> dict[Version, KeySet | None]:
        now = self._monotonic()
        return {
            version: held.keys if now - held.fetched_at < _OLDEST_SECONDS else None
            for version, held in self._held.items()
        }

    async def _look_up(self, tokens: Sequence[Named]) -> None:
        needed = lacking(tokens, self._sets())
        waiting = [fetch for version in needed if (fetch := self._fetching(version)) is not None]
        for version in {token.version for token in tokens} - needed:
            held = self._held[version]
            if self._monotonic() - held.fetched_at >= _FRESH_SECONDS:
                self._fetching(version)  # nobody waits for it
        if waiting:
            await asyncio.wait(waiting, timeout=_WAIT_SECONDS)

    def _fetching(self, version: Version) -> "asyncio.Task[None] | None":
        held = self._held[version]
        if held.fetch is not None and not held.fetch.done():
            return held.fetch
        now = self._monotonic()
        if now - held.tried_at < REFETCH_SECONDS:
            return None
        held.tried_at = now
        held.fetch = self._fetches.create_task(self._fetch(version, held))
        return held.fetch

    async def _fetch(self, version: Version, held: _Held) -> None:
        try:
            async with asyncio.timeout(_FETCH_SECONDS):
                found = await self._discovery(version)
                keys = KeySet.read(found.issuer, await self._get(found.jwks_uri))
        except Exception as error:  # noqa: BLE001 -- whatever Entra answers, deliveries go on being answered
            log.warning("signing_keys_not_fetched", version=version, error=type(error).__name__)
            return
        held.keys, held.fetched_at = keys, self._monotonic()
        log.info("signing_keys_fetched", version=version, keys=len(keys.keys))

    async def _discovery(self, version: Version) -> _Discovery:
        body = await self._get(self._origin + _DISCOVERY[version])
        try:
            found = msgspec.json.decode(body, type=_Discovery)
            ours, theirs = urlsplit(self._origin), urlsplit(found.jwks_uri)
            same = (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
            raise KeysUnusable("no discovery document") from error
        if not same or found.issuer.count("{tenantid}") != 1:
            raise KeysUnusable("the discovery document leads elsewhere")
        return found

    async def _get(self, url: str) -> bytes:
        async with self._session.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise KeysUnusable(f"status {answer.status}")
            body = bytearray()
            async for piece in answer.content.iter_chunked(1 << 16):
                body += piece
                if len(body) > _MOST_BYTES:
                    raise KeysUnusable("too large")
            return bytes(body)


@asynccontextmanager
async def open_publisher(entra_url: str, ca_file: Path | None) -> AsyncIterator[Publisher]:
    """A judge over Entra at this address, asked only when a rich item comes; ValueError unless it is https."""
    Service.at(entra_url)
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, limit=4),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=2.0),
        ) as session,
        asyncio.TaskGroup() as fetches,
    ):
        yield Publisher(session, entra_url, fetches)
