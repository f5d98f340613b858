import re

import pytest

from contracts import routing
from eventbus import TOPOLOGY
from eventbus.postgres.routes import alternate_queues, binding_expression, static_queues


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("booking.*", "booking.confirmed", True),
        ("booking.*", "booking", False),
        ("booking.*", "booking.a.b", False),
        ("booking.#", "booking", True),
        ("booking.#", "booking.a.b", True),
        ("booking.#", "bookings", False),
        ("#", "", True),
        ("#", "a.b.c", True),
        ("#.b", "b", True),
        ("#.b", "a.a.b", True),
        ("#.b", "a.b.c", False),
        ("a.#.c", "a.c", True),
        ("a.#.c", "a.b.b.c", True),
        ("a.#.c", "ac", False),
        ("*", "a", True),
        ("*", "a.b", False),
        ("room.synced", "room.synced", True),
        ("room.synced", "roomXsynced", False),
    ],
)
def test_a_topic_pattern_matches_as_the_broker_would(
    pattern: str, key: str, *, matches: bool
) -> None:
    assert bool(re.match(binding_expression(pattern), key)) is matches


def test_a_direct_exchange_routes_by_the_queues_name() -> None:
    assert static_queues(TOPOLOGY, routing.GRAPH_CHANGES, routing.SYNC_CHANGES) == [
        routing.SYNC_CHANGES
    ]
    assert static_queues(TOPOLOGY, routing.GRAPH_CHANGES, "nobody") == []


def test_a_fanout_exchange_takes_any_key() -> None:
    assert static_queues(TOPOLOGY, routing.DEAD_LETTERS, "whatever") == [routing.DEAD_LETTERS]


def test_only_events_have_an_alternate() -> None:
    assert alternate_queues(TOPOLOGY, routing.EVENTS, "booking.confirmed") == [routing.UNCLAIMED]
    assert alternate_queues(TOPOLOGY, routing.GRAPH_CHANGES, "nobody") == []


def test_an_exchange_nobody_declared_is_an_error() -> None:
    with pytest.raises(KeyError):
        static_queues(TOPOLOGY, "nowhere", "key")
