"""The clientState of a subscription: sealed, so that nobody has to store it (design §4.3).

`v1.<key id>.<payload>.<mac>`: payload = base64url(room id, tenant id, client id, 8 random bytes), mac = the first
128 bits of HMAC-SHA256 over everything before it.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

MOST_CHARACTERS = 128  # the subscription page's limit (graph-notifications §0)
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,24}")
_PAYLOAD_BYTES = 56
_PAYLOAD_CHARACTERS = 75
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Opened:
    """What an authentic clientState says, and the key that sealed it."""

    room_id: UUID
    tenant_id: UUID
    client_id: UUID
    key_id: str


@dataclass(frozen=True, slots=True)
class ClientStateKeys:
    """The sealing keys by id: `first` seals, all open."""

    first: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "ClientStateKeys":
        """Read `id:base64,id:base64…`; ValueError says what is wrong and never repeats a key."""
        keys: dict[str, bytes] = {}
        for position, entry in enumerate(text.split(","), start=1):
            key_id, _, encoded = entry.strip().partition(":")
            if not _KEY_ID.fullmatch(key_id):
                raise ValueError(
                    f"key {position}: an id of 1 to 24 letters, digits, - or _ comes first"
                )
            try:
                key = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise ValueError(f"key {key_id}: not base64") from None
            if len(key) < 32:
                raise ValueError(f"key {key_id}: at least 32 bytes are needed")
            if key_id in keys:
                raise ValueError(f"key {key_id}: given twice")
            keys[key_id] = key
        return cls(next(iter(keys)), keys)


def seal(keys: ClientStateKeys, room_id: UUID, tenant_id: UUID, client_id: UUID) -> str:
    """A new clientState for this room under the first key, at most 128 characters, different each time."""
    payload = room_id.bytes + tenant_id.bytes + client_id.bytes + secrets.token_bytes(8)
    body = f"v1.{keys.first}.{_encode(payload)}"
    return f"{body}.{_mac(keys.keys[keys.first], body)}"


def open_state(keys: ClientStateKeys, text: str) -> Opened | None:
    """What the seal holds, or None for anything we did not seal; the comparison takes constant time."""
    if len(text) > MOST_CHARACTERS or not text.isascii():
        return None
    body, _, mac = text.rpartition(".")
    version, _, rest = body.partition(".")
    key_id, _, payload = rest.partition(".")
    key = keys.keys.get(key_id)
    if version != "v1" or key is None or not hmac.compare_digest(_mac(key, body), mac):
        return None
    if len(payload) != _PAYLOAD_CHARACTERS:
        return None
    content = base64.urlsafe_b64decode(payload + "=")
    if len(content) != _PAYLOAD_BYTES:
        return None
    return Opened(
        UUID(bytes=content[:16]), UUID(bytes=content[16:32]), UUID(bytes=content[32:48]), key_id
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _mac(key: bytes, body: str) -> str:
    return _encode(hmac.digest(key, body.encode("ascii"), "sha256")[:_MAC_BYTES])
