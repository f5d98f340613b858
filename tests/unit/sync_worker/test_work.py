from collections import Counter
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.commands import Command, Resync
from sync_worker.domain.alternatives import Slot
from sync_worker.domain.command import Asked, accepted, rejected
from sync_worker.domain.work import Conflict, Effects, Hold, earliest_due, in_turn

from .examples import BOOKING, HOUR, NOW, ROOM, asked, book, cancel, intent

PORTAL = "/clearooms/portal"


def test_commands_of_one_source_for_one_booking_run_by_their_sequence() -> None:
    late, first = asked(cancel(1, 3), "c"), asked(book(1, 1), "a")
    other = asked(book(2, 9), "b")
    assert in_turn((late, other, first)) == (first, other, late)


def test_sequences_of_different_sources_are_not_compared() -> None:
    one, two = asked(cancel(1, 9), "a"), asked(cancel(1, 1), "b", PORTAL)
    assert in_turn((one, two)) == (one, two)


def test_resyncs_stay_as_they_came() -> None:
    one, two = (asked(Resync(room_id=ROOM), each) for each in "ab")
    assert in_turn((two, one)) == (two, one)


orders = st.one_of(
    st.builds(book, st.integers(1, 3), st.integers(0, 5)),
    st.builds(cancel, st.integers(1, 3), st.integers(0, 5)),
    st.builds(Resync, room_id=st.just(ROOM)),
)
received = st.lists(st.tuples(orders, st.sampled_from(["/a", "/b"])), max_size=20)


@given(received)
def test_no_order_of_arrival_loses_doubles_or_misplaces_a_command(
    arrivals: list[tuple[Command, str]],
) -> None:
    commands = tuple(
        asked(order, str(place), source) for place, (order, source) in enumerate(arrivals)
    )
    turn = in_turn(commands)
    assert Counter(each.key for each in turn) == Counter(each.key for each in commands)
    last: dict[tuple[UUID | None, str], int] = {}
    for each in turn:
        group = (each.booking_id, each.key.source)
        assert each.sequence >= last.get(group, 0)
        last[group] = each.sequence

    def groups(order: tuple[Asked, ...]) -> list[tuple[UUID | None, str]]:
        return [(each.booking_id, each.key.source) for each in order]

    assert groups(turn) == groups(commands)  # nobody gets another one's place
    assert in_turn(turn) == turn


def test_equal_sequences_stay_as_they_came() -> None:
    twice = (asked(cancel(1, 3), "z"), asked(cancel(1, 3), "a"))
    assert in_turn(twice) == twice


def decided(outcome: str, order: Command | None = None) -> Asked:
    one = asked(order or book())
    result = accepted(one, ROOM) if outcome == "accepted" else rejected(one, ROOM, "stale", "")
    return replace(one, result=result, decided_at=NOW)


@pytest.mark.parametrize(
    ("one", "versions", "version"),
    [
        (decided("accepted"), {BOOKING: 7}, 7),
        (decided("accepted"), {uuid4(): 7}, None),
        (decided("rejected"), {BOOKING: 7}, None),
        (decided("accepted", Resync(room_id=ROOM)), {BOOKING: 7}, None),
        (asked(book()), {BOOKING: 7}, None),
    ],
)
def test_an_accepted_result_gets_the_version_of_its_booking(
    one: Asked, versions: dict[UUID, int], version: int | None
) -> None:
    [after] = Effects(results=(one,)).with_versions(versions).results
    assert (after.result.version if after.result else None) == version
    assert after.key == one.key


ONE = Effects(
    intents=(intent(),),
    results=(decided("accepted"),),
    holds=(Hold(BOOKING, Slot(NOW, NOW + HOUR)),),
    released=(BOOKING,),
    conflicts=(Conflict("stale", BOOKING),),
    overlaps=frozenset(),
)


@pytest.mark.parametrize(
    "name", ["intents", "results", "holds", "released", "conflicts", "overlaps"]
)
def test_an_effect_of_any_kind_is_something_to_write(name: str) -> None:
    assert Effects(**{name: getattr(ONE, name)})
    assert not Effects()


def test_effects_add_up() -> None:
    twice = ONE | ONE
    assert (twice.intents, twice.results) == (ONE.intents * 2, ONE.results * 2)
    assert (twice.holds, twice.released, twice.conflicts) == (
        ONE.holds * 2, ONE.released * 2, ONE.conflicts * 2,
    )  # fmt: skip
    assert ONE | Effects() == Effects() | ONE == ONE


def test_of_the_overlaps_of_a_room_the_last_ones_hold() -> None:
    pair = frozenset({(UUID(int=1), UUID(int=2))})
    assert (Effects(overlaps=pair) | Effects(overlaps=frozenset())).overlaps == frozenset()
    assert (Effects(overlaps=pair) | Effects()).overlaps == pair


def test_the_earliest_intent_that_is_not_done_says_when_the_room_is_wanted() -> None:
    done = intent(stage="done", due_at=NOW)
    late, later = intent(due_at=NOW + HOUR), intent(due_at=NOW + 2 * HOUR, stage="guarding")
    assert earliest_due((later, done, late)) == NOW + HOUR
    assert earliest_due((done,)) is None
