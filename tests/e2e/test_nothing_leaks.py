"""What must never leave its place: unasked content of events, secrets, one organisation's rows and messages."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from pgstore.testing import TestDatabase

from .office import Office, Refused
from .settled import settle
from .stack import Stack, running_stack

CANARY = b"CANARY-"
SECRET_TITLE = "Acquisition of Umbrella"


async def _dump(superuser_dsn: str, database: str) -> bytes:
    """Every row of every table of ours as text, whatever row-level security says."""
    connection = await asyncpg.connect(f"{superuser_dsn.rpartition('/')[0]}/{database}")
    try:
        tables = await connection.fetch(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        )
        assert len(tables) > 10, "the dump looked at too few tables"
        rows: list[str] = []
        for table in tables:
            statement = f"select t::text from {table['name']} t"  # noqa: S608  # names from the catalogue
            rows += [str(row[0]) for row in await connection.fetch(statement)]
        return "\n".join(rows).encode()
    finally:
        await connection.close()


async def _busy(office: Office) -> None:
    """A meeting, one moved, a private one, a series with a cancelled occurrence."""
    start = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2)
    room = office.mailboxes[0]
    moved = await office.meet(room, start, subject=SECRET_TITLE)
    await office.meet(room, start + timedelta(hours=2), subject=SECRET_TITLE, sensitivity="private")
    await office.move(room, moved, start + timedelta(hours=4))
    cancelled = await office.meet(room, start + timedelta(hours=6))
    await office.cancel(room, cancelled)


async def test_no_unasked_field_no_secret_and_no_true_title_is_found_anywhere(
    database: TestDatabase, postgres_server: str, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(
        tmp_path, database.login_dsn, amqp_url, environ={"LOG_LEVEL": "debug"}
    ) as stack:
        office = await stack.office("leaks")
        await _busy(office)
        await settle(stack, office)
        # The harness's own eyes are open: the dump does show what is stored, and the simulator does hold canaries.
        dump = await _dump(postgres_server, database.name)
        assert str(office.mailboxes[0]).encode() in dump
        assert office.people[0].encode() in dump
        logs = b"".join(program.log.read_bytes() for program in stack.services)
        assert b"sync-worker" in logs or b"sync_worker" in logs
        places = {"database": dump, "logs": logs, "messages": b"".join(stack.ledger.bodies)}
        for place, content in places.items():
            assert CANARY not in content, f"a canary reached the {place}"
            assert office.secret.encode() not in content, f"the client secret reached the {place}"
            assert SECRET_TITLE.encode() not in content, (
                f"a title the room had not taken over reached the {place}"
            )
        report = await stack.sim.call("GET", "/_sim/report")
        assert report["guard_violations"] == []
        assert report["event_gets"], "nothing was read, so nothing was proven"


async def _refused(
    office: Office, method: str, path: str, body: dict[str, Any] | None = None
) -> bool:
    try:
        await office.portal.call(method, path, body)
    except Refused as refused:
        return ": 404 " in str(refused)
    return False


async def test_two_organisations_never_see_each_other(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        one, two = await stack.office("one"), await stack.office("two")
        heard: list[bytes] = []
        async with stack.session.get(
            f"{one.portal.origin}/api/stream",
            headers={"Authorization": f"Bearer {one.portal.token}"},
        ) as stream:
            assert stream.status == 200
            await _busy(two)
            await _busy(one)
            await settle(stack, one)
            await settle(stack, two)
            wanted = str(one.organisation).encode()
            async with asyncio.timeout(20):
                while wanted not in b"".join(heard):
                    heard.append(await stream.content.readany())
        said = b"".join(heard)
        for room in two.rooms:
            assert str(room).encode() not in said, (
                "the stream told one organisation of the other's room"
            )
            assert await _refused(one, "GET", f"/api/rooms/{room}")
            assert await _refused(one, "GET", f"/api/rooms/{room}/bookings")
            assert await _refused(one, "DELETE", f"/api/rooms/{room}")
        assert {item["id"] for item in (await one.portal.call("GET", "/api/rooms"))["items"]} == {
            str(room) for room in one.rooms
        }
        _messages_name_their_owner(stack, (one, two))


def _messages_name_their_owner(stack: Stack, offices: tuple[Office, ...]) -> None:
    assert {m["organisationid"] for m in stack.ledger.bookings()} == {
        str(o.organisation) for o in offices
    }
    for office in offices:
        rooms = {str(room) for room in office.rooms}
        for message in stack.ledger.bookings():
            assert (message["organisationid"] == str(office.organisation)) == (
                message["data"]["room_id"] in rooms
            )
