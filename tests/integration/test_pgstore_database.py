"""Transactions on a real server: their role, their values, their errors, and what happens when the server restarts."""

import asyncio
import datetime as dt
import os
import signal
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from demo.ports import free_port
from pgstore import Database, DatabaseUnavailable, LoginRefused, Role, RoleRefused, open_database
from pgstore.launcher import THROWAWAY, open_server
from pgstore.testing import TestDatabase, clone, make_template

ORGANISATION = UUID(int=1)


@pytest.fixture
async def worker(database: TestDatabase) -> AsyncIterator[Database]:
    async with open_database(database.login_dsn, Role.WORKER) as opened:
        yield opened


async def test_the_pool_runs_as_its_role_whatever_was_done_before(database: TestDatabase) -> None:
    async with open_database(database.login_dsn, Role.MANAGER, most=1) as manager:
        backends = set()
        for statement in ("reset role", "reset all", "discard temp", "set role none", "select 1"):
            async with manager.transaction() as connection:
                row = await connection.fetchrow(
                    "select current_user::text, pg_backend_pid(), current_setting('lock_timeout')"
                )
                assert row is not None
                assert (row[0], row[2]) == ("clearooms_manager", "2s"), statement
                backends.add(row[1])
                if (
                    statement != "set role none"
                ):  # none of our statements; what follows proves RESET alone
                    await connection.execute(statement)
        assert len(backends) == 1


async def test_values_arrive_as_the_services_expect_them(worker: Database) -> None:
    moment = dt.datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=dt.UTC)
    document = {"a": [1, None, "ü"], "b": {"c": True}}
    async with worker.organisation_transaction(ORGANISATION) as connection:
        row = await connection.fetchrow(
            "select $1::jsonb, $2::timestamptz, $3::uuid, current_organisation(), null::jsonb",
            document, moment, ORGANISATION,
        )  # fmt: skip
    assert row is not None
    assert tuple(row) == (document, moment, ORGANISATION, ORGANISATION, None)
    assert row[1].utcoffset() == dt.timedelta(0)


async def test_an_exception_rolls_back_and_passes_unchanged(worker: Database) -> None:
    class Mine(Exception): ...

    room = uuid4()
    with pytest.raises(Mine):
        async with worker.transaction() as connection:
            await owe(connection, room)
            raise Mine
    async with worker.transaction() as connection:
        assert await connection.fetchval("select count(*) from room_sync") == 0


async def test_a_cancelled_transaction_rolls_back_and_gives_its_connection_back(
    database: TestDatabase,
) -> None:
    async with open_database(database.login_dsn, Role.WORKER, most=1) as worker:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), worker.transaction() as connection:
                await owe(connection, uuid4())
                await connection.execute("select pg_sleep(30)")
        async with asyncio.timeout(5), worker.transaction() as connection:
            assert await connection.fetchval("select count(*) from room_sync") == 0


async def test_errors_of_the_caller_stay_the_drivers(worker: Database) -> None:
    room = uuid4()
    with pytest.raises(asyncpg.UniqueViolationError):
        async with worker.transaction() as connection:
            await owe(connection, room)
            await owe(connection, room)


async def test_a_lock_held_too_long_means_later(worker: Database) -> None:
    room = uuid4()
    async with worker.transaction() as connection:
        await owe(connection, room)
    lock = "select 1 from room_sync where room_id = $1 for update"
    async with worker.transaction() as holder:
        await holder.execute(lock, room)
        with pytest.raises(DatabaseUnavailable, match="lock timeout"):
            async with worker.transaction() as waiting:
                await waiting.execute("set local lock_timeout = 50")
                await waiting.execute(lock, room)


async def test_a_deadlock_means_later_for_one_of_the_two(worker: Database) -> None:
    rooms = sorted([uuid4(), uuid4()])
    async with worker.transaction() as connection:
        for room in rooms:
            await owe(connection, room)
    both_hold_one = asyncio.Barrier(2)
    outcomes = []

    async def take(first: UUID, second: UUID) -> None:
        lock = "select 1 from room_sync where room_id = $1 for update"
        try:
            async with worker.transaction() as connection:
                await connection.execute("set local lock_timeout = '10s'")
                await connection.execute(lock, first)
                await both_hold_one.wait()
                await connection.execute(lock, second)
            outcomes.append("done")
        except DatabaseUnavailable:
            outcomes.append("later")

    async with asyncio.timeout(15), asyncio.TaskGroup() as both:
        both.create_task(take(*rooms))
        both.create_task(take(*reversed(rooms)))
    assert sorted(outcomes) == ["done", "later"]


async def test_a_login_that_may_not_become_the_role_is_refused_at_once(
    database: TestDatabase,
) -> None:
    with pytest.raises(RoleRefused, match="no member of clearooms_portal"):
        async with open_database(database.owner_dsn, Role.PORTAL):
            pass


async def test_a_database_without_migrations_is_named_as_such(
    postgres_server: str, tmp_path: Path
) -> None:
    async with open_server(tmp_path, options=THROWAWAY) as dsn:
        with pytest.raises(RoleRefused, match="python -m pgstore migrate"):
            async with open_database(dsn, Role.PORTAL):
                pass
    with pytest.raises(LoginRefused):
        async with open_database(postgres_server.replace("/postgres", "/nowhere"), Role.PORTAL):
            pass


async def test_a_superuser_login_still_has_only_the_roles_rights(
    postgres_server: str, database: TestDatabase
) -> None:
    dsn = f"{postgres_server.rpartition('/')[0]}/{database.name}"
    async with open_database(dsn, Role.WORKER) as worker:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with worker.transaction() as connection:
                await connection.fetch("select * from users")


async def test_the_pool_outlives_a_killed_server(tmp_path: Path) -> None:
    port = free_port()
    data = tmp_path / "data"
    stop = asyncio.Event()
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with open_server(data, port=port) as server:
        template = await make_template(server)
        cloning = clone(template)
        database = await cloning.__aenter__()
    # The server is away: opening works, transactions say so.
    async with open_database(database.login_dsn, Role.WORKER, most=3) as worker:
        assert not worker.healthy()
        with pytest.raises(DatabaseUnavailable):
            async with worker.transaction():
                pass
        async with asyncio.TaskGroup() as loops, asyncio.timeout(40):
            loops.create_task(worker.listen("clearooms", heard.put_nowait, stop))
            async with open_server(data, port=port):
                assert await heard.get() == ""  # connected
                for _ in range(3):
                    async with worker.transaction() as connection:
                        await owe(connection, uuid4())
                assert worker.healthy()
                with pytest.raises(DatabaseUnavailable):
                    async with worker.transaction() as connection:
                        await connection.execute("select 1")
                        pid = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
                        os.kill(pid, signal.SIGQUIT)  # immediate: as a crash, children included
                        await connection.execute("select pg_sleep(10)")
                assert not worker.healthy()
            async with open_server(data, port=port):
                assert await heard.get() == ""  # connected again
                async with worker.transaction() as connection:
                    assert await connection.fetchval("select count(*) from room_sync") == 3
                    await connection.execute("select pg_notify('clearooms', 'rooms')")
                assert await heard.get() == "rooms"
                assert worker.healthy()
                stop.set()


async def test_a_demoted_server_empties_the_whole_pool(
    postgres_server: str, database: TestDatabase
) -> None:
    superuser = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{database.name}")
    async with open_database(database.login_dsn, Role.WORKER, most=3) as worker:
        before = await backends(worker)
        # To this login the server now looks like a standby: writes fail with 25006.
        await superuser.execute(
            f"alter role clearooms_login in database {database.name} set default_transaction_read_only = on"
        )
        await superuser.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid = any($1)",
            list(before),
        )
        await backends(worker, tries=3)
        standby = await backends(worker)
        assert not standby & before
        await superuser.execute(
            f"alter role clearooms_login in database {database.name} reset default_transaction_read_only"
        )
        with pytest.raises(DatabaseUnavailable, match="read-only"):
            async with worker.transaction() as connection:
                await owe(connection, uuid4())
        async with worker.transaction() as connection:
            await owe(connection, uuid4())
        assert not await backends(worker) & standby
    await superuser.execute(f"alter role clearooms_login in database {database.name} reset all")
    await superuser.close()


class HoldsBackEndings:
    """Passes bytes both ways, but not that the server has closed a connection: what a client meets before the FIN."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.ended = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, back]
        with suppress(OSError):
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(reader, back))
                ways.create_task(self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        self.ended.set()

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


async def test_a_connection_that_the_server_has_given_up_is_lent_once_more_at_most(
    postgres_server: str, database: TestDatabase
) -> None:
    parts = urlsplit(database.login_dsn)
    assert parts.port is not None
    proxy = HoldsBackEndings(parts.port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    account = parts.netloc.rpartition("@")[0]
    port = server.sockets[0].getsockname()[1]
    through = urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{port}"))
    superuser = await asyncpg.connect(f"{postgres_server.rpartition('/')[0]}/{database.name}")
    async with (
        asyncio.timeout(30),
        open_database(through, Role.WORKER, most=3) as worker,
    ):
        with closing(proxy):
            before = await backends(worker)
            await superuser.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid = any($1)",
                list(before),
            )
            await proxy.ended.wait()
            with pytest.raises(DatabaseUnavailable):
                await backends(worker)
            assert not await backends(worker) & before
    await superuser.close()
    server.close()
    await server.wait_closed()


async def backends(database: Database, *, tries: int = 1) -> set[int]:
    """Return the server processes behind three connections at once."""
    try:
        async with (
            database.transaction() as first,
            database.transaction() as second,
            database.transaction() as third,
        ):
            return {
                await each.fetchval("select pg_backend_pid()") for each in (first, second, third)
            }
    except DatabaseUnavailable:
        if tries == 1:
            raise
        return await backends(database, tries=tries - 1)


async def owe(connection: object, room: UUID) -> None:
    await connection.execute(  # type: ignore[attr-defined]  # the proxy's type is the driver's private one
        "insert into room_sync (room_id, organisation_id, due_at) values ($1, $2, now())",
        room,
        ORGANISATION,
    )


async def test_a_statement_of_its_own_is_committed_and_sees_no_organisation(
    database: TestDatabase,
) -> None:
    organisation = uuid4()
    async with open_database(database.login_dsn, Role.PORTAL, most=1) as portal:
        async with portal.organisation_transaction(organisation) as connection:
            await connection.execute(
                "insert into organisations values ($1, 'Ours', now(), null)", organisation
            )
        async with portal.statement() as connection:
            assert await connection.fetchval("select count(*) from organisations") == 0
    async with open_database(database.login_dsn, Role.WORKER) as worker:
        async with worker.statement() as connection:
            await connection.execute(
                "insert into room_sync (room_id, organisation_id, due_at) values ($1, $1, now())",
                organisation,
            )
        async with worker.transaction() as connection:
            assert await connection.fetchval("select count(*) from room_sync") == 1
