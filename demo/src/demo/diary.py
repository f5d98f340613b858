"""The diary of the simulated calendars: what changed them, whoever did it, so that a restart can do it again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from typing_extensions import override

from graphsim import Clock, Simulator
from graphsim.options import Options
from graphsim.wire import Answer, Call


@dataclass(frozen=True, slots=True)
class Deed:
    """A call that changed a calendar, and when."""

    at: datetime
    method: str
    path: str
    body: Any


@dataclass(frozen=True, slots=True)
class Diary:
    """Deeds in their order, in a file of JSON lines."""

    file: Path

    def write(self, deed: Deed) -> None:
        """Append a deed."""
        line = json.dumps(
            [deed.at.isoformat(), deed.method, deed.path, deed.body], ensure_ascii=False
        )
        with self.file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def read(self) -> list[Deed]:
        """Return every deed so far."""
        if not self.file.exists():
            return []
        lines = self.file.read_text(encoding="utf-8").splitlines()
        return [
            Deed(datetime.fromisoformat(at), method, path, body)
            for at, method, path, body in map(json.loads, lines)
        ]


class DiarySimulator(Simulator):
    """A simulator that keeps a diary: people's deeds in Outlook and the platform's over Graph, one order for both."""

    def __init__(
        self, options: Options, clock: Clock, diary: Diary, is_reliving: Callable[[], bool]
    ) -> None:
        super().__init__(options, diary.file.parent, clock)
        self._diary = diary
        self._is_reliving = is_reliving

    @override
    async def handle(self, call: Call) -> Answer:
        """Answer the call, and note it if it changed a calendar."""
        answer = await super().handle(call)
        if answer.status < 300 and not self._is_reliving() and _changes_a_calendar(call):
            query = f"?{urlencode(call.query)}" if call.query else ""
            body = call.json() if call.body else None
            self._diary.write(Deed(call.now, call.method, call.path + query, body))
        return answer


def _changes_a_calendar(call: Call) -> bool:
    return call.method != "GET" and ("/meetings" in call.path or "/events" in call.path)
