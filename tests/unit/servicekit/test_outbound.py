"""Posts to addresses that strangers typed in: nothing but the public internet, however it is disguised."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import pytest
import trustme
from aiohttp import web

from servicekit.outbound import (
    AddressRefused,
    Network,
    NotDelivered,
    check_address,
    is_public,
    post_json,
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",  # noqa: S104 -- refused
        "169.254.169.254", "100.100.100.200", "100.64.0.1", "192.0.0.192", "168.63.129.16", "198.18.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
        "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2001::1", "2001:db8::1", "5f00::1",
    ],
)  # fmt: skip
def test_what_is_not_the_public_internet_is_not_admitted(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "52.96.0.1", "2606:4700::1111", "2a01:111::1"])
def test_what_is_somebodys_on_the_internet_is_admitted(address: str) -> None:
    assert is_public(ip_address(address))


def named(*addresses: str) -> Network:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return Network(resolve=resolve)


@pytest.mark.parametrize(
    "url",
    [
        "http://chat.test/x", "https://user@chat.test/x", "https:///x", "ftp://chat.test", "https://chat.test:x/",
    ],
)  # fmt: skip
async def test_an_address_of_another_shape_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        await check_address(url, named("8.8.8.8"))
    with pytest.raises(AddressRefused):
        await post_json(url, b"{}", named("8.8.8.8"))


async def test_one_private_address_among_public_ones_is_refused() -> None:
    await check_address("https://chat.test/x", named("8.8.8.8", "2606:4700::1"))
    with pytest.raises(AddressRefused, match="public internet"):
        await check_address("https://chat.test/x", named("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "169.254.169.254", "localhost", "0177.0.0.1"]
)
async def test_the_machine_itself_is_refused_under_any_name(host: str) -> None:
    with pytest.raises(AddressRefused):
        await check_address(f"https://{host}/x")


async def test_a_name_that_nobody_knows_is_refused_when_saved_and_tried_again_when_sent() -> None:
    async def unknown(_host: str, _port: int) -> list[str]:
        raise OSError

    with pytest.raises(AddressRefused, match="spelling"):
        await check_address("https://chat.test/x", Network(resolve=unknown))
    with pytest.raises(NotDelivered):
        await post_json("https://chat.test/x", b"{}", Network(resolve=unknown))


async def test_a_name_that_turned_private_after_it_was_saved_is_not_posted_to() -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"]]

    async def rebinding(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    network = Network(resolve=rebinding)
    await check_address("https://chat.test/x", network)
    with pytest.raises(AddressRefused):
        await post_json("https://chat.test/x", b"{}", network)


@dataclass
class Chat:
    url: str = ""
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    status: int = 200
    location: str = ""
    body: bytes = b"ok"
    hang: bool = False
    posts: list[bytes] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.posts.append(await request.read())
        if self.hang:
            await asyncio.Event().wait()
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=self.status, body=self.body, headers=headers)

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.looked_up.append(host)
        return ["127.0.0.1"]

    @property
    def network(self) -> Network:
        return Network(resolve=self.resolve, admits=lambda _: True, tls=self.tls)


@asynccontextmanager
async def serving(host: str = "chat.test") -> AsyncIterator[Chat]:
    chat, authority = Chat(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    authority.configure_trust(chat.tls)
    app = web.Application()
    app.router.add_post("/{rest:.*}", chat.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    chat.url = f"https://chat.test:{runner.addresses[0][1]}/hook"
    try:
        yield chat
    finally:
        await runner.cleanup()


async def test_what_is_posted_arrives_over_tls_at_the_address_looked_up_once() -> None:
    async with serving() as chat:
        await post_json(chat.url, b'{"text": "x"}', chat.network)
    assert chat.posts == [b'{"text": "x"}']
    assert chat.looked_up == ["chat.test"]


async def test_a_certificate_of_another_name_is_not_trusted() -> None:
    async with serving("other.test") as chat:
        with pytest.raises(NotDelivered):
            await post_json(chat.url, b"{}", chat.network)
    assert chat.posts == []


async def test_a_redirect_is_not_followed() -> None:
    async with serving() as chat:
        chat.status, chat.location = 307, chat.url
        with pytest.raises(NotDelivered, match="307"):
            await post_json(chat.url, b"{}", chat.network)
    assert len(chat.posts) == 1


async def test_a_refusal_a_torrent_and_a_silence_end_soon() -> None:
    async with serving() as chat:
        chat.status = 500
        with pytest.raises(NotDelivered, match="500"):
            await post_json(chat.url, b"{}", chat.network)
        chat.status, chat.body = 200, b"x" * (8 << 20)
        await post_json(chat.url, b"{}", chat.network)
        chat.hang = True
        with pytest.raises(NotDelivered, match="Timeout"):
            await post_json(chat.url, b"{}", replace(chat.network, seconds=0.2))
