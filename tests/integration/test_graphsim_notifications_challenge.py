"""graph-notifications §3: the validation of both URLs, over HTTPS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trustme
from aiohttp import web

from .graphsim_cloud import running_cloud

FAILED = "Subscription validation request failed."
MUST = "Notification endpoint must respond with 200 OK to validation request."
MISMATCH = f"{FAILED} Response must exactly match validationToken query parameter."


@dataclass
class Gate:
    """An endpoint that answers challenges as told; `{}` in `text` stands for the token."""

    url: str = ""
    status: int = 200
    text: str = "{}"
    kind: str = "text/plain"
    encoded: bool = False
    parameter: str = "validationToken"
    hold: asyncio.Event | None = None
    asked: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    seen: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        self.asked.release()
        if self.hold is not None:
            await self.hold.wait()
        token = request.query[self.parameter]
        text = self.text.replace("{}", quote(token) if self.encoded else token)
        headers = {"Content-Type": self.kind, "Location": "/elsewhere"}
        return web.Response(status=self.status, body=text.encode(), headers=headers)


@asynccontextmanager
async def running_gate(tls: ssl.SSLContext | None = None) -> AsyncIterator[Gate]:
    gate = Gate()
    app = web.Application()
    app.router.add_post("/n", gate.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    scheme = "https" if tls else "http"
    gate.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/n"
    try:
        yield gate
    finally:
        if gate.hold is not None:
            gate.hold.set()
        await runner.cleanup()


async def test_the_challenge_is_an_empty_post_that_keeps_the_urls_own_query_3(
    tmp_path: Path,
) -> None:
    async with running_cloud(tmp_path) as cloud, running_gate() as gate:
        assert (await cloud.subscribe(f"{gate.url}?src=a")).status == 201
        first, second = gate.seen
        assert (first.query["src"], list(first.query)) == ("a", ["src", "validationToken"])
        assert first.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert first.content_length in {None, 0}
        assert "Authorization" not in second.headers


@pytest.mark.parametrize("spaces", ["%20", "+"])
@pytest.mark.parametrize(
    "token", ["Validation: {id}", "a b+c%20d%&e=f?#/\\\"<'~{id} ", "50%25 + 50%"]
)
async def test_odd_tokens_come_encoded_and_must_come_back_decoded_3(
    tmp_path: Path, token: str, spaces: str
) -> None:
    options = {"challenge_text": token, "validation_spaces": spaces}
    async with running_cloud(tmp_path, **options) as cloud, running_gate() as gate:
        assert (await cloud.subscribe(gate.url)).status == 201
        _, _, sent = gate.seen[0].raw_path.partition("=")
        plain = token.replace("{id}", "")
        assert sent.count(spaces) == plain.count(" ")
        assert not set(sent) & set(" ?#/&:=\"'<")


async def test_the_parameter_in_lower_case_is_a_switch_3(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path, validation_parameter="validationtoken") as cloud,
        running_gate() as gate,
    ):
        gate.parameter = "validationtoken"
        assert (await cloud.subscribe(gate.url)).status == 201


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"status": 202}, f"{FAILED} HTTP status code is 'Accepted'. {MUST}"),
        ({"status": 204, "text": ""}, f"{FAILED} HTTP status code is 'NoContent'. {MUST}"),
        ({"status": 308}, f"{FAILED} HTTP status code is 'PermanentRedirect'. {MUST}"),
        ({"status": 403}, f"{FAILED} HTTP status code is 'Forbidden'. {MUST}"),
        ({"text": "{}\n"}, MISMATCH),
        ({"text": '"{}"'}, MISMATCH),
        ({"text": "\ufeff{}"}, MISMATCH),
        ({"text": ""}, MISMATCH),
        ({"encoded": True}, MISMATCH),
        ({"kind": "text/html"}, MISMATCH),
        ({"kind": "application/json"}, MISMATCH),
    ],
)
async def test_a_wrong_echo_is_refused_in_graphs_words_and_leaves_nothing_2_6(
    tmp_path: Path, answer: dict[str, Any], message: str
) -> None:
    async with running_cloud(tmp_path) as cloud, running_gate() as gate:
        for name, value in answer.items():
            setattr(gate, name, value)
        reply = await cloud.subscribe(gate.url)
        assert (reply.status, reply.code) == (400, "ValidationError")
        assert reply.body["error"]["message"] == message
        assert (await cloud.graph("GET", "/subscriptions")).body["value"] == []


@pytest.mark.parametrize("code", ["ValidationError", "InvalidRequest"])
async def test_a_failed_challenge_has_the_code_of_its_year_2_6(tmp_path: Path, code: str) -> None:
    async with running_cloud(tmp_path, validation_error=code) as cloud, running_gate() as gate:
        gate.status = 500
        assert (await cloud.subscribe(gate.url)).code == code


async def test_an_unreachable_endpoint_is_refused_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        reply = await cloud.subscribe("http://127.0.0.1:1/n")
        assert reply.body["error"]["message"] == f"{FAILED} {MUST}"


async def test_the_lifecycle_url_is_challenged_as_strictly_3(tmp_path: Path) -> None:
    async with (
        running_cloud(tmp_path) as cloud,
        running_gate() as gate,
        running_gate() as wrong,
    ):
        wrong.status = 404
        reply = await cloud.subscribe(gate.url, lifecycleNotificationUrl=wrong.url)
        assert (reply.status, len(gate.seen), len(wrong.seen)) == (400, 1, 1)
        assert (await cloud.graph("GET", "/subscriptions")).body["value"] == []


async def test_the_create_waits_for_both_challenges_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_gate() as gate:
        gate.hold = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            creating = tasks.create_task(cloud.subscribe(gate.url))
            await gate.asked.acquire()
            assert (await cloud.graph("GET", "/subscriptions")).body["value"] == []
            assert not creating.done()
            gate.hold.set()
        assert (creating.result().status, len(gate.seen)) == (201, 2)


async def test_an_echo_after_ten_seconds_is_too_late_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, running_gate() as gate:
        await cloud.graph("GET", "/subscriptions")
        gate.hold = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            creating = tasks.create_task(cloud.subscribe(gate.url))
            await gate.asked.acquire()
            cloud.simulator.clock.advance(7)
            await cloud.report()
            assert not creating.done()
            cloud.simulator.clock.advance(3)
            async with asyncio.timeout(2):
                reply = await creating
        words = "Subscription validation request timed out."
        assert (reply.status, reply.body["error"]["message"]) == (400, words)


async def test_tls_must_chain_to_a_trusted_root_2_6(tmp_path: Path) -> None:
    async with running_cloud(tmp_path, allow_http=False) as cloud:
        ours = trustme.CA.from_pem(
            (tmp_path / "ca.pem").read_bytes(), (tmp_path / "ca.key").read_bytes()
        )
        async with running_gate(_served_by(ours)) as gate:
            assert (await cloud.subscribe(gate.url)).status == 201
        async with running_gate(_served_by(trustme.CA())) as gate:
            reply = await cloud.subscribe(gate.url, changeType="created")
        assert (reply.status, reply.code) == (400, "InvalidRequest")
        assert reply.body["error"]["message"] == (
            "The underlying connection was closed: Could not establish trust relationship for the "
            "SSL/TLS secure channel."
        )


@pytest.mark.parametrize(("challenged", "status"), [(True, 400), (False, 200)])
async def test_a_changed_url_is_challenged_as_the_switch_says_3(
    tmp_path: Path, challenged: bool, status: int
) -> None:
    async with (
        running_cloud(tmp_path, validates_changed_url=challenged) as cloud,
        running_gate() as gate,
        running_gate() as wrong,
    ):
        made = (await cloud.subscribe(gate.url)).body
        wrong.status = 500
        path = f"/subscriptions/{made['id']}"
        body = {"notificationUrl": wrong.url, "expirationDateTime": "2031-01-01T00:00:00Z"}
        assert (await cloud.graph("PATCH", path, body)).status == 400
        del body["expirationDateTime"]
        assert (await cloud.graph("PATCH", path, body)).status == status
        read = (await cloud.graph("GET", path)).body
        assert read["notificationUrl"] == (gate.url if challenged else wrong.url)
        assert read["expirationDateTime"] == made["expirationDateTime"]


def _served_by(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context
