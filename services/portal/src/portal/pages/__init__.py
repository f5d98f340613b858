"""The web pages: the table of pages, what holds for each of them, their assets."""

from aiohttp import web

from servicekit.clock import utc_now

from ..routes import Desk
from ..routes.cookies import Cookies
from .assets import Assets
from .connection import Connection
from .edge import PageEdge
from .guide import Guide
from .home import Home
from .signing_in import SigningIn
from .table import Page
from .templates import Templates

__all__ = ["add_pages", "pages"]


def pages(desk: Desk, entra_url: str) -> list[Page]:
    """Return every page and form."""
    return [
        *SigningIn(desk.sessions).pages(),
        *Home(desk.records, desk.free_rooms).pages(),
        *Connection(desk.integrations, desk.trials, desk.scope_scripts).pages(),
        *Guide(desk.integrations, desk.offices, desk.rooms, entra_url, utc_now).pages(),
    ]


def add_pages(app: web.Application, desk: Desk, cookies: Cookies, entra_url: str) -> None:
    """Serve the pages in this application; everything else that is not there becomes a page too."""
    assets = Assets()
    assets.install(app)
    edge = PageEdge(desk.sessions, desk.alerts, cookies, Templates(assets))
    edge.install(app, pages(desk, entra_url))
    edge.close_table(app)
