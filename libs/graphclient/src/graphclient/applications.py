"""The app registration in the tenant's directory, for what ends when (graph-calendar §6.1)."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

import msgspec

from .certificate import Certificate, is_certificate
from .models import Instant
from .paging import Listing, decode
from .protocol import Request, literal
from .transport import Wire

_SELECT = "id,appId,passwordCredentials,keyCredentials"
_HINT_LETTERS = 3


class PasswordCredential(msgspec.Struct, frozen=True, rename="camel"):
    """A client secret without its value; `hint` is its beginning."""

    end_date_time: Instant | None = None
    hint: str | None = None


class KeyCredential(msgspec.Struct, frozen=True, rename="camel"):
    """A certificate; `custom_key_identifier` is its SHA-1 thumbprint, in base64 or in hex."""

    end_date_time: Instant | None = None
    custom_key_identifier: str | None = None


class Application(msgspec.Struct, frozen=True, rename="camel"):
    """An app registration as far as its credentials go."""

    app_id: UUID
    password_credentials: list[PasswordCredential] = []
    key_credentials: list[KeyCredential] = []

    def expiry(self, secret: str) -> datetime | None:
        """When this secret ends: the earliest of those that look like it; None if none does."""
        if is_certificate(secret):
            thumbprint = Certificate.read(secret).thumbprint
            ends = [
                each.end_date_time
                for each in self.key_credentials
                if _thumbprint(each.custom_key_identifier) == thumbprint
            ]
        else:
            hint = secret[:_HINT_LETTERS]
            ends = [each.end_date_time for each in self.password_credentials if each.hint == hint]
        return min((end for end in ends if end is not None), default=None)


_applications = msgspec.json.Decoder(Listing[Application])


async def application(wire: Wire, client_id: UUID) -> Application | None:
    """The registration of this app; None where it is registered in another tenant. Raises Forbidden."""
    same = f"appId eq {literal(str(client_id))}"
    url = wire.service.url("applications", _filter=same, _select=_SELECT)
    found = decode(_applications, (await wire.read(Request("GET", url))).body).value
    return next((each for each in found if each.app_id == client_id), None)


def _thumbprint(identifier: str | None) -> str | None:
    if identifier is None or len(identifier) == 40:
        return identifier and identifier.upper()
    try:
        return base64.b64decode(identifier, validate=True).hex().upper()
    except (binascii.Error, ValueError):
        return None
