"""Makes the topology exist; an existing queue with other arguments is an error, not a surprise."""

import aiormq

from .link import broker_call
from .topology import Topology


async def declare(channel: aiormq.Channel, topology: Topology) -> None:
    """Declare everything, idempotently; raises LinkLost naming what the broker refuses."""
    async with broker_call(10):
        for exchange in topology.exchanges:
            await channel.exchange_declare(
                exchange.name,
                exchange_type=exchange.kind,
                durable=True,
                arguments={**exchange.arguments()},
            )
        for queue in topology.queues:
            await channel.queue_declare(queue.name, durable=True, arguments={**queue.arguments()})
            await channel.queue_bind(queue.name, queue.exchange, queue.binding)
