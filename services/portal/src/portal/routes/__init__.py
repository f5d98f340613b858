"""HTTP: the table of routes, what holds for each of them, the live stream."""

from aiohttp import web

from ..handlers.feed import Feed
from . import openapi
from .catalogue import Desk, routes
from .cookies import Cookies
from .edge import Edge
from .problems import HEADERS
from .stream import PATH, Stream

__all__ = ["Desk", "add_routes", "routes"]


def add_routes(
    app: web.Application, desk: Desk, feed: Feed, cookies: Cookies, version: str
) -> None:
    """Serve everything under /api in this application."""
    table = routes(desk)
    description = openapi.describe(table, version)

    async def described(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=description, content_type="application/json", headers=HEADERS)

    edge = Edge(desk.sessions, desk.organisations, desk.records, cookies)
    edge.install(app, table)
    edge.add(app, "GET", PATH, Stream(edge, desk.sessions, feed).answer)
    edge.add(app, "GET", openapi.PATH, described)
    edge.close_table(app)
