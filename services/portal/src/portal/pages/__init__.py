"""The web pages: the table of pages, what holds for each of them, their assets."""

from aiohttp import web

from ..routes import Desk
from ..routes.cookies import Cookies
from .assets import Assets
from .edge import PageEdge
from .home import Home
from .signing_in import SigningIn
from .table import Page
from .templates import Templates

__all__ = ["add_pages", "pages"]


def pages(desk: Desk) -> list[Page]:
    """Return every page and form."""
    return [
        *SigningIn(desk.sessions, desk.microsoft).pages(),
        *Home(desk.records).pages(),
    ]


def add_pages(app: web.Application, desk: Desk, cookies: Cookies) -> None:
    """Serve the pages in this application; everything else that is not there becomes a page too."""
    assets = Assets()
    assets.install(app)
    edge = PageEdge(desk.sessions, cookies, Templates(assets))
    edge.install(app, pages(desk))
    edge.close_table(app)
