"""What the ingress is compared with: `python -m bench.ingress_rivals bare|fastapi PORT [AMQP_URL]`."""

import sys

import aio_pika
import uvicorn
from aiohttp import web
from fastapi import FastAPI, Request, Response

from contracts import routing


def bare(port: int) -> None:
    """An aiohttp handler that reads the body and answers."""

    async def accept(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/graph/notifications", accept)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


def fastapi(port: int, amqp_url: str) -> None:
    """FastAPI, uvicorn on uvloop and httptools, aio-pika; confirms do not wait for each other."""
    app = FastAPI()
    opened: list[aio_pika.abc.AbstractExchange] = []

    @app.post("/graph/notifications")
    async def accept(request: Request) -> Response:
        body = await request.body()
        if not opened:
            connection = await aio_pika.connect_robust(amqp_url)
            channel = await connection.channel(on_return_raises=True)
            opened.append(await channel.get_exchange(routing.GRAPH_CHANGES))
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await opened[0].publish(message, routing.SYNC_CHANGES, mandatory=True)
        return Response(status_code=202)

    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="warning", access_log=False, loop="uvloop",
        http="httptools",
    )  # fmt: skip


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare", port, *_]:
            bare(int(port))
        case ["fastapi", port, amqp_url]:
            fastapi(int(port), amqp_url)
        case _:
            sys.exit(__doc__)
