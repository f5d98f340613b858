"""The portal alone in a process of its own, as bench/portal.py asks it: `python -m bench.portal_server DSN PORT`."""

import asyncio
import base64
import gc
import sys

import uvloop
from aiohttp import web

from eventbus.postgres import open_postgres_bus
from graphclient import open_graph
from pgstore import Role, SecretBox, open_database
from portal.app import PortalOptions, add_portal
from servicekit.clock import utc_now
from servicekit.http import serve_http

KEYS = "s1:" + base64.b64encode(b"s" * 32).decode()
OPERATOR = "operator-of-the-bench-alone"
BLANK_PATH = "/blank"
NOWHERE = "https://127.0.0.1:9"  # nothing of this bench asks Microsoft


async def _blank(_: web.Request) -> web.Response:
    return web.Response(
        text="<!doctype html><title>Blank</title><p>Blank</p>", content_type="text/html"
    )


async def _serve(dsn: str, port: str) -> None:
    app = web.Application()
    app.router.add_get(BLANK_PATH, _blank)
    async with (
        open_database(dsn, Role.PORTAL) as database,
        open_postgres_bus(dsn) as bus,
        open_graph(f"{NOWHERE}/v1.0", NOWHERE, None) as graph,
    ):
        options = PortalOptions(OPERATOR, portal_url=f"http://127.0.0.1:{port}")
        add_portal(app, database, bus, graph, lambda: SecretBox.parse(KEYS), options, utc_now)
        async with serve_http(app, f"127.0.0.1:{port}"):
            await asyncio.Event().wait()


if __name__ == "__main__":
    gc.freeze()  # as servicekit.run does
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(*sys.argv[1:3]))
