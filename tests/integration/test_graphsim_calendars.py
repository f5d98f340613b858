"""graph-calendar §1.1, §2.2: each form of a calendar's URL, over HTTPS."""

from pathlib import Path
from urllib.parse import quote

import pytest

from .graphsim_cloud import ANN, IMMUTABLE, ROOM, Cloud, body_of, running_cloud

FORMS = ["", "/calendar", "/calendars/{calendar}", "/calendarGroups/{group}/calendars/{calendar}"]


async def _form(cloud: Cloud, form: str) -> str:
    owner = f"/users/{ROOM}"
    (group,) = (await cloud.graph("GET", f"{owner}/calendarGroups")).body["value"]
    path = f"{owner}/calendarGroups/{quote(group['id'], safe='')}/calendars"
    (calendar,) = (await cloud.graph("GET", path)).body["value"]
    group_id, calendar_id = (quote(one["id"], safe="") for one in (group, calendar))
    return owner + form.format(group=group_id, calendar=calendar_id)


@pytest.mark.parametrize("form", FORMS)
async def test_an_event_is_written_and_read_below_each_form_1_1(tmp_path: Path, form: str) -> None:
    async with running_cloud(tmp_path) as cloud:
        base = await _form(cloud, form)
        made = await cloud.graph("POST", f"{base}/events", body_of(), Prefer=IMMUTABLE)
        assert made.status == 201
        one = f"{base}/events/{made.body['id']}"
        changed = await cloud.graph("PATCH", one, {"subject": "New"}, Prefer=IMMUTABLE)
        assert (changed.status, changed.body["id"]) == (200, made.body["id"])
        assert (await cloud.graph("GET", f"{one}?$select=subject")).body["subject"] == "New"
        assert len((await cloud.graph("GET", f"{base}/events")).body["value"]) == 1
        window = "startDateTime=2020-01-01&endDateTime=2024-12-01"
        for path in (f"{base}/calendarView", f"{one}/instances"):
            assert (await cloud.graph("GET", f"{path}?{window}")).body["value"] == []
            assert (await cloud.graph("GET", path)).status == 400
        assert (await cloud.graph("DELETE", one)).status == 204
        assert (await cloud.graph("GET", one)).code == "ErrorItemNotFound"


async def test_a_calendar_is_found_in_lists_and_by_its_id_1_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        (row,) = (await cloud.graph("GET", f"/users/{ROOM}/calendars")).body["value"]
        assert (row["name"], row["isDefaultCalendar"]) == ("Calendar", True)
        assert row["owner"] == {"name": "Room", "address": "room@x.example"}
        for form in FORMS[1:]:
            shown = (await cloud.graph("GET", await _form(cloud, form))).body
            assert shown.pop("@odata.context").endswith("/calendar/$entity")
            assert shown == row
        for name, count in (("calendar", 1), ("Birthdays", 0)):
            path = f"/users/{ROOM}/calendars?$filter=name eq '{name}'&$select=name"
            assert len((await cloud.graph("GET", path)).body["value"]) == count


@pytest.mark.parametrize("form", FORMS[2:])
async def test_another_mailboxes_calendar_id_is_malformed_here_2_8(
    tmp_path: Path, form: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        path = (await _form(cloud, form)).replace(str(ROOM), str(ANN))
        for reply in (
            await cloud.graph("GET", f"{path}/events"),
            await cloud.graph("POST", f"{path}/events", body_of()),
        ):
            assert (reply.status, reply.code) == (400, "ErrorInvalidIdMalformed")
        assert await cloud.rows(ANN) == []


@pytest.mark.parametrize(("end", "status"), [("2031-12-31", 200), ("2032-01-01", 400)])
async def test_a_window_is_1825_days_at_most_1_1(tmp_path: Path, end: str, status: int) -> None:
    async with running_cloud(tmp_path) as cloud:
        window = f"startDateTime=2027-01-01&endDateTime={end}&$select=subject"
        reply = await cloud.graph("GET", f"/users/{ROOM}/calendarView?{window}")
        assert reply.status == status
        if status == 400:
            assert reply.code == "ErrorInvalidRequest"
            assert reply.body["error"]["message"].endswith("Maximum number of days: 1825")
