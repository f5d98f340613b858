"""What operators and Kubernetes ask a process: alive, ready, metrics."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest

from .http import serve_http

log = structlog.get_logger()

LAG: Final = Histogram(
    "clearooms_event_loop_lag_seconds",
    "How much later than asked the event loop woke up; samples twice a second.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
LAG_SAMPLE_SECONDS: Final = 0.5


class Health:
    """The readiness checks of one process, not ready before its first; liveness is that the event loop answers at all."""

    def __init__(self) -> None:
        self._checks: dict[str, Callable[[], bool]] = {}

    def add(self, name: str, check: Callable[[], bool]) -> None:
        """Not ready while `check` is false; it must not block."""
        self._checks[name] = check

    def report(self) -> dict[str, bool]:
        """Each check's answer; one that raises counts as false."""
        return {name: _ask(name, check) for name, check in self._checks.items()}


def _ask(name: str, check: Callable[[], bool]) -> bool:
    try:
        return bool(check())
    except Exception:
        log.exception("health_check_failed", check=name)
        return False


@asynccontextmanager
async def serve_ops(listen: str, health: Health) -> AsyncIterator[tuple[str, int]]:
    """Serve `/livez`, `/readyz`, `/metrics` on `host:port`; yields the bound address."""

    async def livez(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        report = health.report()
        ready = bool(report) and all(report.values())  # nothing to ask yet: still starting
        return web.json_response({"ready": ready, "checks": report}, status=200 if ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    sampler = _LagSampler()
    async with serve_http(app, listen) as address:
        sampler.start()
        try:
            yield address
        finally:
            sampler.stop()


class _LagSampler:
    """Observes how late timers fire."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._due = self._loop.time() + LAG_SAMPLE_SECONDS
        self._timer = self._loop.call_at(self._due, self._fire)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        LAG.observe(max(0.0, self._loop.time() - self._due))
        self.start()
