"""Connection tests that go on by themselves, one at a time per organisation; every replica sees how far one is."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from pgstore import DatabaseUnavailable

from ..domain.caller import Acting
from ..domain.checks import Name, checks_before
from ..domain.diagnosis import TestResult
from ..domain.evidence import Evidence
from ..domain.integration import TestAsked
from ..domain.refusal import Reason, Refusal
from ..domain.trials import BROKE_OFF, CHANGED, LONGEST, RunningTest, TestSeen, Trial, seen
from .probe import Telling

log = structlog.get_logger()


class Tested(Protocol):
    """The connection."""

    async def test(self, by: Acting, asked: TestAsked, tell: Telling) -> TestResult:
        """Test it."""


class TrialRows(Protocol):
    """What is stored of tests."""

    async def begin_test(
        self, organisation_id: UUID, run: RunningTest, *, dead_before: datetime
    ) -> bool:
        """Mark that one begins, unless one runs."""

    async def note_test(self, organisation_id: UUID, trial: Trial) -> None:
        """Keep how far it is."""

    async def last_test(
        self, organisation_id: UUID
    ) -> tuple[Trial | None, datetime | None, TestResult | None]:
        """Return what runs or broke off, and what ended last."""


class Trials:
    """Starts tests and shows them."""

    def __init__(self, connection: Tested, rows: TrialRows, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._rows = rows
        self._clock = clock
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the tests going until `stop`, which breaks them off."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            await stop.wait()
            self._group = None
            for task in self._tasks:
                task.cancel()

    async def start(self, by: Acting, asked: TestAsked) -> None:
        """Begin a test, unless one is running already."""
        if self._group is None:
            raise Refusal(Reason.UNAVAILABLE, "The portal is starting: try again.", retry_after=2)
        now = self._clock()
        run = RunningTest(started_at=now, under_way="token", checks=[])
        begun = await self._rows.begin_test(by.organisation_id, run, dead_before=now - LONGEST)
        if begun:
            task = self._group.create_task(self._try(by, asked, run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def show(self, by: Acting) -> TestSeen:
        """Return how far a test is and what the last one showed."""
        return seen(*await self._rows.last_test(by.organisation_id), self._clock())

    async def _try(self, by: Acting, asked: TestAsked, run: RunningTest) -> None:
        async def tell(step: Name, evidence: Evidence) -> None:
            checks = checks_before(evidence, step)
            await self._rows.note_test(
                by.organisation_id,
                Trial(run.model_copy(update={"under_way": step, "checks": checks})),
            )

        try:
            await self._connection.test(by, asked, tell)
            await self._break_off(by, run, CHANGED)  # unless its result was kept, which ends it
        except asyncio.CancelledError:
            await self._break_off(by, run, BROKE_OFF)
            raise
        except Refusal as refusal:
            await self._break_off(by, run, refusal.detail)
        except Exception:
            log.exception("connection_test_failed", organisation=str(by.organisation_id))
            await self._break_off(by, run, BROKE_OFF)

    async def _break_off(self, by: Acting, run: RunningTest, problem: str) -> None:
        try:
            await self._rows.note_test(by.organisation_id, Trial(run, problem))
        except DatabaseUnavailable:
            log.warning("connection_test_not_ended", organisation=str(by.organisation_id))
