"""The operator's command as a process, with the environment that an operator would give it."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Operator:
    """Runs `clearooms` as a process of its own; nobody sits at its terminal."""

    environ: Mapping[str, str]

    async def run(self, *arguments: str, **environ: str) -> Ended:
        given = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **self.environ, **environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "clearooms", *arguments,
            env={name: value for name, value in given.items() if value},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(_SECONDS):
            out, err = await process.communicate()
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def good(self, *arguments: str) -> Ended:
        ended = await self.run(*arguments)
        assert ended.code == 0, ended
        return ended
