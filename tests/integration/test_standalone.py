"""`python -m standalone` as an operator starts it: embedded or on a given database, one login without rights of its own."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg

from demo.ports import free_port
from pgstore.testing import TestDatabase

START_SECONDS = 30.0
STOP_SECONDS = 20.0
KEYS = {
    "CLIENT_STATE_KEYS": "c1:" + "A" * 43 + "=",
    "SECRET_KEYS": "s1:" + "A" * 43 + "=",
    "PORTAL_OPERATOR_TOKEN": "operator-token-of-the-test-suite",
}


async def spawn(environ: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "standalone", *arguments,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environ},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


@asynccontextmanager
async def running(**environ: str) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """Start it, wait until it is ready, hand over its origin, and see it end with 0 on SIGINT."""
    listen, ops = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    process = await spawn({"LISTEN": listen, "OPS_LISTEN": ops, "LOG_FORMAT": "console", **environ})
    assert process.stdout is not None
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            async with asyncio.timeout(START_SECONDS):
                while not await answers(session, f"http://{ops}/readyz"):
                    if process.returncode is not None:
                        raise AssertionError((await process.stdout.read()).decode())
                    await asyncio.sleep(0.05)  # a port cannot be waited for, only asked
            yield f"http://{listen}", session
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(STOP_SECONDS):
            said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        assert b"Traceback" not in said, said.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def serves_both_faces(session: aiohttp.ClientSession, origin: str) -> None:
    async with session.post(f"{origin}/graph/notifications?validationToken=a%20b") as answer:
        assert (answer.status, await answer.text()) == (200, "a b")
    async with session.get(f"{origin}/api/openapi.json") as answer:
        assert answer.status == 200
    async with session.get(f"{origin}/api/organisations") as answer:
        assert answer.status == 401


async def organisations(session: aiohttp.ClientSession, origin: str, token: str) -> list[str]:
    headers = {"Authorization": f"Bearer {token}"}
    async with session.get(f"{origin}/api/organisations", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return [each["name"] for each in (await answer.json())["items"]]


async def test_with_nothing_set_it_runs_on_its_own_database_and_keeps_its_data(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    async with running(DATA_DIR=str(folder)) as (origin, session):
        await serves_both_faces(session, origin)
        token = (folder / "portal-operator-token").read_text().strip()
        made = {
            "name": "Acme",
            "administrator": {"email": "ada@acme.example", "password": "long enough for us"},
        }
        headers = {"Authorization": f"Bearer {token}"}
        async with session.post(
            f"{origin}/api/organisations", json=made, headers=headers
        ) as answer:
            assert answer.status == 201, await answer.text()
    assert not (folder / "database" / "postgres" / "postmaster.pid").exists()
    kept = {name: (folder / name).read_text() for name in ("secret-keys", "client-state-keys")}
    async with running(DATA_DIR=str(folder)) as (origin, session):
        assert await organisations(session, origin, token) == ["Acme"]
        assert {name: (folder / name).read_text() for name in kept} == kept


async def test_on_a_given_database_nothing_runs_as_its_owner(
    postgres_server: str, database: TestDatabase
) -> None:
    async with running(DATABASE_URL=database.owner_dsn, **KEYS) as (origin, session):
        await serves_both_faces(session, origin)
        assert await organisations(session, origin, KEYS["PORTAL_OPERATOR_TOKEN"]) == []
        superuser = await asyncpg.connect(postgres_server)
        rows = await superuser.fetch(
            "select distinct usename::text, application_name from pg_stat_activity"
            # PostgreSQL's own autovacuum also counts as activity in a database, of no user.
            " where datname = $1 and backend_type = 'client backend'",
            database.name,
        )
        powerful = await superuser.fetchval(
            "select rolsuper or rolinherit or rolcreaterole or rolbypassrls from pg_roles"
            " where rolname = 'clearooms_standalone'"
        )
        await superuser.close()
        assert {row["usename"] for row in rows} == {"clearooms_standalone"}
        assert {row["application_name"] for row in rows} >= {
            "clearooms_worker", "clearooms_manager", "clearooms_portal",
        }  # fmt: skip
        assert powerful is False


async def test_a_given_database_without_keys_is_one_line_and_exit_2(database: TestDatabase) -> None:
    process = await spawn({"DATABASE_URL": database.owner_dsn})
    said, _ = await process.communicate()
    assert process.returncode == 2
    assert said.decode().splitlines()[-1].startswith("standalone: CLIENT_STATE_KEYS: is missing")


async def test_help_tells_where_keys_are_kept() -> None:
    process = await spawn({}, "--help")
    said, _ = await process.communicate()
    assert process.returncode == 0
    assert b"DATA_DIR" in said
    assert b"0600" in said
