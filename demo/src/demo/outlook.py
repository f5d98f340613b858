"""Outlook as people use it: a room's day, meetings booked, moved and cancelled by their organisers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from .cloud import Cloud
from .entries import Entry, double_booked, moment, utc
from .rooms import ImportedRoom

_STATUS = {
    "none": "confirmed",
    "organizer": "confirmed",
    "accepted": "confirmed",
    "tentativelyAccepted": "tentative",
}


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """What somebody typed into a new meeting; without an organiser it goes directly into the room's calendar."""

    subject: str
    organizer: str | None
    start: datetime
    end: datetime
    all_day: bool = False
    private: bool = False
    recurrence: Mapping[str, Any] | None = None


class OutlookEntry(Entry):
    """A meeting in the room's calendar: the organiser's own title, whether it leaves the room free, invited guests."""

    title: str
    free: bool
    guests: list[str]


@dataclass(slots=True)
class Outlook:
    """One tenant's calendars in the simulated cloud; raises `CloudRefused`."""

    cloud: Cloud

    async def meetings(
        self, room: ImportedRoom, start: datetime, end: datetime
    ) -> list[OutlookEntry]:
        """Return what the room's calendar shows in [start, end), double bookings marked."""
        query = urlencode({"from": utc(start), "to": utc(end)})
        listed = await self.cloud.call("GET", f"{_path(room)}?{query}")
        entries = [_entry(row, room) for row in listed["items"] if not row["is_cancelled"]]
        doubled = double_booked(entry for entry in entries if not entry["free"])
        for entry in entries:
            if entry["id"] in doubled:
                entry["status"] = "conflicted"
        return entries

    async def book(self, room: ImportedRoom, meeting: NewMeeting) -> Mapping[str, Any]:
        """Put a new meeting into the room's calendar; returns the ids of the room's and the organiser's copies."""
        body: dict[str, Any] = {
            "subject": meeting.subject,
            "start": utc(meeting.start),
            "end": utc(meeting.end),
            "time_zone": room.office.time_zone,
        }
        if meeting.organizer is not None:
            body["organizer"] = meeting.organizer
        if meeting.all_day:
            body["all_day"] = True
        if meeting.private:
            body["sensitivity"] = "private"
        if meeting.recurrence is not None:
            body["recurrence"] = meeting.recurrence
        made: Mapping[str, Any] = await self.cloud.call("POST", _path(room), body)
        return made

    async def move(self, room: ImportedRoom, event_id: str, start: datetime, end: datetime) -> None:
        """Move a meeting; the id of an occurrence moves that one alone."""
        await self.cloud.call(
            "PATCH", _path(room, event_id), {"start": utc(start), "end": utc(end)}
        )

    async def cancel(
        self, room: ImportedRoom, event_id: str, occurrence: date | None = None
    ) -> None:
        """Cancel a meeting; the id of an occurrence, or a series with a day, cancels that one alone."""
        if occurrence is None:
            await self.cloud.call("DELETE", _path(room, event_id))
        else:
            body = {"cancel": True, "occurrence": occurrence.isoformat()}
            await self.cloud.call("PATCH", _path(room, event_id), body)


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
        guests=[
            each["address"] for each in row["attendees"] if each["address"] != room.room.address
        ],
    )


def _path(room: ImportedRoom, event_id: str | None = None) -> str:
    path = f"/_sim/mailboxes/{room.room.mailbox_id}/meetings"
    return path if event_id is None else f"{path}/{quote(event_id, safe='')}"
