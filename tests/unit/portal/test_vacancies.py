"""Free rooms, office by office."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from portal.domain.offices import Office
from portal.domain.vacancies import FreeRoom, by_office

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HERE, THERE = (
    Office(
        id=UUID(int=n), name=str(n), time_zone="UTC", opens=time(8), closes=time(18), created_at=NOW
    )
    for n in (1, 2)
)


def room(n: int, minutes: int | None) -> FreeRoom:
    until = NOW + timedelta(minutes=minutes) if minutes is not None else None
    return FreeRoom(UUID(int=n), HERE.id, f"Room {n}", 4, until)


def test_the_room_that_stays_free_longest_comes_first_and_an_office_without_one_is_listed() -> None:
    vacancies = by_office([HERE, THERE], [room(1, 30), room(2, None), room(3, 90), room(4, None)])

    assert [each.office for each in vacancies] == [HERE, THERE]
    assert [each.name for each in vacancies[0].free] == ["Room 2", "Room 4", "Room 3", "Room 1"]
    assert vacancies[1].free == ()
