"""Accept a delivery: authenticate, publish, and only then say so."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Literal, Protocol, TypeAlias

import structlog

from eventbus import NotConfirmed
from graphclient.client_state import ClientStateKeys
from graphclient.errors import Malformed
from graphclient.notifications import Item, parse, validation_tokens
from graphclient.publisher import FALSE, NOTHING, Judgement

from .domain.admission import Admission, Seals, admit, needs_proof
from .domain.outcomes import ItemOutcome

log = structlog.get_logger()

# A genuine item has at most three objects, a dozen members and some 300 bytes. What holds many more
# of them in 1 MiB was made to keep the loop busy; counting bytes costs next to nothing.
MOST_OBJECTS: Final = 15_000
MOST_MEMBERS: Final = 60_000

Verdict = Literal["accepted", "malformed", "unconfirmed"]
Judge: TypeAlias = Callable[[Sequence[str], datetime], Awaitable[Judgement]]
"""What validation tokens prove, within half a second."""


async def unjudged(_: Sequence[str], __: datetime) -> Judgement:
    """Prove nothing: rich items are hints like any other."""
    return NOTHING


class Outbox(Protocol):
    """Where encoded hints go."""

    async def add(self, items: Sequence[bytes]) -> None:
        """Return once everything handed over is confirmed; raises NotConfirmed within 2 seconds."""


class Reception:
    """Turns the bodies that Graph posts into confirmed hints."""

    def __init__(
        self,
        changes: Outbox,
        lifecycle: Outbox,
        keys: Callable[[], ClientStateKeys],
        clock: Callable[[], datetime],
        count: Callable[[ItemOutcome, int], None],
        judge: Judge = unjudged,
    ) -> None:
        self._changes = changes
        self._lifecycle = lifecycle
        self._keys = keys
        self._seals = Seals(keys())
        self._clock = clock
        self._count = count
        self._judge = judge
        self._failing = False

    async def receive(self, body: bytes) -> Verdict:
        """`accepted` means that every authentic item is confirmed; the forged ones are only counted."""
        if body.count(b"{") > MOST_OBJECTS or body.count(b",") > MOST_MEMBERS:
            return "malformed"
        try:
            items = parse(body)
        except Malformed:
            return "malformed"
        keys = self._keys()
        if keys is not self._seals.keys:
            self._seals = Seals(keys)  # what a withdrawn key sealed must not open any more
        now = self._clock()
        tokens = await self._judged(body, items, now)
        admission = admit(items, self._seals, now, tokens)
        for outcome, number in admission.refused.items():
            self._count(outcome, number)
        try:
            await self._publish(admission)
        except NotConfirmed as error:
            self._note_failure(error)
            return "unconfirmed"
        if self._failing:
            self._failing = False
            log.info("confirmed_again")
        return "accepted"

    async def _judged(self, body: bytes, items: Sequence[Item], now: datetime) -> Judgement:
        if not needs_proof(items, self._seals):
            return NOTHING
        try:
            tokens = validation_tokens(body)
        except Malformed:
            return FALSE
        return await self._judge(tokens, now)

    async def _publish(self, admission: Admission) -> None:
        changes, lifecycle = admission.changes, admission.lifecycle
        if changes and lifecycle:
            # Side by side, for one deadline is all that Graph gives us.
            refusal: NotConfirmed | None = None
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._changes.add(changes))
                    both.create_task(self._lifecycle.add(lifecycle))
            except* NotConfirmed as group:
                refusal = _first(group)
            # Not inside `except*`: there Python 3.11.2 would wrap it in a group again.
            if refusal is not None:
                raise refusal
        elif changes:
            await self._changes.add(changes)
        elif lifecycle:
            await self._lifecycle.add(lifecycle)
        if changes:
            self._count("change", len(changes))
            if admission.enclosed:
                self._count("enclosed", admission.enclosed)
            if admission.unproven:
                self._count("unproven", admission.unproven)
        if lifecycle:
            self._count("lifecycle", len(lifecycle))

    def _note_failure(self, error: NotConfirmed) -> None:
        if not self._failing:  # one line when it begins: an outage must not fill the disk as well
            self._failing = True
            log.warning("not_confirmed", cause=error.cause)


def _first(group: BaseExceptionGroup[NotConfirmed]) -> NotConfirmed:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
