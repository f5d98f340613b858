"""Envelopes for secrets in rows: AES-256-GCM, bound to organisation, row, field and key.

A sealed value moved to another row or another organisation does not open (reliability F75).
"""

import base64
import binascii
import os
from collections.abc import Mapping
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import PgstoreError

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class SecretKeysInvalid(PgstoreError, ValueError):
    """The keys are not `id:base64,id:base64…` of 32 bytes each."""


class SecretUnreadable(PgstoreError):
    """No key opens it, or it was sealed for another place, or it is damaged: which one is not told."""


class SecretBox:
    """Seals with the first key, opens with all."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise SecretKeysInvalid("no key")
        for key_id, key in keys.items():
            if not key_id or not key_id.isascii() or len(key_id) > 64 or len(key) != _KEY_BYTES:
                raise SecretKeysInvalid(f"key {key_id!r} needs a short id and {_KEY_BYTES} bytes")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._sealing = next(iter(keys))

    @classmethod
    def parse(cls, text: str) -> "SecretBox":
        """Read `id:base64,id:base64…`; raises `SecretKeysInvalid` without repeating the key."""
        keys: dict[str, bytes] = {}
        for part in text.split(","):
            key_id, colon, encoded = part.strip().partition(":")
            if not colon or key_id in keys:
                raise SecretKeysInvalid("expected id:base64,id:base64… with different ids")
            try:
                keys[key_id] = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError) as error:
                raise SecretKeysInvalid(f"key {key_id!r} is not base64") from error
        return cls(keys)

    def seal(self, plain: str, *, organisation_id: UUID, row_id: UUID, field: str) -> bytes:
        """Encrypt for exactly this place."""
        key_id = self._sealing
        nonce = os.urandom(_NONCE_BYTES)
        bound = _bound(key_id, organisation_id, row_id, field)
        sealed = self._ciphers[key_id].encrypt(nonce, plain.encode(), bound)
        return _prefix(key_id) + nonce + sealed

    def open(self, sealed: bytes, *, organisation_id: UUID, row_id: UUID, field: str) -> str:
        """Decrypt what was sealed for this place; raises `SecretUnreadable`."""
        key_id, rest = _split(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SecretUnreadable(f"no key {key_id!r}")
        try:
            bound = _bound(key_id, organisation_id, row_id, field)
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound).decode()
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable(
                "sealed for another place, by another key, or damaged"
            ) from error

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return self._sealing

    @property
    def prefix(self) -> bytes:
        """How everything begins that the newest key has sealed."""
        return _prefix(self._sealing)


def _split(sealed: bytes) -> tuple[str, bytes]:
    if len(sealed) < 2 or sealed[:1] != _FORMAT or len(sealed) < 2 + sealed[1] + _NONCE_BYTES:
        raise SecretUnreadable("not an envelope of ours")
    end = 2 + sealed[1]
    return sealed[2:end].decode("ascii", "replace"), sealed[end:]


def _prefix(key_id: str) -> bytes:
    return _FORMAT + bytes([len(key_id)]) + key_id.encode()


def _bound(key_id: str, organisation_id: UUID, row_id: UUID, field: str) -> bytes:
    # Fixed-length parts first and the free text last: two places never share one string.
    return _prefix(key_id) + organisation_id.bytes + row_id.bytes + field.encode()
