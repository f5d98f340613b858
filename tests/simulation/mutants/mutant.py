"""A planted bug: one defence of the shipped code taken away while a history is lived."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from sync_worker.domain import schedule

from ..history import Outcome, live
from ..switches import Switches
from .focus import PLAIN, Focus

Original = Any
"""What is taken away: a function, a property or a constant, whatever its type."""

_OURS: Final = (
    "sync_worker",
    "subscription_manager",
    "webhook_ingress",
    "graphclient",
    "eventbus",
)


@dataclass(frozen=True, slots=True)
class Patch:
    """One name of a shipped module or class, and what stands there instead, given the original."""

    owner: ModuleType | type
    name: str
    instead: Callable[[Original], object]
    everywhere: bool = True
    """Whether those who have imported it have the other one, too."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        """In force until the block ends; a module's name also where others have imported it."""
        original = vars(self.owner)[self.name]
        mutated = self.instead(original)
        places = self._places(original)
        for owner, name in places:
            setattr(owner, name, mutated)
        try:
            yield
        finally:
            for owner, name in places:
                setattr(owner, name, original)

    def _places(self, original: Original) -> list[tuple[object, str]]:
        if isinstance(self.owner, type) or not self.everywhere:
            return [(self.owner, self.name)]
        ours = [
            each
            for name, each in list(sys.modules.items())
            if name.partition(".")[0] in _OURS and each is not self.owner
        ]
        known = [each for each in ours if vars(each).get(self.name) is original]
        return [(self.owner, self.name), *((each, self.name) for each in known)]


def constant(value: object) -> Callable[[Original], object]:
    """This value instead."""
    return lambda _: value


def returns(value: object) -> Callable[[Original], object]:
    """A function that does nothing and returns this."""
    return lambda _: lambda *_, **__: value


def answers(value: object) -> Callable[[Original], object]:
    """A coroutine function that does nothing and returns this."""

    async def nothing(*_: object, **__: object) -> object:
        return value

    return lambda _: nothing


def says(value: object) -> Callable[[Original], object]:
    """A property that is always this."""
    return lambda _: property(lambda _: value)


READ_ONCE: Final = Patch(schedule, "read_again", returns(None))
"""For those whose loss the read after a gap would make good within two minutes."""


Lives = Callable[[int, Switches], Outcome]


@dataclass(frozen=True, slots=True)
class Mutant:
    """Shipped code without one of its defences."""

    name: str
    removes: str
    """What the defence was, in one sentence."""
    patches: tuple[Patch, ...]
    focus: Focus = PLAIN
    """Where chance meets it: its kept seed is one of these circumstances."""
    lives: Lives = live

    def outcome(self, seed: int) -> Outcome:
        """What becomes of a seed while the defence is off."""
        with ExitStack() as stack:
            for patch in self.patches:
                stack.enter_context(patch.applied())
            return self.clean(seed)

    def clean(self, seed: int) -> Outcome:
        """What becomes of the same seed with it."""
        return self.lives(seed, self.focus.draw(seed))
