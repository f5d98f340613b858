"""A calendar file that reminds of the secret's end one month before it (RFC 5545)."""

import calendar
from datetime import date, datetime, timedelta
from uuid import UUID

from icalendar import Alarm, Calendar, Event

_STEPS = (
    (
        "1. In Entra → App registrations → your app → Certificates & secrets, create a new client secret"
        " (or upload a new certificate). The old one stays valid meanwhile."
    ),
    "2. Copy its Value; it is shown only once.",
    (
        "3. Paste it in Clearooms under Settings → Apps & Integrations → Office 365 Integration and save."
        " It is tested before it replaces the old one; nothing stops."
    ),
    "4. Delete the old one in Entra a day later.",
)


def renewal_calendar(
    organisation_id: UUID, expires_at: datetime, *, revision: int, portal_url: str, now: datetime
) -> str:
    """One whole-day event a month before the end, tomorrow if that is past; another import replaces it."""
    ends = expires_at.date()
    day = max(_month_before(ends), now.date() + timedelta(days=1))
    event = Event()
    event.add("uid", f"renewal-{organisation_id}@clearooms")
    event.add("sequence", revision)
    event.add("dtstamp", now)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("summary", f"Renew the Office 365 secret of Clearooms (ends {ends:%d %B %Y})")
    event.add("description", "\n".join([*_STEPS, *filter(None, [portal_url])]))
    if portal_url:
        event.add("url", portal_url)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Renew the Office 365 secret of Clearooms")
    alarm.add("trigger", timedelta(hours=9))  # nine in the morning of that day
    event.add_component(alarm)
    file = Calendar()
    file.add("prodid", "-//Clearooms//Calendar Sync//EN")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    file.add_component(event)
    written: bytes = file.to_ical()
    return written.decode()


def _month_before(day: date) -> date:
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
