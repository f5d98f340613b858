"""The portal as a service of its own: settings, readiness, RabbitMQ, an orderly end."""

import asyncio
import base64
from uuid import UUID, uuid4

import aiohttp
import pytest

from contracts.events import IntegrationOk, integration_event
from contracts.routing import EVENTS
from demo.ports import free_port
from eventbus import open_bus
from pgstore.testing import TestDatabase
from portal.app import main
from portal.settings import Settings
from servicekit.clock import utc_now
from servicekit.settings import SettingsInvalid

OPERATOR = "operator-of-this-test-alone"
GIVEN = {
    "DATABASE_URL": "postgresql://login@127.0.0.1:1/none",
    "AMQP_URL": "amqp://127.0.0.1:1/",
    "SECRET_KEYS": "s1:" + base64.b64encode(b"s" * 32).decode(),
    "PORTAL_OPERATOR_TOKEN": OPERATOR,
}


async def test_it_streams_from_rabbitmq_and_ends_with_streams_open(
    database: TestDatabase, amqp_url: str
) -> None:
    listen, ops = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    settings = Settings.load(
        GIVEN
        | {
            "DATABASE_URL": database.login_dsn,
            "AMQP_URL": amqp_url,
            "LISTEN": listen,
            "OPS_LISTEN": ops,
        }
    )
    stop = asyncio.Event()
    operator = {"Authorization": f"Bearer {OPERATOR}"}
    async with (
        asyncio.timeout(60),
        aiohttp.ClientSession() as session,
        open_bus(amqp_url) as bus,
        asyncio.TaskGroup() as running,
    ):
        service = running.create_task(main(settings, stop))
        await _ready(session, f"http://{ops}/readyz")
        body = {
            "name": "North",
            "administrator": {"email": "a@n.example", "password": "correct horse battery"},
        }
        async with session.post(
            f"http://{listen}/api/organisations", json=body, headers=operator
        ) as answer:
            organisation = (await answer.json())["id"]
        inside = operator | {"X-Organisation": organisation}
        async with session.get(f"http://{listen}/api/stream", headers=inside) as stream:
            assert await stream.content.readline() == b": open\r\n"
            key, event = integration_event(
                IntegrationOk(), organisation_id=UUID(organisation), time=utc_now(), id=uuid4()
            )
            await bus.publish(EVENTS, key, event)
            while not (line := await stream.content.readline()).startswith(b"event:"):
                pass
            assert line == b"event: integration.ok\r\n"
            stop.set()
            await stream.content.read()  # ends because the service ends it
        async with asyncio.timeout(5):
            await service


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORTAL_OPERATOR_TOKEN", "short"),
        ("WEBHOOK_URL", "https://api.example/with/path"),
        ("PORTAL_URL", "clearooms.example"),
    ],
)
def test_a_bad_setting_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        Settings.load(GIVEN | {name: text})
    assert refused.value.name == name
    assert text not in str(refused.value)


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    while True:
        try:
            async with session.get(url) as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)  # a port cannot be waited for, only asked
