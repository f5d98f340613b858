"""graph-calendar §2.3: how long which mailbox remembers an id."""

from datetime import timedelta

import pytest

from graphsim.transactions import Transactions

from .rooms import NOW, World


@pytest.mark.parametrize(
    ("memory", "after", "known"),
    [(None, 10**9, True), (60, 59, True), (60, 60, False), (0, 0, False)],
)
def test_an_id_is_remembered_for_its_time(memory: float | None, after: int, known: bool) -> None:
    world, transactions = World(), Transactions(memory)
    draft = world.draft(transaction_id="t-1")
    transactions.add(world.room.id, draft, 7, NOW)
    found = transactions.get(world.room.id, "t-1", NOW + timedelta(seconds=after))
    assert (found is not None and found.key == 7) is known
    assert transactions.get(world.ann.id, "t-1", NOW) is None


def test_a_create_without_an_id_is_not_remembered() -> None:
    world, transactions = World(), Transactions(None)
    transactions.add(world.room.id, world.draft(), 7, NOW)
    assert transactions.get(world.room.id, None, NOW) is None
