"""Starts the project's own programs as an operator would, and kills them as a machine would."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

START_SECONDS = 30.0
STOP_SECONDS = 20.0


class NotReady(AssertionError):
    """A program ended or stayed unready; carries the tail of its log."""


def trusting(ca: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca))


async def until(holds: Callable[[], Awaitable[bool]], every: float = 0.05) -> None:
    """Return once it holds, for states that can only be asked for; the caller's timeout bounds it."""
    while not await holds():  # noqa: ASYNC110  # another process sets no event here
        await asyncio.sleep(every)  # another process's state sets no event here


@dataclass(slots=True)
class Program:
    """One `python -m MODULE` with its environment, its log and the address that tells when it is ready."""

    module: str
    environ: Mapping[str, str]
    log: Path
    ready_url: str
    arguments: tuple[str, ...] = ()
    ca: Path | None = None
    kills: int = 0
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        assert self.process is not None, f"{self.module} was never started"
        return self.process.pid

    async def start(self, *, wait: bool = True) -> None:
        """Start it and return once it says that it is ready."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.module,
                *self.arguments,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": os.environ.get("HOME", "/"),
                    **self.environ,
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            await self.wait_ready()

    async def kill(self) -> None:
        """SIGKILL, and prove that it died of it."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        async with asyncio.timeout(STOP_SECONDS):
            code = await self.process.wait()
        assert code == -signal.SIGKILL, f"{self.module} ended with {code} before it could be killed"
        self.kills += 1

    async def stop(self) -> int:
        """SIGTERM and the exit code; SIGKILL when it does not drain in time."""
        if self.process is None:
            return 0
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
        return await self.process.wait()

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def wait_ready(self) -> None:
        """Return when the program answers 200; raises NotReady with its log when it ends or takes too long."""
        assert self.process is not None
        try:
            async with (
                asyncio.timeout(START_SECONDS),
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
            ):
                while not await self._answers(session):
                    if self.process.returncode is not None:
                        raise NotReady(
                            f"{self.module} exited {self.process.returncode}\n{self.tail()}"
                        )
                    await asyncio.sleep(0.05)  # a port cannot be waited for, only asked
        except TimeoutError:
            raise NotReady(
                f"{self.module} was not ready in {START_SECONDS:.0f} s\n{self.tail()}"
            ) from None

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        if self.ca is not None and not self.ca.exists():
            return False
        try:
            async with session.get(
                self.ready_url, ssl=trusting(self.ca) if self.ca else True
            ) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
