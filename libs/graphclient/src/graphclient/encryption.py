"""Resource data in notifications: for which certificate it is encrypted, and how it is opened (graph-notifications §5). Pure."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .models import Event
from .notifications import EncryptedContent

# SHA-1 is Graph's choice, here (`RSA/ECB/OAEPWithSHA1AndMGF1Padding`) and for thumbprints (§5.2).
_SHA1 = hashes.SHA1()  # noqa: S303 -- see above
_OAEP = rsa_padding.OAEP(mgf=rsa_padding.MGF1(_SHA1), algorithm=_SHA1, label=None)
_KEY_BITS = range(2048, 4097)
_KEY_BYTES = 32
_KEY_BLOCK = re.compile(
    r"-----BEGIN (?P<kind>(?:RSA )?PRIVATE KEY)-----.+?-----END (?P=kind)-----", re.DOTALL
)

Fault = Literal[
    "certificate",  # encrypted for none of ours
    "thumbprint",  # for another certificate than its id says
    "key",  # we have no private key for that certificate
    "encoding",  # not base64
    "data_key",  # the data key does not open, or has another length
    "signature",
    "ciphertext",  # not what AES and its padding make
    "event",  # no event, or another one than the notification is about
]


class NotOpened(Exception):
    """Enclosed content that must not be used; `fault` says why and nothing of the content."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


@dataclass(frozen=True, slots=True)
class Certificate:
    """For whom Graph encrypts: `id` is the SHA-256 of the certificate, `body` is as a subscription takes it."""

    id: str
    thumbprint: str
    body: str = field(repr=False)
    public_key: bytes = field(repr=False)

    @classmethod
    def of(cls, found: x509.Certificate) -> Self:
        """Raises ValueError unless it has an RSA key of 2048 to 4096 bits."""
        der = found.public_bytes(serialization.Encoding.DER)
        return cls(
            id=found.fingerprint(hashes.SHA256()).hex(),
            thumbprint=found.fingerprint(_SHA1).hex().upper(),
            body=base64.b64encode(der).decode(),
            public_key=_spki(found.public_key()),
        )


@dataclass(frozen=True, slots=True)
class Certificates:
    """Certificates by id: new subscriptions name the `first`, content for any of them is opened."""

    first: Certificate
    by_id: Mapping[str, Certificate]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read PEM certificates, one or more; raises ValueError."""
        found = [Certificate.of(one) for one in x509.load_pem_x509_certificates(text.encode())]
        return cls(found[0], {one.id: one for one in found})


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """Private keys by their public ones."""

    by_public_key: Mapping[bytes, rsa.RSAPrivateKey] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read PEM keys without a passphrase, one or more; raises ValueError, which never shows any."""
        keys: dict[bytes, rsa.RSAPrivateKey] = {}
        for block in _KEY_BLOCK.finditer(text):
            try:
                key = serialization.load_pem_private_key(block.group().encode(), None)
            except (ValueError, TypeError, UnsupportedAlgorithm):
                raise ValueError("a private key cannot be read") from None
            if not isinstance(key, rsa.RSAPrivateKey):
                raise ValueError("RSA keys are needed")  # noqa: TRY004 -- a bad setting, whatever is bad in it
            keys[_spki(key.public_key())] = key
        if not keys:
            raise ValueError("there is no private key without a passphrase")
        return cls(keys)


def open_event(
    content: EncryptedContent,
    certificates: Certificates,
    keys: PrivateKeys,
    *,
    event_id: str,
    etag: str | None,
) -> Event:
    """The event enclosed with a notification about this state of it; raises NotOpened.

    In the order of §5.2: the certificate, the data key, its length, the signature; only then what they protect.
    """
    certificate = certificates.by_id.get(content.encryption_certificate_id)
    if certificate is None:
        raise NotOpened("certificate")
    if content.encryption_certificate_thumbprint.upper() != certificate.thumbprint:
        raise NotOpened("thumbprint")
    private = keys.by_public_key.get(certificate.public_key)
    if private is None:
        raise NotOpened("key")
    data = _bytes(content.data)
    key = _data_key(private, _bytes(content.data_key))
    if not hmac.compare_digest(hmac.digest(key, data, "sha256"), _bytes(content.data_signature)):
        raise NotOpened("signature")
    return _event(_decrypted(key, data), event_id, etag)


def _data_key(private: rsa.RSAPrivateKey, wrapped: bytes) -> bytes:
    try:
        key = private.decrypt(wrapped, _OAEP)
    except ValueError:
        raise NotOpened("data_key") from None
    if len(key) != _KEY_BYTES:
        raise NotOpened("data_key")
    return key


def _decrypted(key: bytes, data: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    try:
        padded = cipher.update(data) + cipher.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise NotOpened("ciphertext") from None


def _event(plain: bytes, event_id: str, etag: str | None) -> Event:
    """Only the fields of the minimal `$select`; the rest is dropped here."""
    try:
        document = msgspec.json.decode(plain, type=dict[str, Any])
        # Whether content repeats id and etag is not documented; what it says must be what the notification says.
        event = msgspec.convert({"id": event_id, "@odata.etag": etag} | document, Event)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NotOpened("event") from None
    if event.id != event_id or event.etag != etag:
        raise NotOpened("event")
    return event


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotOpened("encoding") from None


def _spki(key: object) -> bytes:
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in _KEY_BITS:
        raise ValueError("an RSA key of 2048 to 4096 bits is needed")
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
