"""Entra's token and Graph's list of rooms, whose calendars open, over HTTPS, as far as the portal needs them."""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import trustme
from aiohttp import web

ROLES = ("Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All")


@dataclass
class PortalGraph:
    """One directory: the secret it takes, the roles it grants, the rooms it lists."""

    url: str = ""
    ca_file: Path = Path()
    secret: str = "s3~right-value"
    roles: tuple[str, ...] = ROLES
    rooms: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(3)])
    lists: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        if request.path.startswith("/v1.0/"):
            return self._graph(request)
        base = f"{self.url}/{request.path.split('/')[1]}"
        if request.path.endswith("openid-configuration"):
            return web.json_response(
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                }
            )
        if (await request.post()).get("client_secret") != self.secret:
            refused: dict[str, Any] = {
                "error": "invalid_client",
                "error_description": "AADSTS7000215: Invalid client secret provided.",
                "error_codes": [7000215],
            }
            return web.json_response(refused, status=401)
        claims = json.dumps({"roles": list(self.roles)}).encode()
        body = base64.urlsafe_b64encode(claims).rstrip(b"=").decode()
        return web.json_response(
            {"token_type": "Bearer", "expires_in": 3599, "access_token": f"e30.{body}.c2ln"}
        )

    def _graph(self, request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        if "/places" in request.path:
            self.lists += 1
            return web.json_response({"value": [self._room(n) for n in range(len(self.rooms))]})
        if request.method == "DELETE":
            return web.Response(status=204)
        if name == "subscriptions":
            made = {"id": str(uuid4()), "expirationDateTime": "2099-01-01T00:00:00Z"}
            return web.json_response(made, status=201)
        if name in {"calendar", "calendarView"}:
            return web.json_response({"id": "AAMk", "value": []})
        return web.json_response({"error": {"code": "ErrorAccessDenied"}}, status=403)

    def _room(self, n: int) -> dict[str, Any]:
        return {
            "id": f"place-{n}",
            "placeId": str(self.rooms[n]),
            "emailAddress": f"room{n}@x.example",
            "displayName": f"Room {n}",
            "capacity": 4 + n,
            "building": "B1",
            "floorLabel": "1",
        }


@asynccontextmanager
async def serve_portal_graph(folder: Path) -> AsyncIterator[PortalGraph]:
    """Run it on a free loopback port with a certificate of its own."""
    authority = trustme.CA()
    graph = PortalGraph(ca_file=folder / "ca.pem")
    authority.cert_pem.write_to_path(str(graph.ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", graph.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    graph.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield graph
    finally:
        await runner.cleanup()
