"""An operator at work from outside: everything that `clearooms` says and does, against the running services."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from contracts.routing import COMMANDS, SYNC_COMMANDS
from eventbus import open_bus
from pgstore.testing import TestDatabase

from .office import Office
from .operating import Operator
from .processes import until
from .stack import OPERATOR_TOKEN, Stack, running_stack

SUBJECT = "Quarterly secrets"


def operator(stack: Stack, amqp_url: str = "") -> Operator:
    return Operator(
        {
            "PORTAL_URL": stack.operator.origin,
            "PORTAL_OPERATOR_TOKEN": OPERATOR_TOKEN,
            "AMQP_URL": amqp_url,
        }
    )


def tomorrow(hour: int) -> datetime:
    day = datetime.now(UTC).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


async def booked(office: Office, room: Any, hour: int) -> str:
    """A booking made on our side; its id."""
    booking = await office.portal.call(
        "POST",
        f"/api/rooms/{room}/bookings",
        {
            "start": stamp(tomorrow(hour)),
            "end": stamp(tomorrow(hour + 1)),
            "subject": SUBJECT,
            "organizer": {"name": "Person", "email": office.people[0]},
        },
    )
    return str(booking["booking_id"] if "booking_id" in booking else booking["id"])


async def confirmed(office: Office, booking: str) -> None:
    async def holds() -> bool:
        found = await office.portal.call("GET", f"/api/bookings/{booking}")
        return bool(found["status"] == "confirmed")

    async with asyncio.timeout(30):
        await until(holds)


async def in_outlook(office: Office, room: Any, hour: int) -> str:
    """A meeting made in Outlook; the id of the booking that it becomes."""
    await office.meet(office.rooms[room], tomorrow(hour), 60, SUBJECT)
    query = f"from={stamp(tomorrow(hour))}&to={stamp(tomorrow(hour + 1))}"
    found: list[dict[str, Any]] = []

    async def shows() -> bool:
        listed = await office.portal.call("GET", f"/api/rooms/{room}/bookings?{query}")
        found[:] = listed["items"]
        return len(found) == 1 and found[0]["status"] == "confirmed"

    async with asyncio.timeout(30):
        await until(shows)
    return str(found[0]["id"])


def in_order(entries: list[str], *wanted: str) -> bool:
    """Whether these occur in this order, whatever else there is."""
    rest = iter(entries)
    return all(each in rest for each in wanted)


async def test_explain_tells_of_a_booking_of_either_side_from_its_first_line_to_its_last(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("north")
        room = next(iter(office.rooms))
        ours = await booked(office, room, 9)
        await confirmed(office, ours)
        theirs = await in_outlook(office, room, 14)
        cli = operator(stack)

        story = (await cli.good("explain", ours, "--json")).json
        assert story["organisation_id"] == str(office.organisation)
        entries = [each["entry"] for each in story["items"]]
        assert in_order(
            entries,
            "command.received", "create.open", "create.written", "booking.pending",
            "booking.confirmed", "command.accepted", "command.told",
        ), "\n".join(map(str, story["items"]))  # fmt: skip
        assert in_order(entries, "hint.received", "event.read", "booking.confirmed"), entries
        assert "create.done" in entries
        times = [each["at"] for each in story["items"]]
        assert times == sorted(times)
        versions = [each["version"] for each in story["items"] if each["entry"][:8] == "booking."]
        assert versions == sorted(versions)
        assert len(set(versions)) == len(versions)

        theirs_told = (await cli.good("explain", theirs, "-o", "north", "--json")).json
        entries = [each["entry"] for each in theirs_told["items"]]
        assert in_order(entries, "hint.received", "event.read", "booking.confirmed"), entries
        assert "command.received" not in entries

        table = await cli.good("explain", ours, "-o", str(office.organisation))
        assert "making the event in the organiser's calendar: done" in table.out
        for text in (table.out, json.dumps(story), json.dumps(theirs_told)):
            assert SUBJECT not in text
            assert office.people[0] not in text

        nobody = await cli.run("explain", str(uuid4()))
        assert (nobody.code, nobody.out) == (3, "")
        assert "No organisation has a booking" in nobody.err


async def test_a_poison_message_is_found_told_and_redriven_after_its_cause_is_gone(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("north")
        cli = operator(stack, amqp_url)
        well = await cli.good("status")
        assert well.out.startswith("All right: 1 organisation, 2 rooms."), well
        owner = await asyncpg.connect(database.owner_dsn)
        try:
            await owner.execute("revoke insert on commands from clearooms_worker")
            booking = await booked(office, next(iter(office.rooms)), 9)
            async with open_bus(amqp_url) as bus:
                await bus.publish(
                    COMMANDS, SYNC_COMMANDS, b'{"secret": "' + SUBJECT.encode() + b'"}'
                )

            async def both_dead() -> bool:
                return len((await cli.good("dead-letters", "list", "--json")).json) == 2

            async with asyncio.timeout(60):
                await until(both_dead)
            await owner.execute("grant insert on commands to clearooms_worker")
        finally:
            await owner.close()

        ill = await cli.run("status")
        assert ill.code == 1
        assert ill.out.startswith("Not all right: 2 dead letters."), ill
        listed = (await cli.good("dead-letters", "list", "--json")).json
        command, junk = sorted(listed, key=lambda each: "type" not in each)
        assert command["reason"].startswith("InsufficientPrivilegeError in attempt 5"), command
        assert (command["queue"], command["type"]) == (
            "sync.commands", "com.clearooms.command.book.v1",
        )  # fmt: skip
        assert command["booking_id"] == booking
        for shown in (
            await cli.good("dead-letters", "list"),
            await cli.good("dead-letters", "show", command["id"]),
            await cli.good("dead-letters", "show", junk["id"], "--json"),
        ):
            assert SUBJECT not in shown.out
        whole = await cli.good("dead-letters", "show", junk["id"], "--payload")
        assert SUBJECT in whole.out

        unsure = await cli.run("dead-letters", "redrive", command["id"])
        assert (unsure.code, "--yes" in unsure.err) == (1, True)
        await cli.good("dead-letters", "redrive", command["id"], "--yes")
        await confirmed(office, booking)
        await cli.good("dead-letters", "drop", junk["id"], "--yes")
        assert (await cli.good("status", "--json")).json["dead_letters"] == 0

        audit = await stack.operator.call("GET", "/api/operator/audit")
        assert [(each["action"], each["detail"]["messages"]) for each in audit["items"]] == [
            ("dead_letters.drop_asked", [junk["id"]]),
            ("dead_letters.redrive_asked", [command["id"]]),
            ("dead_letters.show_asked", [junk["id"]]),
        ]
        told = (await cli.good("explain", booking, "--json")).json["items"]
        assert [each["entry"] for each in told][-1] in {"command.told", "create.done"}


async def test_nothing_is_done_to_dead_letters_that_cannot_be_put_on_record(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        cli = operator(stack, amqp_url)
        async with open_bus(amqp_url) as bus:
            await bus.publish(COMMANDS, SYNC_COMMANDS, b"junk")

        async def dead() -> bool:
            return len((await cli.good("dead-letters", "list", "--json")).json) == 1

        async with asyncio.timeout(60):
            await until(dead)
        for what in ("drop", "redrive"):
            refused = await cli.run(
                "dead-letters", what, "--all", "--yes", PORTAL_OPERATOR_TOKEN="not-the-token-of-it"
            )
            assert refused.code == 3, refused
            assert "does not know this token" in refused.err
        async with asyncio.timeout(30):
            await until(dead)
        elsewhere = await cli.run("organisations", "list", PORTAL_URL=stack.sim.origin)
        assert elsewhere.code == 4
        assert "is not trusted" in elsewhere.err
        trusted = await cli.run(
            "organisations", "list", PORTAL_URL=stack.sim.origin,
            REQUESTS_CA_BUNDLE=str(stack.simulator.ca),
        )  # fmt: skip
        assert trusted.code == 3
        assert "not as the portal does" in trusted.err


async def test_organisations_integrations_and_rooms_are_run_from_outside(
    database: TestDatabase, amqp_url: str, tmp_path: Path
) -> None:
    async with running_stack(tmp_path, database.login_dsn, amqp_url) as stack:
        office = await stack.office("north")
        cli = operator(stack)
        password = tmp_path / "password"
        password.write_text("correct horse battery\n")

        await cli.good(
            "organisations", "create", "South Sea", "--administrator", "a@south.example",
            "--password-file", str(password),
        )  # fmt: skip
        names = [each["name"] for each in (await cli.good("organisations", "list", "--json")).json]
        assert names == ["north", "South Sea"]
        typo = await cli.run("rooms", "list", "-o", "nort")
        assert (typo.code, "Near it: north" in typo.err) == (3, True), typo
        await cli.good("organisations", "delete", "south sea", "--yes")

        assert "Connection successful" in (await cli.good("integrations", "test", "north")).out
        shown = (await cli.good("integrations", "show", "north", "--json")).json
        assert (shown["status"], shown["secret_set"]) == ("ok", True)
        assert office.secret not in json.dumps(shown)

        rooms = (await cli.good("rooms", "list", "-o", "north", "--json")).json
        assert [each["state"] for each in rooms] == ["live", "live"]
        first = rooms[0]
        assert (
            "Changes show within seconds."
            in (await cli.good("rooms", "show", first["mailbox"], "-o", "north")).out
        )
        await cli.good("rooms", "resync", first["name"], "-o", "north")
        await cli.good("rooms", "remove", first["id"], "-o", "north", "--yes")
        importable = (await cli.good("rooms", "importable", "-o", "north", "--json")).json
        assert [each["imported"] for each in importable].count(False) == 1
        again = await cli.good("rooms", "import", "-o", "north", "--office", "HQ", "--all")
        assert first["id"] in again.out, "within 30 days it keeps its id"

        await cli.good("integrations", "off", "north", "--yes")
        rooms = (await cli.good("rooms", "list", "-o", "north", "--json")).json
        assert {each["state"] for each in rooms} == {"off"}
        await cli.good("integrations", "on", "north")

        async def live() -> bool:
            return (await cli.run("status")).out.startswith("All right")

        async with asyncio.timeout(60):
            await until(live)
        state = (await cli.good("keys", "rotation", "client-state", "--json")).json
        assert state["sealed_by"] == {"c1": 2}

        record = [
            each["subject"]
            for each in (await office.portal.call("GET", "/api/audit?limit=200"))["items"]
            if each["actor"] == "operator"
        ]
        for call in (
            "POST /api/integration/test",
            f"POST /api/rooms/{first['id']}/resync",
            f"DELETE /api/rooms/{first['id']}",
            "GET /api/status",
        ):
            assert call in record


async def test_every_obstacle_is_told_with_what_to_do(tmp_path: Path) -> None:
    missing = Operator({})
    for arguments, named in (
        (("status",), "PORTAL_URL"),
        (("dead-letters", "list"), "AMQP_URL"),
    ):
        ended = await missing.run(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert named in ended.err
        assert "Traceback" not in ended.err
    away = Operator({"PORTAL_URL": "http://127.0.0.1:1", "PORTAL_OPERATOR_TOKEN": "t" * 20})
    ended = await away.run("organisations", "list")
    assert ended.code == 4
    assert "cannot be reached" in ended.err
    broker = await away.run("dead-letters", "list", AMQP_URL="amqp://me:geheim@127.0.0.1:1/")
    assert broker.code == 4
    assert "geheim" not in broker.err
    token = tmp_path / "token"
    token.write_text("t" * 20)
    twice = await away.run("status", PORTAL_OPERATOR_TOKEN_FILE=str(token))
    assert twice.code == 2
    assert "given twice" in twice.err
