"""The composition root of the ingress."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog
from aiohttp import web

from contracts.hints import join_hints
from contracts.routing import (
    GRAPH_CHANGES,
    GRAPH_LIFECYCLE,
    SUBSCRIPTIONS_LIFECYCLE,
    SYNC_CHANGES,
)
from eventbus import Bus, Coalescer, open_bus
from graphclient.client_state import ClientStateKeys
from graphclient.signing_keys import open_publisher
from servicekit.clock import utc_now
from servicekit.http import serve_http
from servicekit.ops import Health, serve_ops

from .handlers import Judge, Reception, unjudged
from .routes import BODY_SECONDS, add_routes, count_items
from .settings import Settings

log = structlog.get_logger()

# A new replica waits so long for the broker before it takes requests all the same: without the
# broker it can still answer validations, and 503 where a proxy would have nobody to ask.
GRACE_SECONDS: Final = 10.0


def add_ingress(
    app: web.Application,
    bus: Bus,
    keys: Callable[[], ClientStateKeys],
    clock: Callable[[], datetime],
    *,
    judge: Judge = unjudged,
    body_seconds: float = BODY_SECONDS,
) -> None:
    """Answer Graph's deliveries in this application and publish hints on the bus."""
    reception = Reception(
        Coalescer(_sender(bus, GRAPH_CHANGES, SYNC_CHANGES), join_hints),
        Coalescer(_sender(bus, GRAPH_LIFECYCLE, SUBSCRIPTIONS_LIFECYCLE), join_hints),
        keys,
        clock,
        count_items,
        judge,
    )
    add_routes(app, reception, body_seconds=body_seconds)


def _sender(bus: Bus, exchange: str, queue: str) -> Callable[[bytes], Awaitable[None]]:
    async def send(body: bytes) -> None:
        await bus.publish(exchange, queue, body)

    return send


async def main(settings: Settings, stop: asyncio.Event) -> None:
    """Run as a service of its own until `stop`; raises SettingsInvalid."""
    keys = settings.live("client_state_keys", ClientStateKeys.parse)
    health = Health()
    serving = asyncio.Event()
    health.add("serving", lambda: serving.is_set() and not stop.is_set())
    app = web.Application()
    # The ops listener ends last, the bus after the requests that still publish on it.
    async with (
        serve_ops(settings.ops_listen, health),
        open_bus(settings.amqp_url.get_secret_value()) as bus,
        open_publisher(settings.entra_url, settings.graph_ca_file) as publisher,
    ):
        add_ingress(app, bus, keys.value, utc_now, judge=publisher.judge)
        async with serve_http(app, settings.listen) as (host, port):
            serving.set()
            health.add("broker", _met_once(bus.connected))
            log.info("listening", host=host, port=port)
            await stop.wait()


def _met_once(connected: Callable[[], bool]) -> Callable[[], bool]:
    loop = asyncio.get_running_loop()
    given_up_at = loop.time() + GRACE_SECONDS
    met = False

    def check() -> bool:
        nonlocal met
        met = met or connected() or loop.time() > given_up_at
        return met

    return check
