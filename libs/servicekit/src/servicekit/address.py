"""`host:port`, as LISTEN and OPS_LISTEN write it."""

from typing import NamedTuple


class Address(NamedTuple):
    """Where a listener binds; port 0 leaves the choice to the system."""

    host: str
    port: int


def parse_address(text: str) -> Address:
    """`127.0.0.1:8080`, `[::]:8080` or `:8080` (every interface); raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("must be host:port")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("must be host:port, an IPv6 host in brackets")
    return Address(host, int(port))
