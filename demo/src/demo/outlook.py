"""Outlook as people use it: a room's day, meetings booked, moved and cancelled by their organisers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from .cloud import Cloud
from .entries import Entry, moment
from .rooms import ImportedRoom

_STATUS = {
    "none": "confirmed",
    "organizer": "confirmed",
    "accepted": "confirmed",
    "tentativelyAccepted": "tentative",
}


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
    """A meeting in the room's calendar, with what is needed to change it."""

    title: str
    free: bool


@dataclass(slots=True)
class Outlook:
    """One tenant's calendars in the simulated cloud; raises `CloudRefused`."""

    cloud: Cloud

    async def meetings(
        self, room: ImportedRoom, start: datetime, end: datetime
    ) -> list[OutlookEntry]:
        """Return what the room's calendar shows in [start, end)."""
        query = urlencode({"from": _utc(start), "to": _utc(end)})
        listed = await self.cloud.call("GET", f"{_path(room)}?{query}")
        return [_entry(row, room) for row in listed["items"] if not row["is_cancelled"]]

    async def book(self, room: ImportedRoom, meeting: NewMeeting) -> Mapping[str, Any]:
        """Invite the room to a new meeting; returns the ids of the room's and the organiser's copies."""
        body: dict[str, Any] = {
            "organizer": meeting.organizer,
            "subject": meeting.subject,
            "start": _utc(meeting.start),
            "end": _utc(meeting.end),
            "time_zone": room.office.time_zone,
        }
        if meeting.all_day:
            body["all_day"] = True
        if meeting.private:
            body["sensitivity"] = "private"
        if meeting.recurrence is not None:
            body["recurrence"] = meeting.recurrence
        made: Mapping[str, Any] = await self.cloud.do("POST", _path(room), body)
        return made

    async def move(self, room: ImportedRoom, event_id: str, start: datetime, end: datetime) -> None:
        """Move a meeting; the id of an occurrence moves that one alone."""
        await self.cloud.do(
            "PATCH", _path(room, event_id), {"start": _utc(start), "end": _utc(end)}
        )

    async def cancel(
        self, room: ImportedRoom, event_id: str, occurrence: date | None = None
    ) -> None:
        """Cancel a meeting; the id of an occurrence, or a series with a day, cancels that one alone."""
        if occurrence is None:
            await self.cloud.do("DELETE", _path(room, event_id))
        else:
            body = {"cancel": True, "occurrence": occurrence.isoformat()}
            await self.cloud.do("PATCH", _path(room, event_id), body)


def _entry(row: Mapping[str, Any], room: ImportedRoom) -> OutlookEntry:
    return OutlookEntry(
        id=row["event_id"],
        start=room.wall(moment(row["start"])),
        end=room.wall(moment(row["end"])),
        all_day=row["all_day"],
        subject=row["subject"].strip(),
        organizer=row["organizer"]["name"],
        status=_STATUS.get(row["response"], "pending"),
        series=row["type"] != "singleInstance",
        version=0,
        title=row["organizer_subject"] or row["subject"],
        free=row["show_as"] == "free",
    )


def _path(room: ImportedRoom, event_id: str | None = None) -> str:
    path = f"/_sim/mailboxes/{room.room.mailbox_id}/meetings"
    return path if event_id is None else f"{path}/{quote(event_id, safe='')}"


def _utc(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
