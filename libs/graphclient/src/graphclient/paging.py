"""Lists that come in pages, with the guards that Graph's paging needs (graph-calendar §1.8, §3, §11)."""

from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import replace
from typing import Generic, TypeVar

import msgspec

from .errors import Malformed
from .protocol import Request
from .transport import Wire

T = TypeVar("T")


class Listing(msgspec.Struct, Generic[T], gc=False):
    """One page of a list as it comes over the wire."""

    value: list[T]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


def decode(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """The body as the decoder's type, or Malformed."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"an answer of an unexpected shape: {type(error).__name__}") from error


async def pages(
    wire: Wire,
    first: Request,
    decoder: "msgspec.json.Decoder[Listing[T]]",
    key: Callable[[T], Hashable],
    *,
    most: int,
) -> AsyncIterator[tuple[list[T], bool]]:
    """What is new on each page, and whether it was the last; Malformed after `most` pages.

    The list ends without a nextLink, with a nextLink that was followed before, and with a page that shows only what
    earlier pages had: Graph has been seen to page for ever over the same events.
    """
    request, followed, seen = first, {first.url}, set[Hashable]()
    for _ in range(most):
        listing = decode(decoder, (await wire.read(request)).body)
        fresh = _unseen(listing.value, key, seen)
        link = listing.next_link
        if not link or link in followed or (listing.value and not fresh):
            yield fresh, True
            return
        yield fresh, False
        followed.add(link)
        request = replace(request, url=wire.service.follow(link))
    raise Malformed(f"a list of more than {most} pages")


def _unseen(items: list[T], key: Callable[[T], Hashable], seen: set[Hashable]) -> list[T]:
    fresh: list[T] = []
    for item in items:
        name = key(item)
        if name not in seen:
            seen.add(name)
            fresh.append(item)
    return fresh
