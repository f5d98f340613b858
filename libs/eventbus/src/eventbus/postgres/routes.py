"""Which queues a message goes to, as the broker would decide it."""

import re

from eventbus.topology import Topology


def binding_expression(pattern: str) -> str:
    """A topic pattern as a regular expression that Python and Postgres read alike.

    `*` is one word, `#` any number of them, also none.
    """
    if pattern == "#":
        return "^.*$"
    expression = ""
    after_leading_hash = False
    for position, word in enumerate(pattern.split(".")):
        if word == "#":
            expression += r"(\.[^.]*)*" if position else r"([^.]*\.)*"
        else:
            one = "[^.]*" if word == "*" else re.escape(word)
            expression += one if position == 0 or after_leading_hash else r"\." + one
        after_leading_hash = word == "#" and position == 0
    return f"^{expression}$"


def static_queues(topology: Topology, exchange: str, routing_key: str) -> list[str]:
    """The declared queues that take a message; raises KeyError for an exchange nobody declared."""
    kinds = {each.name: each.kind for each in topology.exchanges}
    match kinds[exchange]:
        case "fanout":
            return [queue.name for queue in topology.queues if queue.exchange == exchange]
        case "direct":
            return [
                queue.name
                for queue in topology.queues
                if queue.exchange == exchange and queue.binding == routing_key
            ]
        case "topic":
            return [
                queue.name
                for queue in topology.queues
                if queue.exchange == exchange
                and re.match(binding_expression(queue.binding), routing_key)
            ]


def alternate_queues(topology: Topology, exchange: str, routing_key: str) -> list[str]:
    """The queues that take what no queue of the exchange takes."""
    alternate = next(each.alternate for each in topology.exchanges if each.name == exchange)
    return [] if alternate is None else static_queues(topology, alternate, routing_key)
