"""Validation tokens as Graph makes them, and every way we know to make false ones (graph-notifications §5.3)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Literal, TypeAlias

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import RSAAlgorithm

from graphclient.publisher import PUBLISHER, Version

Json: TypeAlias = dict[str, Any]

TENANT: Final = "7c0e0000-0000-4000-8000-000000000001"
CLIENT: Final = "aaaaaaaa-0000-4000-8000-000000000002"
STRANGER: Final = "5ad01234-0000-4000-8000-000000000bad"
NOW: Final = datetime(2026, 11, 23, 9, 12, 45, tzinfo=UTC)
ISSUERS: Final[Mapping[Version, str]] = {
    "1.0": "https://sts.windows.net/{tenantid}/",
    "2.0": "https://login.microsoftonline.com/{tenantid}/v2.0",
}
VERSIONS: Final[tuple[Version, ...]] = ("1.0", "2.0")


@cache
def _made(name: str, bits: int) -> rsa.RSAPrivateKey:
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of this name, made once: `entra`, `entra-next`, `attacker`, `weak`."""
    return _made(name, bits)


def public_pem(name: str = "entra") -> bytes:
    return (
        key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def public_der(name: str = "entra") -> bytes:
    return (
        key(name)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def jwk(name: str, bits: int = 2048, /, **more: Any) -> Json:
    """The key as a key set shows it."""
    number = RSAAlgorithm.to_jwk(key(name, bits).public_key(), as_dict=True)
    return {"kty": "RSA", "use": "sig", "kid": name, "n": number["n"], "e": number["e"], **more}


def jwks(version: Version) -> Json:
    """What Entra publishes: the current key and the next; those of v2 name their issuer."""
    issuer = {"issuer": ISSUERS["2.0"]} if version == "2.0" else {}
    return {"keys": [jwk("entra", **issuer), jwk("entra-next", **issuer)]}


def claims(version: Version = "1.0", **changed: Any) -> Json:
    """What Graph says in a token; a change to `...` leaves a claim out."""
    at = int(NOW.timestamp())
    caller = "appid" if version == "1.0" else "azp"
    said: Json = {
        "aud": CLIENT,
        "iss": ISSUERS[version].replace("{tenantid}", TENANT),
        "iat": at - 300,
        "nbf": at - 300,
        "exp": at + 8 * 3600,
        caller: PUBLISHER,
        f"{caller}acr": "2",
        "sub": "1e7d79fa-7893-4d50-bdde-164260d9c5ba",
        "tid": TENANT,
        "ver": version,
    } | changed
    return {name: value for name, value in said.items() if value is not ...}


def part(raw: bytes | Json | list[Any]) -> str:
    """One part of a compact token."""
    text = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(
    payload: Json | bytes | list[Any],
    header: Json | bytes | None = None,
    by: str = "entra",
) -> str:
    """A token with an RS256 signature over whatever header and payload these are."""
    head = {"typ": "JWT", "alg": "RS256", "kid": "entra"} if header is None else header
    text = f"{part(head)}.{part(payload)}"
    return f"{text}.{part(RSAAlgorithm(RSAAlgorithm.SHA256).sign(text.encode(), key(by)))}"


def good(version: Version = "1.0", **changed: Any) -> str:
    """A token as Graph makes it."""
    return signed(claims(version, **changed))


def _with_header(version: Version, **changed: Any) -> str:
    head = {"typ": "JWT", "alg": "RS256", "kid": "entra"} | changed
    return signed(claims(version), {n: v for n, v in head.items() if v is not ...})


def _mac(version: Version, alg: str, secret: bytes) -> str:
    digest = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}[alg]
    text = f"{part({'typ': 'JWT', 'alg': alg, 'kid': 'entra'})}.{part(claims(version))}"
    return f"{text}.{part(hmac.new(secret, text.encode(), digest).digest())}"


def _encoded(version: Version, alg: str, signing: Any) -> str:
    return jwt.encode(claims(version), signing, algorithm=alg, headers={"kid": "entra"})


def _unsigned(version: Version, alg: str, signature: str = "") -> str:
    return f"{part({'typ': 'JWT', 'alg': alg, 'kid': 'entra'})}.{part(claims(version))}.{signature}"


def _spliced(version: Version, place: int, text: str) -> str:
    parts = good(version).split(".")
    parts[place] = text
    return ".".join(parts)


def _altered_signature(version: Version, alter: Callable[[bytes], bytes]) -> str:
    head, payload, signature = good(version).split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    return f"{head}.{payload}.{part(alter(raw))}"


def _flipped(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


_AT: Final = int(NOW.timestamp())
_OTHER: Final[Mapping[Version, Version]] = {"1.0": "2.0", "2.0": "1.0"}
_CALLER: Final[Mapping[Version, str]] = {"1.0": "appid", "2.0": "azp"}


def _iss(version: Version, tenant: str = TENANT) -> str:
    return ISSUERS[version].replace("{tenantid}", tenant)


Make: TypeAlias = Callable[[Version], str]

FALSE: Final[Mapping[str, Make]] = {
    # The algorithm.
    "alg none": lambda v: _unsigned(v, "none"),
    "alg None": lambda v: _unsigned(v, "None"),
    "alg NONE": lambda v: _unsigned(v, "NONE"),
    "alg nOnE": lambda v: _unsigned(v, "nOnE"),
    "alg none with a signature": lambda v: _unsigned(v, "none", good(v).split(".")[2]),
    "RS256 without a signature": lambda v: _unsigned(v, "RS256"),
    "HS256 with the public key as PEM": lambda v: _mac(v, "HS256", public_pem()),
    "HS256 with the public key as DER": lambda v: _mac(v, "HS256", public_der()),
    "HS256 with the modulus": lambda v: _mac(v, "HS256", jwk("entra")["n"].encode()),
    "HS256 with nothing": lambda v: _mac(v, "HS256", b""),
    "HS256 with the key's id": lambda v: _mac(v, "HS256", b"entra"),
    "HS384 with the public key": lambda v: _mac(v, "HS384", public_pem()),
    "HS512 with the public key": lambda v: _mac(v, "HS512", public_pem()),
    "RS384 by the right key": lambda v: _encoded(v, "RS384", key("entra")),
    "RS512 by the right key": lambda v: _encoded(v, "RS512", key("entra")),
    "PS256 by the right key": lambda v: _encoded(v, "PS256", key("entra")),
    "ES256": lambda v: _encoded(v, "ES256", ec.generate_private_key(ec.SECP256R1())),
    "EdDSA": lambda v: _encoded(v, "EdDSA", ed25519.Ed25519PrivateKey.generate()),
    "alg rs256": lambda v: _with_header(v, alg="rs256"),
    "alg with a blank": lambda v: _with_header(v, alg="RS256 "),
    "alg left out": lambda v: _with_header(v, alg=...),
    "alg null": lambda v: _with_header(v, alg=None),
    "alg a number": lambda v: _with_header(v, alg=256),
    "alg a list": lambda v: _with_header(v, alg=["RS256"]),
    # The key.
    "kid left out": lambda v: _with_header(v, kid=...),
    "kid null": lambda v: _with_header(v, kid=None),
    "kid a number": lambda v: _with_header(v, kid=1),
    "kid a list": lambda v: _with_header(v, kid=["entra"]),
    "kid an object": lambda v: _with_header(v, kid={"kid": "entra"}),
    "kid of the next key": lambda v: _with_header(v, kid="entra-next"),
    "kid swapped the other way": lambda v: signed(claims(v), by="entra-next"),
    "the attacker's key under Entra's kid": lambda v: signed(claims(v), by="attacker"),
    "the attacker's key in jwk": lambda v: signed(
        claims(v), {"alg": "RS256", "kid": "entra", "jwk": jwk("attacker")}, by="attacker"
    ),
    "the attacker's key set in jku": lambda v: signed(
        claims(v), {"alg": "RS256", "kid": "entra", "jku": "https://x.example/keys"}, by="attacker"
    ),
    "the attacker's certificate in x5u": lambda v: signed(
        claims(v), {"alg": "RS256", "kid": "entra", "x5u": "https://x.example/cert"}, by="attacker"
    ),
    "the attacker's certificate in x5c": lambda v: signed(
        claims(v), {"alg": "RS256", "kid": "entra", "x5c": ["MIIB"]}, by="attacker"
    ),
    "a critical header we do not know": lambda v: _with_header(v, crit=["exp"], exp=_AT + 60),
    "a critical header that is empty": lambda v: _with_header(v, crit=[]),
    "a payload that is not encoded": lambda v: _with_header(v, b64=False, crit=["b64"]),
    # The signature.
    "signature left out": lambda v: good(v).rpartition(".")[0],
    "signature empty": lambda v: good(v).rpartition(".")[0] + ".",
    "signature one byte short": lambda v: _altered_signature(v, lambda raw: raw[:-1]),
    "signature one byte long": lambda v: _altered_signature(v, lambda raw: raw + b"\0"),
    "signature with a leading nought": lambda v: _altered_signature(v, lambda raw: b"\0" + raw),
    "signature twice": lambda v: _altered_signature(v, lambda raw: raw + raw),
    "signature reversed": lambda v: _altered_signature(v, lambda raw: raw[::-1]),
    "signature all noughts": lambda v: _altered_signature(v, lambda raw: bytes(len(raw))),
    "signature of ones": lambda v: _altered_signature(v, lambda raw: b"\xff" * len(raw)),
    "signature's first bit": lambda v: _altered_signature(v, lambda raw: _flipped(raw, 0)),
    "signature's middle bit": lambda v: _altered_signature(v, lambda raw: _flipped(raw, 100)),
    "signature's last bit": lambda v: _altered_signature(v, lambda raw: _flipped(raw, 255)),
    "signature no base64": lambda v: _spliced(v, 2, "!!!!"),
    "signature of the other version": lambda v: _spliced(v, 2, good(_OTHER[v]).split(".")[2]),
    "a digest for a signature": lambda v: _altered_signature(
        v, lambda raw: hashlib.sha256(raw).digest()
    ),
    "payload exchanged": lambda v: _spliced(v, 1, part(claims(v, exp=_AT + 10**6))),
    "payload with a blank added": lambda v: _spliced(v, 1, part(json.dumps(claims(v)).encode() + b" ")),
    "header exchanged": lambda v: _spliced(v, 0, part({"alg": "RS256", "kid": "entra", "x": 1})),
    # The form.
    "empty": lambda _: "",
    "a blank": lambda _: " ",
    "one part": lambda v: good(v).split(".")[1],
    "two parts": lambda v: good(v).rpartition(".")[0],
    "four parts": lambda v: good(v) + ".x",
    "five parts": lambda v: good(v) + ".x.y",
    "dots": lambda _: "..",
    "Bearer before it": lambda v: "Bearer " + good(v),
    "a line feed in it": lambda v: good(v).replace(".", ".\n", 1),
    "a NUL in it": lambda v: good(v).replace(".", ".\0", 1),
    "letters beyond ASCII": lambda v: good(v)[:-1] + "é",
    "cut in half": lambda v: good(v)[: len(good(v)) // 2],
    "header no base64": lambda v: _spliced(v, 0, "%%%"),
    "header no JSON": lambda v: signed(claims(v), b"alg=RS256"),
    "header a list": lambda v: signed(claims(v), b'["RS256"]'),
    "header null": lambda v: signed(claims(v), b"null"),
    "header empty": lambda v: signed(claims(v), {}),
    "header nested without end": lambda v: signed(claims(v), b"[" * 3_000),
    "payload no JSON": lambda _: signed(b"tid=x"),
    "payload a list": lambda _: signed([1, 2]),
    "payload null": lambda _: signed(b"null"),
    "payload a number": lambda _: signed(b"7"),
    "payload empty": lambda _: signed({}),
    "payload nothing": lambda _: signed(b""),
    "payload cut": lambda v: signed(json.dumps(claims(v)).encode()[:-1]),
    "payload no UTF-8": lambda _: signed(b'{"tid":"\xff\xfe"}'),
    "payload nested without end": lambda _: signed(b'{"a":' * 1_000 + b"1" + b"}" * 1_000),
    # Times that are none.
    "exp left out": lambda v: good(v, exp=...),
    "exp null": lambda v: good(v, exp=None),
    "exp a text": lambda v: good(v, exp="tomorrow"),
    "exp a number as text": lambda v: good(v, exp=str(_AT + 3600)),
    "exp true": lambda v: good(v, exp=True),
    "exp a list": lambda v: good(v, exp=[_AT + 3600]),
    "exp without end": lambda v: good(v, exp=float("inf")),
    "exp no number": lambda v: good(v, exp=float("nan")),
    "exp beyond numbers": lambda v: good(v, exp=10**400),
    "nbf left out": lambda v: good(v, nbf=...),
    "nbf null": lambda v: good(v, nbf=None),
    "nbf a text": lambda v: good(v, nbf="yesterday"),
    "nbf before time": lambda v: good(v, nbf=float("-inf")),
    # The issuer.
    "iss left out": lambda v: good(v, iss=...),
    "iss null": lambda v: good(v, iss=None),
    "iss a list": lambda v: good(v, iss=[_iss(v)]),
    "iss of another tenant": lambda v: good(v, iss=_iss(v, STRANGER)),
    "iss of the other version": lambda v: good(v, iss=_iss(_OTHER[v])),
    "iss without its template filled in": lambda v: good(v, iss=ISSUERS[v]),
    "iss of all tenants": lambda v: good(v, iss=_iss(v, "common")),
    "iss over http": lambda v: good(v, iss=_iss(v).replace("https", "http")),
    "iss below our domain": lambda v: good(v, iss=_iss(v).replace("https://", "https://x.")),
    "iss above our domain": lambda v: good(v, iss=_iss(v).replace(f"/{TENANT}", f".x.example/{TENANT}")),
    "iss with an @": lambda v: good(v, iss=_iss(v).replace("https://", "https://a@")),
    "iss with more behind": lambda v: good(v, iss=_iss(v) + "/x"),
    "iss with less behind": lambda v: good(v, iss=_iss(v)[:-1]),
    "iss in capitals": lambda v: good(v, iss=_iss(v).upper()),
    "iss of a stranger": lambda v: good(v, iss=f"https://sts.example/{TENANT}/"),
    # The version.
    "ver left out": lambda v: good(v, ver=...),
    "ver null": lambda v: good(v, ver=None),
    "ver a number": lambda v: good(v, ver=float(v)),
    "ver of the other form": lambda v: good(v, ver=_OTHER[v]),
    "ver to come": lambda v: good(v, ver="3.0"),
    # The tenant and the app, where they are none.
    "tid left out": lambda v: good(v, tid=...),
    "tid null": lambda v: good(v, tid=None),
    "tid empty": lambda v: good(v, tid="", iss=_iss(v, "")),
    "tid in capitals": lambda v: good(v, tid=CLIENT.upper(), iss=_iss(v, CLIENT.upper())),
    "tid in braces": lambda v: good(v, tid="{" + TENANT + "}"),
    "tid a name": lambda v: good(v, tid="contoso.example", iss=_iss(v, "contoso.example")),
    "tid a list": lambda v: good(v, tid=[TENANT]),
    "tid of another tenant, iss of ours": lambda v: good(v, tid=STRANGER),
    "tid of our tenant, iss of another": lambda v: good(v, iss=_iss(v, STRANGER)),
    "aud left out": lambda v: good(v, aud=...),
    "aud null": lambda v: good(v, aud=None),
    "aud empty": lambda v: good(v, aud=""),
    "aud a list with ours": lambda v: good(v, aud=[CLIENT]),
    "aud a list with ours and another": lambda v: good(v, aud=[STRANGER, CLIENT]),
    "aud Graph itself": lambda v: good(v, aud="https://graph.microsoft.com/"),
    "aud our app as a URI": lambda v: good(v, aud=f"api://{CLIENT}"),
    "aud our app as a URN": lambda v: good(v, aud=f"urn:uuid:{CLIENT}"),
    "aud our app in braces": lambda v: good(v, aud="{" + CLIENT + "}"),
    "aud our app in capitals": lambda v: good(v, aud=CLIENT.upper()),
    "aud our app with a blank": lambda v: good(v, aud=CLIENT + " "),
    "aud a number": lambda v: good(v, aud=7),
    # The caller: any app may get itself a token for our audience.
    "publisher left out": lambda v: good(v, **{_CALLER[v]: ...}),
    "publisher null": lambda v: good(v, **{_CALLER[v]: None}),
    "publisher another app": lambda v: good(v, **{_CALLER[v]: STRANGER}),
    "publisher we ourselves": lambda v: good(v, **{_CALLER[v]: CLIENT}),
    "publisher Graph itself": lambda v: good(v, **{_CALLER[v]: "00000003-0000-0000-c000-000000000000"}),
    "publisher a list": lambda v: good(v, **{_CALLER[v]: [PUBLISHER]}),
    "publisher in capitals": lambda v: good(v, **{_CALLER[v]: PUBLISHER.upper()}),
    "publisher in the other version's claim": lambda v: good(
        v, **{_CALLER[v]: ..., _CALLER[_OTHER[v]]: PUBLISHER}
    ),
    "publisher in both, wrong in its own": lambda v: good(
        v, **{_CALLER[v]: STRANGER, _CALLER[_OTHER[v]]: PUBLISHER}
    ),
}  # fmt: skip
"""Graph makes no such token: whatever lies beside it is forged."""

UNPROVEN: Final[Mapping[str, Make]] = {
    "expired two minutes ago": lambda v: good(v, exp=_AT - 120),
    "expired a minute and a second ago": lambda v: good(v, exp=_AT - 61),
    "expired three days ago": lambda v: good(v, nbf=_AT - 4 * 86400, exp=_AT - 3 * 86400),
    "expired in 1970": lambda v: good(v, exp=0),
    "expired before 1970": lambda v: good(v, exp=-1),
    "ends before it begins": lambda v: good(v, nbf=_AT + 7200, exp=_AT + 3600),
    "valid in two minutes": lambda v: good(v, nbf=_AT + 120),
    "valid from tomorrow on": lambda v: good(v, nbf=_AT + 86400, exp=_AT + 2 * 86400),
    "another app of the tenant": lambda v: good(v, aud=STRANGER),
    "our app in another tenant": lambda v: good(v, tid=STRANGER, iss=_iss(v, STRANGER)),
    "another app in another tenant": lambda v: good(
        v, aud=STRANGER, tid=STRANGER, iss=_iss(v, STRANGER)
    ),
    "tenant and app exchanged": lambda v: good(v, aud=TENANT, tid=CLIENT, iss=_iss(v, CLIENT)),
    "kid unknown": lambda v: _with_header(v, kid="never-published"),
    "kid empty": lambda v: _with_header(v, kid=""),
    "kid a path": lambda v: _with_header(v, kid="../../../../dev/null"),
    "kid a statement": lambda v: _with_header(v, kid="entra' or '1'='1"),
    "kid in capitals": lambda v: _with_header(v, kid="ENTRA"),
    "kid very long": lambda v: _with_header(v, kid="k" * 3_000),
    "the attacker's own kid and key": lambda v: signed(
        claims(v), {"alg": "RS256", "kid": "attacker"}, by="attacker"
    ),
    "the attacker's own kid, key and jwk": lambda v: signed(
        claims(v), {"alg": "RS256", "kid": "attacker", "jwk": jwk("attacker")}, by="attacker"
    ),
}
"""Such a token may be Graph's and yet says nothing about our item now: its content stays unused."""

Verdict: TypeAlias = Literal["forged_token", "unproven"]

_MADE: Final[tuple[tuple[Mapping[str, Make], Verdict], ...]] = (
    (FALSE, "forged_token"),
    (UNPROVEN, "unproven"),
)
CASES: Final[tuple[tuple[str, Version, Make, Verdict], ...]] = tuple(
    (f"{name} (v{version})", version, make, verdict)
    for version in VERSIONS
    for made, verdict in _MADE
    for name, make in made.items()
)
