"""Free loopback ports, for programs that start later."""

import random
import socket
from pathlib import Path
from typing import Final

_OUTGOING: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST: Final = 10_000
_given: Final[set[int]] = set()


def free_port() -> int:
    """Return a port that nobody listens on, that was not given before, and that no outgoing connection gets.

    One out of the kernel's own range would be free for a moment only: while its program starts, neighbours' connections
    take theirs from there.
    """
    end = int(_OUTGOING.read_text().split()[0]) if _OUTGOING.exists() else 32_768
    for _ in range(1_000):
        port = random.randrange(_FIRST, end)  # noqa: S311  # no secret
        if port not in _given and _is_free("127.0.0.1", port):
            _given.add(port)
            return port
    raise RuntimeError(f"no port between {_FIRST} and {end} is free")


def port_or_free(host: str, port: int) -> int:
    """Return `port` if it is free, else another one."""
    return port if _is_free(host, port) else free_port()


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
