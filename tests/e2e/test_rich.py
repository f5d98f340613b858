"""Events that come with their notifications: told without a read, read within a minute, under one certificate or the next."""

import asyncio
import re
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from graphclient.encryption import Certificates
from pgstore.testing import TestDatabase

from .office import Office
from .processes import until
from .stack import Stack, running_stack

_USES = re.compile(r'sync_enclosed_total{use="(\w+)"} (\S+)')


def make_pair(folder: Path, name: str) -> tuple[str, str]:
    """A certificate and its key by the handbook's command."""
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.crt -days 9 -subj /CN=rich"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return (folder / f"{name}.crt").read_text(), (folder / f"{name}.key").read_text()


def swap(file: Path, text: str) -> None:
    """Replace a mounted secret as Kubernetes does: at once."""
    fresh = file.with_suffix(".fresh")
    fresh.write_text(text)
    fresh.replace(file)


async def passed(since: float, seconds: float) -> bool:
    return time.monotonic() - since > seconds


async def report(stack: Stack) -> Any:
    return await stack.sim.call("GET", "/_sim/report")


async def under(stack: Stack, office: Office, certificate: str | None) -> bool:
    """Whether every subscription of the office is under this certificate at Graph, and Graph has no other."""
    items = (await stack.sim.call("GET", "/_sim/subscriptions"))["items"]
    ours = [one for one in items if one["tenant"] == str(office.tenant)]
    return len(ours) == len(office.rooms) and all(
        (one["encryptionCertificateId"] or None) == certificate for one in ours
    )


async def arrives(stack: Stack, subject: str) -> float:
    """When the platform was told of a meeting of this subject, on the wall clock."""
    async with asyncio.timeout(30), stack.ledger.arrived:
        while True:
            for message, at in zip(stack.ledger.messages, stack.ledger.arrivals, strict=True):
                if message["data"].get("subject") == subject:
                    return at
            await stack.ledger.arrived.wait()


async def reads(stack: Stack) -> list[int]:
    """How often Graph was asked by id, for each state of each event."""
    return list((await report(stack))["event_gets"].values())


async def read_once(stack: Stack) -> bool:
    return await reads(stack) == [1]


async def uses(stack: Stack) -> dict[str, float]:
    """What the worker did with events as they came with their notifications."""
    async with stack.session.get(stack.worker.ready_url.replace("/readyz", "/metrics")) as answer:
        text = await answer.text()
    return {use: float(times) for use, times in _USES.findall(text)}


async def read_as_a_whole(database: TestDatabase) -> bool:
    """Whether no room is still owed the window read after its newest subscription."""
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        owed = await connection.fetchval(
            "select count(*) from subscriptions s left join room_sync r using (room_id)"
            " where r.window_read_started is null or r.window_read_started <= s.live_since"
            " or r.lease_until > now()"
        )
    finally:
        await connection.close()
    return bool(owed == 0)


async def test_changes_in_outlook_are_told_without_a_read_through_a_change_of_certificate(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    old, new = make_pair(tmp_path, "old"), make_pair(tmp_path, "new")
    ids = [Certificates.parse(one[0]).first.id for one in (old, new)]
    certificates, keys = tmp_path / "certificates.pem", tmp_path / "keys.pem"
    swap(certificates, old[0])
    swap(keys, old[1])
    environ = {"NOTIFICATION_CERT_FILE": str(certificates), "NOTIFICATION_KEY_FILE": str(keys)}
    async with running_stack(tmp_path, database.login_dsn, amqp_url, environ=environ) as stack:
        office = await stack.office("rich")
        assert await under(stack, office, None)
        wish = {
            "enabled": True,
            "tenant_id": str(office.tenant),
            "client_id": str(office.client),
            "delivery": "rich",
        }
        saved = await office.portal.call("PUT", "/api/integration", wish)
        assert saved["delivery"] == "rich"
        async with asyncio.timeout(60):
            await until(lambda: under(stack, office, ids[0]))
            await until(lambda: stack.all_live(office))
            await until(lambda: read_as_a_whole(database))
        mailbox = office.mailboxes[0]
        start = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)

        await office.meet(mailbox, start, subject="Told at once", organizer=None)
        told_at = await arrives(stack, "Told at once")
        assert (await reads(stack), await uses(stack)) == ([], {"taken_in": 1})
        async with asyncio.timeout(75):
            await until(lambda: read_once(stack), every=0.2)
        assert 40 < time.time() - told_at <= 60
        assert (await report(stack))["publisher_keys"]["reads"] >= 1

        # The next certificate: every worker has its key before Graph hears of it; the old key goes on opening.
        swap(keys, new[1] + old[1])
        swap(certificates, new[0] + old[0])
        swapped = time.monotonic()
        await office.meet(mailbox, start + timedelta(hours=2), subject="Between", organizer=None)
        await arrives(stack, "Between")
        assert (await reads(stack), await uses(stack)) == ([1], {"taken_in": 2})
        await until(lambda: passed(swapped, seconds=1.5))  # the manager looks once a second at most
        for each in office.mailboxes:
            # Its renewal would come within a day: Graph's question brings the room up now.
            body = {"room": str(each), "event": "reauthorizationRequired"}
            await stack.sim.call("POST", "/_sim/lifecycle", body)
        async with asyncio.timeout(60):
            await until(lambda: under(stack, office, ids[1]))
            await until(lambda: read_as_a_whole(database))
        await office.meet(mailbox, start + timedelta(hours=4), subject="After it", organizer=None)
        await arrives(stack, "After it")
        assert (await reads(stack), await uses(stack)) == ([1], {"taken_in": 3})

        texts = " ".join(program.log.read_text(errors="replace") for program in stack.services)
        assert "Told at once" not in texts
        assert "PRIVATE" not in texts
