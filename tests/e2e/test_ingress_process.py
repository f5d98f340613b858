"""`python -m webhook_ingress` as an operator runs it, on a real broker: kills, drains, bad settings, key rotation."""

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
import aiormq
import pytest

from contracts import routing
from contracts.hints import decode_changes
from demo.ports import free_port
from graphclient.client_state import ClientStateKeys, seal

from ..unit.webhook_ingress.outbox import CLIENT, ROOM, TENANT, change, delivery
from .processes import Program

KEY_1 = "k1:" + base64.b64encode(b"1" * 32).decode()
KEY_2 = "k2:" + base64.b64encode(b"2" * 32).decode()


class Ingress:
    """One process and the keys of its clientStates in a file."""

    def __init__(self, folder: Path, amqp_url: str) -> None:
        self.keys = folder / "keys"
        self.keys.write_text(KEY_1)
        self.port, self.ops = free_port(), free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        environ = {
            "AMQP_URL": amqp_url,
            "CLIENT_STATE_KEYS_FILE": str(self.keys),
            "LISTEN": f"127.0.0.1:{self.port}",
            "OPS_LISTEN": f"127.0.0.1:{self.ops}",
        }
        ready = f"http://127.0.0.1:{self.ops}/readyz"
        self.program = Program("webhook_ingress", environ, folder / "ingress.log", ready)
        self.session: aiohttp.ClientSession | None = None

    async def post(self, event: str, state: str | None = None) -> int:
        """The status, 0 where there was none."""
        assert self.session is not None
        item = change(event) if state is None else change(event, clientState=state)
        try:
            async with self.session.post(
                self.origin + "/graph/notifications", data=delivery(item)
            ) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0


@asynccontextmanager
async def running(folder: Path, amqp_url: str) -> AsyncIterator[Ingress]:
    ingress = Ingress(folder, amqp_url)
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        ingress.session = session
        try:
            await ingress.program.start()
            yield ingress
        finally:
            await ingress.program.stop()


async def queued(url: str) -> list[str]:
    """The event ids in `sync.changes`, taken out."""
    found: list[str] = []
    async with aiormq.connect(url) as connection:
        channel = await connection.channel()
        while body := (await channel.basic_get(routing.SYNC_CHANGES, no_ack=True)).body:
            found += [hint.event for hint in decode_changes(body)]
    return found


class Load:
    """Callers that post as fast as they are answered, and what they were promised."""

    def __init__(self, ingress: Ingress) -> None:
        self._ingress = ingress
        self.accepted: list[str] = []
        self.unanswered = 0
        self.enough = asyncio.Event()
        self.stop = asyncio.Event()
        self._number = 0

    async def call(self) -> None:
        while not self.stop.is_set():
            self._number += 1
            event = f"E{self._number}"
            status = await self._ingress.post(event)
            if status == 202:
                self.accepted.append(event)
                if len(self.accepted) % 300 == 0:
                    self.enough.set()
            elif status == 0:
                self.unanswered += 1
                await asyncio.sleep(0.02)  # nobody listens: not the moment to hurry


async def test_a_notification_answered_202_is_a_hint_in_the_queue(
    tmp_path: Path, amqp_url: str
) -> None:
    async with running(tmp_path, amqp_url) as ingress:
        assert await ingress.post("A") == 202
        assert await queued(amqp_url) == ["A"]
        assert await ingress.program.stop() == 0


async def test_a_sigkill_under_load_loses_nothing_that_was_answered_202(
    tmp_path: Path, amqp_url: str
) -> None:
    async with running(tmp_path, amqp_url) as ingress:
        load = Load(ingress)
        async with asyncio.timeout(120), asyncio.TaskGroup() as callers:
            for _ in range(20):
                callers.create_task(load.call())
            for _ in range(3):
                load.enough.clear()
                await load.enough.wait()
                await ingress.program.kill()
                await ingress.program.start()
            load.enough.clear()
            await load.enough.wait()
            load.stop.set()
        assert ingress.program.kills == 3
        assert load.unanswered > 0, "no request was in flight when the process died"
        lost = set(load.accepted) - set(await queued(amqp_url))
        assert not lost, f"{len(lost)} of {len(load.accepted)} accepted notifications are gone"


async def test_sigterm_answers_what_is_in_flight_and_loses_nothing(
    tmp_path: Path, amqp_url: str
) -> None:
    async with running(tmp_path, amqp_url) as ingress:
        load = Load(ingress)
        async with asyncio.timeout(60), asyncio.TaskGroup() as callers:
            for _ in range(20):
                callers.create_task(load.call())
            await load.enough.wait()
            assert await ingress.program.stop() == 0
            load.stop.set()
        assert set(load.accepted) <= set(await queued(amqp_url))


async def test_validation_works_and_deliveries_get_503_although_there_is_no_broker(
    tmp_path: Path,
) -> None:
    nobody = f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    async with running(tmp_path, nobody) as ingress:
        assert ingress.session is not None
        token = {"validationToken": "Validation: a+b %"}
        async with ingress.session.post(
            ingress.origin + "/graph/notifications", params=token
        ) as answer:
            assert (answer.status, await answer.read()) == (200, b"Validation: a+b %")
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await ingress.post("A") == 503
        assert loop.time() - began < 2.5
        assert await ingress.program.stop() == 0


async def test_keys_rotate_while_it_runs(tmp_path: Path, amqp_url: str) -> None:
    async with running(tmp_path, amqp_url) as ingress:
        by_new = seal(ClientStateKeys.parse(KEY_2), ROOM, TENANT, CLIENT)
        assert await ingress.post("TOO-EARLY", by_new) == 202
        ingress.keys.write_text(f"{KEY_1},{KEY_2}")
        async with asyncio.timeout(20):
            while True:
                assert await ingress.post("BY-NEW", by_new) == 202
                if await queued(amqp_url) == ["BY-NEW"]:
                    break
                await asyncio.sleep(0.1)  # the file is looked at once a second
        ingress.keys.write_text("not a key")
        assert await ingress.post("BY-OLD") == 202
        assert await queued(amqp_url) == ["BY-OLD"]


async def test_metrics_are_on_the_other_port_and_name_each_refusal(
    tmp_path: Path, amqp_url: str
) -> None:
    async with running(tmp_path, amqp_url) as ingress:
        assert ingress.session is not None
        await ingress.post("A", "forged")
        async with ingress.session.get(f"http://127.0.0.1:{ingress.ops}/metrics") as answer:
            text = await answer.text()
        assert 'clearooms_ingress_outcomes_total{of="item",outcome="forged"} 1.0' in text
        async with ingress.session.get(ingress.origin + "/metrics") as answer:
            assert answer.status == 404


async def test_the_logs_hold_no_client_state_no_key_and_no_password(
    tmp_path: Path, amqp_url: str
) -> None:
    state = seal(ClientStateKeys.parse(KEY_1), ROOM, uuid4(), CLIENT)
    async with running(tmp_path, amqp_url) as ingress:
        for event in ("A", "B"):
            await ingress.post(event)
            await ingress.post(event, state)
        ingress.keys.write_text("canary-key")
        assert await ingress.program.stop() == 0
    text = (tmp_path / "ingress.log").read_text()
    password = amqp_url.split("@", maxsplit=1)[0].rpartition(":")[2]
    assert "listening" in text
    for secret in (state, KEY_1.partition(":")[2], "canary-key", password):
        assert secret not in text


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, "AMQP_URL: is missing"),
        ({"AMQP_URL": "amqp://x"}, "CLIENT_STATE_KEYS: is missing"),
        ({"AMQP_URL": "amqp://x", "CLIENT_STATE_KEYS": "k1:canary"}, "CLIENT_STATE_KEYS: cannot"),
        ({"AMQP_URL": "amqp://x", "AMQP_URL_FILE": "/x"}, "AMQP_URL: given twice"),
        (
            {"AMQP_URL": "amqp://x", "CLIENT_STATE_KEYS": KEY_1, "LISTEN": "nowhere"},
            "LISTEN: is bad: must be host:port",
        ),
    ],
)
def test_bad_settings_are_one_line_and_exit_2(environ: dict[str, str], line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "webhook_ingress"],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"webhook-ingress: {line}")
    assert done.stderr.count("\n") == 1
    assert "canary" not in done.stderr


def test_help_lists_every_setting() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "webhook_ingress", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in ("AMQP_URL (required)", "CLIENT_STATE_KEYS (required)", "LISTEN (default", "LOG_"):
        assert name in done.stdout
