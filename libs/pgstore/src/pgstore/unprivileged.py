"""PostgreSQL refuses to run as root: run it as somebody else without creating users or opening folders."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

_NOBODY = 65534


@cache
def unprivileged_prefix() -> tuple[str, ...]:
    """Return what to put before a server's command line: the first way that works, nothing for ordinary users."""
    return next(filter(_works, ways()), ())  # without any the server's own refusal says the rest


def ways() -> list[tuple[str, ...]]:
    """Return the command prefixes that can make root an ordinary user, best first.

    A user namespace in which root is nobody: its files stay root's own. Where namespaces are refused, as in most
    containers, nobody with the one capability to pass closed folders; its data then belongs to nobody.
    """
    if os.geteuid() != 0:
        return []
    namespace = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    nobody = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    passing = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return [namespace, nobody + passing, nobody]


def hand_over(path: Path) -> None:
    """Give `path` and what is below to the user the server will run as."""
    if os.geteuid() != 0:
        return
    owner = 0 if unprivileged_prefix()[:1] == ("unshare",) else _NOBODY
    if path.stat().st_uid == owner:
        return
    for entry in (path, *path.rglob("*")):
        os.chown(entry, owner, owner, follow_symlinks=False)


def _works(prefix: tuple[str, ...]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    done = subprocess.run(  # noqa: S603  # constant commands
        [*prefix, "id", "-un"], capture_output=True, check=False, timeout=10
    )
    return done.returncode == 0  # also: the mapped id has a name, which the server insists on
