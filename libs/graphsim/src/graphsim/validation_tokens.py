"""`validationTokens` beside rich items: one JWT per app and tenant, and how they can be wrong."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import jwt
import msgspec

from .defects import Defects, Kind
from .options import Options
from .publisher_keys import ISSUERS, PublisherKey, PublisherKeys
from .subscriptions import Letter

PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
"""Microsoft Graph Change Tracking (§0)."""

_STRANGER = "5ad01234-0000-4000-8000-000000000bad"
_EARLY = timedelta(minutes=5)
_LIFETIMES = {"1.0": timedelta(hours=8), "2.0": timedelta(hours=24)}
_PUBLISHER_CLAIM = {"1.0": "appid", "2.0": "azp"}

Claims = dict[str, Any]


class ValidationTokens:
    """Mints what tells a receiver that Graph itself sends rich items."""

    def __init__(self, options: Options, keys: PublisherKeys, defects: Defects) -> None:
        self._options = options
        self._keys = keys
        self._defects = defects
        self._stranger: PublisherKey | None = None

    def beside(self, letters: Sequence[Letter], now: datetime) -> dict[str, object]:
        """The envelope's member, empty where no item is rich."""
        if not any("encryptedContent" in one.item for one in letters):
            return {}
        subscriptions = [one.subscription for one in letters]
        for tenant in dict.fromkeys(one.tenant for one in subscriptions):
            match self._defects.first(("tokens_absent", "tokens_null", "tokens_empty"), tenant):
                case "tokens_absent":
                    return {}
                case "tokens_null":
                    return {"validationTokens": None}
                case "tokens_empty":
                    return {"validationTokens": []}
                case _:
                    pass
        owners = dict.fromkeys((one.tenant, one.token_audience) for one in subscriptions)
        tokens: list[str] = []
        for tenant, audience in owners:
            if self._defects.first(("token_left_out",), tenant):
                continue
            tokens.append(self._token(tenant, audience, now))
            if self._defects.first(("token_extra_bad",), tenant):
                tokens.append(_unsigned(self._claims(tenant, audience, now)))
        return {"validationTokens": tokens}

    def _token(self, tenant: UUID, audience: str, now: datetime) -> str:
        claims = self._claims(tenant, audience, now)
        key = self._keys.current()
        kind = self._defects.first((*_SPOILED, *_MISSIGNED), tenant)
        if kind is not None and kind in _SPOILED:
            _SPOILED[kind](claims)
        match kind:
            case "token_unknown_key":
                return self._unpublished().sign(claims)
            case "token_bad_signature":
                return self._unpublished().sign(claims, key.id)
            case "token_unsigned":
                return _unsigned(claims)
            case "token_hs256":
                return _by_public_key(claims, key)
            case _:
                return key.sign(claims)

    def _claims(self, tenant: UUID, audience: str, now: datetime) -> Claims:
        version = self._options.validation_token_version
        begins = int((now - _EARLY).timestamp())
        service = str(uuid5(tenant, PUBLISHER))
        return {
            "aud": audience,
            "iss": _issuer(version, tenant),
            "iat": begins,
            "nbf": begins,
            "exp": int((now + _LIFETIMES[version]).timestamp()),
            _PUBLISHER_CLAIM[version]: PUBLISHER,
            _PUBLISHER_CLAIM[version] + "acr": "2",
            "oid": service,
            "sub": service,
            "tid": str(tenant),
            "ver": version,
        }

    def _unpublished(self) -> PublisherKey:
        self._stranger = self._stranger or PublisherKey()
        return self._stranger


def _issuer(version: str, tenant: object) -> str:
    return ISSUERS[version].replace("{tenantid}", str(tenant))


def _wrong_publisher(claims: Claims) -> None:
    claims[_PUBLISHER_CLAIM[claims["ver"]]] = _STRANGER


def _no_publisher(claims: Claims) -> None:
    del claims[_PUBLISHER_CLAIM[claims["ver"]]]


def _foreign_tenant(claims: Claims) -> None:
    claims |= {"tid": _STRANGER, "iss": _issuer(claims["ver"], _STRANGER)}


def _expired(claims: Claims) -> None:
    _shift(claims, -3 * 24 * 3600)


def _not_yet_valid(claims: Claims) -> None:
    _shift(claims, 24 * 3600)


def _shift(claims: Claims, seconds: int) -> None:
    claims.update({name: claims[name] + seconds for name in ("iat", "nbf", "exp")})


_SPOILED: Mapping[Kind, Callable[[Claims], None]] = {
    "token_wrong_audience": lambda claims: claims.update(aud=_STRANGER),
    "token_wrong_publisher": _wrong_publisher,
    "token_no_publisher": _no_publisher,
    "token_wrong_issuer": lambda claims: claims.update(iss=f"https://sts.example/{claims['tid']}/"),
    "token_foreign_tenant": _foreign_tenant,
    "token_tenant_differs": lambda claims: claims.update(tid=_STRANGER),
    "token_expired": _expired,
    "token_not_yet_valid": _not_yet_valid,
}
_MISSIGNED: tuple[Kind, ...] = (
    "token_unknown_key",
    "token_bad_signature",
    "token_unsigned",
    "token_hs256",
)


def _unsigned(claims: Claims) -> str:
    return jwt.encode(claims, "", algorithm="none")


def _by_public_key(claims: Claims, key: PublisherKey) -> str:
    # By hand: PyJWT refuses, as it should, a public key as an HMAC secret.
    header = {"typ": "JWT", "alg": "HS256", "kid": key.id}
    text = b".".join(_part(msgspec.json.encode(one)) for one in (header, claims))
    signature = hmac.new(key.public_pem(), text, hashlib.sha256).digest()
    return b".".join((text, _part(signature))).decode()


def _part(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
