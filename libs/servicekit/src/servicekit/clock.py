"""The only clock: roots hand it down, everything else takes `now` or a `Clock`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock's time, aware, in UTC."""
    return datetime.now(UTC)
