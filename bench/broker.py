"""Where benchmarks find their broker: as the tests do."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.rabbitmq import running_rabbitmq


@contextmanager
def running_broker() -> Iterator[str]:
    """An AMQP URL of a real broker that this run may fill and purge."""
    with running_rabbitmq() as broker:
        yield broker.fresh_url()
