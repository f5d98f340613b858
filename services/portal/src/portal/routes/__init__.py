"""HTTP: the table of routes, what holds for each of them, the live stream."""

from aiohttp import web

from ..handlers.feed import Feed
from .catalogue import Desk, routes
from .edge import Edge
from .stream import PATH, Stream

__all__ = ["Desk", "add_routes", "routes"]


def add_routes(app: web.Application, desk: Desk, feed: Feed) -> None:
    """Serve everything under /api in this application."""
    edge = Edge(desk.sessions, desk.organisations, desk.records)
    edge.install(app, routes(desk))
    edge.add(app, "GET", PATH, Stream(edge, desk.sessions, feed).answer)
    edge.close_table(app)
