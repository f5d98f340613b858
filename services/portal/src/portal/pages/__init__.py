"""The web pages: the table of pages, what holds for each of them, their assets."""

from aiohttp import web

from servicekit.clock import utc_now

from ..routes import Desk
from ..routes.cookies import Cookies
from .activity import ActivityPages
from .assets import Assets
from .audit import AuditPages
from .booking_new import NewBookings
from .booking_panel import BookingPanels
from .calendar import Calendar
from .connection import Connection
from .edge import PageEdge
from .guide import Guide
from .home import Home
from .importing import ImportPages
from .live_plan import LivePlanPages
from .missing import MissingPages
from .offices import OfficePages
from .plan_editing import PlanEditing
from .rooms import RoomPages
from .signing_in import SigningIn
from .table import Page
from .templates import Templates
from .users import UserPages

__all__ = ["add_pages", "pages"]


def pages(desk: Desk, entra_url: str) -> list[Page]:
    """Return every page and form."""
    return [
        *SigningIn(desk.sessions, desk.microsoft).pages(),
        *Home(desk.records, desk.free_rooms).pages(),
        *OfficePages(desk.offices, desk.rooms).pages(),
        *ImportPages(desk.rooms, desk.offices).pages(),
        *MissingPages(desk.missing, desk.offices).pages(),
        *RoomPages(desk.rooms, desk.offices, desk.commands, desk.plans).pages(),
        *UserPages(desk.users).pages(),
        *ActivityPages(desk.activity, desk.bookings, desk.rooms).pages(),
        *AuditPages(desk.records, desk.activity).pages(),
        *Connection(desk.integrations, desk.trials, desk.scope_scripts).pages(),
        *Guide(desk.integrations, desk.offices, desk.rooms, entra_url, utc_now).pages(),
        *Calendar(desk.offices, desk.rooms, desk.bookings).pages(),
        *NewBookings(desk.offices, desk.rooms, desk.bookings, desk.commands).pages(),
        *BookingPanels(desk.offices, desk.rooms, desk.bookings, desk.commands).pages(),
        *LivePlanPages(desk.live_plans).pages(),
        *PlanEditing(desk.office_plans, desk.live_plans).pages(),
    ]


def add_pages(app: web.Application, desk: Desk, cookies: Cookies, entra_url: str) -> None:
    """Serve the pages in this application; everything else that is not there becomes a page too."""
    assets = Assets()
    assets.install(app)
    edge = PageEdge(desk.sessions, desk.alerts, cookies, Templates(assets))
    edge.install(app, pages(desk, entra_url))
    edge.close_table(app)
