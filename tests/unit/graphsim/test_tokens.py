"""graph-calendar §7.2: what a token says; §2.8: what Graph says of a wrong one."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import jwt
import pytest

from graphsim.applications import App
from graphsim.tenants import Tenant
from graphsim.tokens import GRAPH, GRAPH_ID, Tokens
from graphsim.wire import Refused

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TENANT = Tenant(UUID(int=1), "x.example")
APP = App(UUID(int=2), roles=("Calendars.ReadWrite",), name="Sync")
TOKENS = Tokens(None, 3599)


def _chance(seed: int = 0) -> Random:
    return Random(seed)  # noqa: S311 -- repeatable


def _issued(app: App = APP, audience: str = GRAPH, how: str = "1", seed: int = 0) -> str:
    return TOKENS.issue(TENANT, app, audience, how, NOW, _chance(seed))


def _claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def _refused(token: str, now: datetime = NOW) -> tuple[str, str]:
    with pytest.raises(Refused) as raised:
        TOKENS.read(f"Bearer {token}", now)
    assert raised.value.status == 401
    return raised.value.code, raised.value.message


def test_a_graph_token_has_the_claims_of_7_2() -> None:
    claims, header = _claims(_issued()), jwt.get_unverified_header(_issued())
    expected = {
        "aud": GRAPH,
        "iss": f"https://sts.windows.net/{TENANT.id}/",
        "appid": str(APP.client_id),
        "app_displayname": "Sync",
        "appidacr": "1",
        "idtyp": "app",
        "oid": claims["sub"],
        "tid": str(TENANT.id),
        "roles": ["Calendars.ReadWrite"],
        "ver": "1.0",
        "iat": claims["nbf"],
        "exp": claims["iat"] + 3599,
    }
    assert {name: claims[name] for name in expected} == expected
    assert {"aio", "rh", "uti", "idp", "wids", "xms_tcdt"} <= claims.keys()
    assert "scp" not in claims
    assert header.keys() == {"typ", "alg", "kid", "x5t", "nonce"}


def test_a_certificate_shows_in_appidacr_7_2() -> None:
    assert _claims(_issued(how="2"))["appidacr"] == "2"


def test_without_consent_the_roles_are_absent_7_2() -> None:
    app = App(UUID(int=2), delegated=("Calendars.ReadWrite",))
    assert "roles" not in _claims(_issued(app))


def test_nobody_but_graph_can_verify_a_graph_token_7_2() -> None:
    key = TOKENS.keys.after(0).public
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(_issued(), key, algorithms=["RS256"], audience=GRAPH)
    assert TOKENS.read(f"Bearer {_issued()}", NOW).roles == {"Calendars.ReadWrite"}


def test_graph_takes_its_guid_as_audience_too_7_2() -> None:
    assert TOKENS.read(f"bearer {_issued(audience=GRAPH_ID)}", NOW).app == APP.client_id


def test_the_same_chance_makes_the_same_token() -> None:
    assert _issued(seed=1) == _issued(seed=1) != _issued(seed=2)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc"])
def test_a_missing_token_is_empty_2_8(header: str) -> None:
    with pytest.raises(Refused, match=r"Access token is empty\."):
        TOKENS.read(header, NOW)


def test_a_token_ends_at_its_second_2_8() -> None:
    token = _issued()
    TOKENS.read(f"Bearer {token}", NOW + timedelta(seconds=3598))
    assert _refused(token, NOW + timedelta(seconds=3599)) == (
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired.",
    )


def test_a_token_for_another_resource_has_the_wrong_audience_2_8() -> None:
    code, message = _refused(_issued(audience="https://outlook.office.com"))
    assert code == "InvalidAuthenticationToken"
    assert message == "Access token validation failure. Invalid audience."


def test_forged_and_garbled_tokens_are_refused_2_8() -> None:
    header, payload, signature = _issued().split(".")
    stranger = Tokens(None, 3599).issue(TENANT, APP, GRAPH, "1", NOW, _chance())
    alone = jwt.encode({"aud": GRAPH}, "k" * 32, "HS256", {"kid": TOKENS.keys.after(0).id})
    for forged in (
        f"{header}.{payload}.{signature[::-1]}",
        stranger,
        alone,
        TOKENS.sign(TENANT, {"aud": GRAPH}),
        "no dots",
        "a.b.c",
        f"{header}.{payload}",
    ):
        assert _refused(forged)[0] == "InvalidAuthenticationToken"
    assert "there are no dots" in _refused("nodots")[1]


def test_old_tokens_stay_good_after_a_turn_7_3() -> None:
    tokens, tenant = Tokens(None, 3599), Tenant(UUID(int=1), "x.example")
    old = tokens.issue(tenant, APP, GRAPH, "1", NOW, _chance())
    tenant.key_turns += 1
    new = tokens.issue(tenant, APP, GRAPH, "1", NOW, _chance())
    kids = [jwt.get_unverified_header(one)["kid"] for one in (old, new)]
    assert kids == [one["kid"] for one in _keys(tokens, tenant)]
    for token in (old, new):
        tokens.read(f"Bearer {token}", NOW)


def _keys(tokens: Tokens, tenant: Tenant) -> list[dict[str, str]]:
    keys: Any = tokens.jwks(tenant.key_turns, "issuer")["keys"]
    return list(keys)
