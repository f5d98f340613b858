"""The embedded PostgreSQL comes back after its server was killed, though a session of it still works."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from pgstore.launcher import THROWAWAY, open_server


async def test_a_server_killed_amid_a_long_statement_starts_again(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    async with open_server(folder, options=THROWAWAY) as dsn:
        port = urlsplit(dsn).port
        connection = await asyncpg.connect(dsn)
        # Looks at no latch, so it does not see that the server is gone: a few seconds on any machine.
        statement = "select count(*) from generate_series(1, 20000000) n where n % 7 = 0"
        async with asyncio.TaskGroup() as sessions:
            at_work = sessions.create_task(_ignoring_its_end(connection, statement))
            watching = await asyncpg.connect(dsn)
            while not await watching.fetchval(
                "select count(*) from pg_stat_activity where state = 'active' and query = $1",
                statement,
            ):
                assert not at_work.done()
            await watching.close()
            os.kill(
                int((folder / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL
            )
            assert not at_work.done(), "the statement was over before the server was killed"
            async with open_server(folder, port=port, options=THROWAWAY) as again:
                restarted = await asyncpg.connect(again)
                assert await restarted.fetchval("select 1") == 1
                await restarted.close()


async def _ignoring_its_end(
    connection: "asyncpg.Connection[asyncpg.Record]", statement: str
) -> None:
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await connection.fetchval(statement)
