"""Posts to addresses that strangers typed in: https, the public internet only, pinned, bounded (reliability F87)."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

Address: TypeAlias = IPv4Address | IPv6Address

_MOST_BYTES: Final = 4096
_UNICAST: Final = ip_network(
    "2000::/3"
)  # whatever else IPv6 holds is reserved, local or translated
_TRANSLATED: Final = ip_network("2002::/16")  # 6to4: carries an IPv4 address that we do not see
_SPECIAL: Final = (
    ip_network("192.0.0.0/24"),
    ip_network("168.63.129.16/32"),  # Azure's own, seen from every machine there
)


class AddressRefused(ValueError):
    """We do not post there; says why and what to do."""


class NotDelivered(Exception):
    """No answer, or one that is no success: try later."""


def is_public(address: Address) -> bool:
    """Whether the address is somebody's on the internet: not this machine, this network, or a cloud's metadata."""
    if isinstance(address, IPv6Address):
        return address.is_global and address in _UNICAST and address not in _TRANSLATED
    special = address.is_multicast or address.is_reserved
    return address.is_global and not special and not any(address in each for each in _SPECIAL)


async def look_up(host: str, port: int) -> list[str]:
    """Every address of a name. Raises OSError, UnicodeError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True, slots=True)
class Network:
    """How names become addresses, which of those are admitted, whom TLS trusts, and how long an answer may take."""

    resolve: Callable[[str, int], Awaitable[list[str]]] = look_up
    admits: Callable[[Address], bool] = is_public
    tls: ssl.SSLContext | None = None
    seconds: float = 5.0


INTERNET: Final = Network()


async def check_address(url: str, network: Network = INTERNET) -> None:
    """Return if all that the address stands for now is admitted. Raises AddressRefused."""
    try:
        await _admitted(url, network)
    except NotDelivered as error:
        raise AddressRefused("has a host name that cannot be found: check its spelling") from error


async def post_json(url: str, body: bytes, network: Network = INTERNET) -> None:
    """Post once, to an address that was admitted a moment ago. Raises AddressRefused, NotDelivered."""
    addresses = await _admitted(url, network)
    connector = aiohttp.TCPConnector(
        resolver=_Pinned(addresses), use_dns_cache=False, ssl=network.tls or True
    )
    try:
        async with (
            asyncio.timeout(network.seconds),
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
            session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer,
        ):
            await answer.content.read(_MOST_BYTES)
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NotDelivered(type(error).__name__) from error
    if not 200 <= status < 300:
        raise NotDelivered(f"status {status}")


async def _admitted(url: str, network: Network) -> list[str]:
    parts = urlsplit(url)
    try:
        port = parts.port or 443
    except ValueError as error:
        raise AddressRefused("has no valid port") from error
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise AddressRefused("must be an https:// address without a user name")
    try:
        async with asyncio.timeout(network.seconds):
            found = await network.resolve(parts.hostname, port)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise NotDelivered("the host name cannot be looked up") from error
    if not found:
        raise NotDelivered("the host name has no address")
    if not all(network.admits(ip_address(each)) for each in found):
        raise AddressRefused(
            "leads to an address that is not on the public internet: use the one that the chat shows"
        )
    return found


class _Pinned(AbstractResolver):
    """Answers with the addresses that were looked at, whatever the name means by now."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=each,
                port=port,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in self._addresses
        ]

    @override
    async def close(self) -> None:
        """Nothing is held."""
