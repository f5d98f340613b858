"""The handshake by which Graph proves that we want its deliveries (graph-notifications §3)."""

from typing import Final
from urllib.parse import unquote_to_bytes

MOST_TOKEN_BYTES: Final = 4096


class TokenTooLong(Exception):
    """A validation token beyond 4 KiB."""


def validation_token(raw_query: str) -> bytes | None:
    """The decoded token byte for byte, None where there is none; raises TokenTooLong.

    `raw_query` is the query as it came; the parameter's name is compared without case.
    """
    for pair in raw_query.split("&"):
        name, _, value = pair.partition("=")
        if name.lower() == "validationtoken":
            token = unquote_to_bytes(value.replace("+", " "))
            if len(token) > MOST_TOKEN_BYTES:
                raise TokenTooLong
            return token
    return None
