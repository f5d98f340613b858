"""Entra's signing keys: a tenant moves from one to the next, and old ones stay good (§7.3)."""

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from .applications import base64url

_FROM, _UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


class SigningKey:
    """One key pair with the self-signed certificate that names it."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self.private = private
        self.public = private.public_key()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accounts.graphsim.example")])
        # Nothing of it is chosen by chance: the same key has the same id after a restart.
        certificate = (x509.CertificateBuilder(name, name, self.public, 1, _FROM, _UNTIL)).sign(
            private, hashes.SHA256()
        )
        self._der = certificate.public_bytes(serialization.Encoding.DER)
        self.id = base64url(certificate.fingerprint(hashes.SHA1()))  # noqa: S303 -- x5t is defined as SHA-1

    def shown(self, issuer: str) -> dict[str, object]:
        """The public key as Entra's key endpoint shows it."""
        numbers = self.public.public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.id,
            "x5t": self.id,
            "n": _number(numbers.n),
            "e": _number(numbers.e),
            "x5c": [b64encode(self._der).decode()],
            "issuer": issuer,
        }


class Keys:
    """All keys of one simulator, the newest last, kept beside `file` where there is one."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._all: list[SigningKey] = []
        while file is not None and self._path(file, len(self._all)).exists():
            self._all.append(_loaded(self._path(file, len(self._all))))
        self._first = max(len(self._all) - 1, 0)

    def after(self, turns: int) -> SigningKey:
        """The key that signs after so many turns since the start; made when first needed."""
        while len(self._all) <= self._first + turns:
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if self._file is not None:
                _store(made, self._path(self._file, len(self._all)))
            self._all.append(SigningKey(made))
        return self._all[self._first + turns]

    def named(self, key_id: str) -> SigningKey | None:
        """The key of a token's `kid`."""
        return next((one for one in self._all if one.id == key_id), None)

    def published(self, turns: int) -> list[SigningKey]:
        """All keys whose tokens may be around when a tenant has turned so often."""
        self.after(turns)
        return list(self._all)

    @staticmethod
    def _path(file: Path, number: int) -> Path:
        return file.with_stem(f"{file.stem}-{number}") if number else file


def _loaded(file: Path) -> SigningKey:
    loaded = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise TypeError(f"{file.name} is no RSA key")
    return SigningKey(loaded)


def _store(key: rsa.RSAPrivateKey, file: Path) -> None:
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
