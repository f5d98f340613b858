"""Requests that wait for what becomes of a command, inside this process."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias
from uuid import UUID

from contracts.events import CommandResult

from ..domain.refusal import Reason, Refusal

_RETRY_SECONDS = 5

Answer: TypeAlias = asyncio.Future[CommandResult | None]


class Results:
    """Hands a result to everybody of its organisation who waits for it; bounded in all and per organisation."""

    def __init__(self, *, most: int = 10_000, most_of_one: int = 2_000) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._waiting: dict[tuple[UUID, str], set[Answer]] = {}
        self._per_organisation: Counter[UUID] = Counter()
        self._closed = False

    @contextmanager
    def expected(self, organisation_id: UUID, command_id: UUID) -> Iterator[Answer]:
        """Wait for a command that is not sent yet; None is the answer at shutdown."""
        if self._per_organisation[organisation_id] >= self._most_of_one:
            raise Refusal(
                Reason.TOO_MANY,
                "Too many requests of this organisation wait for the sync: try again shortly.",
                retry_after=_RETRY_SECONDS,
            )
        if self._per_organisation.total() >= self._most:
            raise Refusal(
                Reason.UNAVAILABLE,
                "Too many requests wait for the sync: try again shortly.",
                retry_after=_RETRY_SECONDS,
            )
        answer: Answer = asyncio.get_running_loop().create_future()
        if self._closed:
            answer.set_result(None)
        key = (organisation_id, str(command_id))
        self._waiting.setdefault(key, set()).add(answer)
        self._per_organisation[organisation_id] += 1
        try:
            yield answer
        finally:
            self._leave(key, answer)

    def tell(self, organisation_id: UUID, result: CommandResult) -> None:
        """Answer those who wait for this command."""
        for answer in self._waiting.get((organisation_id, result.command_id), ()):
            if not answer.done():
                answer.set_result(result)

    def close(self) -> None:
        """Answer everybody that nothing is known yet, late comers too."""
        self._closed = True
        for answers in self._waiting.values():
            for answer in answers:
                if not answer.done():
                    answer.set_result(None)

    def waiting(self) -> int:
        """Return how many wait."""
        return self._per_organisation.total()

    def _leave(self, key: tuple[UUID, str], answer: Answer) -> None:
        self._waiting[key].discard(answer)
        if not self._waiting[key]:
            del self._waiting[key]
        self._per_organisation[key[0]] -= 1
        if not self._per_organisation[key[0]]:
            del self._per_organisation[key[0]]
