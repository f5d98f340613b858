"""Proof that a request with our cookie comes from our own page: a token derived from the session, masked anew each time."""

import base64
import hashlib
import hmac

_BYTES = 32


def csrf_token(session: str, mask: bytes) -> str:
    """Return the token for a page; `mask` is 32 fresh random bytes, so that compression tells nothing about it."""
    masked = bytes(a ^ b for a, b in zip(_proof(session), mask, strict=True))
    return base64.urlsafe_b64encode(mask + masked).decode()


def csrf_holds(session: str, token: str) -> bool:
    """Whether the token was made for this session."""
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except (ValueError, UnicodeEncodeError):
        return False
    if len(raw) != 2 * _BYTES:
        return False
    unmasked = bytes(a ^ b for a, b in zip(raw[:_BYTES], raw[_BYTES:], strict=True))
    return hmac.compare_digest(unmasked, _proof(session))


def _proof(session: str) -> bytes:
    return hmac.digest(session.encode("utf-8", "surrogateescape"), b"csrf", hashlib.sha256)
