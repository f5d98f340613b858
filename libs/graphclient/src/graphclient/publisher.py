"""Whether Graph itself sent what it encrypted: the validation tokens beside rich items (graph-notifications §5.3). Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Self, TypeAlias
from uuid import UUID

import jwt
import msgspec
from jwt.types import Options

Version: TypeAlias = Literal["1.0", "2.0"]

PUBLISHER: Final = "0bf30f3b-4a52-48df-9a82-234910c4a086"
"""Microsoft Graph Change Tracking: `appid` of a v1 token, `azp` of a v2 one."""

_LEEWAY_SECONDS = 60.0
_MOST_KEYS = 100
_KEY_BITS = range(2048, 8193)
_TENANT = "{tenantid}"
_CALLER: Final[Mapping[Version, str]] = {"1.0": "appid", "2.0": "azp"}
SIGNATURE_ONLY: Final[Options] = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
}
"""The other checks are ours, against the tenant's issuer and our own clock."""


class KeysUnusable(Exception):
    """What Entra answered is no discovery document or key set."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """Entra's signing keys by id, and the issuer of their tokens, `{tenantid}` standing for the tenant."""

    issuer: str
    keys: Mapping[str, jwt.PyJWK]

    @classmethod
    def read(cls, issuer: str, body: bytes) -> Self:
        """The keys of a JWKS that are fit for RS256; raises KeysUnusable where there is none."""
        try:
            entries = msgspec.json.decode(body, type=_Jwks).keys
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise KeysUnusable("no key set") from error
        keys: dict[str, jwt.PyJWK] = {}
        for entry in entries:
            # Those of v2 say whose tokens they sign: of personal accounts, for one, no organisation's.
            if entry.issuer in {None, issuer} and entry.kid not in keys:
                key = entry.key()
                if key is not None:
                    keys[entry.kid] = key
        if not keys:
            raise KeysUnusable("no key for RS256")
        return cls(issuer, keys)


class _Jwk(msgspec.Struct):
    kty: str
    kid: str
    n: str = ""
    e: str = ""
    use: str = "sig"
    issuer: str | None = None

    def key(self) -> jwt.PyJWK | None:
        if self.kty != "RSA" or self.use != "sig":
            return None
        try:
            key = jwt.PyJWK({"kty": "RSA", "n": self.n, "e": self.e}, "RS256")
        except (jwt.PyJWTError, ValueError):
            return None
        return key if key.key.key_size in _KEY_BITS else None


class _Jwks(msgspec.Struct):
    keys: list[_Jwk]


@dataclass(frozen=True, slots=True)
class Named:
    """What a token says of itself before anything of it is checked: where to look for its key."""

    text: str
    version: Version
    key_id: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a delivery's tokens prove: `false` if Graph sent no such thing, else for which (tenant, app) they speak."""

    false: bool = False
    proven: frozenset[tuple[UUID, UUID]] = frozenset()


FALSE: Final = Judgement(false=True)
NOTHING: Final = Judgement()
"""Nothing is proven, and nothing false."""


def named(token: str) -> Named | None:
    """Where the token's key is to be looked for; None for what can be no token of Graph's."""
    try:
        found = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    header, claims = found["header"], found["payload"]
    key_id, version = header.get("kid"), claims.get("ver")
    if header.get("alg") != "RS256" or not isinstance(key_id, str) or version not in _CALLER:
        return None
    return Named(token, version, key_id)


def judged(
    tokens: Sequence[Named], sets: Mapping[Version, KeySet | None], now: datetime
) -> Judgement:
    """What these tokens prove together: one false one condemns the delivery, one that proves nothing does not.

    A token proves nothing while its key is not at hand, or outside its time: only the content goes unused then.
    """
    proven: set[tuple[UUID, UUID]] = set()
    for token in tokens:
        keys = sets.get(token.version)
        key = keys.keys.get(token.key_id) if keys is not None else None
        if keys is None or key is None:
            continue
        pair = _checked(token, key, keys.issuer, now)
        if pair is False:
            return FALSE
        if pair is not None:
            proven.add(pair)
    return Judgement(proven=frozenset(proven))


def lacking(tokens: Iterable[Named], sets: Mapping[Version, KeySet | None]) -> set[Version]:
    """The versions whose key set does not have some token's key."""
    found: set[Version] = set()
    for token in tokens:
        keys = sets.get(token.version)
        if keys is None or token.key_id not in keys.keys:
            found.add(token.version)
    return found


def _checked(
    token: Named, key: jwt.PyJWK, issuer: str, now: datetime
) -> tuple[UUID, UUID] | Literal[False] | None:
    """The tenant and app it speaks for, False if Graph made no such token, None outside its time."""
    try:
        claims = jwt.decode(token.text, key, algorithms=["RS256"], options=SIGNATURE_ONLY)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False
    tenant, app = guid(claims.get("tid")), guid(claims.get("aud"))
    begins, ends = seconds(claims.get("nbf")), seconds(claims.get("exp"))
    if tenant is None or app is None or begins is None or ends is None:
        return False
    if claims.get("ver") != token.version or claims.get("iss") != issuer.replace(
        _TENANT, str(tenant)
    ):
        return False
    if claims.get(_CALLER[token.version]) != PUBLISHER:
        return False
    at = now.timestamp()
    if not begins - _LEEWAY_SECONDS <= at < ends + _LEEWAY_SECONDS:
        return None
    return tenant, app


def guid(value: object) -> UUID | None:
    """A bare GUID in Entra's spelling, nothing else that UUID() would read."""
    try:
        found = UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and str(found) == value else None


def seconds(value: object) -> float | None:
    """A finite number of seconds, as times are in a token."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
