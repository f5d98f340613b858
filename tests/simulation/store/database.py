"""One process's view of the model: the same tables for all, a hook of its own around each call."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from .tables import Tables

Turn: TypeAlias = Callable[[], Awaitable[None]]
Spread: TypeAlias = Callable[[UUID, datetime], datetime]


async def _at_once() -> None:
    return None


def _seeded(seed: int) -> Spread:
    chance = random.Random(seed)  # noqa: S311  # spreads load, guards nothing
    return lambda _, now: now + timedelta(days=1) * chance.random()


class ModelDatabase:
    """Hands out the tables for one atomic step; `turn` is awaited before and after each.

    Whatever `turn` raises before the step keeps it from happening, after it hides that it has happened.
    `spread` draws the moment within a day at which a room's old sealing key is replaced.
    """

    def __init__(
        self, tables: Tables | None = None, turn: Turn = _at_once, spread: Spread | None = None
    ) -> None:
        self.tables = Tables() if tables is None else tables
        self.spread = spread or _seeded(0)
        self._turn = turn

    async def __aenter__(self) -> Tables:
        await self._turn()
        return self.tables

    def __aexit__(self, *_: object) -> Awaitable[None]:
        return self._turn()
