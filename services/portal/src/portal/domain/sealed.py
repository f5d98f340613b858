"""What an organisation keeps sealed, and how far the keys' rotation is."""

from dataclasses import dataclass, field

from .wire import Resource


@dataclass(frozen=True, slots=True)
class Sealed:
    """One organisation's envelopes: what proves the app, the one before it, the chat's address."""

    secret: bytes = field(repr=False)
    former: bytes | None = field(repr=False)
    chat_webhook: bytes | None = field(repr=False)


class KeyRotation(Resource):
    """The key that seals now, and how many organisations still have something that another one has sealed."""

    newest: str
    remaining: int
