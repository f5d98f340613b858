"""Ids and etags as Exchange makes them: opaque, case-sensitive, long, different per mailbox."""

from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b, sha512
from uuid import UUID

# The visible beginnings of real ids: AAMkA… (regular, with / and +) and AAkALg… (immutable).
_REGULAR = b"\x00\x03\x24\x00\x38"
_IMMUTABLE = b"\x00\x09\x00\x2e\x00"
_FREE_BITS = ~(0xF000 << 64 | 0xC000 << 48)
_VERSION_4 = 0x4000 << 64 | 0x8000 << 48


@dataclass(frozen=True, slots=True)
class Ref:
    """What an id stands for: an item of a mailbox, or one occurrence of a series."""

    key: int
    day: date | None = None
    generation: int = 0


class IdMint:
    """Makes and reads the ids of one mailbox; the same seed makes the same ids."""

    __slots__ = ("_etag", "_mask", "_prefix")

    def __init__(self, seed: int, mailbox: UUID) -> None:
        origin = sha512(seed.to_bytes(8, "big", signed=True) + mailbox.bytes).digest()
        self._prefix, self._mask = origin[:50], int.from_bytes(origin[50:], "big")
        self._etag = b"\x0f\x00\x00\x00\x16\x00\x00\x00" + origin[:8]

    def regular(self, ref: Ref) -> str:
        """The default id form, which may contain `/`, `+` and `=` (graph-calendar §1.2)."""
        return _encode(self._prefix, self._mask, ref, immutable=False)

    def immutable(self, ref: Ref) -> str:
        """The form of `Prefer: IdType="ImmutableId"`; it forgets the generation."""
        return _encode(self._prefix, self._mask, ref, immutable=True)

    def regular_container(self) -> str:
        """The calendar's own id, constant and with no immutable form (§1.2)."""
        return b64encode(_REGULAR + self._prefix).decode()

    def regular_group(self) -> str:
        """The id of the calendar's group, likewise."""
        return b64encode(_REGULAR + self._prefix[::-1]).decode()

    def etag(self, change: int) -> str:
        """The etag of a change number of this mailbox."""
        return _etag(self._etag, change)

    def read(self, text: str) -> tuple[Ref, bool] | None:
        """What an id of this mailbox stands for and whether it is immutable; None for any other."""
        return _decode(self._prefix, self._mask, text)


@lru_cache(maxsize=65_536)
def guid(text: str) -> UUID:
    """The GUID that a text spells; ValueError where it spells none."""
    return UUID(text)


def random_guid(bits: int) -> str:
    """The text of `UUID(int=bits, version=4)`: every call gets one, and that way takes five times as long."""
    whole = f"{bits & _FREE_BITS | _VERSION_4:032x}"
    return f"{whole[:8]}-{whole[8:12]}-{whole[12:16]}-{whole[16:20]}-{whole[20:]}"


@lru_cache(maxsize=65_536)
def _encode(prefix: bytes, mask: int, ref: Ref, *, immutable: bool) -> str:
    generation = 0 if immutable else ref.generation
    day = ref.day.toordinal() if ref.day else 0
    number = (ref.key << 48) | (day << 16) | generation
    # Masked so that nothing can be read from an id; neighbours still differ in few characters.
    payload = (number ^ mask).to_bytes(14, "big")
    body = (_IMMUTABLE if immutable else _REGULAR) + prefix + payload
    whole = body + _check(body)
    return (urlsafe_b64encode(whole) if immutable else b64encode(whole)).decode()


@lru_cache(maxsize=65_536)
def _decode(prefix: bytes, mask: int, text: str) -> tuple[Ref, bool] | None:
    immutable = text.startswith("AAkALg")
    try:
        whole = urlsafe_b64decode(text) if immutable else b64decode(text, validate=True)
    except ValueError:
        return None
    body, check = whole[:-4], whole[-4:]
    if len(body) != 69 or check != _check(body) or body[5:55] != prefix:
        return None
    number = int.from_bytes(body[55:], "big") ^ mask
    day = (number >> 16) & 0xFFFFFFFF
    found = Ref(number >> 48, date.fromordinal(day) if day else None, number & 0xFFFF)
    return found, immutable


def _check(body: bytes) -> bytes:
    return blake2b(body, digest_size=4).digest()


@lru_cache(maxsize=65_536)
def _etag(prefix: bytes, change: int) -> str:
    return f'W/"{b64encode(prefix + change.to_bytes(6, "big")).decode()}"'
