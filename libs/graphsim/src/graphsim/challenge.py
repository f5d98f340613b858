"""The validation handshake of a notification URL (graph-notifications §3)."""

import asyncio
import ssl
from urllib.parse import quote, urlsplit

import aiohttp

from .wire import Refused

_PREFIX = "Subscription validation request failed."
_TRUST = "The underlying connection was closed: "


def check_url(url: object, *, allow_http: bool) -> str:
    """A usable notification URL; raises Refused with the texts of §2.6."""
    text = url if isinstance(url, str) else ""
    parts = urlsplit(text)
    if parts.scheme == "http" and not allow_http:
        raise Refused(400, "InvalidRequest", "NotificationUrl scheme='http' is not supported.")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused(400, "InvalidRequest", f"Invalid notification url='{text}'.")
    return text


async def challenge(session: aiohttp.ClientSession, url: str, token: str, seconds: float) -> None:
    """Asks the URL to echo the token; raises Refused as Graph does when it does not."""
    joint = "&" if urlsplit(url).query else "?"
    target = f"{url}{joint}validationToken={quote(token, safe='')}"
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    try:
        async with (
            asyncio.timeout(seconds),
            session.post(target, data=b"", headers=headers, allow_redirects=False) as answer,
        ):
            status, kind, body = answer.status, answer.content_type, await answer.read()
    except TimeoutError:
        raise Refused(
            400, "ValidationError", "Subscription validation request timed out."
        ) from None
    except (aiohttp.ClientConnectorCertificateError, ssl.SSLError):
        raise Refused(
            400,
            "InvalidRequest",
            f"{_TRUST}Could not establish trust relationship for the SSL/TLS secure channel.",
        ) from None
    except aiohttp.ClientError:
        raise Refused(
            400,
            "ValidationError",
            f"{_PREFIX} Notification endpoint must respond with 200 OK to validation request.",
        ) from None
    if status != 200:
        raise Refused(
            400,
            "ValidationError",
            f"{_PREFIX} HTTP status code is '{status}'. Notification endpoint must respond with "
            "200 OK to validation request.",
        )
    if body != token.encode() or kind != "text/plain":
        raise Refused(
            400,
            "ValidationError",
            f"{_PREFIX} Response must exactly match validationToken query parameter.",
        )
