"""When Graph holds an endpoint for slow, then for dead: the rule of each documentation (§4.3)."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Condition = Literal["normal", "slow", "dropping"]


@dataclass(frozen=True, slots=True)
class Era:
    """The numbers of one text of the documentation; seconds, and shares of the answers."""

    first_seconds: float
    """The deadline of a first attempt; `later_seconds` is that of a retry."""
    later_seconds: float
    slow_over: float
    slow_share: float
    slow_delay: float
    drop_over: float
    drop_share: float
    share_reached: bool = False
    """The share itself is too much (≥), not only what is above it (>)."""
    sliding: bool = True
    """Whether the window slides; otherwise the counters are flushed when it ends."""
    probes: int = 0
    """Posts that test an endpoint after a window in a bad condition; 0 trusts it again untested.
    The text says "a few"."""
    least: int = 100
    """Answers before an endpoint is judged: the text of 2022 says 100, the others nothing."""
    window: float = 600.0


ERA_2021 = Era(30, 30, slow_over=30, slow_share=0.1, slow_delay=600, drop_over=30, drop_share=0.2)
"""How long "delayed" is was not said: ten minutes, as later."""
ERA_2022 = Era(
    3,
    3,
    slow_over=2.9,
    slow_share=0.1,
    slow_delay=600,
    drop_over=2.9,
    drop_share=0.15,
    share_reached=True,
    sliding=False,
)
ERA_2025 = Era(10, 10, slow_over=10, slow_share=0.1, slow_delay=10, drop_over=10, drop_share=0.15)
ERA_2026 = Era(
    3, 10, slow_over=3, slow_share=0.1, slow_delay=600, drop_over=10, drop_share=0.15, probes=3
)
"""The current text (2026-04)."""
ERAS: Mapping[str, Era] = {
    "ERA_2021": ERA_2021,
    "ERA_2022": ERA_2022,
    "ERA_2025": ERA_2025,
    "ERA_2026": ERA_2026,
}
"""Each by its name in a scenario."""


@dataclass(slots=True)
class Window:
    """The answers of the last minutes, counted as they come and go."""

    era: Era
    _answers: deque[tuple[datetime, float]] = field(default_factory=deque)
    _slow: int = 0
    _dead: int = 0

    def __len__(self) -> int:
        return len(self._answers)

    def add(self, now: datetime, seconds: float) -> None:
        """Counts an answer after so many seconds, and forgets those before the window."""
        old = now - timedelta(seconds=self.era.window)
        if self._answers and self._answers[0][0] <= old and not self.era.sliding:
            self.clear()
        while self._answers and self._answers[0][0] <= old:
            self._count(self._answers.popleft()[1], -1)
        self._answers.append((now, seconds))
        self._count(seconds, 1)

    def clear(self) -> None:
        """Forgets all."""
        self._answers.clear()
        self._slow = self._dead = 0

    def is_slow(self) -> bool:
        """Whether too many answers were slow."""
        return self._exceeds(self._slow, self.era.slow_share)

    def is_dead(self) -> bool:
        """Whether so many answers were late that items are dropped."""
        return self._exceeds(self._dead, self.era.drop_share)

    def _count(self, seconds: float, step: int) -> None:
        self._slow += step * (seconds >= self.era.slow_over)
        self._dead += step * (seconds >= self.era.drop_over)

    def _exceeds(self, late: int, share: float) -> bool:
        part = late / len(self._answers)
        return part >= share if self.era.share_reached else part > share


@dataclass(slots=True)
class Endpoint:
    """What Graph thinks of one endpoint; all times are the simulator's."""

    era: Era
    condition: Condition = "normal"
    until: datetime | None = None
    """When a bad condition is looked at again."""
    _window: Window = field(init=False)
    _probing: bool = False
    _probes: int = 0

    def __post_init__(self) -> None:
        self._window = Window(self.era)

    def admit(self, now: datetime) -> float | None:
        """Seconds that a new item is held back; None where it is dropped."""
        self._settle(now)
        match self.condition:
            case "normal":
                return 0.0
            case "slow":
                return self.era.slow_delay
            case "dropping":
                return 0.0 if self._probing and self._probes < self.era.probes else None

    def permits(self, now: datetime) -> bool:
        """Whether a first attempt may go out now."""
        self._settle(now)
        if self.condition == "normal":
            return True
        if self._probing:
            return self._probes < self.era.probes
        return self.condition == "slow" and self.era.probes == 0

    def sent(self) -> None:
        """A first attempt goes out."""
        self._probes += self._probing

    def answered(self, now: datetime, seconds: float) -> bool:
        """Notes an answer, or a deadline passed after `seconds`; True where the condition moved."""
        self._settle(now)
        self._window.add(now, seconds)
        before = self.condition, self.until
        if self._probing:
            self._judge_probes(now)
        elif len(self._window) >= self.era.least:
            if self.condition != "dropping" and self._window.is_dead():
                self._enter("dropping", now)
            elif self.condition == "normal" and self._window.is_slow():
                self._enter("slow", now)
        return before != (self.condition, self.until)

    def _settle(self, now: datetime) -> None:
        if self.until is None or now < self.until or self._probing:
            return
        if self.era.probes:
            self._window.clear()
            self._probing, self._probes = True, 0
        else:
            self._recover()

    def _judge_probes(self, now: datetime) -> None:
        if len(self._window) < self._probes:
            return
        dropping = self.condition == "dropping"
        if self._window.is_dead() if dropping else self._window.is_slow():
            self._enter(self.condition, now)
        else:
            self._recover()

    def _enter(self, condition: Condition, now: datetime) -> None:
        self.condition, self._probing = condition, False
        self.until = now + timedelta(seconds=self.era.window)

    def _recover(self) -> None:
        self.condition, self.until, self._probing = "normal", None, False
        self._window.clear()
