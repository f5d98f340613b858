import pytest

from contracts import routing
from eventbus import TOPOLOGY, Queue


@pytest.mark.parametrize("queue", TOPOLOGY.queues, ids=lambda queue: queue.name)
def test_no_argument_is_left_to_a_brokers_default(queue: Queue) -> None:
    arguments = queue.arguments()
    assert arguments["x-queue-type"] == "quorum"
    assert {"x-overflow", "x-max-length", "x-max-length-bytes", "x-delivery-limit"} <= set(
        arguments
    )


def test_every_queue_hangs_on_a_declared_exchange() -> None:
    exchanges = {exchange.name for exchange in TOPOLOGY.exchanges}
    assert {queue.exchange for queue in TOPOLOGY.queues} <= exchanges
    assert {exchange.alternate for exchange in TOPOLOGY.exchanges} - {None} <= exchanges


def test_on_a_direct_exchange_the_routing_key_is_the_queues_name() -> None:
    direct = {exchange.name for exchange in TOPOLOGY.exchanges if exchange.kind == "direct"}
    assert direct == {routing.GRAPH_CHANGES, routing.GRAPH_LIFECYCLE, routing.COMMANDS}
    assert all(queue.binding == queue.name for queue in TOPOLOGY.queues if queue.exchange in direct)


def test_only_what_may_be_lost_drops_its_oldest() -> None:
    assert [queue.name for queue in TOPOLOGY.queues if not queue.keeps] == [routing.UNCLAIMED]
    for queue in TOPOLOGY.queues:
        wanted = "reject-publish" if queue.keeps else "drop-head"
        assert queue.arguments()["x-overflow"] == wanted


def test_work_queues_dead_letter_at_least_once() -> None:
    for queue in TOPOLOGY.queues:
        if queue.name in {routing.DEAD_LETTERS, routing.UNCLAIMED}:
            assert "x-dead-letter-exchange" not in queue.arguments()
        else:
            assert queue.arguments()["x-dead-letter-exchange"] == routing.DEAD_LETTERS
            assert queue.arguments()["x-dead-letter-strategy"] == "at-least-once"
