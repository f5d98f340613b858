"""Free rooms, office by office."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

from portal.domain.occupancy import Span
from portal.domain.offices import Office
from portal.domain.vacancies import vacancies

from .test_status import NOW, room

MINUTE = timedelta(minutes=1)
HERE, THERE = (
    Office(
        id=UUID(int=n), name=str(n), time_zone="UTC", opens=time(8), closes=time(18),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    for n in (1, 2)
)  # fmt: skip


def test_the_room_that_stays_free_longest_comes_first_and_an_office_without_one_is_listed() -> None:
    soon, later, never = (
        room(id=uuid4(), name=n, office_id=HERE.id) for n in ("soon", "later", "never")
    )
    taken = {
        soon.id: [Span(NOW + 30 * MINUTE, NOW + 60 * MINUTE)],
        later.id: [Span(NOW + 90 * MINUTE, NOW + 120 * MINUTE)],
    }

    found = vacancies([HERE, THERE], [soon, later, never], taken, NOW)

    assert [each.office for each in found] == [HERE, THERE]
    assert [(each.name, each.now.text) for each in found[0].free] == [
        ("never", "free today"), ("later", "free until 09:30"), ("soon", "free until 08:30"),
    ]  # fmt: skip
    assert found[1].free == ()


def test_neither_a_taken_room_nor_one_of_which_nothing_is_known_is_free() -> None:
    rooms = [
        room(name="taken", office_id=HERE.id),
        room(name="loading", office_id=HERE.id, loaded_at=None),
        room(name="off", office_id=HERE.id, integration_enabled=False),
        room(name="gone", office_id=HERE.id, problem="mailbox_gone"),
        room(name="free", office_id=HERE.id),
    ]

    found = vacancies([HERE], rooms, {rooms[0].id: [Span(NOW - MINUTE, NOW + MINUTE)]}, NOW)

    assert [each.name for each in found[0].free] == ["free"]
