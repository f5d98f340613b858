"""The validation handshake of a notification URL (graph-notifications §3)."""

import ssl
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import aiohttp

from .courier import Courier
from .options import Options
from .wire import Refused

_FAILED = "Subscription validation request failed."
_MUST = "Notification endpoint must respond with 200 OK to validation request."
_CLOSED = "The underlying connection was closed:"


class Challenge:
    """Asks a URL to echo a token before it may get notifications."""

    def __init__(self, options: Options, courier: Courier) -> None:
        self._options = options
        self._courier = courier

    def url(self, given: object) -> str:
        """A usable notification URL; raises Refused with the texts of §2.6."""
        text = given if isinstance(given, str) else ""
        parts = urlsplit(text)
        if parts.scheme == "http" and not self._options.allow_http:
            raise _invalid("NotificationUrl scheme='http' is not supported.")
        if parts.scheme not in {"http", "https"} or not parts.hostname or not text.isascii():
            raise _invalid(f"Invalid notification url='{text}'.")
        return text

    async def pass_by(self, url: str, request_id: str) -> None:
        """Returns once the URL has echoed its token; raises Refused as Graph does otherwise."""
        options = self._options
        token = options.challenge_text.replace("{id}", request_id)
        joint = "&" if urlsplit(url).query else "?"
        value = quote(token, safe="").replace("%20", options.validation_spaces)
        target = f"{url}{joint}{options.validation_parameter}={value}"
        try:
            reply = await self._courier.post(target, "text/plain", b"", options.validation_seconds)
        except TimeoutError:
            raise self._failed("Subscription validation request timed out.") from None
        except (aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError):
            raise _invalid(
                f"{_CLOSED} Could not establish trust relationship for the SSL/TLS secure channel."
            ) from None
        except (aiohttp.ClientConnectorSSLError, ssl.SSLError):
            # The endings of this text vary (§2.6); this one is .NET's for a failed handshake.
            raise _invalid(f"{_CLOSED} An unexpected error occurred on a send.") from None
        except aiohttp.ClientError:
            raise self._failed(f"{_FAILED} {_MUST}") from None
        if reply.status != 200:
            name = _status_name(reply.status)
            raise self._failed(f"{_FAILED} HTTP status code is '{name}'. {_MUST}")
        if reply.body != token.encode() or reply.kind != "text/plain":
            raise self._failed(
                f"{_FAILED} Response must exactly match validationToken query parameter."
            )

    def _failed(self, message: str) -> Refused:
        return Refused(400, self._options.validation_error, message)


def _status_name(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.replace(" ", "").replace("-", "")
    except ValueError:
        return str(status)


def _invalid(message: str) -> Refused:
    return Refused(400, "InvalidRequest", message)
