from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.alternatives import Slot
from sync_worker.domain.booking import Row
from sync_worker.domain.overlap import occupies, overlapping, settled

from .examples import HOUR, NOW, row


def numbers(rows: list[Row]) -> set[tuple[int, int]]:
    return {(one.int, other.int) for one, other in overlapping(rows)}


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({}, True),
        ({"answer": "tentative"}, True),
        ({"conflicted": True}, True),
        ({"kind": "occurrence"}, True),
        ({"kind": "exception"}, True),
        ({"kind": "master"}, False),
        ({"answer": "pending"}, False),
        ({"answer": "cancelled"}, False),
        ({"removed_at": NOW}, False),
        ({"published": False}, False),
    ],
)
def test_what_the_room_answered_takes_it(fields: dict[str, Any], *, taken: bool) -> None:
    assert occupies(row(**fields)) is taken
    assert numbers([row(1, **fields), row(2)]) == ({(1, 2)} if taken else set())


@pytest.mark.parametrize(
    ("starts", "hours", "shared"),
    [
        (0, 1, False),  # touches its start
        (2, 1, False),  # touches its end
        (1, 1, True),
        (1.5, 0.25, True),
        (0, 5, True),
        (0, 1.01, True),
        (1.99, 3, True),
    ],
)
def test_touching_is_not_sharing(starts: float, hours: float, *, shared: bool) -> None:
    other = row(2, NOW + starts * HOUR, hours)
    assert numbers([row(1), other]) == numbers([other, row(1)])
    assert numbers([row(1), other]) == ({(1, 2)} if shared else set())


def test_in_a_chain_only_neighbours_share() -> None:
    chain = [row(1, NOW, 2), row(2, NOW + HOUR, 2), row(3, NOW + 2 * HOUR, 2)]
    assert numbers(chain) == {(1, 2), (2, 3)}


def test_a_long_meeting_shares_with_each_that_it_covers() -> None:
    short = [row(number, NOW + number * HOUR) for number in (2, 3, 4)]
    assert numbers([row(9, NOW, 12), *short]) == {(2, 9), (3, 9), (4, 9)}


spans = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6)), max_size=12)


@given(spans)
def test_the_pairs_are_those_that_comparing_all_with_all_finds(
    given_: list[tuple[int, int]],
) -> None:
    rows = [
        row(number, NOW + starts * HOUR, hours)
        for number, (starts, hours) in enumerate(given_, start=1)
    ]
    expected = {
        (one.id, other.id)
        for one in rows
        for other in rows
        if one.id < other.id and Slot(one.starts, one.ends).overlaps(Slot(other.starts, other.ends))
    }
    assert overlapping(rows) == expected


def states(rows: list[Row], now: Any = NOW) -> dict[int, bool]:
    changed, _ = settled(rows, now)
    return {each.id.int: each.conflicted for each in changed}


def test_both_become_conflicted_and_nothing_else_of_them_changes() -> None:
    rows = [row(1), row(2), row(3, NOW + 9 * HOUR)]
    changed, pairs = settled(rows, NOW)
    assert changed == tuple(replace(each, conflicted=True) for each in rows[:2])
    assert [each.status for each in changed] == ["conflicted", "conflicted"]
    assert pairs == {(rows[0].id, rows[1].id)}


def test_what_is_settled_stays_settled() -> None:
    rows = [row(1, conflicted=True), row(2, conflicted=True), row(3, NOW + 9 * HOUR)]
    assert states(rows) == {}


@pytest.mark.parametrize(
    "gone",
    [{"removed_at": NOW, "answer": "cancelled"}, {"answer": "pending"}, {"starts": NOW - HOUR}],
)
def test_it_clears_itself_when_one_goes(gone: dict[str, Any]) -> None:
    rows = [row(1, conflicted=True), replace(row(2, conflicted=True), **gone)]
    if "starts" in gone:
        rows[1] = replace(rows[1], ends=NOW + HOUR)
    assert states(rows) == {1: False, 2: False}


def test_of_three_the_two_that_still_share_stay_conflicted() -> None:
    chain = [row(1, NOW, 2), row(2, NOW + HOUR, 2), row(3, NOW + 2 * HOUR, 2)]
    assert states(chain) == {1: True, 2: True, 3: True}
    tangled = [replace(each, conflicted=True) for each in chain]
    assert states(tangled[1:]) == {}
    assert states([tangled[0], tangled[2]]) == {1: False, 3: False}


def test_what_is_over_keeps_what_it_was() -> None:
    over = [row(1, NOW - 2 * HOUR), row(2, NOW - 2 * HOUR), row(3, NOW - 5 * HOUR, conflicted=True)]
    assert states(over) == {}
    assert states(over, NOW - 3 * HOUR) == {1: True, 2: True}
