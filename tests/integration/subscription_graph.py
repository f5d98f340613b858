"""Entra's token and Graph's subscriptions over HTTPS, as far as the manager needs them, with a switch for each fault."""

import asyncio
import base64
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import trustme
from aiohttp import web

Json = dict[str, Any]


@dataclass
class SubscriptionGraph:
    """What it holds, what it was asked, and which faults it plays."""

    url: str = ""
    ca_file: Path = Path()
    held: dict[str, Json] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    minutes: int = 10_000
    refuse_secret: bool = False
    hold_creates: asyncio.Event | None = None
    created: asyncio.Event = field(default_factory=asyncio.Event)
    conflicts: bool = False
    throttle_next: int = 0

    def rooms(self) -> Counter[str]:
        """How many live subscriptions each mailbox has."""
        return Counter(each["resource"] for each in self.held.values())

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path
        if "/v1.0/" not in path:
            return self._entra(path)
        resource = path.split("/")[2]
        if resource != "subscriptions":
            self.asked[f"{request.method} {resource}"] += 1
            return _error(404, "ResourceNotFound")
        subscription_id = path.removeprefix("/v1.0/subscriptions").strip("/")
        listing = request.method == "GET" and not subscription_id
        self.asked["LIST subscriptions" if listing else f"{request.method} subscriptions"] += 1
        if self.throttle_next > 0:
            self.throttle_next -= 1
            return _error(429, "TooManyRequests", {"Retry-After": "0.2"})
        if subscription_id:
            return self._one(request.method, subscription_id)
        if request.method == "POST":
            return await self._create(await request.json())
        return web.json_response(
            {"value": [each | {"clientState": None} for each in self.held.values()]}
        )

    def _one(self, method: str, subscription_id: str) -> web.Response:
        held = self.held.get(subscription_id)
        if held is None:
            return _error(404, "ResourceNotFound")
        if method == "DELETE":
            del self.held[subscription_id]
            return web.Response(status=204)
        if method == "PATCH":
            held["expirationDateTime"] = self._expiry()
        return web.json_response(held)

    async def _create(self, body: Json) -> web.Response:
        same = [each for each in self.held.values() if each["resource"] == body["resource"]]
        if self.conflicts and same:
            text = f"Subscription Id {same[0]['id']} already exists for the requested combination"
            return _error(409, "ObjectIdentifierInUse", message=text)
        made = body | {"id": str(uuid4()), "expirationDateTime": self._expiry()}
        self.held[made["id"]] = made
        self.created.set()
        if self.hold_creates is not None:
            await self.hold_creates.wait()
        return web.json_response(made, status=201)

    def _expiry(self) -> str:
        return (datetime.now(UTC) + timedelta(minutes=self.minutes)).isoformat()

    def _entra(self, path: str) -> web.Response:
        base = f"{self.url}/{path.split('/')[1]}"
        if path.endswith("openid-configuration"):
            return web.json_response(
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                }
            )
        self.asked["token"] += 1
        if self.refuse_secret:
            return web.json_response(
                {"error": "invalid_client", "error_codes": [7000222]}, status=401
            )
        claims = base64.urlsafe_b64encode(b'{"roles":["Calendars.Read"]}').rstrip(b"=").decode()
        return web.json_response(
            {"token_type": "Bearer", "expires_in": 3599, "access_token": f"e30.{claims}.c2ln"}
        )


def _error(
    status: int, code: str, headers: dict[str, str] | None = None, message: str = ""
) -> web.Response:
    body = {"error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def serve_subscription_graph(folder: Path) -> AsyncIterator[SubscriptionGraph]:
    """Run it on a free loopback port with a certificate of its own."""
    authority = trustme.CA()
    graph = SubscriptionGraph(ca_file=folder / "ca.pem")
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
        for _ in range(20):  # TLS connections take some rounds of the loop to say goodbye
            await asyncio.sleep(0)
