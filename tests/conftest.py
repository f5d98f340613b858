"""Real servers for the session, a fresh database and a fresh vhost for each test that asks."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from pgstore.testing import Template, TestDatabase, clone, make_template

from .servers.postgres import running_postgres
from .servers.rabbitmq import Broker, running_rabbitmq


def _say(config: pytest.Config, text: str) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(text)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Simulations drop log lines and services shape them, for the whole process: the next test starts as the first."""
    shape, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**shape)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """A superuser's DSN of a real PostgreSQL."""
    with running_postgres() as (dsn, source):
        _say(pytestconfig, f" PostgreSQL: {source}")
        yield dsn


@pytest.fixture(scope="session")
def _template(postgres_server: str) -> Template:
    return asyncio.run(make_template(postgres_server))


@pytest.fixture
async def database(_template: Template) -> AsyncIterator[TestDatabase]:
    """A clone of the migrated template, dropped afterwards."""
    async with clone(_template) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def rabbitmq_server(pytestconfig: pytest.Config) -> Iterator[Broker]:
    """A real RabbitMQ that tests may kill when it is our own."""
    with running_rabbitmq() as broker:
        _say(pytestconfig, f" RabbitMQ: {broker.source}")
        yield broker


@pytest.fixture
def amqp_url(rabbitmq_server: Broker) -> str:
    """The URL of an empty vhost."""
    return rabbitmq_server.fresh_url()
