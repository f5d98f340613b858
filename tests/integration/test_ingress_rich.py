"""Rich items at the ingress over HTTP, its keys from an Entra over HTTPS: what goes on with its content, what without, what not at all."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web
from prometheus_client import REGISTRY

from contracts.hints import decode_changes
from graphclient.publisher import Version
from graphclient.signing_keys import REFETCH_SECONDS, Publisher
from servicekit.http import serve_http
from webhook_ingress.app import add_ingress

from ..unit.graphclient.bad_contents import BAD, content, enclosed
from ..unit.graphclient.bad_tokens import (
    CASES,
    FALSE,
    ISSUERS,
    UNPROVEN,
    VERSIONS,
    Json,
    claims,
    good,
    jwk,
    jwks,
    signed,
)
from ..unit.webhook_ingress.outbox import KEYS, RememberingBus, change, clock, lifecycle

_KEYS_AT = {"1.0": "/common/discovery/keys", "2.0": "/common/discovery/v2.0/keys"}
_DISCOVERY_AT = {
    "1.0": "/common/.well-known/openid-configuration",
    "2.0": "/common/v2.0/.well-known/openid-configuration",
}


@dataclass
class Entra:
    """Discovery and keys; `answers` replaces what a path says, `held` keeps it silent."""

    origin: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    held: asyncio.Event | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.held is not None:
            await self.held.wait()
        said = self.answers.get(request.path)
        if isinstance(said, web.Response):
            return said
        if isinstance(said, bytes):
            return web.Response(body=said)
        return web.json_response(self._usual(request.path) if said is None else said)

    def _usual(self, path: str) -> Json:
        for version in VERSIONS:
            if path == _KEYS_AT[version]:
                return jwks(version)
            if path == _DISCOVERY_AT[version]:
                return {"issuer": ISSUERS[version], "jwks_uri": self.origin + _KEYS_AT[version]}
        return {}


@dataclass
class Door:
    """The ingress on loopback with what it published and counted."""

    session: aiohttp.ClientSession
    origin: str
    bus: RememberingBus
    entra: Entra
    seconds: list[float]

    async def post(self, *items: Json, tokens: Any = ...) -> int:
        body: Json = {"value": items} | ({} if tokens is ... else {"validationTokens": tokens})
        async with self.session.post(
            self.origin + "/graph/notifications", data=json.dumps(body).encode()
        ) as answer:
            return answer.status

    async def became(self, *items: Json, tokens: Any = ...) -> str:
        """What became of one rich item posted with these tokens."""
        before = len(self.bus.confirmed)
        assert await self.post(*(items or (rich(),)), tokens=tokens) == 202
        published = self.bus.confirmed[before:]
        if not published:
            return "dropped"
        ((_, _, hints),) = published
        (hint,) = decode_changes(json.dumps(hints).encode())
        return "a hint" if hint.enclosure is None else "enclosed"


def rich(event: str = "AAMkADk0AAA=", **other: Any) -> Json:
    return change(event, encryptedContent=enclosed(), **other)


@asynccontextmanager
async def open_door(**answers: Any) -> AsyncIterator[Door]:
    authority, entra, bus, seconds = trustme.CA(), Entra(), RememberingBus(), [0.0]
    server, client = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    cloud, app = web.Application(), web.Application()
    cloud.router.add_get("/{path:.*}", entra.answer)
    runner = web.AppRunner(cloud, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server).start()
    entra.origin = f"https://127.0.0.1:{runner.addresses[0][1]}"
    entra.answers = answers
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client)) as outbound,
            aiohttp.ClientSession() as session,
            asyncio.TaskGroup() as fetches,
        ):
            publisher = Publisher(
                outbound, entra.origin, fetches, monotonic=lambda: 1_000_000 + seconds[0]
            )
            add_ingress(app, bus, lambda: KEYS, clock, judge=publisher.judge)
            async with serve_http(app, "127.0.0.1:0") as (_, port):
                yield Door(session, f"http://127.0.0.1:{port}", bus, entra, seconds)
                if entra.held is not None:
                    entra.held.set()
    finally:
        await runner.cleanup()


def counted(outcome: str) -> float:
    labels = {"of": "item", "outcome": outcome}
    return REGISTRY.get_sample_value("clearooms_ingress_outcomes_total", labels) or 0.0


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_item_whose_token_is_graphs_goes_with_its_content(version: Version) -> None:
    async with open_door() as door:
        before = counted("enclosed")
        assert await door.became(tokens=[good(version)]) == "enclosed"
        assert counted("enclosed") == before + 1
        assert door.entra.asked == [_DISCOVERY_AT[version], _KEYS_AT[version]]


async def test_no_bad_token_lets_content_pass_and_the_next_good_one_does() -> None:
    async with open_door() as door:
        for name, version, make, verdict in CASES:
            became = await door.became(tokens=[make(version)])
            assert became == ("dropped" if verdict == "forged_token" else "a hint"), name
            assert await door.became(tokens=[good(version)]) == "enclosed", f"after {name}"
        assert len(door.entra.asked) == 4


async def test_beside_a_good_token_a_false_one_condemns_the_delivery() -> None:
    async with open_door() as door:
        for name, version, make, verdict in CASES:
            tokens = [good(version), make(version)]
            became = await door.became(tokens=tokens)
            assert became == ("dropped" if verdict == "forged_token" else "enclosed"), name
            assert await door.became(tokens=tokens[::-1]) == became, name
            assert await door.became(tokens=[good(version)]) == "enclosed", f"after {name}"


@pytest.mark.parametrize(
    ("tokens", "became"),
    [
        (..., "a hint"),
        (None, "a hint"),
        ([], "a hint"),
        ("", "dropped"),
        (good(), "dropped"),
        ({}, "dropped"),
        ({"0": good()}, "dropped"),
        (7, "dropped"),
        ([None], "dropped"),
        ([7], "dropped"),
        ([[good()]], "dropped"),
        ([{"token": good()}], "dropped"),
        ([good(), None], "dropped"),
        ([good() + "A" * 9_000], "dropped"),
        ([good(note="x" * 9_000)], "dropped"),
        ([good()] * 65, "dropped"),
        ([good()] * 64, "enclosed"),
        ([good(), good()], "enclosed"),
        ([good("1.0"), good("2.0")], "enclosed"),
    ],
)
async def test_validation_tokens_are_a_short_list_of_short_texts(tokens: Any, became: str) -> None:
    async with open_door() as door:
        assert await door.became(tokens=tokens) == became
        assert await door.became(tokens=[good()]) == "enclosed"


async def test_content_of_no_usable_shape_stays_behind_and_its_neighbours_go() -> None:
    async with open_door() as door:
        for name, make in BAD.items():
            wire = make()
            became = await door.became(change(encryptedContent=wire), tokens=[good()])
            assert became == ("enclosed" if content(wire) is not None else "a hint"), name
        shapes: tuple[Any, ...] = (7, "x", [], [enclosed()], True, {"data": {"data": {}}})
        for odd in shapes:
            assert await door.became(change(encryptedContent=odd), tokens=[good()]) == "a hint"
        assert await door.became(tokens=[good()]) == "enclosed"


async def test_a_false_token_touches_only_items_with_content() -> None:
    async with open_door() as door:
        false = FALSE["alg none"]("1.0")
        assert await door.post(rich("A"), change("B"), lifecycle("missed"), tokens=[false]) == 202
        assert sorted(door.bus.events()) == ["B", "missed"]


async def test_a_token_speaks_for_the_sealed_tenant_and_app_alone() -> None:
    async with open_door() as door:
        assert await door.became(tokens=[UNPROVEN["another app of the tenant"]("1.0")]) == "a hint"
        assert await door.became(rich(clientState="guess"), tokens=[good()]) == "dropped"
        assert await door.became(rich(tenantId=claims()["aud"]), tokens=[good()]) == "dropped"


async def test_nobody_asks_entra_for_whom_no_seal_speaks() -> None:
    async with open_door() as door:
        assert await door.became(rich(clientState="guess"), tokens=[good()]) == "dropped"
        assert await door.became(change(), tokens=[good()]) == "a hint"
        assert door.entra.asked == []


KEY_SETS: dict[str, Any] = {
    "keys of somebody else": {"keys": [jwk("attacker")]},
    "somebody else's key under this kid": {"keys": [jwk("attacker", kid="entra")]},
    "no keys": {"keys": []},
    "an answer of nothing": b"",
    "a page": b"<html>sign in</html>",
    "a list": b"[]",
    "nesting without end": b"[" * 100_000,
    "an error": web.Response(status=500),
    "not found": web.Response(status=404),
    "a redirect": web.Response(status=302, headers={"Location": "https://x.example/keys"}),
    "too large": b'{"keys":[' + b" " * (300 * 1024) + b"]}",
    "a key of 1,024 bits": {"keys": [jwk("weak", 1024, kid="entra")]},
    "a key for encryption": {"keys": [jwk("entra", use="enc")]},
    "a shared secret": {"keys": [{"kty": "oct", "kid": "entra", "k": "c2VjcmV0"}]},
    "a key of another issuer": {"keys": [jwk("entra", issuer="https://sts.example/{tenantid}/")]},
}
DISCOVERIES: dict[str, Any] = {
    "nothing": b"",
    "a page": b"<html>",
    "an error": web.Response(status=503),
    "keys elsewhere": {"issuer": ISSUERS["1.0"], "jwks_uri": "https://x.example/common/discovery/keys"},
    "keys over http": {"issuer": ISSUERS["1.0"], "jwks_uri": "http://127.0.0.1/common/discovery/keys"},
    "keys in a file": {"issuer": ISSUERS["1.0"], "jwks_uri": "file:///etc/passwd"},
    "no issuer": {"jwks_uri": "https://127.0.0.1/common/discovery/keys"},
    "an issuer of one tenant": {"issuer": claims()["iss"], "jwks_uri": "https://127.0.0.1/"},
    "an issuer of any": {"issuer": "{tenantid}{tenantid}", "jwks_uri": "https://127.0.0.1/"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        *((_KEYS_AT["1.0"], answer) for answer in KEY_SETS.values()),
        *((_DISCOVERY_AT["1.0"], answer) for answer in DISCOVERIES.values()),
    ],
    ids=[*KEY_SETS, *(f"discovery: {name}" for name in DISCOVERIES)],
)
async def test_without_entras_keys_an_item_is_a_hint_and_with_them_it_is_whole_again(
    path: str, answer: Any
) -> None:
    false = "somebody else's key under this kid"
    async with open_door(**{path: answer}) as door:
        first = "dropped" if answer is KEY_SETS[false] else "a hint"
        assert await door.became(tokens=[good()]) == first
        assert await door.became(tokens=[good("2.0")]) == "enclosed"
        door.entra.answers.clear()
        door.seconds[0] += 25 * 3600
        assert await door.became(tokens=[good()]) == "enclosed"


async def test_however_many_deliveries_need_keys_they_are_fetched_once() -> None:
    async with open_door() as door:
        async with asyncio.TaskGroup() as posting:
            for number in range(20):
                posting.create_task(door.post(rich(f"E{number}"), tokens=[good()]))
        assert len(door.entra.asked) == 2
        assert len(door.bus.events()) == 20


async def test_unknown_keys_are_looked_for_every_five_minutes_at_most() -> None:
    async with open_door() as door:
        unknown = UNPROVEN["kid unknown"]("1.0")
        for _ in range(5):
            assert await door.became(tokens=[unknown]) == "a hint"
        assert len(door.entra.asked) == 2
        door.seconds[0] += REFETCH_SECONDS - 1
        assert await door.became(tokens=[unknown]) == "a hint"
        assert len(door.entra.asked) == 2
        door.seconds[0] += 2
        assert await door.became(tokens=[unknown]) == "a hint"
        assert len(door.entra.asked) == 4


async def test_a_new_key_is_found_when_a_token_names_it_and_a_withdrawn_one_ends() -> None:
    async with open_door() as door:
        assert await door.became(tokens=[good()]) == "enclosed"
        door.entra.answers[_KEYS_AT["1.0"]] = {"keys": [jwk("newest")]}
        door.seconds[0] += REFETCH_SECONDS
        newest = signed(claims(), {"alg": "RS256", "kid": "newest"}, by="newest")
        assert await door.became(tokens=[newest]) == "enclosed"
        assert await door.became(tokens=[good()]) == "a hint"


async def test_keys_serve_while_entra_is_away_for_a_day_and_no_longer() -> None:
    async with open_door() as door:
        assert await door.became(tokens=[good()]) == "enclosed"
        door.entra.answers[_DISCOVERY_AT["1.0"]] = web.Response(status=503)
        door.seconds[0] += 23 * 3600
        assert await door.became(tokens=[good()]) == "enclosed"
        door.seconds[0] += 2 * 3600
        assert await door.became(tokens=[good()]) == "a hint"


async def test_a_silent_entra_keeps_nobody_waiting() -> None:
    async with open_door() as door:
        door.entra.held = asyncio.Event()
        async with asyncio.timeout(3):
            assert await door.became(tokens=[good()]) == "a hint"
        door.entra.held.set()
        door.entra.held = None
        async with asyncio.timeout(5):
            while await door.became(tokens=[good()]) != "enclosed":
                pass
