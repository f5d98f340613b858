import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from graphclient.publisher import (
    FALSE,
    NOTHING,
    Judgement,
    KeySet,
    KeysUnusable,
    Version,
    judged,
    named,
)

from .bad_tokens import (
    CASES,
    CLIENT,
    ISSUERS,
    NOW,
    STRANGER,
    TENANT,
    VERSIONS,
    Make,
    claims,
    good,
    jwk,
    jwks,
    key,
    signed,
)

PROVEN = Judgement(proven=frozenset({(UUID(TENANT), UUID(CLIENT))}))


def sets() -> dict[Version, KeySet | None]:
    return {
        version: KeySet.read(ISSUERS[version], json.dumps(jwks(version)).encode())
        for version in VERSIONS
    }


def judge(tokens: Sequence[str], late: timedelta = timedelta()) -> Judgement:
    found = [named(token) for token in tokens]
    told = [each for each in found if each is not None]
    return judged(told, sets(), NOW + late) if len(told) == len(found) else FALSE


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_as_graph_makes_it_speaks_for_its_tenant_and_app(version: Version) -> None:
    assert judge([good(version)]) == PROVEN
    assert (
        judge([signed(claims(version), {"alg": "RS256", "kid": "entra-next"}, "entra-next")])
        == PROVEN
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_minute_of_difference_between_clocks_is_borne(version: Version) -> None:
    early, late = timedelta(minutes=-6), timedelta(hours=8, seconds=59)
    assert judge([good(version)], early) == judge([good(version)], late) == PROVEN


@pytest.mark.parametrize(
    ("version", "make", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_no_bad_token_speaks_for_us(version: Version, make: Make, verdict: str) -> None:
    judgement = judge([make(version)])
    assert not judgement.proven & PROVEN.proven
    assert judgement.false == (verdict == "forged_token")


@pytest.mark.parametrize(
    ("version", "make", "verdict"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_beside_a_good_token_a_false_one_condemns_and_an_idle_one_does_not(
    version: Version, make: Make, verdict: str
) -> None:
    for tokens in ([good(version), make(version)], [make(version), good(version)]):
        judgement = judge(tokens)
        assert judgement.false == (verdict == "forged_token")
        assert judgement.proven >= (frozenset() if judgement.false else PROVEN.proven)


def test_tokens_of_several_tenants_speak_each_for_its_own() -> None:
    issuer = ISSUERS["2.0"].replace("{tenantid}", STRANGER)
    other = good("2.0", tid=STRANGER, iss=issuer)
    both = frozenset({(UUID(TENANT), UUID(CLIENT)), (UUID(STRANGER), UUID(CLIENT))})
    assert judge([good("1.0"), other]).proven == both
    assert judge([]) == NOTHING


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"{}",
        b'{"keys":null}',
        b'{"keys":[]}',
        b'{"keys":["entra"]}',
        b'{"keys":[{"kid":"entra"}]}',
        b'{"keys":[{"kty":"RSA","kid":"entra"}]}',
        b'{"keys":[{"kty":"RSA","kid":"entra","n":"!","e":"AQAB"}]}',
        b'{"keys":[{"kty":"RSA","kid":"entra","n":"AA","e":"AQAB"}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"keys": [{"kty": "oct", "kid": "entra", "k": "c2VjcmV0"}]}).encode(),
        json.dumps({"keys": [jwk("entra", use="enc")]}).encode(),
        json.dumps({"keys": [jwk("weak", 1024)]}).encode(),
        json.dumps(
            {
                "keys": [
                    jwk(
                        "entra",
                        issuer="https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
                    )
                ]
            }
        ).encode(),
        json.dumps({"keys": [jwk("entra", issuer=ISSUERS["1.0"])]}).encode(),
    ],
)
def test_a_key_set_without_a_fit_key_is_none(body: bytes) -> None:
    with pytest.raises(KeysUnusable):
        KeySet.read(ISSUERS["2.0"], body)


def test_of_two_keys_under_one_id_the_first_counts() -> None:
    first = {"keys": [jwk("entra"), jwk("attacker", kid="entra")]}
    found = KeySet.read(ISSUERS["1.0"], json.dumps(first).encode())
    assert found.keys["entra"].key.public_numbers() == key("entra").public_key().public_numbers()


def test_there_are_more_than_two_hundred_bad_tokens() -> None:
    assert len({name for name, *_ in CASES}) == len(CASES) >= 200
