"""graph-calendar §1.2, §2.1, §2.7: zones, clock-change days and id forms, over HTTPS."""

from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ANN, IMMUTABLE, ROOM, Cloud, running_cloud

BERLIN = "W. Europe Standard Time"


async def _made(cloud: Cloud, start: str, end: str, zone: str = BERLIN, **more: Any) -> Any:
    span = {
        "start": {"dateTime": start, "timeZone": zone},
        "end": {"dateTime": end, "timeZone": zone},
    }
    body = {"subject": "Plans", **span, **more}
    return await cloud.graph("POST", f"/users/{ANN}/events", body)


def _times(shown: Any) -> tuple[str, str]:
    return shown["start"]["dateTime"][:16], shown["end"]["dateTime"][:16]


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        # The hour from 2 to 3 is missing: it moves on. From 2 to 3 twice: the first is meant.
        ("2027-03-28T02:30:00", "2027-03-28T04:00:00", ("2027-03-28T01:30", "2027-03-28T02:00")),
        ("2027-03-28T01:30:00", "2027-03-28T03:30:00", ("2027-03-28T00:30", "2027-03-28T01:30")),
        ("2026-10-25T02:30:00", "2026-10-25T04:00:00", ("2026-10-25T00:30", "2026-10-25T03:00")),
    ],
)
async def test_times_on_clock_change_days_are_the_instants_of_the_zone_2_7(
    tmp_path: Path, start: str, end: str, shown: tuple[str, str]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = await _made(cloud, start, end)
        assert (made.status, _times(made.body)) == (201, shown)


@pytest.mark.parametrize("day", [("2027-03-28", "2027-03-29"), ("2026-10-25", "2026-10-26")])
async def test_a_day_of_23_or_25_hours_is_a_whole_day_2_7(
    tmp_path: Path, day: tuple[str, str]
) -> None:
    async with running_cloud(tmp_path) as cloud:
        first, last = (f"{one}T00:00:00" for one in day)
        made = await _made(cloud, first, last, isAllDay=True)
        assert made.status == 201
        window = f"startDateTime={first}%2B02:00&endDateTime={last}%2B02:00&$select=start,end"
        headers = {"Prefer": f'outlook.timezone="{BERLIN}"'}
        path = f"/users/{ANN}/calendarView?{window}"
        (row,) = (await cloud.graph("GET", path, **headers)).body["value"]
        assert _times(row) == (f"{day[0]}T00:00", f"{day[1]}T00:00")


async def test_a_custom_zone_of_outlook_is_seen_but_not_taken_2_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        custom: dict[str, Any] = {"time_zone": "Europe/Berlin", "custom_zone": True}
        made = (await cloud.meet(**custom)).body
        shown = await cloud.event(made["event_id"], "originalStartTimeZone,start")
        assert shown.body["originalStartTimeZone"] == "tzone://Microsoft/Custom"
        assert shown.body["start"]["timeZone"] == "UTC"
        refused = await _made(
            cloud, "2027-03-01T09:00:00", "2027-03-01T10:00:00", "tzone://Microsoft/Custom"
        )
        assert (refused.status, refused.code) == (400, "TimeZoneNotSupportedException")


async def test_ids_are_translated_into_the_other_form_1_2(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await cloud.meet()).body
        immutable, regular = made["event_id"], made["regular_event_id"]
        path = f"/users/{ROOM}/translateExchangeIds"
        asked = {"sourceIdType": "restId", "targetIdType": "restImmutableEntryId"}
        body = {"inputIds": [regular, "foreign", immutable], **asked}
        one, *others = (await cloud.graph("POST", path, body)).body["value"]
        assert one == {"sourceId": regular, "targetId": immutable}
        assert ["targetId" in other for other in others] == [False, False]
        back = {"sourceIdType": asked["targetIdType"], "targetIdType": asked["sourceIdType"]}
        reply = await cloud.graph("POST", path, {"inputIds": [immutable], **back})
        assert reply.body["value"] == [{"sourceId": immutable, "targetId": regular}]
        many = await cloud.graph("POST", path, {"inputIds": [immutable] * 1001, **back})
        assert many.status == 400
        ewsids = await cloud.graph("POST", path, {"inputIds": [], **back, "targetIdType": "ewsId"})
        assert ewsids.status == 501
        assert (await cloud.graph("POST", path, {}, Prefer=IMMUTABLE)).status == 400
