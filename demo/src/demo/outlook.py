"""The simulated Outlook: what people see and do in a room's calendar, through the simulator's control interface."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from .entries import Entry

_SECONDS = 10.0


class OutlookRefused(Exception):
    """The simulator does not take the change; its text is for the reader."""


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """What somebody typed into a new meeting."""

    subject: str
    organizer: str
    start: datetime
    end: datetime
    all_day: bool = False
    private: bool = False
    recurrence: Mapping[str, Any] | None = None


class OutlookEntry(Entry):
    """A meeting in the room's calendar as the page draws and changes it."""

    event_id: str
    occurrence: str | None
    free: bool


@dataclass(slots=True)
class Outlook:
    """Calls to the control interface of the simulator at `origin`."""

    session: aiohttp.ClientSession
    origin: str
    tls: ssl.SSLContext
