"""Whether a room is free just now and until when, in the words of somebody who stands before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from .rooms import State

_UNKNOWN: dict[State, str] = {
    "off": "not known: the integration is off",
    "unreachable": "not known: its calendar cannot be read",
    "loading": "not known yet: its calendar is being loaded",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A time that is taken."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The words, and when they may be others without anything having happened."""

    state: Literal["free", "taken", "unknown"]
    text: str
    until: datetime


def occupancy(room_state: State, spans: Iterable[Span], now: datetime, zone: ZoneInfo) -> Occupancy:
    """Tell it from what is taken around now, by start; meetings that touch are one."""
    midnight = midnight_after(now, zone)
    if room_state in _UNKNOWN:
        return Occupancy("unknown", _UNKNOWN[room_state], midnight)
    end = following = None
    for span in spans:
        if span.end <= now:
            continue
        if span.start <= (end or now):
            end = max(end or span.end, span.end)
        elif following is None:
            following = span.start
    if end is not None:
        return Occupancy("taken", f"taken until {_said(end, now, zone)}", min(end, midnight))
    return free_until(following, now, zone)


def free_until(following: datetime | None, now: datetime, zone: ZoneInfo) -> Occupancy:
    """Tell it of a room that nothing takes before `following`."""
    midnight = midnight_after(now, zone)
    if following is None or following >= midnight:
        return Occupancy("free", "free today", midnight)
    return Occupancy("free", f"free until {_said(following, now, zone)}", following)


def midnight_after(now: datetime, zone: ZoneInfo) -> datetime:
    """The end of the day that it is in the zone."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone)


def _said(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if at == midnight_after(now, zone):
        return "midnight"
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() == today + timedelta(days=1):
        return f"tomorrow {local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b, %H:%M}"
