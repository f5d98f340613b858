"""The keys behind `validationTokens`, published and rotated as Entra's common keys are (§5.3)."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from .clock import Clock
from .faults import Fault, Faults
from .wire import Answer, Call

ISSUERS = {
    "1.0": "https://sts.windows.net/{tenantid}/",
    "2.0": "https://login.microsoftonline.com/{tenantid}/v2.0",
}
"""The issuer per token version, as the documents of discovery write it."""


class PublisherKey:
    """One signing key."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        der = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.id = urlsafe_b64encode(hashlib.sha256(der).digest()[:20]).decode().rstrip("=")

    def sign(self, claims: dict[str, object], key_id: str | None = None) -> str:
        """A JWT of the claims; its header names this key or the one of `key_id`."""
        headers = {"kid": key_id or self.id}
        return jwt.encode(claims, self.private, algorithm="RS256", headers=headers)

    def public_pem(self) -> bytes:
        """What a client that takes the algorithm from the header would use as an HMAC secret."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def shown(self, version: str) -> dict[str, object]:
        """As a key set shows it; those of v2 name their issuer."""
        number = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        entry = {"kty": "RSA", "use": "sig", "kid": self.id, "x5t": self.id}
        issuer = {"issuer": ISSUERS["2.0"]} if version == "2.0" else {}
        return {**entry, "n": number["n"], "e": number["e"], **issuer}


class PublisherKeys:
    """The current key and those still published; rotates by itself on the simulator's clock."""

    def __init__(self, clock: Clock, faults: Faults, rotation_hours: float) -> None:
        self._clock = clock
        self._faults = faults
        self._every = timedelta(hours=rotation_hours)
        self._published: list[PublisherKey] = []
        self._since = clock.now()
        self.rotations = 0
        self.reads = 0

    def current(self) -> PublisherKey:
        """The key that signs now; made when it is first needed, for it takes a moment."""
        now = self._clock.now()
        if not self._published:
            self._published.append(PublisherKey())
            self._since = now
        elif now - self._since >= self._every:
            self.rotate(withdraw=False)
        return self._published[-1]

    def rotate(self, *, withdraw: bool) -> str:
        """Signs with a new key from now on; the one before stays published unless withdrawn."""
        self.rotations += 1
        self._since = self._clock.now()
        kept = [] if withdraw else self._published[-1:]
        self._published = [*kept, PublisherKey()]
        return self._published[-1].id

    def report(self) -> dict[str, int]:
        """How often the keys were read and rotated."""
        return {"reads": self.reads, "rotations": self.rotations}

    def serves(self, call: Call) -> bool:
        """Whether a call is for the discovery or the keys of all tenants."""
        return call.method == "GET" and _tail(call) in _DOCUMENTS

    async def handle(self, call: Call, struck: Callable[[Fault], Answer]) -> Answer:
        """Answers a call that it serves, or with the `struck` answer of a fault in its way."""
        return await self._faults.answered(call, lambda: self._document(call), struck)

    def _document(self, call: Call) -> Answer:
        version, keys = _DOCUMENTS[_tail(call)]
        if keys:
            self.reads += 1
            self.current()
            return Answer(200, {"keys": [one.shown(version) for one in self._published]})
        folder = "discovery/v2.0/keys" if version == "2.0" else "discovery/keys"
        return Answer(
            200,
            {
                "issuer": ISSUERS[version],
                "jwks_uri": f"{call.origin}/common/{folder}",
                "token_endpoint": f"{call.origin}/common/oauth2/v2.0/token",
                "authorization_endpoint": f"{call.origin}/common/oauth2/v2.0/authorize",
                "response_types_supported": ["code", "id_token", "token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
        )


_DOCUMENTS = {
    "common/.well-known/openid-configuration": ("1.0", False),
    "common/v2.0/.well-known/openid-configuration": ("2.0", False),
    "common/discovery/keys": ("1.0", True),
    "common/discovery/v2.0/keys": ("2.0", True),
}


def _tail(call: Call) -> str:
    return "/".join(call.segments).lower()
