"""Free rooms, office by office."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from portal.domain.offices import Office
from portal.domain.vacancies import FreeSeen, vacancies

from .test_status import NOW

MINUTE = timedelta(minutes=1)
HERE, THERE = (
    Office(
        id=UUID(int=n), name=str(n), time_zone="UTC", opens=time(8), closes=time(18),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    for n in (1, 2)
)  # fmt: skip


def test_each_office_has_its_free_rooms_in_words_and_how_many_more_there_are() -> None:
    seen = [
        FreeSeen(HERE.id, "never", 4, None, 5),
        FreeSeen(HERE.id, "tomorrow", 4, NOW + timedelta(days=1), 5),
        FreeSeen(HERE.id, "soon", 4, NOW + 30 * MINUTE, 5),
    ]

    found = vacancies([HERE, THERE], seen, NOW)

    assert [each.office for each in found] == [HERE, THERE]
    assert [(each.name, each.now.text) for each in found[0].free] == [
        ("never", "free today"), ("tomorrow", "free today"), ("soon", "free until 08:30"),
    ]  # fmt: skip
    assert (found[0].more, found[1].free, found[1].more) == (2, (), 0)
