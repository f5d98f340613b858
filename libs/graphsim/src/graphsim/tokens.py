"""Access tokens in the shape of Entra's for Graph (graph-calendar §7.2), signed with our own key."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .tenants import App, Tenant
from .wire import Principal, Refused

_GRAPH = "https://graph.microsoft.com"
_CACHE = 10_000


class Tokens:
    """Issues and reads tokens; those of the same key file stay good over a restart."""

    def __init__(self, key_file: Path | None, seconds: int) -> None:
        self._key = _key(key_file)
        self.seconds = seconds
        public = self._key.public_key()
        der = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.key_id = urlsafe_b64encode(hashlib.sha256(der).digest()[:20]).decode().rstrip("=")
        self._public = public
        self._read: dict[str, Principal] = {}

    def issue(self, tenant: Tenant, app: App, now: datetime) -> str:
        """A token of the app for Graph, without `roles` where nothing was consented."""
        claims: dict[str, Any] = {
            "aud": _GRAPH,
            "iss": f"https://sts.windows.net/{tenant.id}/",
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.seconds)).timestamp()),
            "appid": str(app.client_id),
            "app_displayname": app.name,
            "appidacr": "1",
            "idtyp": "app",
            "oid": str(uuid5(tenant.id, str(app.client_id))),
            "sub": str(uuid5(tenant.id, str(app.client_id))),
            "tid": str(tenant.id),
            "ver": "1.0",
        }
        if app.roles:
            claims["roles"] = list(app.roles)
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.key_id})

    def read(self, authorization: str, now: datetime) -> Principal:
        """The caller of an Authorization header; raises Refused with the bodies of §2.8."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "InvalidAuthenticationToken", "Access token is empty.")
        principal = self._read.get(token)
        if principal is None:
            principal = self._decoded(token)
            if len(self._read) >= _CACHE:
                self._read.clear()
            self._read[token] = principal
        if now >= principal.expires:
            raise Refused(
                401,
                "InvalidAuthenticationToken",
                "Lifetime validation failed, the token is expired.",
            )
        return principal

    def jwks(self) -> dict[str, object]:
        """The public key as Entra's key endpoint shows it (§7.3)."""
        numbers = self._public.public_numbers()
        return {
            "keys": [
                {
                    "kty": "RSA",
                    "use": "sig",
                    "alg": "RS256",
                    "kid": self.key_id,
                    "x5t": self.key_id,
                    "n": _number(numbers.n),
                    "e": _number(numbers.e),
                }
            ]
        }

    def _decoded(self, token: str) -> Principal:
        try:
            claims = jwt.decode(
                token,
                self._public,
                algorithms=["RS256"],
                audience=_GRAPH,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            return Principal(
                UUID(claims["tid"]),
                UUID(claims["appid"]),
                frozenset(claims.get("roles", ())),
                datetime.fromtimestamp(claims["exp"]).astimezone(),
            )
        except (jwt.PyJWTError, KeyError, ValueError):
            raise Refused(
                401,
                "InvalidAuthenticationToken",
                "IDX14100: JWT is not well formed or its signature is not valid.",
            ) from None


def _key(file: Path | None) -> rsa.RSAPrivateKey:
    if file is not None and file.exists():
        loaded = serialization.load_pem_private_key(file.read_bytes(), None)
        if isinstance(loaded, rsa.RSAPrivateKey):
            return loaded
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if file is not None:
        file.write_bytes(
            made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        file.chmod(0o600)
    return made


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return urlsafe_b64encode(raw).decode().rstrip("=")
