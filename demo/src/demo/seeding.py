"""Fills the company's calendars, week by week, as people would have."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from . import recurrence
from .cloud import Cloud
from .outlook import NewMeeting, Outlook
from .rooms import ImportedRoom
from .week import Meeting, meetings_of, weeks_around

_NOBODY = UUID(int=0)


async def seed(cloud: Cloud, client_secret: str, today: date) -> int:
    """Make the tenant, do again what the diary holds, and book the weeks it lacks; returns how many meetings are new."""
    await cloud.relive(client_secret)
    file = cloud.diary.file.with_name("weeks.json")
    planned: list[str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    outlook = Outlook(cloud)
    booked = 0
    for monday in weeks_around(today):
        if monday.isoformat() in planned:
            continue
        planned.append(monday.isoformat())
        for meeting in meetings_of(monday, date.fromisoformat(planned[0])):
            await _book(outlook, meeting)
            booked += 1
        file.write_text(json.dumps(planned), encoding="utf-8")
    return booked


async def _book(outlook: Outlook, meeting: Meeting) -> None:
    zone = ZoneInfo(meeting.office.time_zone)
    room = ImportedRoom(
        _NOBODY, _NOBODY, meeting.room, meeting.office
    )  # not imported yet, nor needed to be
    start = meeting.start.replace(tzinfo=zone)
    end = start + (timedelta(days=1) if meeting.all_day else timedelta(minutes=meeting.minutes))
    series = (
        recurrence.weekly(start.date(), meeting.weekdays, meeting.times, meeting.office.time_zone)
        if meeting.weekdays
        else None
    )
    made: Mapping[str, Any] = await outlook.book(
        room,
        NewMeeting(
            meeting.subject,
            meeting.organizer.address,
            start,
            end,
            meeting.all_day,
            meeting.private,
            series,
        ),
    )
    if meeting.cancelled_on is not None:
        await outlook.cancel(room, made["event_id"], meeting.cancelled_on)
