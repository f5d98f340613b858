"""The model's commands are found where they are, and nowhere they were."""

from datetime import UTC, datetime
from uuid import UUID

from contracts.commands import Cancel
from sync_worker.domain.command import Asked, Key
from tests.simulation.store.orders import Kept, Orders

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ORGANISATION, BOOKING, HERE, THERE = (UUID(int=number) for number in range(1, 5))


def test_a_command_that_is_given_away_is_found_in_the_other_room_alone() -> None:
    orders, kept = Orders(), _kept()
    orders.add(kept)
    orders.give(kept, THERE)
    assert list(orders.unsent(ORGANISATION, HERE)) == []
    assert list(orders.unsent(ORGANISATION, THERE)) == [kept]


def test_a_room_owes_a_result_until_it_is_confirmed_and_when_it_is_asked_for_again() -> None:
    orders, kept = Orders(), _kept()
    orders.add(kept)
    orders.send(kept, NOW)
    assert list(orders.unsent(ORGANISATION, HERE)) == []
    orders.send(kept, None)
    assert list(orders.unsent(ORGANISATION, HERE)) == [kept]


def test_a_command_that_is_forgotten_is_found_nowhere() -> None:
    orders, kept = Orders(), _kept()
    orders.add(kept)
    orders.remove(kept)
    assert list(orders.about(ORGANISATION, BOOKING)) == []
    assert list(orders.unsent(ORGANISATION, HERE)) == []
    assert list(orders) == []


def _kept() -> Kept:
    order = Cancel(booking_id=BOOKING, sequence=1, reason="Over")
    return Kept(ORGANISATION, Asked(Key("/portal", "c1"), order, NOW), HERE)
