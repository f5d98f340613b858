"""RabbitMQ's programs: the installed ones, else Debian's packages unpacked into the checkout's cache folder."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .missing import ServerMissing

CACHE = Path(__file__).parents[2] / ".cache" / "rabbitmq"
LIBRARY = Path("usr/lib/rabbitmq/lib")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where `rabbitmq-server`, `rabbitmqctl` and Erlang's programs are."""

    sbin: Path
    erlang: Path
    source: str


def programs() -> Programs:
    """The first that works; raises ServerMissing with what to do."""
    for root, source in (
        (Path("/"), "installed rabbitmq-server"),
        (CACHE / "root", "Debian packages in .cache"),
    ):
        found = _under(root, source)
        if found:
            return found
    _unpack()
    found = _under(CACHE / "root", "Debian packages in .cache")
    if found is None:
        raise ServerMissing(
            f"RabbitMQ's packages were unpacked, but hold no server: remove {CACHE} and try again"
        )
    return found


def _under(root: Path, source: str) -> Programs | None:
    servers = sorted((root / LIBRARY).glob("rabbitmq_server-*/sbin"))
    erlang = root / "usr/lib/erlang/bin"
    if (
        not servers
        or not (erlang / "erl").exists()
        or not (servers[-1] / "rabbitmq-server").exists()
    ):
        return None
    return Programs(servers[-1], erlang, source)


def _unpack() -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise ServerMissing(
            "RabbitMQ is not installed and this is no Debian: install rabbitmq-server, or set TEST_AMQP_URL to a broker that tests may use."
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        work = Path(folder)
        (work / "lists/partial").mkdir(parents=True)
        (work / "archives/partial").mkdir(parents=True)
        # Lists of our own: an ordinary user may not refresh the system's, and a new machine has none. No sandbox user:
        # it could not write into this folder.
        apt = [
            "apt-get",
            "-qq",
            "-o", f"Dir::State::lists={work / 'lists'}",
            "-o", f"Dir::Cache={work / 'archives'}",
            "-o", "APT::Sandbox::User=",
            "-o", "Debug::NoLocking=true",
        ]  # fmt: skip
        _run([*apt, "update"], work)
        plan = _run(
            [
                *apt,
                "-o",
                "Dir::State::status=/dev/null",
                "install",
                "-s",
                "--no-install-recommends",
                "rabbitmq-server",
            ],
            work,
        )
        names = [
            line.split()[1]
            for line in plan.splitlines()
            if line.startswith(("Inst erlang", "Inst rabbitmq"))
        ]
        debs = work / "debs"
        debs.mkdir()
        _run([*apt, "download", *names], debs)
        root = work / "root"
        for deb in sorted(debs.glob("*.deb")):
            _run(["dpkg", "-x", str(deb), str(root)], work)
        final = CACHE / "root"
        script = root / "usr/lib/erlang/bin/erl"
        # Debian's script ignores ERL_ROOTDIR.
        text = script.read_text().replace(
            "ROOTDIR=/usr/lib/erlang", f"ROOTDIR={final / 'usr/lib/erlang'}"
        )
        script.unlink()
        script.write_text(text)
        script.chmod(0o755)
        root.rename(final)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
    )  # fmt: skip
    if done.returncode != 0:
        raise ServerMissing(
            f"RabbitMQ's packages cannot be fetched ({' '.join(command[-3:])}: {done.stderr.strip()[-300:]}). "
            "Install rabbitmq-server, or set TEST_AMQP_URL to a broker that tests may use."
        )
    return done.stdout
