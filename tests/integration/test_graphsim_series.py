"""graphsim's series over HTTPS: patterns, ranges and boundaries of graph-calendar §1.5, §2.5, §2.7."""

from pathlib import Path
from typing import Any

import pytest

from .graphsim_cloud import ANN, IMMUTABLE, Cloud, running_cloud

BERLIN = "W. Europe Standard Time"
WINDOW = "startDateTime=2027-01-01&endDateTime=2030-12-31"
DAILY = ({"type": "daily", "interval": 2}, {"type": "numbered", "numberOfOccurrences": 4})


def _moment(text: str, zone: str = BERLIN) -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone}


async def _series(cloud: Cloud, pattern: Any, span: Any, hour: int = 9) -> Any:
    """A series of Ann's that starts on Monday, 1 March 2027, for an hour."""
    recurrence = {"pattern": pattern, "range": {"startDate": "2027-03-01", **span}}
    start, end = (_moment(f"2027-03-01T{one:02}:00:00") for one in (hour, hour + 1))
    body = {"subject": "Plans", "start": start, "end": end, "recurrence": recurrence}
    return await cloud.graph("POST", f"/users/{ANN}/events", body, Prefer=IMMUTABLE)


async def _days(cloud: Cloud, master: str) -> list[Any]:
    path = f"/users/{ANN}/events/{master}/instances?{WINDOW}&$top=1000"
    prefer = f'{IMMUTABLE}, outlook.timezone="{BERLIN}"'
    rows: list[Any] = (await cloud.graph("GET", path, Prefer=prefer)).body["value"]
    return rows


def _starts(rows: list[Any]) -> list[str]:
    return [one["start"]["dateTime"][:10] for one in rows]


@pytest.mark.parametrize(
    ("pattern", "third"),
    [
        ({"type": "daily", "interval": 3}, "2027-03-07"),
        ({"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "thursday"]}, "2027-03-08"),
        ({"type": "absoluteMonthly", "interval": 2, "dayOfMonth": 31}, "2027-07-31"),
        (
            {
                "type": "relativeMonthly",
                "interval": 1,
                "daysOfWeek": ["friday"],
                "index": "second",
            },
            "2027-05-14",
        ),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 4, "month": 7}, "2029-07-04"),
        (
            {
                "type": "relativeYearly",
                "interval": 1,
                "daysOfWeek": ["sunday"],
                "index": "last",
                "month": 3,
            },
            "2029-03-25",
        ),
    ],
)
@pytest.mark.parametrize(
    "span",
    [
        {"type": "noEnd"},
        {"type": "numbered", "numberOfOccurrences": 3},
        {"type": "endDate", "endDate": None},
    ],
)
async def test_every_pattern_runs_as_long_as_every_range_says_2_7(
    tmp_path: Path, pattern: Any, span: Any, third: str
) -> None:
    async with running_cloud(tmp_path) as cloud:
        ends = {"endDate": third} if "endDate" in span else {}
        made = await _series(cloud, pattern, {**span, **ends})
        assert made.status == 201
        days = await _days(cloud, made.body["id"])
        assert _starts(days)[2] == third
        assert (len(days) == 3) == (span["type"] != "noEnd")
        assert {one["start"]["dateTime"][11:16] for one in days} == {"09:00"}
        assert made.body["recurrence"]["pattern"].items() >= pattern.items()
        assert made.body["recurrence"]["range"]["type"] == span["type"]


@pytest.mark.parametrize(
    ("pattern", "span"),
    [
        ({"type": "hourly"}, {}),
        ({"type": "weekly", "interval": 1}, {}),
        ({"type": "daily", "interval": 1}, {"type": "numbered"}),
        ({"type": "daily", "interval": 1}, {"type": "endDate", "endDate": "2027-02-01"}),
    ],
)
async def test_half_a_recurrence_is_refused_2_7(tmp_path: Path, pattern: Any, span: Any) -> None:
    async with running_cloud(tmp_path) as cloud:
        refused = await _series(cloud, pattern, span)
        assert (refused.status, refused.code) == (400, "ErrorPropertyValidationFailure")


@pytest.mark.parametrize(
    ("start", "end", "zone", "status"),
    [
        ("2027-03-02T00:00:00", "2027-03-02T01:00:00", BERLIN, 200),
        ("2027-03-04T22:00:00", "2027-03-04T23:00:00", BERLIN, 200),
        ("2027-03-01T23:30:00", "2027-03-02T00:30:00", BERLIN, 400),
        ("2027-03-05T00:00:00", "2027-03-05T01:00:00", BERLIN, 400),
        # The day counts in the series' own zone.
        ("2027-03-01T23:30:00", "2027-03-02T00:30:00", "UTC", 200),
        ("2027-03-04T23:30:00", "2027-03-05T00:30:00", "UTC", 400),
    ],
)
async def test_an_occurrence_stays_between_the_days_of_its_neighbours_2_5(
    tmp_path: Path, start: str, end: str, zone: str, status: int
) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await _series(cloud, *DAILY)).body
        second = (await _days(cloud, made["id"]))[1]
        body = {"start": _moment(start, zone), "end": _moment(end, zone)}
        reply = await cloud.patch(ANN, second["id"], body)
        assert reply.status == status
        if status == 400:
            assert reply.code == "ErrorOccurrenceCrossingBoundary"
            return
        shown = (await _days(cloud, made["id"]))[1]
        assert (shown["type"], shown["id"]) == ("exception", second["id"])
        assert shown["originalStart"] == second["originalStart"] == "2027-03-03T08:00:00Z"
        assert shown["@odata.etag"] != second["@odata.etag"]


async def _moved(cloud: Cloud, day: Any, to: str) -> int:
    body = {"start": _moment(f"{to}T09:00:00"), "end": _moment(f"{to}T10:00:00")}
    return (await cloud.patch(ANN, day["id"], body)).status


async def test_a_neighbour_counts_where_it_was_moved_to_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await _series(cloud, *DAILY)).body
        first, second, third, _ = await _days(cloud, made["id"])
        assert await _moved(cloud, second, "2027-03-04") == 200
        # The third is between the 4th and the 7th now, the first before the 4th.
        assert await _moved(cloud, third, "2027-03-04") == 400
        assert await _moved(cloud, first, "2027-03-03") == 200
        assert await _moved(cloud, first, "2027-03-04") == 400
        assert await _moved(cloud, third, "2027-03-06") == 200
        assert await _moved(cloud, second, "2027-03-05") == 200
        assert await _moved(cloud, second, "2027-03-06") == 400
        assert await _moved(cloud, second, "2027-03-03") == 400
        starts = ["2027-03-03", "2027-03-05", "2027-03-06", "2027-03-07"]
        assert _starts(await _days(cloud, made["id"])) == starts


@pytest.mark.parametrize(("bound", "status"), [(False, 200), (True, 400)])
async def test_whether_a_cancelled_neighbour_is_in_the_way_is_a_switch_2_5(
    tmp_path: Path, bound: bool, status: int
) -> None:
    async with running_cloud(tmp_path, cancelled_days_bound=bound) as cloud:
        made = (await _series(cloud, *DAILY)).body
        first, second, third, fourth = await _days(cloud, made["id"])
        assert (await cloud.delete(ANN, second["id"])).status == 204
        assert (await cloud.delete(ANN, fourth["id"])).status == 204
        assert await _moved(cloud, third, "2027-03-01") == 400
        assert await _moved(cloud, third, "2027-03-02") == status
        assert await _moved(cloud, third, "2027-03-20") == status
        assert await _moved(cloud, first, "2027-03-04") == status


@pytest.mark.parametrize(
    ("drops", "kinds"),
    [
        (True, ["occurrence", "occurrence", "occurrence"]),
        (False, ["occurrence", "exception", "occurrence"]),
    ],
)
async def test_what_a_new_pattern_leaves_of_the_exceptions_is_a_switch_2_5(
    tmp_path: Path, drops: bool, kinds: list[str]
) -> None:
    async with running_cloud(tmp_path, changed_series_drop_exceptions=drops) as cloud:
        made = (await _series(cloud, *DAILY)).body
        _, second, third, _ = await _days(cloud, made["id"])
        body = {"subject": "Only today"}
        assert (await cloud.patch(ANN, third["id"], body)).status == 200
        assert (await cloud.delete(ANN, second["id"])).status == 204
        fewer = {
            "pattern": {"type": "daily", "interval": 4},
            "range": {"type": "numbered", "numberOfOccurrences": 3, "startDate": "2027-03-01"},
        }
        changed = await cloud.patch(ANN, made["id"], {"recurrence": fewer})
        assert changed.status == 200
        days = await _days(cloud, made["id"])
        assert _starts(days) == ["2027-03-01", "2027-03-05", "2027-03-09"]
        assert [one["type"] for one in days] == kinds
        path = f"/users/{ANN}/events/{made['id']}?$select=cancelledOccurrences"
        master = (await cloud.graph("GET", path, Prefer=IMMUTABLE)).body
        assert master["cancelledOccurrences"] == []


async def test_a_cancelled_day_is_named_by_its_master_alone_1_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        made = (await _series(cloud, *DAILY)).body
        days = await _days(cloud, made["id"])
        assert (await cloud.delete(ANN, days[1]["id"])).status == 204
        assert _starts(await _days(cloud, made["id"])) == ["2027-03-01", "2027-03-05", "2027-03-07"]
        path = f"/users/{ANN}/events/{made['id']}?$select=cancelledOccurrences"
        master = (await cloud.graph("GET", path, Prefer=IMMUTABLE)).body
        assert master["cancelledOccurrences"] == [f"OID.{made['id']}.2027-03-03"]
        assert master["@odata.etag"] != made["@odata.etag"]


@pytest.mark.parametrize("needed", [False, True])
async def test_a_master_shows_its_exceptions_where_they_are_expanded_1_5(
    tmp_path: Path, needed: bool
) -> None:
    async with running_cloud(tmp_path, exceptions_need_select=needed) as cloud:
        made = (await _series(cloud, *DAILY)).body
        days = await _days(cloud, made["id"])
        for day, subject in ((days[3], "Last"), (days[1], "Second")):
            assert (await cloud.patch(ANN, day["id"], {"subject": subject})).status == 200
        await cloud.delete(ANN, days[2]["id"])
        base = f"/users/{ANN}/events"

        async def read(query: str, event: str = made["id"]) -> Any:
            reply = await cloud.graph("GET", f"{base}/{event}?{query}", Prefer=IMMUTABLE)
            return reply.body.get("exceptionOccurrences") if reply.status == 200 else reply.status

        both = "$select=subject,exceptionOccurrences&$expand=exceptionOccurrences"
        rows = await read(both)
        assert [one["subject"] for one in rows] == ["Second", "Last"]
        assert [one["id"] for one in rows] == [days[1]["id"], days[3]["id"]]
        assert {*rows[0]} == {"@odata.etag", "id", "subject"}
        inside = await read(f"{both}($select=originalStart)")
        assert [one["originalStart"][:10] for one in inside] == ["2027-03-03", "2027-03-07"]
        assert await read(f"{both}($select=colour)") == 400
        assert await read(both, days[1]["id"]) is None
        assert await read("$select=exceptionOccurrences") is None
        alone = await read("$expand=exceptionOccurrences($select=id)")
        assert (alone is None) == needed
        # A list never shows them (docs#16162).
        listed = (await cloud.graph("GET", f"{base}?{both}")).body["value"]
        assert all("exceptionOccurrences" not in one for one in listed)


async def test_a_series_keeps_its_wall_time_over_a_clock_change_2_7(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        span = {"type": "numbered", "numberOfOccurrences": 5}
        sundays = {"type": "weekly", "interval": 1, "daysOfWeek": ["sunday"]}
        made = (await _series(cloud, sundays, span, hour=2)).body
        path = f"/users/{ANN}/events/{made['id']}/instances?{WINDOW}&$select=start,end"
        rows = (await cloud.graph("GET", path)).body["value"]
        # On 28 March there is no 02:00 in Berlin; before it is UTC+1, after it UTC+2.
        assert [one["start"]["dateTime"][5:16] for one in rows] == [
            "03-07T01:00",
            "03-14T01:00",
            "03-21T01:00",
            "03-28T01:00",
            "04-04T00:00",
        ]
