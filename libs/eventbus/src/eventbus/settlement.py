"""From a handler's answer to what happens with the message: one loop for both buses."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Protocol, assert_never

import structlog

from . import metrics
from .bus import Delivery, Handler
from .outcome import Again, Dead, Done, Later, Outcome, after_failure

log = structlog.get_logger()


class Unsettled(Exception):
    """The queue could not be told; the message will come again."""


class Settlement(Protocol):
    """The three ends of a delivery, on one bus. Each raises Unsettled when it cannot be had."""

    async def done(self) -> None:
        """Forget the message."""

    async def again(self) -> None:
        """Give it back with one attempt counted."""

    async def dead(self, reason: str) -> None:
        """Keep it in the dead letters, then forget it here."""


class Gate:
    """Closed for a while when a handler says Later; everybody who works on the queue waits there."""

    def __init__(self) -> None:
        self._open_at = 0.0

    def close(self, seconds: float) -> None:
        """Keep it closed for at least that long from now."""
        self._open_at = max(self._open_at, asyncio.get_running_loop().time() + seconds)

    async def passed(self, ended: asyncio.Event) -> bool:
        """Wait until it is open; false when `ended` came first."""
        while (wait := self._open_at - asyncio.get_running_loop().time()) > 0:
            if ended.is_set():
                return False
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await ended.wait()
        return not ended.is_set()


async def attend(
    queue: str,
    delivery: Delivery,
    handle: Handler,
    settlement: Settlement,
    gate: Gate,
    ended: asyncio.Event,
) -> None:
    """Handle one delivery to its end. Later keeps it here, unsettled, and tries again after the pause.

    When `ended` is set nothing new is begun: an unhandled delivery is left to its queue.
    """
    while await gate.passed(ended):
        outcome = await _outcome(queue, delivery, handle)
        match outcome:
            case Later(seconds=seconds):
                gate.close(seconds)
                metrics.settled.labels(queue, "later").inc()
            case Done():
                await _tell(queue, "done", settlement.done)
                return
            case Again():
                await _tell(queue, "failed", settlement.again)
                return
            case Dead(reason=reason):
                log.error("message_dead", queue=queue, reason=reason, attempts=delivery.attempts)
                await _tell(queue, "dead", lambda: settlement.dead(reason))
                return
            case _:
                assert_never(outcome)


async def _outcome(queue: str, delivery: Delivery, handle: Handler) -> Outcome | Again:
    started = perf_counter()
    try:
        return await handle(delivery)
    except Exception as error:  # noqa: BLE001 - a bug: bounded attempts, then the message is kept apart
        log.error("handler_failed", queue=queue, attempts=delivery.attempts, **failure_of(error))  # noqa: TRY400 - see failure_of
        return after_failure(error, delivery.attempts)
    finally:
        metrics.handle_seconds.labels(queue).observe(perf_counter() - started)


async def _tell(queue: str, result: metrics.Settled, settle: Callable[[], Awaitable[None]]) -> None:
    try:
        await settle()
    except Unsettled as error:
        metrics.settled.labels(queue, "unsettled").inc()
        log.warning("delivery_unsettled", queue=queue, wanted=result, reason=str(error))
    else:
        metrics.settled.labels(queue, result).inc()


def failure_of(error: BaseException) -> dict[str, str]:
    """What a log may say of an exception: its type and where it rose. Its text may quote a message."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return {"error": type(error).__name__, "where": where}
