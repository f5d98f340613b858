"""Access tokens in the shape of Entra's for Graph (graph-calendar §7.2), signed with our own keys."""

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import jwt

from .applications import REGISTERED, App, base64url
from .keys import Keys
from .tenants import Tenant
from .wire import Principal, Refused

GRAPH = "https://graph.microsoft.com"
GRAPH_ID = "00000003-0000-0000-c000-000000000000"
GRAPHS = frozenset({GRAPH, GRAPH_ID})
_CACHE = 10_000


class Tokens:
    """Issues and reads tokens; those of the same key files stay good over a restart."""

    def __init__(self, key_file: Path | None, seconds: int) -> None:
        self.keys = Keys(key_file)
        self.seconds = seconds
        self._read: dict[str, Principal] = {}

    def issue(
        self, tenant: Tenant, app: App, audience: str, how: str, now: datetime, chance: Random
    ) -> str:
        """A token of the app for a resource, without `roles` where nothing was consented.

        `how` is `1` after a secret and `2` after a certificate.
        """
        principal = str(tenant.principal_id(app.client_id))
        claims: dict[str, Any] = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant.id}/",
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.seconds)).timestamp()),
            "aio": base64url(chance.randbytes(24)),
            "app_displayname": app.name,
            "appid": str(app.client_id),
            "appidacr": how,
            "idp": f"https://sts.windows.net/{tenant.id}/",
            "idtyp": "app",
            "oid": principal,
            "rh": f"0.{base64url(chance.randbytes(24))}.",
            "sub": principal,
            "tenant_region_scope": "EU",
            "tid": str(tenant.id),
            "uti": base64url(chance.randbytes(16)),
            "ver": "1.0",
            "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
            "xms_tcdt": int(REGISTERED.timestamp()),
        }
        if audience not in GRAPHS:
            return self.sign(tenant, claims)
        if app.roles:
            claims["roles"] = list(app.roles)
        nonce = base64url(chance.randbytes(32))
        return _with_nonce(self.sign(tenant, claims, nonce=_digest(nonce)), nonce)

    def sign(self, tenant: Tenant, claims: Mapping[str, Any], **header: str) -> str:
        """The claims as a JWT under the key that the tenant's tokens have now."""
        key = self.keys.after(tenant.key_turns)
        named = {"kid": key.id, "x5t": key.id, **header}
        return jwt.encode(dict(claims), key.private, algorithm="RS256", headers=named)

    def read(self, authorization: str, now: datetime) -> Principal:
        """The caller of an Authorization header; raises Refused with the bodies of §2.8."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _refused("Access token is empty.")
        principal = self._read.get(token)
        if principal is None:
            principal = self._decoded(token)
            if len(self._read) >= _CACHE:
                self._read.clear()
            self._read[token] = principal
        if now >= principal.expires:
            raise _refused("Lifetime validation failed, the token is expired.")
        return principal

    def jwks(self, turns: int, issuer: str) -> dict[str, object]:
        """The public keys as Entra's key endpoint shows them (§7.3), after so many turns."""
        return {"keys": [one.shown(issuer) for one in self.keys.published(turns)]}

    def _decoded(self, token: str) -> Principal:
        try:
            header = jwt.get_unverified_header(token)
            key = self.keys.named(str(header.get("kid")))
            if key is None:
                raise _refused("Access token validation failure.")
            nonce = header.get("nonce")
            claims = jwt.decode(
                _with_nonce(token, _digest(nonce)) if nonce else token,
                key.public,
                algorithms=["RS256"],
                audience=GRAPHS,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            return Principal(
                UUID(claims["tid"]),
                UUID(claims["appid"]),
                frozenset(claims.get("roles", ())),
                datetime.fromtimestamp(claims["exp"]).astimezone(),
            )
        except jwt.InvalidAudienceError:
            raise _refused("Access token validation failure. Invalid audience.") from None
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
            raise _refused("Access token validation failure.") from None
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            dots = "there are no dots (.)." if "." not in token else "its parts cannot be read."
            raise _refused(f"IDX14100: JWT is not well formed, {dots}") from None


def _with_nonce(token: str, nonce: str) -> str:
    header, _, rest = token.partition(".")
    named = {**json.loads(urlsafe_b64decode(header + "==")), "nonce": nonce}
    return f"{base64url(json.dumps(named, separators=(',', ':')).encode())}.{rest}"


def _digest(nonce: str) -> str:
    # Graph signs the nonce's hash: who is no Graph cannot verify the signature, nor should (§7.2).
    return base64url(hashlib.sha256(nonce.encode()).digest())


def _refused(message: str) -> Refused:
    return Refused(401, "InvalidAuthenticationToken", message)
