"""Resource data in notifications: whom it is encrypted for, and how (§5.1, §5.2)."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .defects import Kind
from .options import Options
from .wire import Refused

# SHA-1 is Graph's choice (`RSA/ECB/OAEPWithSHA1AndMGF1Padding`, §5.2).
_OAEP = rsa_padding.OAEP(
    mgf=rsa_padding.MGF1(hashes.SHA1()),  # noqa: S303 -- see above
    algorithm=hashes.SHA1(),  # noqa: S303 -- see above
    label=None,
)
_NO_CERTIFICATE = "Certificate validation error: Cannot find the requested object."

CONTENT_DEFECTS: tuple[Kind, ...] = (
    "content_flipped_signature",
    "content_wrong_certificate_id",
    "content_truncated",
    "content_truncated_signed",
    "content_short_key",
    "content_foreign_key",
    "content_not_json",
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom the resource data of a subscription is encrypted for."""

    id: str
    certificate: str
    """As the client sent it."""
    key: rsa.RSAPublicKey
    thumbprint: str

    @classmethod
    def read(cls, certificate: object, name: object, options: Options, now: datetime) -> Self:
        """The recipient that a body names; raises Refused."""
        if not isinstance(certificate, str) or not certificate:
            raise _invalid("encryptionCertificate is required when includeResourceData is true.")
        if not isinstance(name, str) or not name:
            raise _invalid("encryptionCertificateId is required when includeResourceData is true.")
        if len(name) > 128:
            raise _invalid("encryptionCertificateId is longer than 128 characters.")
        found = _certificate(certificate, options)
        key = found.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or not 2048 <= key.key_size <= 4096:
            raise _invalid("Certificate validation error: an RSA key of 2048 to 4096 bits is due.")
        if options.certificate_dates_checked and not (
            found.not_valid_before_utc <= now < found.not_valid_after_utc
        ):
            raise _invalid("Certificate validation error: the certificate is not valid now.")
        der = found.fingerprint(hashes.SHA1())  # noqa: S303 -- the thumbprint of the documentation
        return cls(name, certificate, key, der.hex().upper())


def encrypted(
    resource: Mapping[str, object], recipient: Recipient, defect: Kind | None = None
) -> dict[str, str]:
    """`encryptedContent` of one item under a fresh key, spoiled by the defect."""
    key = secrets.token_bytes(16 if defect == "content_short_key" else 32)
    plain = b"\x00not json" if defect == "content_not_json" else msgspec.json.encode(resource)
    padder = padding.PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    data = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    if defect == "content_truncated_signed":
        data = data[:-7]
    signature = bytearray(hmac.new(key, data, hashlib.sha256).digest())
    if defect == "content_flipped_signature":
        signature[-1] ^= 1
    if defect == "content_truncated":
        data = data[:-7]
    owner = _stranger() if defect == "content_foreign_key" else recipient.key
    wrong = defect == "content_wrong_certificate_id"
    return {
        "data": b64encode(data).decode(),
        "dataKey": b64encode(owner.encrypt(key, _OAEP)).decode(),
        "dataSignature": b64encode(signature).decode(),
        "encryptionCertificateId": f"not-{recipient.id}" if wrong else recipient.id,
        "encryptionCertificateThumbprint": recipient.thumbprint,
    }


def _certificate(text: str, options: Options) -> x509.Certificate:
    try:
        der = b64decode(text, validate=True)
        if options.pem_certificate_accepted and der.startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(der)
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise _invalid(_NO_CERTIFICATE) from None


def _stranger() -> rsa.RSAPublicKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()


def _invalid(message: str) -> Refused:
    return Refused(400, "InvalidRequest", message)
