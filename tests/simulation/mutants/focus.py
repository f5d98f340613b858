"""Circumstances in which chance meets more often what a defence is there for: drawn like any history's but for these."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ..switches import Fault, Switches, draw


@dataclass(frozen=True, slots=True)
class Focus:
    """What its histories have in common; no story, people go on wanting what they want."""

    name: str
    switches: Mapping[str, Any]
    """Switches, and under `cloud` readings; the rest is drawn."""

    def draw(self, seed: int) -> Switches:
        """The circumstances of a seed."""
        drawn = draw(seed)
        cloud = drawn.cloud | self.switches.get("cloud", {})
        return replace(drawn, **{**self.switches, "cloud": cloud})


def _struck(kind: str, method: str, share: float = 1.0, **what: Any) -> Fault:
    match = {"method": method, "path": "/users/", "share": share, "until": 240.0}
    return Fault(kind, {"match": match, "times": None, **what})


_TOLD_ONCE: Final[dict[str, Any]] = {
    "subscriptions": True,
    "reconcile_minutes": 600.0,
    "hints_lost": False,
    "subscription_removed": False,
    "defects": (),
    "crashes": 0,
    "freezes": 0,
    "pauses": 0,
    "upheaval": None,
}
"""Nobody looks a second time, and nothing that the world tells us is lost on its way."""

PLAIN: Final = Focus("plain", {})
RIVALS: Final = Focus(
    "rivals", {"contention": 0.9, "organisers": ("room", "room", "guest", "member")}
)
WHOLE_DAYS: Final = Focus(
    "whole days",
    {"whole_days": 0.4, "contention": 0.9, "organisers": ("room", "guest", "member")},
)
CROWD: Final = Focus(
    "crowd",
    {
        "rooms": (8,),
        "workers": 1,
        "people": 1,
        "minutes": 1,
        "edits": 60,
        "upheaval": None,
        "organisers": ("member",),
        "faults": (_struck("answer_late", "*", delay=6),),
    },
)
"""Somebody who wants many rooms at once, of one worker: each worker minds the limit for itself."""
TOLD_ONCE: Final = Focus(
    "told once",
    _TOLD_ONCE
    | {
        "cloud": {"read_lag": 0.0, "notify_delay": 0.5},
        "database_away": 0.05,
        "broker_blocked": True,
        "confirm_lost": 0.1,
        "faults": (
            _struck("answer_late", "*", 0.3, delay=5),
            _struck("unavailable", "*", 0.2, status=503),
        ),
    },
)
POLLED: Final = Focus(
    "polled",
    {
        "subscriptions": False,
        "poll_seconds": 60,
        "series": 0.5,
        "edits": 60,
        "confirm_lost": 0.3,
    },
)
"""Much news comes at once."""
SHOWN_LATE: Final = Focus(
    "shown late",
    {
        "subscriptions": False,
        "poll_seconds": 10,
        "cloud": {"read_lag": 0.0},
        "organisers": ("guest", "room", "member"),
        "faults": (_struck("seen_late", "*", lag=20),),
    },
)
MEDDLED: Final = Focus(
    "meddled",
    _TOLD_ONCE
    | {
        "cloud": {"read_lag": 0.0, "notify_delay": 0.5},
        "organisers": ("guest", "room"),
        "adversary": True,
        "faults": (_struck("seen_late", "PATCH", lag=20),),
    },
)
PAUSED: Final = Focus(
    "paused",
    {
        "pauses": 6,
        "rooms": (1,),
        "workers": 2,
        "minutes": 6,
        "edits": 90,
        "contention": 0.3,
        "changes_rooms": False,
        "upheaval": None,
    },
)
HASTY: Final = Focus("hasty", {"hasty": 0.5, "message_held_back": 0.5, "held_seconds": 5})
HURRIED: Final = Focus("hurried", {"impatience": 0.5, "message_duplicated": 0.3})
SERIES: Final = Focus("series", {"series": 0.6})
OFF: Final = Focus("off", {"upheaval": "switched_off", "minutes": 8, "edits": 60})
LEFT: Final = Focus("left", {"upheaval": "offboarded"})
DRAINED: Final = Focus("drained", {"drains": 3})
BLOCKED: Final = Focus("blocked", {"broker_blocked": True})
AWAY: Final = Focus("database away", {"database_away": 0.02})
LAGGING: Final = Focus(
    "lagging", _TOLD_ONCE | {"cloud": {"read_lag": 5.0, "notify_delay": 0.5}, "faults": ()}
)
SLOW_ROOM: Final = Focus(
    "slow room",
    _TOLD_ONCE
    | {
        "cloud": {"appear_seconds": 20.0, "read_lag": 0.0},
        "faults": (),
        "database_away": 0.0,
        "message_duplicated": 0.0,
        "message_held_back": 0.0,
        "confirm_lost": 0.0,
        "broker_blocked": False,
        "outage": False,
        "posted_again": 0.0,
        "adversary": False,
        "drains": 0,
    },
)
"""Nothing else may be the reason why it does not answer."""
LATE_TWINS: Final = Focus(
    "late twins",
    {
        "cloud": {"transaction_memory_seconds": 0.0},
        "faults": (_struck("strikes_late", "POST", 0.5, latency=40),),
    },
)
DEAF: Final = Focus(
    "deaf", {"hints_lost": True, "reconcile_minutes": 3.0, "cloud": {"read_lag": 5.0}}
)
FORGETFUL: Final = Focus("forgetful", {"cloud": {"transaction_memory_seconds": 0.0}})
_UNHEARD: Final[dict[str, Any]] = {
    "organisers": ("member", "room"),
    "edits": 50,
    "minutes": 3,
    "regret": 0.5,
    "faults": (
        _struck("answer_lost", "POST", 0.5, drop=True, when="after"),
        _struck("unavailable", "GET", 0.7, status=503),
    ),
    "outage": False,
}
"""Answers are lost, and what was made is not found for long (ADR 12)."""

FORGOTTEN: Final = Focus(
    "forgotten",
    _UNHEARD | {"cloud": {"transaction_memory_seconds": 0.0, "read_lag": 0.0}},
)
REMEMBERED: Final = Focus(
    "remembered",
    _UNHEARD | {"cloud": {"transaction_memory_seconds": None, "read_lag": 0.0}},
)
REMEMBERING: Final = Focus("remembering", {"cloud": {"transaction_memory_seconds": None}})

FOCUSES: Final = (
    PLAIN, RIVALS, WHOLE_DAYS, CROWD, TOLD_ONCE, POLLED, SHOWN_LATE, MEDDLED, PAUSED, HASTY, HURRIED, SERIES, OFF, LEFT, DRAINED,
    BLOCKED, AWAY,
    SLOW_ROOM, LATE_TWINS, LAGGING, DEAF, FORGETFUL, FORGOTTEN, REMEMBERED, REMEMBERING,
)  # fmt: skip
