"""Enclosed events as Graph encrypts them, and every way we know to spoil them (graph-notifications §5.2)."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hmac import digest
from typing import Any, Final, TypeAlias

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

from graphclient.encryption import Certificate, Certificates, PrivateKeys
from graphclient.notifications import EncryptedContent

Json: TypeAlias = dict[str, Any]

EVENT: Final = "AAMkADk0AAA="
ETAG: Final = 'W/"DwAAAB"'
KEY: Final = bytes(range(32))
SHA1: Final = hashes.SHA1()  # noqa: S303 -- Graph's choice (§5.2)


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both as PEM."""

    certificate_pem: str
    key_pem: str

    @property
    def certificate(self) -> Certificate:
        return Certificates.parse(self.certificate_pem).first

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        found = x509.load_pem_x509_certificate(self.certificate_pem.encode()).public_key()
        assert isinstance(found, rsa.RSAPublicKey)
        return found


def pair(name: str = "ours", bits: int = 2048) -> Pair:
    """A pair of this name, made once."""
    return _made(name, bits)


@cache
def _made(name: str, bits: int) -> Pair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    owner = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(owner)
        .issuer_name(owner)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )


def certificates(*names: str) -> Certificates:
    return Certificates.parse("\n".join(pair(name).certificate_pem for name in names or ("ours",)))


def private_keys(*names: str) -> PrivateKeys:
    return PrivateKeys.parse("\n".join(pair(name).key_pem for name in names or ("ours",)))


def document(**changed: Any) -> Json:
    """An event as Graph encloses it, with members nobody asked for; a change to `...` leaves one out."""
    said: Json = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users('r1')/events/$entity",
        "@odata.etag": ETAG,
        "id": EVENT,
        "subject": "Réunion ☕",
        "start": {"@odata.type": "#microsoft.graph.dateTimeTimeZone", "dateTime": "2026-03-02T10:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-03-02T11:00:00.0000000", "timeZone": "UTC"},
        "organizer": {"emailAddress": {"name": "Mara Lind", "address": "mara@example.com"}},
        "iCalUId": "040",
        "type": "singleInstance",
        "type@odata.type": "#microsoft.graph.eventType",
        "isAllDay": False,
        "isCancelled": False,
        "showAs": "busy",
        "sensitivity": "normal",
        "responseStatus": {"response": "accepted", "time": "2026-03-01T00:00:00Z"},
        "lastModifiedDateTime": "2026-03-02T07:59:58.1234567Z",
        "lastModifiedDateTime@odata.type": "#DateTimeOffset",
        "body": {"content": "never to be kept"},
        "attendees": [{"emailAddress": {"address": "guest@example.com"}}],
    } | changed  # fmt: skip
    return {name: value for name, value in said.items() if value is not ...}


def padded(plain: bytes) -> bytes:
    padder = padding.PKCS7(128).padder()
    return padder.update(plain) + padder.finalize()


def ciphered(plain: bytes, key: bytes = KEY, iv: bytes | None = None) -> bytes:
    """AES-CBC over whole blocks."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16] if iv is None else iv)).encryptor()
    return cipher.update(plain) + cipher.finalize()


def wrapped(key: bytes = KEY, name: str = "ours", algorithm: hashes.HashAlgorithm = SHA1) -> bytes:
    """The data key for a certificate's owner."""
    oaep = rsa_padding.OAEP(rsa_padding.MGF1(algorithm), algorithm, None)
    return pair(name).public_key.encrypt(key, oaep)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def sealed(ciphertext: bytes, key: bytes = KEY, name: str = "ours", **changed: Any) -> Json:
    """`encryptedContent` around a ciphertext, signed under the data key."""
    certificate = pair(name).certificate
    return {
        "data": b64(ciphertext),
        "dataKey": b64(wrapped(key, name)),
        "dataSignature": b64(digest(key, ciphertext, "sha256")),
        "encryptionCertificateId": certificate.id,
        "encryptionCertificateThumbprint": certificate.thumbprint,
    } | changed


def enclosed(plain: Json | bytes | None = None, /, **changed: Any) -> Json:
    """`encryptedContent` as Graph makes it, around this document."""
    text = (
        plain
        if isinstance(plain, bytes)
        else json.dumps(document() if plain is None else plain).encode()
    )
    return sealed(ciphered(padded(text)), **changed)


def content(wire: Json) -> EncryptedContent | None:
    """As the ingress reads it; None for a shape that it leaves behind."""
    try:
        return msgspec.convert(wire, EncryptedContent)
    except msgspec.ValidationError:
        return None


def _short(length: int) -> Json:
    key = KEY[:length]
    return sealed(ciphered(padded(json.dumps(document()).encode()), key), key)


def _flipped(field: str, place: int) -> Json:
    wire = enclosed()
    raw = bytearray(base64.b64decode(wire[field]))
    raw[place] ^= 1
    return wire | {field: b64(bytes(raw))}


def _cut(field: str, *, at: int | None = None, begin: int = 0) -> Json:
    wire = enclosed()
    return wire | {field: b64(base64.b64decode(wire[field])[begin:at])}


def _of(field: str, other: Json) -> Json:
    return enclosed() | {field: other[field]}


def _padded_by(block: bytes) -> Json:
    """A whole block of padding in place of the right one, signed as it is."""
    text = json.dumps(document()).encode()
    text += b" " * (-len(text) % 16)
    return sealed(ciphered(text + block))


def _wide(depth: int, opening: bytes, closing: bytes) -> bytes:
    return (
        json.dumps(document()).encode()[:-1] + b',"x":' + opening * depth + closing * depth + b"}"
    )


_CERTIFICATE, _THUMBPRINT = "encryptionCertificateId", "encryptionCertificateThumbprint"
_OTHER: Final = document(id="AAMkOTHER=")

Make: TypeAlias = Callable[[], Json]


def _other_letter(text: str) -> str:
    return ("1" if text.startswith("0") else "0") + text[1:]


BAD: Final[Mapping[str, Make]] = {
    # The certificate.
    "certificate id of nobody": lambda: enclosed(**{_CERTIFICATE: "not-ours"}),
    "certificate id with a letter changed": lambda: enclosed(**{_CERTIFICATE: _other_letter(pair().certificate.id)}),
    "certificate id in capitals": lambda: enclosed(**{_CERTIFICATE: pair().certificate.id.upper()}),
    "certificate id cut": lambda: enclosed(**{_CERTIFICATE: pair().certificate.id[:-1]}),
    "certificate id with a blank": lambda: enclosed(**{_CERTIFICATE: pair().certificate.id + " "}),
    "certificate id is the thumbprint": lambda: enclosed(**{_CERTIFICATE: pair().certificate.thumbprint}),
    "certificate id of a stranger": lambda: sealed(ciphered(padded(b"{}")), name="stranger"),
    "certificate id of our other one": lambda: enclosed(**{_CERTIFICATE: pair("next").certificate.id}),
    "certificate id and thumbprint of our other one": lambda: enclosed(
        **{_CERTIFICATE: pair("next").certificate.id, _THUMBPRINT: pair("next").certificate.thumbprint}
    ),
    "certificate id empty": lambda: enclosed(**{_CERTIFICATE: ""}),
    "certificate id a number": lambda: enclosed(**{_CERTIFICATE: 1}),
    "certificate id null": lambda: enclosed(**{_CERTIFICATE: None}),
    "certificate id a path": lambda: enclosed(**{_CERTIFICATE: "../../etc/passwd"}),
    "certificate id with a NUL": lambda: enclosed(**{_CERTIFICATE: pair().certificate.id + "\0"}),
    "certificate id very long": lambda: enclosed(**{_CERTIFICATE: "c" * 129}),
    "a certificate whose key is not ours any more": lambda: sealed(ciphered(padded(json.dumps(document()).encode())), name="keyless"),
    "thumbprint of a stranger": lambda: enclosed(**{_THUMBPRINT: pair("stranger").certificate.thumbprint}),
    "thumbprint of our other one": lambda: enclosed(**{_THUMBPRINT: pair("next").certificate.thumbprint}),
    "thumbprint with a digit changed": lambda: enclosed(**{_THUMBPRINT: "X" + pair().certificate.thumbprint[1:]}),
    "thumbprint cut": lambda: enclosed(**{_THUMBPRINT: pair().certificate.thumbprint[:-2]}),
    "thumbprint by SHA-256": lambda: enclosed(**{_THUMBPRINT: pair().certificate.id}),
    "thumbprint empty": lambda: enclosed(**{_THUMBPRINT: ""}),
    "thumbprint null": lambda: enclosed(**{_THUMBPRINT: None}),
    # The data key.
    "data key for a stranger": lambda: enclosed(dataKey=b64(wrapped(name="stranger"))),
    "data key for our other certificate": lambda: enclosed(dataKey=b64(wrapped(name="next"))),
    "data key wrapped with SHA-256": lambda: enclosed(dataKey=b64(wrapped(algorithm=hashes.SHA256()))),
    "data key wrapped by PKCS 1": lambda: enclosed(dataKey=b64(pair().public_key.encrypt(KEY, rsa_padding.PKCS1v15()))),
    "data key not wrapped": lambda: enclosed(dataKey=b64(KEY)),
    "data key with its first bit flipped": lambda: _flipped("dataKey", 0),
    "data key with its middle bit flipped": lambda: _flipped("dataKey", 128),
    "data key with its last bit flipped": lambda: _flipped("dataKey", 255),
    "data key one byte short": lambda: _cut("dataKey", at=-1),
    "data key one byte long": lambda: enclosed(dataKey=b64(wrapped() + b"\0")),
    "data key with a leading nought": lambda: enclosed(dataKey=b64(b"\0" + wrapped())),
    "data key twice": lambda: enclosed(dataKey=b64(wrapped() * 2)),
    "data key all noughts": lambda: enclosed(dataKey=b64(bytes(256))),
    "data key of ones": lambda: enclosed(dataKey=b64(b"\xff" * 256)),
    "data key the number one": lambda: enclosed(dataKey=b64(b"\0" * 255 + b"\1")),
    "data key empty": lambda: enclosed(dataKey=""),
    "data key null": lambda: enclosed(dataKey=None),
    "data key a number": lambda: enclosed(dataKey=7),
    "data key no base64": lambda: enclosed(dataKey="!!!!"),
    "data key in URL letters": lambda: enclosed(dataKey=base64.urlsafe_b64encode(b"\xfb\xff" * 128).decode()),
    "data key with a line feed": lambda: enclosed(dataKey=b64(wrapped()) + "\n"),
    "data key of another notification": lambda: enclosed(dataKey=b64(wrapped(bytes(32)))),
    "data key of no bytes": lambda: enclosed(dataKey=b64(wrapped(b""))),
    "data key of 16 bytes, all else right": lambda: _short(16),
    "data key of 24 bytes, all else right": lambda: _short(24),
    "data key of 31 bytes": lambda: enclosed(dataKey=b64(wrapped(KEY[:31]))),
    "data key of 33 bytes": lambda: enclosed(dataKey=b64(wrapped(KEY + b"x"))),
    "data key of 64 bytes": lambda: enclosed(dataKey=b64(wrapped(KEY + KEY))),
    # The signature.
    "signature with its first bit flipped": lambda: _flipped("dataSignature", 0),
    "signature with its middle bit flipped": lambda: _flipped("dataSignature", 16),
    "signature with its last bit flipped": lambda: _flipped("dataSignature", 31),
    "signature cut to half": lambda: _cut("dataSignature", at=16),
    "signature of one byte": lambda: _cut("dataSignature", at=1),
    "signature one byte long": lambda: enclosed(dataSignature=b64(bytes(33))),
    "signature all noughts": lambda: enclosed(dataSignature=b64(bytes(32))),
    "signature empty": lambda: enclosed(dataSignature=""),
    "signature null": lambda: enclosed(dataSignature=None),
    "signature no base64": lambda: enclosed(dataSignature="????"),
    "signature by another key": lambda: enclosed(dataSignature=b64(digest(bytes(32), b"x", "sha256"))),
    "signature over the plain text": lambda: enclosed(dataSignature=b64(digest(KEY, json.dumps(document()).encode(), "sha256"))),
    "signature over the base64": lambda: enclosed(dataSignature=b64(digest(KEY, enclosed()["data"].encode(), "sha256"))),
    "signature by SHA-1": lambda: enclosed(dataSignature=b64(digest(KEY, base64.b64decode(enclosed()["data"]), "sha1"))),
    "signature by SHA-512": lambda: enclosed(dataSignature=b64(digest(KEY, base64.b64decode(enclosed()["data"]), "sha512"))),
    "signature of another notification": lambda: _of("dataSignature", enclosed(_OTHER)),
    "signature in hex": lambda: enclosed(dataSignature=digest(KEY, base64.b64decode(enclosed()["data"]), "sha256").hex()),
    # The ciphertext.
    "data with its first bit flipped": lambda: _flipped("data", 0),
    "data with its middle bit flipped": lambda: _flipped("data", 200),
    "data with its last bit flipped": lambda: _flipped("data", -1),
    "data cut by a byte": lambda: _cut("data", at=-1),
    "data cut by a block": lambda: _cut("data", at=-16),
    "data without its first block": lambda: _cut("data", begin=16),
    "data with a block more": lambda: enclosed(data=b64(base64.b64decode(enclosed()["data"]) + bytes(16))),
    "data of another notification": lambda: _of("data", enclosed(_OTHER)),
    "data empty": lambda: enclosed(data=""),
    "data null": lambda: enclosed(data=None),
    "data a number": lambda: enclosed(data=1),
    "data a list": lambda: enclosed(data=["AAAA"]),
    "data no base64": lambda: enclosed(data="no base64!"),
    "data with base64 that ends badly": lambda: enclosed(data="AAAAA"),
    "data not encrypted": lambda: sealed(padded(json.dumps(document()).encode())),
    "data cut by seven bytes and signed so": lambda: sealed(ciphered(padded(json.dumps(document()).encode()))[:-7]),
    "data of one byte, signed": lambda: sealed(b"x" * 3),
    "data of one block of padding, signed": lambda: sealed(ciphered(padded(b""))),
    "data under an IV of noughts, signed": lambda: sealed(ciphered(padded(json.dumps(document()).encode()), iv=bytes(16))),
    "data under the key's end as IV, signed": lambda: sealed(ciphered(padded(json.dumps(document()).encode()), iv=KEY[16:])),
    "data without padding, signed": lambda: _padded_by(b""),
    "padding of noughts": lambda: _padded_by(bytes(16)),
    "padding of 17": lambda: _padded_by(b"\x11" * 16),
    "padding of 255": lambda: _padded_by(b"\xff" * 16),
    "padding that differs within": lambda: _padded_by(b"\x00" * 14 + b"\x01\x02"),
    "padding by ISO 10126": lambda: _padded_by(b"random bytes...\x10"),
    "too much data": lambda: enclosed(document(subject="x" * 13_000)),
    "far too much data": lambda: enclosed(document(subject="x" * 500_000)),
    # What is no event, well encrypted and signed.
    "nothing": lambda: enclosed(b""),
    "no JSON": lambda: enclosed(b"\x00not json"),
    "JSON cut": lambda: enclosed(json.dumps(document()).encode()[:-1]),
    "two documents": lambda: enclosed(json.dumps(document()).encode() * 2),
    "no UTF-8": lambda: enclosed(json.dumps(document(), ensure_ascii=False).encode("latin-1", "replace") + b"\xff"),
    "UTF-16": lambda: enclosed(json.dumps(document()).encode("utf-16")),
    "a mark before it": lambda: enclosed(b"\xef\xbb\xbf" + json.dumps(document()).encode()),
    "null": lambda: enclosed(b"null"),
    "a list": lambda: enclosed(b"[]"),
    "a list of one event": lambda: enclosed(json.dumps([document()]).encode()),
    "a text": lambda: enclosed(b'"event"'),
    "an empty object": lambda: enclosed({}),
    "an id alone, as of a deleted event": lambda: enclosed({"id": EVENT}),
    "lists nested without end": lambda: enclosed(b"[" * 6_000),
    "objects nested without end": lambda: enclosed(b'{"a":' * 2_000),
    "a member nested without end": lambda: enclosed(_wide(5_000, b"[", b"]")),
    "a type left out": lambda: enclosed(document(type=...)),
    "a type that is none": lambda: enclosed(document(type=7)),
    "a start left out": lambda: enclosed(document(start=...)),
    "a start null": lambda: enclosed(document(start=None)),
    "a start that is a text": lambda: enclosed(document(start="2026-03-02T10:00:00Z")),
    "an end left out": lambda: enclosed(document(end=...)),
    "a subject that is an object": lambda: enclosed(document(subject={"$ne": None})),
    "a flag that is a text": lambda: enclosed(document(isCancelled="false")),
    "a time of change that is none": lambda: enclosed(document(lastModifiedDateTime="just now")),
    "a time of change without its zone": lambda: enclosed(document(lastModifiedDateTime="2026-03-02T07:59:58")),
    "an organizer that is a text": lambda: enclosed(document(organizer="mara@example.com")),
    # Another event than the notification is about.
    "the id of another event": lambda: enclosed(_OTHER),
    "the id in other letters": lambda: enclosed(document(id=EVENT.lower())),
    "an id that is a number": lambda: enclosed(document(id=1)),
    "an id null": lambda: enclosed(document(id=None)),
    "the etag of another state": lambda: enclosed(document(**{"@odata.etag": 'W/"OTHER"'})),
    "an etag null": lambda: enclosed(document(**{"@odata.etag": None})),
    # The envelope.
    "no data": lambda: {n: v for n, v in enclosed().items() if n != "data"},
    "no data key": lambda: {n: v for n, v in enclosed().items() if n != "dataKey"},
    "no signature": lambda: {n: v for n, v in enclosed().items() if n != "dataSignature"},
    "no certificate id": lambda: {n: v for n, v in enclosed().items() if n != _CERTIFICATE},
    "no thumbprint": lambda: {n: v for n, v in enclosed().items() if n != _THUMBPRINT},
    "an empty envelope": dict,
    "members in other letters": lambda: {n.upper(): v for n, v in enclosed().items()},
}  # fmt: skip
"""Nothing of this may ever be used."""

DOUBTED: Final[Mapping[str, Json]] = {
    "a cancelled meeting": document(isCancelled=True),
    "a meeting shown as free": document(showAs="free"),
    "a meeting that the room declined": document(responseStatus={"response": "declined"}),
    "a series": document(type="seriesMaster"),
    "an occurrence": document(type="occurrence", seriesMasterId="AAMkM="),
    "an exception": document(type="exception", seriesMasterId="AAMkM="),
    "a type to come": document(type="somethingNew"),
    "no time of change": document(lastModifiedDateTime=...),
    "a time of change null": document(lastModifiedDateTime=None),
    "the stored time of change": document(lastModifiedDateTime="2026-03-02T07:50:00Z"),
    "a time of change before the stored one": document(lastModifiedDateTime="2026-03-02T07:49:59.9999999Z"),
    "an end before the start": document(end={"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"}),
    "a start that is no time": document(start={"dateTime": "noon", "timeZone": "UTC"}),
}  # fmt: skip
"""Authentic, and yet only a hint: what it says must be read (design §5.2)."""
