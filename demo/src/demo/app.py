"""The whole demo: the simulated cloud, standalone, and one page over both."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from pydantic import SecretStr

import standalone.app
from servicekit.clock import utc_now
from servicekit.http import serve_http
from standalone.keys import kept_token
from standalone.settings import Settings, with_kept_keys

from .audience import Audience
from .bookings import Bookings
from .calendar_watch import CalendarWatch
from .cloud import APPEAR_SECONDS, Cloud, open_cloud
from .connecting import Account, connect
from .entrance import PATH, Entrance
from .outlook import Outlook
from .page import Page
from .portal_client import Portal
from .ports import free_port, port_or_free
from .relay import Relay
from .seeding import seed
from .stopwatch import Watches

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.05

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """Where the page listens and where everything is kept."""

    host: str
    port: int
    folder: Path


async def run(options: Options, tell: Tell, stop: asyncio.Event) -> None:
    """Run until `stop`, telling each step and, once ready, the addresses and the sign-in."""
    began = time.monotonic()
    client_secret = kept_token(options.folder, "client-secret")
    async with AsyncExitStack() as resources:
        session = await resources.enter_async_context(aiohttp.ClientSession())
        tell("starting the simulated Microsoft 365")
        cloud = await resources.enter_async_context(open_cloud(session, options.folder / "cloud"))
        booked = await seed(cloud, client_secret, utc_now().date())
        if booked:
            tell(f"booked {booked} meetings in Outlook")
            await asyncio.sleep(APPEAR_SECONDS)  # the rooms answer what was just booked
        if stop.is_set():
            return
        settings = _settings(options.folder, cloud)
        tell("starting the platform on an embedded PostgreSQL")
        services_stop = asyncio.Event()
        async with asyncio.TaskGroup() as services:
            services.create_task(standalone.app.main(settings, services_stop))
            try:
                serving = services.create_task(
                    _serve(options, settings, cloud, client_secret, session, tell, began, stop)
                )
                stopping = services.create_task(stop.wait())
                await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                if not serving.done():
                    tell("stopping")
                    serving.cancel()
            finally:
                services_stop.set()


async def _serve(
    options: Options,
    settings: Settings,
    cloud: Cloud,
    client_secret: str,
    session: aiohttp.ClientSession,
    tell: Tell,
    began: float,
    stop: asyncio.Event,
) -> None:
    await _ready(session, f"http://{settings.ops_listen}/readyz")
    account = Account.kept(options.folder / "account.json")
    operator_token = settings.portal_operator_token.get_secret_value()
    portal, imported = await connect(
        session, f"http://{settings.listen}", operator_token, account, client_secret, tell
    )
    rooms = {room.id: room for room in imported}
    audience, watches = Audience(), Watches()
    cloud.simulator.state.on_changes(CalendarWatch(rooms, audience, watches.written).changed)
    entrance = Entrance(Portal(session, portal.origin, ""), account)
    bookings = Bookings(portal, rooms)
    page = Page(Outlook(cloud), bookings, rooms, audience, watches, entrance, utc_now)
    listen = f"{options.host}:{port_or_free(options.host, options.port)}"
    async with serve_http(page.application(), listen) as (host, port), asyncio.TaskGroup() as loops:
        relaying = loops.create_task(Relay(portal, rooms, audience, watches).run(stop))
        tell(
            f"ready after {time.monotonic() - began:.1f} s\n\n"
            f"  the portal    http://{host}:{port}{PATH}   signed in as {account.email}\n"
            f"  Outlook       http://{host}:{port}   simulated, beside the platform\n\n"
            f"  sign-in       http://{settings.listen}   {account.email}  {account.password}\n"
            f"  portal REST   http://{settings.listen}/api\n"
            f"  simulator     {cloud.origin} (CA {cloud.ca})\n\n"
            "Ctrl-C stops everything; the next start finds the same data."
        )
        try:
            await stop.wait()
        finally:
            audience.close()
            relaying.cancel()


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(_READY_SECONDS):
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(_POLL_SECONDS)  # a port cannot be waited for, only asked


def _settings(folder: Path, cloud: Cloud) -> Settings:
    # Another port each time means another webhook address, so the manager makes new subscriptions:
    # those of the last start went with the simulator.
    listen = f"127.0.0.1:{free_port()}"
    return with_kept_keys(
        Settings(
            listen=listen,
            ops_listen=f"127.0.0.1:{free_port()}",
            database_url=SecretStr("embedded"),
            data_dir=folder / "platform",
            amqp_url=SecretStr("postgres"),
            graph_url=f"{cloud.origin}/v1.0",
            entra_url=cloud.origin,
            graph_ca_file=cloud.ca,
            webhook_url=f"http://{listen}",
            portal_url=f"http://{listen}",
        )
    )
