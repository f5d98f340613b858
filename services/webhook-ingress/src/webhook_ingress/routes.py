"""The edge to Graph: two paths, one code path (design §4.3)."""

import asyncio
from typing import Final, get_args

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import Counter, Histogram

from .domain.outcomes import ItemOutcome, RequestOutcome
from .domain.validation import TokenTooLong, validation_token
from .handlers import Reception

PATHS: Final = ("/graph/notifications", "/graph/lifecycle")
MOST_BODY_BYTES: Final = 1024 * 1024
BODY_SECONDS: Final = 5.0
RETRY_AFTER_SECONDS: Final = "5"

OUTCOMES: Final = Counter(
    "clearooms_ingress_outcomes_total",
    "What became of requests, and of the items in the bodies that were read.",
    ["of", "outcome"],
)
ANSWER: Final = Histogram(
    "clearooms_ingress_answer_seconds",
    "From the header of a delivery to its answer; Graph calls an endpoint slow above 3 s.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 3, 10),
)


class _Refused(Exception):
    def __init__(self, status: int, outcome: RequestOutcome) -> None:
        super().__init__(outcome)
        self.status = status
        self.outcome: RequestOutcome = outcome


# A look-up of labels costs more than the counting.
_items: Final = {outcome: OUTCOMES.labels("item", outcome) for outcome in get_args(ItemOutcome)}
_requests: Final = {
    outcome: OUTCOMES.labels("request", outcome) for outcome in get_args(RequestOutcome)
}


def count_items(outcome: ItemOutcome, number: int) -> None:
    """Add to the items' side of the metric."""
    _items[outcome].inc(number)


def add_routes(
    app: web.Application,
    reception: Reception,
    *,
    body_seconds: float,
) -> None:
    """Answer Graph on both paths."""

    def count(outcome: RequestOutcome) -> None:
        _requests[outcome].inc()

    async def post(request: web.Request) -> web.Response:
        if query := request.rel_url.raw_query_string:
            try:
                token = validation_token(query)
            except TokenTooLong:
                count("validation_too_long")
                return web.Response(status=400)
            if token is not None:
                count("validated")
                return _validated(token)
        started = loop_time()
        try:
            body = await _read(request, body_seconds)
        except _Refused as refused:
            count(refused.outcome)
            return _closing(refused.status)
        verdict = await reception.receive(body)
        ANSWER.observe(loop_time() - started)
        count(verdict)
        if verdict == "accepted":
            return web.Response(status=202)
        if verdict == "malformed":
            return web.Response(status=400)
        return web.Response(status=503, headers={"Retry-After": RETRY_AFTER_SECONDS})

    def loop_time() -> float:
        return asyncio.get_running_loop().time()

    for path in PATHS:
        app.router.add_post(path, post)


def _validated(token: bytes) -> web.Response:
    return web.Response(
        body=token,
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def _closing(status: int) -> web.Response:
    response = web.Response(status=status)
    response.force_close()  # what is left of the body is not worth reading
    return response


async def _read(request: web.Request, seconds: float) -> bytes:
    if "Content-Encoding" in request.headers:
        raise _Refused(415, "encoded")
    content = request.content
    try:
        if content.is_eof():  # it came with its header, as nearly all do
            body = content.read_nowait(-1)
        else:
            length = request.content_length
            if length is not None and length > MOST_BODY_BYTES:
                raise _Refused(413, "oversized")
            async with asyncio.timeout(seconds):
                body = await _collect(request)
    except TimeoutError as error:
        raise _Refused(408, "slow") from error
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
        raise _Refused(400, "broken") from error
    if len(body) > MOST_BODY_BYTES:
        raise _Refused(413, "oversized")
    return body


async def _collect(request: web.Request) -> bytes:
    collected = bytearray()
    async for chunk in request.content.iter_any():
        collected += chunk
        if len(collected) > MOST_BODY_BYTES:
            raise _Refused(413, "oversized")
    return bytes(collected)
