"""Tasks that sets keep in the order of their making: asyncio's groups keep tasks in sets, which go by address otherwise."""

import asyncio
import itertools
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

from typing_extensions import override

from .loop import SeededLoop


class NumberedTask(asyncio.Task[Any]):
    """Hashes by its number."""

    numbers = itertools.count()

    def __init__(self, coro: Coroutine[Any, Any, Any], **how: Any) -> None:
        self._number = next(self.numbers)
        super().__init__(coro, **how)

    @override
    def __hash__(self) -> int:
        return self._number


def number_tasks() -> None:
    """From now on the loops of this process make numbered tasks, each beginning with nought."""
    begin = SeededLoop.__init__

    def init(loop: SeededLoop, *given: Any, **named: Any) -> None:
        begin(loop, *given, **named)
        NumberedTask.numbers = itertools.count()
        loop.set_task_factory(_made)

    SeededLoop.__init__ = init  # type: ignore[method-assign,assignment] # the loop of the simulation is not ours to change


def _made(
    loop: asyncio.AbstractEventLoop, coro: Any, context: Context | None = None
) -> asyncio.Task[Any]:
    return NumberedTask(coro, loop=loop, context=context)
