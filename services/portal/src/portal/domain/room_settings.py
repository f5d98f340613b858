"""What the meetings of a room show of its settings, which Graph itself does not show (graph-calendar §2.6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal

_ENOUGH_MEETINGS = 3
_ENOUGH_PEOPLE = 2


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting that somebody else organised and the room has accepted."""

    subject: str
    organizer: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """`subjects`: replaced by the organiser's name, or kept; `overlap`: two accepted meetings at one time were seen."""

    subjects: Literal["replaced", "kept", "unknown"] = "unknown"
    overlap: bool = False


NOTHING_SEEN: Final = RoomSettings()


def settings_of(rooms: Iterable[Iterable[Meeting]]) -> RoomSettings:
    """What the accepted meetings of some rooms prove, each room by itself; one room's fault is enough."""
    seen = [_of_room(list(meetings)) for meetings in rooms]
    subjects = {one.subjects for one in seen}
    overlap = any(one.overlap for one in seen)
    if "replaced" in subjects:
        return RoomSettings("replaced", overlap)
    return RoomSettings("kept" if "kept" in subjects else "unknown", overlap)


def _of_room(meetings: list[Meeting]) -> RoomSettings:
    ordered = sorted(meetings, key=lambda each: each.start)
    latest = None
    overlap = False
    for before, after in pairwise(ordered):
        latest = max(latest, before.end) if latest else before.end
        overlap = overlap or after.start < latest
    return RoomSettings(_subjects(meetings), overlap)


def _subjects(meetings: list[Meeting]) -> Literal["replaced", "kept", "unknown"]:
    titled = [each for each in meetings if each.subject.strip()]
    named = [each for each in titled if each.subject.strip() == each.organizer.strip()]
    if titled and not named:
        return "kept"
    # One meeting may have been called after its organiser; several, of several people, were not.
    people = {each.organizer for each in named}
    enough = len(named) >= _ENOUGH_MEETINGS and len(people) >= _ENOUGH_PEOPLE
    return "replaced" if enough and len(named) == len(titled) else "unknown"
