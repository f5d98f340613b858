"""A receiver of rich notifications written from graph-notifications §3 to §5 alone, and its proof."""

import asyncio
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import msgspec
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from .graphsim_cloud import Cloud

Json = dict[str, Any]

PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"


@dataclass
class Receiver:
    """A notification endpoint that keeps whole bodies; `held` makes it silent, and too late."""

    url: str = ""
    bodies: list[Json] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    held: asyncio.Event | None = None
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    seen: list[web.Request] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        if "validationToken" in request.query:
            return web.Response(text=request.query["validationToken"])
        self.seen.append(request)
        body = await request.json()
        self.begun.release()
        if self.held is not None:
            await self.held.wait()
            return web.Response(status=503)
        status = self.statuses.pop(0) if self.statuses else 202
        if status == 202:
            self.bodies.append(body)
            self.arrived.set()
        return web.Response(status=status)

    @property
    def items(self) -> list[Json]:
        return [item for body in self.bodies for item in body["value"]]

    async def until(self, count: int) -> list[Json]:
        """The items, once there are so many."""
        async with asyncio.timeout(10):
            while len(self.items) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.items

    async def asked(self) -> None:
        """Returns when one more delivery has begun."""
        async with asyncio.timeout(10):
            await self.begun.acquire()


@asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/n", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/n"
    try:
        yield receiver
    finally:
        if receiver.held is not None:
            receiver.held.set()
        await runner.cleanup()


async def report_when(cloud: Cloud, name: str, value: object) -> Json:
    """The report, once its dotted name has the value."""
    async with asyncio.timeout(10):
        while True:
            report: Any = await cloud.report()
            found = report
            for part in name.split("."):
                found = found.get(part, 0)
            if found == value:
                return dict(report)


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key."""

    id: str
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, name: str, bits: int = 2048, days: int = 1) -> "Pair":
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        owner = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
        begins = datetime.now(UTC) - timedelta(days=10)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(owner)
            .issuer_name(owner)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=10 + days))
            .sign(key, hashes.SHA256())
        )
        return cls(name, key, certificate)

    def asked(self) -> Json:
        """The members of a subscription that ask for resource data."""
        der = self.certificate.public_bytes(Encoding.DER)
        return {
            "includeResourceData": True,
            "encryptionCertificate": b64encode(der).decode(),
            "encryptionCertificateId": self.id,
        }


class Distrusted(Exception):
    """The receiver must not use this item or this POST; the argument says why."""


def decrypted(content: Mapping[str, str], pairs: Mapping[str, Pair]) -> Json:
    """§5.2 in its order: key by id, RSA, length, HMAC, only then AES and JSON."""
    pair = pairs.get(content["encryptionCertificateId"])
    if pair is None:
        raise Distrusted("certificate id")
    oaep = rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 -- §5.2
    try:
        key = pair.key.decrypt(b64decode(content["dataKey"], validate=True), oaep)
    except ValueError:
        raise Distrusted("data key") from None
    return opened(content, key)


def opened(content: Mapping[str, str], key: bytes) -> Json:
    """The content under its data key."""
    if len(key) != 32:
        raise Distrusted("key length")
    data = b64decode(content["data"], validate=True)
    signature = b64decode(content["dataSignature"], validate=True)
    if not hmac.compare_digest(hmac.digest(key, data, hashlib.sha256), signature):
        raise Distrusted("signature")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padder = padding.PKCS7(128).unpadder()
    try:
        padded = cipher.update(data) + cipher.finalize()
        plain = padder.update(padded) + padder.finalize()
        return dict(msgspec.json.decode(plain))
    except (ValueError, msgspec.DecodeError):
        raise Distrusted("content") from None


@dataclass
class TokenCheck:
    """§5.3 in its order, against the key set of a cloud as it was last read."""

    audience: UUID
    now: datetime
    keys: Mapping[str, jwt.PyJWK]

    @classmethod
    async def over(cls, cloud: Cloud, audience: UUID, version: str = "v2.0") -> "TokenCheck":
        folder = "/common/v2.0" if version == "v2.0" else "/common"
        found = await cloud.call("GET", f"{folder}/.well-known/openid-configuration")
        path = found.body["jwks_uri"].removeprefix(cloud.address.origin)
        keys = (await cloud.call("GET", path)).body["keys"]
        now = cloud.simulator.clock.now()
        return cls(audience, now, {one["kid"]: jwt.PyJWK(one, "RS256") for one in keys})

    def tenants(self, body: Json) -> set[str]:
        """The tenants that a POST's tokens speak for; raises Distrusted."""
        tokens = body.get("validationTokens")
        if not tokens:
            raise Distrusted("no tokens")
        found = {self._tenant(token) for token in tokens}
        if not {item["tenantId"] for item in body["value"]} <= found:
            raise Distrusted("coverage")
        return found

    def _tenant(self, token: str) -> str:
        header = jwt.get_unverified_header(token)
        if header["alg"] != "RS256":
            raise Distrusted("algorithm")
        if header.get("kid") not in self.keys:
            raise Distrusted("kid")
        try:
            claims = jwt.decode(
                token,
                self.keys[header["kid"]],
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
                audience=str(self.audience),
            )
        except jwt.InvalidAudienceError:
            raise Distrusted("audience") from None
        except jwt.InvalidSignatureError:
            raise Distrusted("signature") from None
        if not claims["nbf"] <= self.now.timestamp() < claims["exp"]:
            raise Distrusted("lifetime")
        issuers = {
            "1.0": f"https://sts.windows.net/{claims['tid']}/",
            "2.0": f"https://login.microsoftonline.com/{claims['tid']}/v2.0",
        }
        if claims["iss"] != issuers[claims["ver"]]:
            raise Distrusted("issuer")
        if claims.get("appid" if claims["ver"] == "1.0" else "azp") != PUBLISHER:
            raise Distrusted("publisher")
        return str(claims["tid"])


_VECTOR = {
    "data": "Vla4ajdtX6/+mMppBkC9LVzYW4MucGTVUPVGMrUe0atrhhplJdP0ZzkPGUYtMBHHIHh/o89okzD7VTCM8WR40o1"
    "EZvZMLOCtf+us6gjq1UR/3iIZr+aE2ynYzYrX6CnOta0+FW96i18srouXmHX+x6zMdl47QmkZI121EDveD5I=",
    "dataSignature": "3YJ7gEYxqU7EM2v6juzhjERoiM28TPpygNOdQliH2Is=",
}


def test_the_receiver_opens_the_vector_of_the_reference_5_2() -> None:
    assert opened(_VECTOR, bytes(range(32)))["subject"] == "Réunion ☕"


@pytest.mark.parametrize("key", [bytes(range(16)), bytes(range(1, 33))])
def test_the_receiver_opens_nothing_with_another_key_5_2(key: bytes) -> None:
    with pytest.raises(Distrusted):
        opened(_VECTOR, key)
