"""The embedded server starts, stops, keeps its data, and is never left running."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import asyncpg
import pytest

from pgstore import launcher, unprivileged
from pgstore.launcher import THROWAWAY, ServerNotStarted, open_server, running_server


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def proc_file(pid: int, name: str) -> Path:
    return Path("/proc") / str(pid) / name


async def gone(pid: int) -> None:
    """Return when the process has ended; fails after ten seconds."""
    ended = asyncio.Event()
    handle = os.pidfd_open(pid)
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        async with asyncio.timeout(10):
            await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def test_data_stays_for_the_next_start(tmp_path: Path) -> None:
    async with open_server(tmp_path, options=THROWAWAY) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("create table kept (n int); insert into kept values (7)")
        await connection.close()
        pid = server_pid(tmp_path)
    assert not proc_file(pid, "status").exists()
    async with open_server(tmp_path, options=THROWAWAY) as dsn:
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("select n from kept") == 7
        await connection.close()


async def test_the_server_demands_its_password_and_listens_on_loopback_alone(
    tmp_path: Path,
) -> None:
    async with open_server(tmp_path, options=THROWAWAY) as dsn:
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("show listen_addresses") == "127.0.0.1"
        assert await connection.fetchval("show unix_socket_directories") == ""
        assert await connection.fetchval("show fsync") == "off"
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn, password="guess")
    secret = tmp_path / "postgres.password"
    assert secret.stat().st_mode & 0o077 == 0
    assert not (tmp_path / "initdb.password").exists()


async def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from pgstore.launcher import running_server
        with running_server(Path(sys.argv[1])):
            print("ready", flush=True)
            time.sleep(60)
    """)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(30):
        assert await parent.stdout.readline() == b"ready\n"
    pid = server_pid(tmp_path)
    parent.kill()
    await parent.wait()
    await gone(pid)


async def test_a_killed_server_recovers_although_its_lock_names_a_living_process(
    tmp_path: Path,
) -> None:
    with running_server(tmp_path) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("create table kept (n int); insert into kept values (7)")
        connection.terminate()
        lock = tmp_path / "postgres" / "postmaster.pid"
        left = lock.read_text()
        os.kill(server_pid(tmp_path), signal.SIGKILL)
    # Process ids are reused: after a restart of the machine the lock may name anybody, for instance us.
    lock.write_text(left.replace(left.split()[0], str(os.getpid()), 1))
    async with open_server(tmp_path) as dsn:
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("select n from kept") == 7
        await connection.close()


async def test_a_second_server_on_the_same_data_is_refused_and_the_first_lives_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgstore.launcher._STOP_SECONDS", 0.3)
    async with open_server(tmp_path, options=THROWAWAY) as dsn:
        with pytest.raises(ServerNotStarted, match="in use by the running server"):
            async with open_server(tmp_path):
                pass
        connection = await asyncpg.connect(dsn)
        await connection.close()


async def test_unfinished_or_foreign_data_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "base").write_text("somebody's")
    with pytest.raises(ServerNotStarted, match="move it away"):
        async with open_server(tmp_path):
            pass
    assert (tmp_path / "postgres" / "base").read_text() == "somebody's"


async def test_programs_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ServerNotStarted, match="initdb"):
        async with open_server(tmp_path, bin_dir=tmp_path / "nowhere"):
            pass


async def test_a_taken_port_is_reported_with_the_servers_words(tmp_path: Path) -> None:
    async with open_server(tmp_path / "first", options=THROWAWAY) as dsn:
        port = int(dsn.rpartition(":")[2].partition("/")[0])
        with pytest.raises(ServerNotStarted, match="Address already in use"):
            async with open_server(tmp_path / "second", port=port):
                pass


async def test_every_way_to_be_an_ordinary_user_runs_the_server_on_the_same_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"  # as root's home is: nobody else may pass
    closed.mkdir(mode=0o700)
    for way in unprivileged.ways()[:2] or [()]:
        for module in (launcher, unprivileged):
            monkeypatch.setattr(module, "unprivileged_prefix", lambda chosen=way: chosen)
        async with open_server(closed / "data", options=THROWAWAY) as dsn:
            connection = await asyncpg.connect(dsn)
            await connection.execute("create table if not exists kept (n int)")
            await connection.close()
