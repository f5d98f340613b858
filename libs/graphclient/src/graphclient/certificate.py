"""Certificates that an app signs in with: one PEM text holds the certificate and its private key."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

_BEGIN = "-----BEGIN "
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----")
_SHORTEST_KEY = 2048
_MOST_LETTERS = 32 * 1024


class CertificateUnusable(ValueError):
    """The text is no certificate that Entra takes; says what to do, never what the text holds."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What msal needs to sign, and what people see: SHA-1 in upper-case hex as Entra's portal shows it, and the end."""

    thumbprint: str
    expires_at: datetime
    certificate_pem: str = field(repr=False)
    key_pem: str = field(repr=False)

    @classmethod
    def read(cls, pem: str) -> Self:
        """The certificate that the text's private key belongs to. Raises CertificateUnusable."""
        if len(pem) > _MOST_LETTERS:
            raise CertificateUnusable("is too long: paste one certificate and its private key")
        blocks = [(match[1], match[0]) for match in _BLOCK.finditer(pem.replace("\r\n", "\n"))]
        keys = [text for kind, text in blocks if kind.endswith("PRIVATE KEY")]
        certificates = [text for kind, text in blocks if kind == "CERTIFICATE"]
        if len(keys) != 1 or not certificates:
            raise CertificateUnusable(
                "needs one BEGIN PRIVATE KEY block and its BEGIN CERTIFICATE block, both as PEM"
            )
        key = _private_key(keys[0])
        for text in certificates:
            found = _certificate(text)
            if found.public_key() == key.public_key():
                return cls(
                    found.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 -- the thumbprint is defined as SHA-1
                    found.not_valid_after_utc,
                    found.public_bytes(Encoding.PEM).decode(),
                    keys[0],
                )
        raise CertificateUnusable("the private key belongs to another certificate: paste its own")


def is_certificate(secret: str) -> bool:
    """Whether this is PEM text; no client secret has spaces."""
    return secret.lstrip().startswith(_BEGIN)


def _private_key(text: str) -> rsa.RSAPrivateKey:
    if "ENCRYPTED" in text:
        raise CertificateUnusable("the private key has a passphrase: export it without one")
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertificateUnusable("the private key cannot be read: copy the whole block") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _SHORTEST_KEY:
        raise CertificateUnusable(
            f"the private key must be RSA of at least {_SHORTEST_KEY} bits: Entra takes no other"
        )
    return key


def _certificate(text: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError as error:
        raise CertificateUnusable("the certificate cannot be read: copy the whole block") from error
