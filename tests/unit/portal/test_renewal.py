from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar

from portal.domain.renewal import renewal_calendar

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
URL = "https://portal.test/settings?with=a,comma;and=more"


def written(expires_at: datetime, portal_url: str = URL) -> str:
    return renewal_calendar(UUID(int=1), expires_at, revision=3, portal_url=portal_url, now=NOW)


def only(text: str, component: str) -> Any:
    """The one component of this name, as a reader of iCalendar sees it."""
    (found,) = Calendar.from_ical(text).walk(component)
    return found


@pytest.mark.parametrize(
    ("ends", "reminded"),
    [
        (datetime(2027, 6, 30, 10, tzinfo=UTC), date(2027, 5, 30)),
        (datetime(2027, 3, 31, tzinfo=UTC), date(2027, 2, 28)),
        (datetime(2027, 1, 15, tzinfo=UTC), date(2026, 12, 15)),
        (NOW + timedelta(days=9), date(2026, 11, 24)),
    ],
)
def test_it_reminds_one_month_before_or_tomorrow_if_that_is_past(
    ends: datetime, reminded: date
) -> None:
    event = only(written(ends), "VEVENT")
    assert event["DTSTART"].dt == reminded
    assert event["DTEND"].dt == reminded + timedelta(days=1)


def test_it_holds_the_steps_the_link_and_an_alarm() -> None:
    text = written(datetime(2027, 6, 30, tzinfo=UTC))
    event, alarm = only(text, "VEVENT"), only(text, "VALARM")
    assert "30 June 2027" in event["SUMMARY"]
    assert "create a new client secret" in event["DESCRIPTION"]
    assert event["DESCRIPTION"].endswith(URL)
    assert event["URL"] == URL
    assert alarm["TRIGGER"].dt == timedelta(hours=9)
    assert event["UID"] == "renewal-00000000-0000-0000-0000-000000000001@clearooms"
    assert "URL" not in only(written(NOW + timedelta(days=99), ""), "VEVENT")


def test_it_keeps_to_the_form_of_rfc_5545() -> None:
    text = written(datetime(2027, 6, 30, tzinfo=UTC))
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    for name in (
        "VERSION:2.0",
        "PRODID:",
        "METHOD:PUBLISH",
        "DTSTAMP:20261123T090000Z",
        "SEQUENCE:3",
    ):
        assert f"\r\n{name}" in text
