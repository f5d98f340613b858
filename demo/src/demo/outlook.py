"""Outlook as people use it: a room's day read from Graph, meetings booked, moved and cancelled by their organisers."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from . import tenant
from .cloud import Cloud
from .entries import Entry, moment
from .rooms import ImportedRoom

_SELECT = (
    "id,subject,start,end,organizer,type,seriesMasterId,originalStart,isAllDay,isCancelled,showAs,sensitivity,"
    "responseStatus"
)
_TOKEN_SLACK_SECONDS = 60.0
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

    event_id: str
    occurrence: str | None
    free: bool


@dataclass(slots=True)
class Outlook:
    """One tenant's calendars in the simulated cloud; raises `CloudRefused`."""

    cloud: Cloud
    client_secret: str
    _token: str = field(default="", repr=False)
    _token_until: float = 0.0

    async def meetings(
        self, room: ImportedRoom, start: datetime, end: datetime
    ) -> list[OutlookEntry]:
        """Return what the room's calendar shows in [start, end)."""
        query = urlencode(
            {
                "startDateTime": _utc(start),
                "endDateTime": _utc(end),
                "$select": _SELECT,
                "$top": "250",
            }
        )
        page = await self.cloud.call(
            "GET",
            f"/v1.0/users/{room.room.mailbox_id}/calendarView?{query}",
            Authorization=f"Bearer {await self._bearer()}",
            Prefer='IdType="ImmutableId"',
        )
        return [_entry(event, room) for event in page["value"] if not event["isCancelled"]]

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

    async def move(
        self,
        room: ImportedRoom,
        event_id: str,
        start: datetime,
        end: datetime,
        occurrence: date | None = None,
    ) -> None:
        """Move a meeting, or one occurrence of it."""
        body = {"start": _utc(start), "end": _utc(end)} | _day(occurrence)
        await self.cloud.do("PATCH", _path(room, event_id), body)

    async def cancel(
        self, room: ImportedRoom, event_id: str, occurrence: date | None = None
    ) -> None:
        """Cancel a meeting, or one occurrence of it."""
        if occurrence is None:
            await self.cloud.do("DELETE", _path(room, event_id))
        else:
            await self.cloud.do("PATCH", _path(room, event_id), {"cancel": True} | _day(occurrence))

    async def _bearer(self) -> str:
        if time.monotonic() > self._token_until:
            form = urlencode(
                {
                    "grant_type": "client_credentials",
                    "client_id": str(tenant.CLIENT_ID),
                    "client_secret": self.client_secret,
                    "scope": "https://graph.microsoft.com/.default",
                }
            )
            async with self.cloud.session.post(
                f"{self.cloud.origin}/{tenant.TENANT_ID}/oauth2/v2.0/token",
                data=form,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                ssl=self.cloud.tls,
            ) as answer:
                answer.raise_for_status()
                given = await answer.json()
            self._token = given["access_token"]
            self._token_until = time.monotonic() + float(given["expires_in"]) - _TOKEN_SLACK_SECONDS
        return self._token


def _entry(event: Mapping[str, Any], room: ImportedRoom) -> OutlookEntry:
    starts, ends = _instant(event["start"]), _instant(event["end"])
    all_day = bool(event["isAllDay"])
    master = event.get("seriesMasterId")
    original = event.get("originalStart")
    return OutlookEntry(
        id=event["id"],
        # An all-day meeting belongs to its dates wherever the reader is.
        start=starts.strftime("%Y-%m-%dT%H:%M") if all_day else room.wall(starts),
        end=ends.strftime("%Y-%m-%dT%H:%M") if all_day else room.wall(ends),
        all_day=all_day,
        subject="Private"
        if event["sensitivity"] in {"private", "confidential"}
        else event["subject"].strip(),
        organizer=event["organizer"]["emailAddress"]["name"],
        status=_STATUS.get(event["responseStatus"]["response"], "pending"),
        series=master is not None,
        version=0,
        event_id=master or event["id"],
        occurrence=moment(original).astimezone(room.zone).date().isoformat()
        if master and original
        else None,
        free=event["showAs"] == "free",
    )


def _instant(given: Mapping[str, str]) -> datetime:
    zone = given.get("timeZone") or "UTC"
    wall = datetime.fromisoformat(given["dateTime"][:26])
    return wall.replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone))


def _path(room: ImportedRoom, event_id: str | None = None) -> str:
    path = f"/_sim/mailboxes/{room.room.mailbox_id}/meetings"
    return path if event_id is None else f"{path}/{quote(event_id, safe='')}"


def _day(occurrence: date | None) -> dict[str, str]:
    return {} if occurrence is None else {"occurrence": occurrence.isoformat()}


def _utc(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
