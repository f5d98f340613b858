"""Who signed in: an id token of Entra's, checked against what was asked for (id-token-claims-reference [doc]). Pure."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import jwt

from .publisher import SIGNATURE_ONLY, KeySet, guid, seconds

SHARED: Final = frozenset({"organizations", "common"})
"""What stands in an issuer for the tenant where people of any may sign in."""

_LEEWAY_SECONDS = 120.0
_MOST_CHARACTERS = 320


class NotProven(Exception):
    """The token does not prove who signed in here; the text names the check, never a value."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as Microsoft knows them: `issuer` and `subject` for ever, the names as they are today."""

    issuer: str
    subject: str
    tenant_id: UUID
    preferred_username: str = field(repr=False)
    name: str = field(repr=False)


def check_issuer(text: str, entra_url: str) -> None:
    """Return if people can sign in through this issuer; else ValueError says how it must look.

    It must be of the very Entra whose tenants organisations connect, or equal tenant ids would mean nothing.
    """
    parts, entra = urlsplit(text), urlsplit(entra_url)
    name, _, rest = parts.path.removeprefix("/").partition("/")
    if (parts.scheme, parts.netloc) != ("https", entra.netloc) or parts.query or parts.fragment:
        raise ValueError(f"must be an address below {entra_url.rstrip('/')}")
    if rest != "v2.0" or (name not in SHARED and guid(name) is None):
        raise ValueError(
            f"must be {entra_url.rstrip('/')}/organizations/v2.0, or have a tenant id in place of organizations"
        )


def key_id_of(token: str) -> str:
    """Which key the token says it is signed with; raises NotProven for what is no such token."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise NotProven("form") from error
    key_id = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(key_id, str):
        raise NotProven("algorithm")
    return key_id


def identity(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now: datetime
) -> Identity:
    """Whom the token names, if Entra made it for this client and this very sign-in; raises NotProven."""
    key = keys.keys.get(key_id_of(token))
    if key is None:
        raise NotProven("key")
    try:
        claims = jwt.decode(token, key, algorithms=["RS256"], options=SIGNATURE_ONLY)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise NotProven("signature") from error
    _check_times(claims, now)
    tenant = guid(claims.get("tid"))
    if claims.get("ver") != "2.0" or tenant is None:
        raise NotProven("version or tenant")
    if claims.get("iss") != issuer_of(issuer, tenant):
        raise NotProven("issuer")
    if claims.get("aud") != client_id:
        raise NotProven("audience")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise NotProven("nonce")
    subject = _text(claims, "sub")
    if not subject:
        raise NotProven("subject")
    return Identity(
        str(claims["iss"]),
        subject,
        tenant,
        _text(claims, "preferred_username"),
        _text(claims, "name"),
    )


def issuer_of(issuer: str, tenant: UUID) -> str:
    """The issuer of a tenant's tokens where this one stands for all, else itself."""
    for name in SHARED:
        if urlsplit(issuer).path == f"/{name}/v2.0":
            return issuer.removesuffix(f"{name}/v2.0") + f"{tenant}/v2.0"
    return issuer


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    begins, ends = seconds(claims.get("nbf")), seconds(claims.get("exp"))
    if begins is None or ends is None:
        raise NotProven("times")
    if not begins - _LEEWAY_SECONDS <= now.timestamp() < ends + _LEEWAY_SECONDS:
        raise NotProven("times")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or len(value) > _MOST_CHARACTERS or not value.isprintable():
        return ""
    return value
