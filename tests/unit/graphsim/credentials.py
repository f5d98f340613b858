"""Certificates of clients, and the assertions that they sign."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from graphsim.applications import base64url


@dataclass(frozen=True)
class Credential:
    private: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def private_pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def sha1(self) -> bytes:
        return self.certificate.fingerprint(hashes.SHA1())  # noqa: S303 -- x5t is defined as SHA-1

    @property
    def sha256(self) -> bytes:
        return self.certificate.fingerprint(hashes.SHA256())

    def assertion(
        self,
        client: object,
        audience: object,
        now: datetime,
        header: dict[str, Any] | None = None,
        algorithm: str = "RS256",
        **claims: Any,
    ) -> str:
        """A good assertion but for what is given; a claim of None is left out."""
        whole = {
            "aud": audience,
            "iss": str(client),
            "sub": str(client),
            "jti": str(uuid4()),
            "nbf": int(now.timestamp()) - 10,
            "exp": int(now.timestamp()) + 600,
        } | claims
        kept = {name: value for name, value in whole.items() if value is not None}
        named = {"x5t": base64url(self.sha1)} if header is None else header
        return jwt.encode(kept, self.private, algorithm=algorithm, headers=named)


@cache
def credential(name: str = "client", start_days: int = -1, end_days: int = 365) -> Credential:
    """A key with a self-signed certificate of the name, good from and to so many days from now."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC).replace(microsecond=0)
    starts, ends = (now + timedelta(days=days) for days in (start_days, end_days))
    builder = x509.CertificateBuilder(subject, subject, private.public_key(), 1, starts, ends)
    return Credential(private, builder.sign(private, hashes.SHA256()))
