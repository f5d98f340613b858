from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import Alternative
from sync_worker.domain.alternatives import Hours, Neighbour, Slot, alternatives

from .examples import HOUR, MINUTE, NOW, ROOM

ALWAYS = Hours("Europe/Berlin", time(0), time(0))
BY_DAY = Hours("Europe/Berlin", time(8), time(18))  # 7 to 17 UTC in winter
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def slot(starts: float, hours: float = 1, around: datetime = NOON) -> Slot:
    return Slot(around + starts * HOUR, around + (starts + hours) * HOUR)


def room(*busy: Slot, capacity: int | None = 8, room_id: UUID = ROOM) -> Neighbour:
    return Neighbour(room_id, capacity, busy)


def other(number: int, capacity: int | None = 8, *busy: Slot) -> Neighbour:
    return room(*busy, capacity=capacity, room_id=UUID(int=number))


def offered(
    wanted: Slot, office: Sequence[Neighbour], hours: Hours = ALWAYS, now: datetime = NOW
) -> tuple[list[float], list[int]]:
    """Starts in hours from noon in the room itself, then the other rooms."""
    found = alternatives(ROOM, wanted, office, hours, now)
    assert all(each.end - each.start == wanted.ends - wanted.starts for each in found)
    own = [(each.start - NOON) / HOUR for each in found if each.room_id == ROOM]
    others = [each for each in found if each.room_id != ROOM]
    assert all((each.start, each.end) == (wanted.starts, wanted.ends) for each in others)
    assert list(found[len(own) :]) == others
    return own, [each.room_id.int for each in others]


@pytest.mark.parametrize(
    ("busy", "own"),
    [
        ([slot(0)], [-1, 1, -2]),  # right before and after, the earlier one of two first
        ([slot(0, 2)], [-1, -2, 2]),
        ([slot(-3, 4)], [1, 2, 3]),
        ([slot(-1, 1.1)], [0.1, 1.25, -2]),  # right after what ends at odd times
        ([slot(0.1, 3)], [-0.9, -2, -3]),  # right before what starts at odd times
        ([slot(0), slot(1.5, 5)], [-1, -2, -3]),  # half an hour is not enough
        ([slot(-30, 60)], []),
    ],
)
def test_the_nearest_free_slots_are_offered_first(busy: list[Slot], own: list[float]) -> None:
    assert offered(slot(0), [room(*busy)])[0] == pytest.approx(own)


def test_nothing_of_the_past_is_offered() -> None:
    own, _ = offered(slot(0), [room(slot(0))], now=NOON - 20 * MINUTE)
    assert own == [1, 2, 3]
    own, _ = offered(slot(0), [room(slot(0))], now=NOON - HOUR)
    assert own == [-1, 1, 2]


@pytest.mark.parametrize(
    ("busy", "own"),
    [
        (slot(-30, 54), [24]),
        (slot(-30, 54.25), []),
        (slot(-23, 60), [-24]),
        (slot(-23.1, 60), []),
    ],
)
def test_only_a_day_around_is_looked_at(busy: Slot, own: list[float]) -> None:
    assert offered(slot(0), [room(busy)], now=NOON - 48 * HOUR)[0] == own


@pytest.mark.parametrize(
    ("wanted", "hours", "own"),
    [
        (slot(4), BY_DAY, [3, 2, 1]),  # 17 to 18 in Berlin is the last
        (slot(-5), BY_DAY, [-4, -3, -2]),  # 8 to 9 is the first
        (slot(4), ALWAYS, [3, 5, 2]),
        (slot(4), Hours("UTC", time(8), time(18)), [3, 5, 2]),
        (slot(4), Hours("Europe/Berlin", time(22), time(6)), [3, 5, 2]),  # over midnight: any
        (slot(9), BY_DAY, [8, 10, 7]),  # who asks for the night may have the night
    ],
)
def test_office_hours_hold_for_those_who_asked_within_them(
    wanted: Slot, hours: Hours, own: list[float]
) -> None:
    now = NOON - timedelta(hours=5)
    assert offered(wanted, [room(wanted)], hours, now)[0] == own


@pytest.mark.parametrize(
    ("span", "hours", "covered"),
    [
        (slot(-5, 10), BY_DAY, True),
        (slot(-5.25), BY_DAY, False),
        (slot(4.25), BY_DAY, False),
        (slot(0, 24), BY_DAY, False),
        (slot(0, 48), BY_DAY, False),
        (slot(0, 48), ALWAYS, True),
        (slot(4, around=NOON.replace(month=7)), BY_DAY, False),  # summer: until 16 UTC
        (slot(-6, around=NOON.replace(month=7)), BY_DAY, True),
    ],
)
def test_hours_are_those_of_the_offices_wall_clock(
    span: Slot, hours: Hours, *, covered: bool
) -> None:
    assert hours.cover(span) is covered


@pytest.mark.parametrize(
    ("capacity", "rooms"),
    [
        (8, [3, 4, 2]),  # as many seats, then the next larger; a smaller one after all that fit
        (1, [1, 2, 3]),
        (30, [4, 3, 2]),
        (None, [5, 1, 2]),
    ],
)
def test_the_rooms_that_fit_best_are_offered_first(capacity: int | None, rooms: list[int]) -> None:
    office = [room(slot(0), capacity=capacity), other(4, 20), other(3, 8), other(2, 6), other(1, 2)]
    if capacity is None:
        office.append(other(5, None))
    assert offered(slot(0), office)[1] == rooms


def test_of_equal_rooms_the_order_is_the_same_every_time() -> None:
    office = [room(slot(0)), other(3), other(1), other(2), other(4)]
    assert offered(slot(0), office)[1] == offered(slot(0), office[::-1])[1] == [1, 2, 3]


def test_a_room_that_is_taken_then_is_not_offered_and_one_that_only_touches_is() -> None:
    office = [room(slot(0)), other(1, 8, slot(0.5)), other(2, 8, slot(-1), slot(1))]
    assert offered(slot(0), office)[1] == [2]


def test_of_an_office_that_does_not_list_the_room_only_others_are_offered() -> None:
    assert offered(slot(0), [other(1)]) == ([], [1])
    assert alternatives(ROOM, slot(0), [], ALWAYS, NOW) == ()


quarters = st.integers(-120, 120).map(lambda number: number / 4)
taken = st.lists(
    st.builds(slot, quarters, st.sampled_from([0.1, 0.25, 1, 3, 12])), max_size=20
).map(tuple)
offices = st.builds(
    lambda own, others: [
        room(*own),
        *(other(place, seats, *busy) for place, (seats, busy) in enumerate(others, start=1)),
    ],
    taken,
    st.lists(st.tuples(st.none() | st.integers(1, 30), taken), max_size=5),
)


@given(
    office=offices,
    wanted=st.builds(slot, quarters, st.sampled_from([0.25, 0.5, 1, 4, 26])),
    hours=st.sampled_from([ALWAYS, BY_DAY, Hours("Europe/Berlin", time(22), time(6))]),
    later=st.integers(0, 3000),
)
def test_every_alternative_is_free_and_there_are_at_most_six(
    office: list[Neighbour], wanted: Slot, hours: Hours, later: int
) -> None:
    now = NOON - 30 * HOUR + later * MINUTE
    found = alternatives(ROOM, wanted, office, hours, now)
    rooms = {each.room_id: each for each in office}
    own = [Slot(each.start, each.end) for each in found if each.room_id == ROOM]
    assert all(rooms[each.room_id].free(Slot(each.start, each.end)) for each in found)
    assert all(each.end - each.start == wanted.ends - wanted.starts for each in found)
    assert all(each.starts >= now for each in own)
    assert all(hours.cover(each) for each in own if hours.cover(wanted))
    assert len(own) <= 3
    assert len(found) - len(own) <= 3
    assert not any(one.overlaps(two) for one in own for two in own if one is not two)
    assert len({(each.room_id, each.start) for each in found}) == len(found)
    assert all(isinstance(each, Alternative) for each in found)


@pytest.mark.parametrize(
    "wanted",
    [
        Slot(NOW + HOUR, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        Slot(datetime(1, 1, 1, tzinfo=UTC), NOW + HOUR),
    ],
)
def test_a_slot_at_an_end_of_time_has_no_alternatives(wanted: Slot) -> None:
    taken = Neighbour(ROOM, 8, (Slot(NOW, NOW + 2 * HOUR),))
    assert alternatives(ROOM, wanted, [taken], Hours("Europe/Berlin", time(8), time(18)), NOW) == ()
