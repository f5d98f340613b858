"""An id token proves who signed in only if Entra made it for this client and this very sign-in."""

import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest

from graphclient import check_issuer
from graphclient.id_token import Identity, NotProven, identity, issuer_of
from graphclient.publisher import KeySet

from .bad_tokens import CLIENT, ISSUERS, NOW, STRANGER, TENANT, jwks, key, part, public_pem, signed

ENTRA = "https://login.microsoftonline.com"
ANYBODY = f"{ENTRA}/organizations/v2.0"
NONCE = "expected-nonce"
AT = int(NOW.timestamp())
KEYS = KeySet.read(ISSUERS["2.0"], json.dumps(jwks("2.0")).encode())


def claims(**changed: Any) -> dict[str, Any]:
    """As Entra says it (id-token-claims-reference); a change to `...` leaves a claim out."""
    said = {
        "ver": "2.0", "iss": f"{ENTRA}/{TENANT}/v2.0", "aud": CLIENT, "tid": TENANT, "sub": "AAAAsub",
        "oid": "0ba1e000-0000-4000-8000-000000000003", "preferred_username": "ann@x.example", "name": "Ann Lee",
        "nonce": NONCE, "iat": AT, "nbf": AT, "exp": AT + 3600,
    } | changed  # fmt: skip
    return {name: value for name, value in said.items() if value is not ...}


def read(token: str, **changed: Any) -> Identity:
    asked: dict[str, Any] = {
        "issuer": ANYBODY,
        "client_id": CLIENT,
        "nonce": NONCE,
        "now": NOW,
    } | changed
    return identity(token, KEYS, **asked)


def test_a_token_of_entras_names_the_person() -> None:
    assert read(signed(claims())) == Identity(
        f"{ENTRA}/{TENANT}/v2.0", "AAAAsub", UUID(TENANT), "ann@x.example", "Ann Lee"
    )
    assert "ann" not in repr(read(signed(claims()))).lower()


def _mac(secret: bytes) -> str:
    text = f"{part({'typ': 'JWT', 'alg': 'HS256', 'kid': 'entra'})}.{part(claims())}"
    return f"{text}.{part(hmac.digest(secret, text.encode(), 'sha256'))}"


def _spliced() -> str:
    (head, _, signature), victim = signed(claims()).split("."), part(claims(sub="victim"))
    return f"{head}.{victim}.{signature}"


FORGED: dict[str, Callable[[], str]] = {
    "no algorithm": lambda: f"{part({'alg': 'none', 'kid': 'entra'})}.{part(claims())}.",
    "an HMAC with the public key": lambda: _mac(public_pem()),
    "another RSA algorithm": lambda: jwt.encode(claims(), key("entra"), "PS256", {"kid": "entra"}),
    "the attacker's key under Entra's id": lambda: signed(claims(), by="attacker"),
    "the attacker's key inside": lambda: signed(
        claims(), {"alg": "RS256", "kid": "mine", "jku": "https://x.example"}, by="attacker"
    ),
    "an unknown key": lambda: signed(claims(), {"alg": "RS256", "kid": "unheard"}),
    "no key id": lambda: signed(claims(), {"alg": "RS256"}),
    "another payload under the signature": _spliced,
    "no signature": lambda: signed(claims()).rpartition(".")[0] + ".",
    "two parts": lambda: signed(claims()).rpartition(".")[0],
    "nothing": lambda: "",
    "no token": lambda: "ä.ö.ü",
    "a list for a payload": lambda: signed([claims()]),
    "another audience": lambda: signed(claims(aud=STRANGER)),
    "a list of audiences": lambda: signed(claims(aud=[CLIENT, STRANGER])),
    "no audience": lambda: signed(claims(aud=...)),
    "another tenant's issuer": lambda: signed(claims(iss=f"{ENTRA}/{STRANGER}/v2.0")),
    "another host": lambda: signed(claims(iss=f"https://evil.example/{TENANT}/v2.0")),
    "the old issuer": lambda: signed(claims(iss=f"https://sts.windows.net/{TENANT}/")),
    "the issuer of all": lambda: signed(claims(iss=ANYBODY)),
    "no issuer": lambda: signed(claims(iss=...)),
    "no tenant": lambda: signed(claims(tid=...)),
    "a tenant that is no id": lambda: signed(claims(tid="organizations")),
    "a tenant with a path": lambda: signed(claims(tid=f"{TENANT}/..", iss=f"{ENTRA}/{TENANT}/../v2.0")),
    "version 1": lambda: signed(claims(ver="1.0")),
    "another nonce": lambda: signed(claims(nonce="of another sign-in")),
    "no nonce": lambda: signed(claims(nonce=...)),
    "a nonce that is a list": lambda: signed(claims(nonce=[NONCE])),
    "no subject": lambda: signed(claims(sub=...)),
    "an empty subject": lambda: signed(claims(sub="")),
    "a subject that no database takes": lambda: signed(claims(sub="AAAA\0sub")),
    "an endless subject": lambda: signed(claims(sub="x" * 1000)),
    "over": lambda: signed(claims(exp=AT - 121)),
    "not yet begun": lambda: signed(claims(nbf=AT + 121)),
    "without an end": lambda: signed(claims(exp=...)),
    "an end that is a text": lambda: signed(claims(exp=str(AT + 3600))),
    "an end that is no number": lambda: signed(claims(exp=float("nan"))),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_any_other_token_proves_nothing(what: str) -> None:
    with pytest.raises(NotProven) as refused:
        read(FORGED[what]())
    assert "ann" not in str(refused.value)


def test_two_minutes_of_disagreeing_clocks_are_borne() -> None:
    token = signed(claims())
    for seconds in (3600 + 119, -119):
        assert read(token, now=NOW + timedelta(seconds=seconds)).subject == "AAAAsub"


def test_names_that_are_missing_or_no_plain_text_are_empty() -> None:
    for wrong in (7, None, ["ann@x.example"], "ann@x.example\0", "a\nb", "x" * 321):
        found = read(signed(claims(preferred_username=wrong, name=...)))
        assert (found.preferred_username, found.name) == ("", "")


def test_an_issuer_of_one_tenant_takes_no_other() -> None:
    own = f"{ENTRA}/{TENANT}/v2.0"
    assert read(signed(claims()), issuer=own).tenant_id == UUID(TENANT)
    with pytest.raises(NotProven):
        read(signed(claims(tid=STRANGER, iss=f"{ENTRA}/{STRANGER}/v2.0")), issuer=own)
    assert issuer_of(f"{ENTRA}/common/v2.0", UUID(TENANT)) == own


@pytest.mark.parametrize("name", ["organizations", "common", TENANT])
def test_an_issuer_of_entras_is_taken(name: str) -> None:
    check_issuer(f"{ENTRA}/{name}/v2.0", ENTRA)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://login.microsoftonline.com/organizations/v2.0",
        "https://login.microsoftonline.com.evil.example/organizations/v2.0",
        "https://user@login.microsoftonline.com/organizations/v2.0",
        "https://login.microsoftonline.us/organizations/v2.0",
        f"{ENTRA}/consumers/v2.0",
        f"{ENTRA}/organizations",
        f"{ENTRA}/organizations/v2.0/",
        f"{ENTRA}/organizations/v2.0?x=1",
        f"{ENTRA}/v2.0",
        ENTRA,
    ],
)
def test_any_other_issuer_is_refused_with_how_it_must_look(text: str) -> None:
    with pytest.raises(ValueError, match=f"must be .*{ENTRA}"):
        check_issuer(text, ENTRA)
