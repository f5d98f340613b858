"""Events that come with their notifications: told without a read, read within a minute, under one certificate or the next."""

import asyncio
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


async def read_by_id(stack: Stack, event: str) -> int:
    """How often Graph was asked for the event by id."""
    gets = (await report(stack))["event_gets"]
    return sum(times for key, times in gets.items() if event in key)


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
        mailbox = office.mailboxes[0]
        start = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)

        event = await office.meet(mailbox, start, subject="Told at once", organizer=None)
        told_at = await arrives(stack, "Told at once")
        assert await read_by_id(stack, event) == 0, "it was read before it was told"
        assert (await report(stack))["publisher_keys"]["reads"] >= 1

        # The next certificate: every worker has its key before Graph hears of it; the old key goes on opening.
        swap(keys, new[1] + old[1])
        swap(certificates, new[0] + old[0])
        swapped = time.monotonic()
        between = await office.meet(
            mailbox, start + timedelta(hours=2), subject="Between", organizer=None
        )
        await arrives(stack, "Between")
        assert await read_by_id(stack, between) == 0
        await until(lambda: passed(swapped, seconds=1.5))  # the manager looks once a second at most
        for each in office.mailboxes:
            # Its renewal would come within a day: Graph's question brings the room up now.
            body = {"room": str(each), "event": "reauthorizationRequired"}
            await stack.sim.call("POST", "/_sim/lifecycle", body)
        async with asyncio.timeout(60):
            await until(lambda: under(stack, office, ids[1]))
        after = await office.meet(
            mailbox, start + timedelta(hours=4), subject="After it", organizer=None
        )
        await arrives(stack, "After it")
        assert await read_by_id(stack, after) == 0

        # Each is read once, within a minute after it was told.
        async def all_read() -> bool:
            return all([await read_by_id(stack, one) == 1 for one in (event, between, after)])

        async with asyncio.timeout(75):
            await until(lambda: _read_once(stack, event), every=0.5)
            assert datetime.now(UTC).timestamp() - told_at <= 62
            await until(all_read, every=0.5)
        texts = " ".join(program.log.read_text(errors="replace") for program in stack.services)
        assert "Told at once" not in texts
        assert "PRIVATE" not in texts
        connection = await asyncpg.connect(database.owner_dsn)
        try:
            under_new = await connection.fetch("select certificate_id from subscriptions")
        finally:
            await connection.close()
        assert {row["certificate_id"] for row in under_new} == {ids[1]}


async def _read_once(stack: Stack, event: str) -> bool:
    return await read_by_id(stack, event) == 1
