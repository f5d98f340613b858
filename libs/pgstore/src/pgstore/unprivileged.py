"""PostgreSQL refuses to run as root: run it as somebody else without creating users or opening folders."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

_NOBODY = 65534


@cache
def unprivileged_prefix() -> tuple[str, ...]:
    """Return what to put before a server's command line: nothing for ordinary users.

    For root a user namespace in which we are nobody (files stay root's own). Where namespaces are refused, as in most
    containers, nobody with the one capability to pass closed folders; its data then belongs to nobody.
    """
    if os.geteuid() != 0:
        return ()
    namespace = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    nobody = (
        "setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups",
        "--inh-caps=+dac_override", "--ambient-caps=+dac_override",
    )  # fmt: skip
    for prefix in (namespace, nobody, nobody[:4]):
        if _works(prefix):
            return prefix
    return ()  # the server's own refusal says the rest


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
