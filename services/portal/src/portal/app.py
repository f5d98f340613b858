"""The composition root of the portal."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Final

import structlog
from aiohttp import web

from contracts.routing import EVENTS
from eventbus import Bus, open_bus
from graphclient import Graph, Registration, open_graph
from pgstore import Database, Role, SecretBox, open_database
from servicekit.clock import utc_now
from servicekit.http import serve_http
from servicekit.ops import Health, serve_ops
from servicekit.outbound import check_address

from .consumer import PATTERNS, EventConsumer
from .handlers.activity import Activity
from .handlers.alerts import Alerts
from .handlers.bookings import Bookings
from .handlers.commands import Commands
from .handlers.envelopes import Envelopes
from .handlers.feed import Feed
from .handlers.integration import Integrations
from .handlers.listings import Listings
from .handlers.live_plans import LivePlans
from .handlers.microsoft import MicrosoftSignIns
from .handlers.missing import MissingRooms
from .handlers.office_plans import OfficePlans
from .handlers.offices import Offices
from .handlers.organisations import Organisations
from .handlers.passwords import Passwords
from .handlers.plans import Plans
from .handlers.records import Records
from .handlers.resealing import Resealing
from .handlers.results import Results
from .handlers.rooms import Rooms
from .handlers.scope_scripts import ScopeScripts
from .handlers.sessions import Sessions
from .handlers.trials import Trials
from .handlers.upkeep import EVERY_SECONDS, Upkeep
from .handlers.users import Users
from .handlers.vacancies import FreeRooms
from .pages import add_pages
from .pages.signing_in import BACK
from .routes import Desk, add_routes
from .routes.cookies import Cookies
from .scheduler import keep_resealing
from .settings import Settings, microsoft_registration
from .store.activity import ActivityStore
from .store.audit import AuditStore
from .store.bookings import BookingStore
from .store.integrations import IntegrationStore
from .store.microsoft import LinkedStore
from .store.office_plans import OfficePlanStore
from .store.offices import OfficeStore
from .store.organisations import OrganisationStore
from .store.plans import PlanStore
from .store.removed_rooms import RemovedRoomStore
from .store.rooms import RoomStore
from .store.sealed import SealedStore
from .store.sessions import SessionStore
from .store.survey import SurveyStore
from .store.users import UserStore

log = structlog.get_logger()

RESULT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class PortalOptions:
    """What the portal is told: the operator's token (empty: no operator), the addresses to show, how often to look.

    Through `registration` people sign in with Microsoft; it needs the `portal_url`.

    `check_address` raises AddressRefused for a chat's address that we would not post to.
    """

    operator_token: str = field(repr=False)
    webhook_url: str = ""
    portal_url: str = ""
    entra_url: str = "https://login.microsoftonline.com"
    registration: Registration | None = None
    reseal_seconds: float = 15.0
    check_address: Callable[[str], Awaitable[None]] = check_address


def add_portal(
    app: web.Application,
    database: Database,
    bus: Bus,
    graph: Graph,
    secrets: Callable[[], SecretBox],
    options: PortalOptions,
    clock: Callable[[], datetime],
    *,
    result_seconds: float = RESULT_SECONDS,
    upkeep_seconds: float = EVERY_SECONDS,
) -> None:
    """Serve the REST interface, the live stream and the pages in this application; to be called last."""
    passwords, feed, results, release = Passwords(), Feed(), Results(), version("portal")
    bookings, survey = BookingStore(database), SurveyStore(database)
    rooms, integrations = RoomStore(database), IntegrationStore(database)
    envelopes = Envelopes(secrets)
    resealing = Resealing(SealedStore(database), envelopes, clock)
    connection = Integrations(
        integrations,
        graph,
        envelopes,
        rooms,
        options.check_address,
        webhook_url=options.webhook_url,
        portal_url=options.portal_url,
        clock=clock,
    )
    listings = Listings(connection, clock)
    imported = Rooms(rooms, rooms, listings, clock)
    trials = Trials(connection, integrations, clock)
    upkeep = Upkeep(OrganisationStore(database), imported, RemovedRoomStore(database), clock)
    desk = Desk(
        organisations=Organisations(OrganisationStore(database), passwords, clock),
        sessions=Sessions(SessionStore(database), passwords, options.operator_token, clock),
        users=Users(
            UserStore(database), passwords, clock, microsoft=options.registration is not None
        ),
        integrations=connection,
        offices=Offices(OfficeStore(database), clock),
        rooms=imported,
        bookings=Bookings(bookings, clock),
        commands=Commands(bookings, rooms, bus, results, clock, seconds=result_seconds),
        records=Records(
            AuditStore(database),
            integrations,
            survey,
            resealing,
            bus.connected,
            options.webhook_url,
            release,
            clock,
        ),
        plans=Plans(PlanStore(database)),
        missing=MissingRooms(connection, listings, rooms, clock),
        scope_scripts=ScopeScripts(connection, connection, rooms),
        activity=Activity(ActivityStore(database), clock),
        trials=trials,
        alerts=Alerts(integrations, clock),
        office_plans=OfficePlans(OfficePlanStore(database), clock),
        free_rooms=FreeRooms(OfficeStore(database), survey, clock),
        live_plans=LivePlans(
            OfficeStore(database), OfficePlanStore(database), rooms, bookings, clock
        ),
        microsoft=_microsoft(database, graph, secrets, options, clock),
    )
    cookies = Cookies(options.portal_url)
    add_routes(app, desk, feed, cookies, release)
    add_pages(app, desk, cookies, options.entra_url)
    consumer = EventConsumer(feed, results)

    async def following(_app: web.Application) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as loops:
            loops.create_task(
                bus.follow(EVENTS, PATTERNS, consumer.handle, stop, reconnected=consumer.resumed)
            )
            loops.create_task(keep_resealing(resealing.run, stop, seconds=options.reseal_seconds))
            loops.create_task(upkeep.run(stop, upkeep_seconds))
            loops.create_task(trials.run(stop))
            yield
            stop.set()

    async def end_waiting(_app: web.Application) -> None:
        feed.close()
        results.close()

    app.cleanup_ctx.append(following)
    app.on_shutdown.append(end_waiting)


def _microsoft(
    database: Database,
    graph: Graph,
    secrets: Callable[[], SecretBox],
    options: PortalOptions,
    clock: Callable[[], datetime],
) -> MicrosoftSignIns | None:
    if options.registration is None:
        return None
    sign_ins = graph.sign_in(options.registration)
    back = options.portal_url + BACK
    return MicrosoftSignIns(sign_ins, LinkedStore(database), secrets, back, clock)


async def main(settings: Settings, stop: asyncio.Event) -> None:
    """Run as a service of its own until `stop`; raises SettingsInvalid."""
    secrets = settings.live("secret_keys", SecretBox.parse)
    registration = microsoft_registration(settings)
    health = Health()
    serving = asyncio.Event()
    health.add("serving", lambda: serving.is_set() and not stop.is_set())
    app = web.Application()
    async with (
        serve_ops(settings.ops_listen, health),
        open_database(settings.database_url.get_secret_value(), Role.PORTAL) as database,
        open_bus(settings.amqp_url.get_secret_value()) as bus,
        open_graph(settings.graph_url, settings.entra_url, settings.graph_ca_file) as graph,
    ):
        health.add("database", database.healthy)
        options = PortalOptions(
            operator_token=settings.portal_operator_token.get_secret_value(),
            webhook_url=settings.webhook_url,
            portal_url=settings.portal_url,
            entra_url=settings.entra_url,
            registration=registration,
        )
        add_portal(app, database, bus, graph, secrets.value, options, utc_now)
        async with serve_http(app, settings.listen) as (host, port):
            serving.set()
            health.add("bus", bus.connected)
            log.info("listening", host=host, port=port)
            await stop.wait()
