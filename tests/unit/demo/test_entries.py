from datetime import UTC, date, datetime
from uuid import UUID

from demo.entries import Entry, busy_text, double_booked, moment, of_booking, touches
from demo.rooms import ImportedRoom
from demo.tenant import BERLIN

ROOM = ImportedRoom(UUID(int=1), UUID(int=2), BERLIN.rooms[0], BERLIN)


def entry(
    start: str,
    end: str,
    *,
    all_day: bool = False,
    name: str = "x",
    status: str = "confirmed",
) -> Entry:
    return Entry(
        id=name, start=f"2026-11-23T{start}", end=f"2026-11-23T{end}", all_day=all_day, subject="s",
        organizer="o", status=status, series=False, version=1,
    )  # fmt: skip


def test_a_booking_is_drawn_in_the_offices_wall_time() -> None:
    drawn = of_booking(
        {
            "id": "b", "start": "2026-11-23T09:00:00Z", "end": "2026-11-23T09:30:00Z", "all_day": False,
            "subject": "Roadmap", "organizer": {"name": "Ada", "email": None}, "status": "confirmed",
            "series_id": None, "version": 7,
        },
        ROOM,
    )  # fmt: skip
    assert (drawn["start"], drawn["end"]) == ("2026-11-23T10:00", "2026-11-23T10:30")
    assert (drawn["series"], drawn["version"]) == (False, 7)


def test_graphs_times_without_an_offset_are_utc() -> None:
    assert moment("2026-11-23T09:00:00.0000000") == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_a_room_says_until_when_it_is_taken_or_free() -> None:
    day = [entry("10:00", "11:00"), entry("14:00", "15:00")]
    assert busy_text(day, "2026-11-23T09:00") == (False, "free until 10:00")
    assert busy_text(day, "2026-11-23T10:00") == (True, "taken until 11:00")
    assert busy_text(day, "2026-11-23T11:00") == (False, "free until 14:00")
    assert busy_text(day, "2026-11-23T15:00") == (False, "free for the rest of the day")
    assert busy_text([entry("00:00", "24:00", all_day=True)], "2026-11-23T08:00")[0]


def test_an_all_day_booking_keeps_its_date_and_touches_no_other_day() -> None:
    drawn = of_booking(
        {
            "id": "b", "start": "2026-11-25T00:00:00Z", "end": "2026-11-26T00:00:00Z", "all_day": True,
            "subject": "Workshop", "organizer": {"name": "Ada", "email": None}, "status": "confirmed",
            "series_id": None, "version": 7,
        },
        ROOM,
    )  # fmt: skip
    assert (drawn["start"], drawn["end"]) == ("2026-11-25T00:00", "2026-11-26T00:00")
    days = [date(2026, 11, day) for day in (24, 25, 26)]
    assert [touches(drawn, day) for day in days] == [False, True, False]


def test_double_booked_are_those_that_share_time_and_take_the_room() -> None:
    day = [
        entry("09:00", "10:00", name="touched"),
        entry("10:00", "11:00", name="one"),
        entry("10:30", "12:00", name="two", status="tentative"),
        entry("11:30", "12:30", name="unanswered", status="pending"),
    ]
    assert double_booked(day) == {"one", "two"}
    assert double_booked([]) == set()
