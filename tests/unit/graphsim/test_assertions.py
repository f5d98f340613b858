"""graph-calendar §7.4, Entra's certificate-credentials: assertions and each way they can be wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest

from graphsim.applications import App, Certificate, base64url
from graphsim.assertions import check_assertion
from graphsim.refusals import AadstsError

from .credentials import Credential, credential

CLIENT = UUID(int=7)
ENDPOINT = "https://login.example/t/oauth2/v2.0/token"
NOW = datetime.now(UTC)


def _app(*credentials: Credential) -> App:
    return App(CLIENT, certificates=tuple(Certificate.read(CLIENT, one.pem) for one in credentials))


def _check(assertion: str, *credentials: Credential, needs_jti: bool = False) -> None:
    audiences = frozenset({ENDPOINT, "https://login.example/t/v2.0"})
    app = _app(*(credentials or (credential(),)))
    check_assertion(assertion, app, audiences, NOW, needs_jti=needs_jti)


def _refused(assertion: str, *credentials: Credential, needs_jti: bool = False) -> AadstsError:
    with pytest.raises(AadstsError) as raised:
        _check(assertion, *credentials, needs_jti=needs_jti)
    return raised.value


def _signed(audience: object = ENDPOINT, **more: Any) -> str:
    return credential().assertion(CLIENT, audience, NOW, **more)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256"])
@pytest.mark.parametrize("audience", [ENDPOINT, "https://login.example/T/v2.0/"])
def test_what_a_registered_certificate_signed_is_taken(algorithm: str, audience: str) -> None:
    _check(_signed(audience, algorithm=algorithm))
    long = {"x5t#S256": base64url(credential().sha256)}
    _check(_signed(audience, algorithm=algorithm, header=long))


def test_any_of_several_certificates_may_sign() -> None:
    _check(_signed(), credential("other"), credential())


@pytest.mark.parametrize(("algorithm", "key"), [("HS256", "k" * 32), ("none", None)])
def test_an_algorithm_that_entra_does_not_take_is_5002738(algorithm: str, key: Any) -> None:
    header = {"x5t": base64url(credential().sha1)}
    whole = {"iss": str(CLIENT), "sub": str(CLIENT), "aud": ENDPOINT}
    refused = _refused(jwt.encode(whole, key, algorithm, header))
    assert (refused.code, refused.status, refused.error) == (5002738, 401, "invalid_client")
    assert f"'{algorithm}' is not a supported signature algorithm." in refused.text


def test_a_key_that_is_not_registered_is_700027_and_named() -> None:
    refused = _refused(_signed(), credential("other"))
    assert (refused.code, refused.status, refused.error) == (700027, 401, "invalid_client")
    assert "The key was not found." in refused.text
    assert str(CLIENT) in refused.text


def test_another_keys_signature_under_a_registered_thumbprint_is_700027() -> None:
    header = {"x5t": base64url(credential().sha1)}
    forged = credential("other").assertion(CLIENT, ENDPOINT, NOW, header=header)
    refused = _refused(forged)
    assert refused.code == 700027
    assert "did not match" in refused.text
    assert "Found key 'Start=" in refused.text


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(NOW.timestamp()) - 1},
        {"exp": int(NOW.timestamp())},
        {"nbf": int((NOW + timedelta(minutes=5)).timestamp())},
    ],
)
def test_outside_its_time_an_assertion_is_700024(claims: dict[str, int]) -> None:
    refused = _refused(_signed(**claims))
    assert refused.code == 700024
    assert "expiry time of assertion 2" in refused.text


def test_without_nbf_an_assertion_holds_since_ever() -> None:
    _check(_signed(nbf=None))


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "https://login.example/other/oauth2/v2.0/token"}, 700023),
        ({"aud": [ENDPOINT]}, 50027),
        ({"aud": None}, 90014),
        ({"iss": None}, 90014),
        ({"exp": None}, 50027),
        ({"iss": str(UUID(int=8))}, 50048),
        ({"sub": str(UUID(int=8))}, 50048),
        ({"iss": str(UUID(int=8)), "sub": str(UUID(int=8))}, 700021),
    ],
)
def test_each_wrong_claim_has_its_number(claims: dict[str, Any], code: int) -> None:
    assert _refused(_signed(**claims)).code == code


@pytest.mark.parametrize("text", ["", "no token", "a.b.c"])
def test_what_is_no_jwt_is_50027(text: str) -> None:
    assert _refused(text).code == 50027


def test_without_a_thumbprint_it_is_5002723() -> None:
    refused = _refused(_signed(header={}))
    assert (refused.code, "No certificate SHA-1 thumbprint" in refused.text) == (5002723, True)


@pytest.mark.parametrize("days", [(-10, -1), (1, 10)])
def test_a_certificate_outside_its_validity_is_1000502(days: tuple[int, int]) -> None:
    stale = credential("stale", *days)
    assert _refused(stale.assertion(CLIENT, ENDPOINT, NOW), stale).code == 1000502


def test_a_missing_jti_is_refused_in_one_reading_only() -> None:
    bare = _signed(jti=None)
    _check(bare)
    assert _refused(bare, needs_jti=True).code == 50027
