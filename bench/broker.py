"""Where benchmarks find their broker: `TEST_AMQP_URL`, else the private one that the tests start."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running_broker() -> Iterator[str]:
    """An AMQP URL of a real broker that this run may fill and purge."""
    given = os.environ.get("TEST_AMQP_URL")
    if not given:
        raise SystemExit("set TEST_AMQP_URL to a RabbitMQ this run may fill and purge")
    yield given
