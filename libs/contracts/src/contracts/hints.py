"""What the ingress tells the others: look at this event, look at this subscription (design §4.3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, TypeVar
from uuid import UUID

import msgspec

from .errors import Undecodable

MOST_ID_CHARACTERS: Final = 1024
MOST_HINTS: Final = 10_000

# Graph's ids and etags are printable ASCII; a NUL could not even be stored in Postgres.
GraphText = Annotated[
    str, msgspec.Meta(min_length=1, max_length=MOST_ID_CHARACTERS, pattern=r"^[ -~]+\Z")
]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


Base64 = Annotated[
    str, msgspec.Meta(min_length=4, max_length=16_384, pattern=r"^[A-Za-z0-9+/]+={0,2}\Z")
]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[ -~]+\Z")]


class Enclosure(msgspec.Struct, frozen=True):
    """The event's new state as Graph encrypted it for us; only a worker can open it (design §4.3)."""

    data: Base64
    key: Base64
    signature: Base64
    certificate: Name
    thumbprint: Name


class ChangeHint(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event of a room's mailbox may have changed; `received_at` is the ingress's clock.

    `enclosure`: it came from Graph beyond doubt, and with the event's new state. It may always be left unread.
    """

    room: UUID
    tenant: UUID
    event: GraphText
    etag: GraphText | None
    received_at: Instant
    enclosure: Enclosure | None = None


class LifecycleHint(msgspec.Struct, frozen=True):
    """Graph says something about a subscription; `event` is Graph's word for it."""

    room: UUID
    tenant: UUID
    subscription: GraphText
    event: GraphText
    received_at: Instant


_encoder: Final = msgspec.json.Encoder()
_changes: Final = msgspec.json.Decoder(list[ChangeHint])
_lifecycle: Final = msgspec.json.Decoder(list[LifecycleHint])

H = TypeVar("H", ChangeHint, LifecycleHint)


def encode_hint(hint: ChangeHint | LifecycleHint) -> bytes:
    """One JSON object."""
    return _encoder.encode(hint)


def join_hints(encoded: Sequence[bytes]) -> bytes:
    """The message body that carries these already encoded hints: a JSON array."""
    return b"[" + b",".join(encoded) + b"]"


def decode_changes(body: bytes) -> list[ChangeHint]:
    """The hints of one message of `graph.changes`; raises Undecodable."""
    return _decode(_changes, body)


def decode_lifecycle(body: bytes) -> list[LifecycleHint]:
    """The hints of one message of `graph.lifecycle`; raises Undecodable."""
    return _decode(_lifecycle, body)


def _decode(decoder: msgspec.json.Decoder[list[H]], body: bytes) -> list[H]:
    try:
        hints = decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"hints: {type(error).__name__}: {error}") from error
    if len(hints) > MOST_HINTS:
        raise Undecodable(f"hints: more than {MOST_HINTS}")
    return hints
