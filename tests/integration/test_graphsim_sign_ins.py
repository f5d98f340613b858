"""[doc] entra/identity-platform v2-oauth2-auth-code-flow (code flow) and id-token-claims-reference (claims): people sign in."""

import asyncio
import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import jwt
import msal
import pytest
import requests
from jwt.algorithms import RSAAlgorithm

from graphsim.refusals import OTHER

from .graphsim_cloud import ANN, BOB, CLIENT, OTHER_TENANT, TENANT, Cloud, Reply, running_cloud

APP, SECRET, BACK = UUID(int=0x77), "operator~s", "https://portal.example/back?from=entra"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
EVE = UUID(int=0xE0)


@asynccontextmanager
async def _open(tmp_path: Path, **options: Any) -> AsyncIterator[Cloud]:
    """Two tenants; the multi-tenant app is registered in a third, which has nobody."""
    async with running_cloud(tmp_path, **options) as cloud:
        await _tenant(
            cloud,
            UUID(int=0x70),
            apps=[{"client_id": str(APP), "secret": SECRET, "name": "Portal <b>",
                   "multi_tenant": True, "redirect_uris": [BACK]}],
        )  # fmt: skip
        eve = {"id": str(EVE), "address": "eve@y.example", "name": "Eve <i>"}
        await _tenant(cloud, OTHER_TENANT, users=[{**eve, "sign_in_name": "ann@x.example"}])
        yield cloud


async def _tenant(cloud: Cloud, tenant: UUID, **body: Any) -> None:
    assert (
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(tenant), **body})
    ).status == 201


def _query(**changes: str | None) -> str:
    whole = {
        "client_id": str(APP), "response_type": "code", "redirect_uri": BACK, "response_mode": "query",
        "scope": "openid profile", "state": "st-1", "nonce": "n-1", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes  # fmt: skip
    return urlencode({name: value for name, value in whole.items() if value is not None})


async def _page(
    cloud: Cloud, query: str, name: object = "organizations", **form: str
) -> tuple[int, str, dict[str, str]]:
    """Status, page and what the redirect says; with a form it is posted."""
    url = f"{cloud.address.origin}/{name}/oauth2/v2.0/authorize?{query}"
    async with cloud.session.request(
        "POST" if form else "GET", url, data=form or None, allow_redirects=False
    ) as answer:
        place = answer.headers.get("Location", "")
        assert not place or place.startswith(BACK + "&")
        return answer.status, await answer.text(), dict(parse_qsl(urlsplit(place).query))


async def _code(
    cloud: Cloud, who: UUID = ANN, name: object = "organizations", **changes: str | None
) -> str:
    status, _, told = await _page(cloud, _query(**changes), name, account=str(who))
    assert status == 302
    return told["code"]


async def _redeem(
    cloud: Cloud, code: str, name: object = "organizations", **changes: str | None
) -> Reply:
    whole = {
        "client_id": str(APP), "client_secret": SECRET, "grant_type": "authorization_code", "code": code,
        "redirect_uri": BACK, "code_verifier": VERIFIER,
    } | changes  # fmt: skip
    form = {key: value for key, value in whole.items() if value is not None}
    url = f"{cloud.address.origin}/{name}/oauth2/v2.0/token"
    async with cloud.session.post(url, data=form) as answer:
        return Reply(answer.status, await answer.json(), {})


async def _claims(cloud: Cloud, token: str, name: object = "organizations") -> dict[str, Any]:
    """Checked with the key that the simulator publishes."""
    keys = (await cloud.call("GET", f"/{name}/discovery/v2.0/keys")).body["keys"]
    (key,) = [each for each in keys if each["kid"] == jwt.get_unverified_header(token)["kid"]]
    public = RSAAlgorithm.from_jwk(key)
    claims: dict[str, Any] = jwt.decode(token, public, algorithms=["RS256"], audience=str(APP))  # type: ignore[arg-type] # a public key
    assert key["issuer"].replace("{tenantid}", claims["tid"]) == claims["iss"]
    return claims


async def test_the_picker_lists_everybody_of_every_tenant_or_of_the_one_named(
    tmp_path: Path,
) -> None:
    async with _open(tmp_path) as cloud:
        status, everybody, _ = await _page(cloud, _query())
        assert (status, re.findall(r"name=\"account\" value=\"([^\"]+)", everybody)) == (
            200, [str(ANN), str(BOB), str(EVE)],
        )  # fmt: skip
        assert "Portal &lt;b&gt;" in everybody
        assert "Eve &lt;i&gt;" in everybody
        _, one, _ = await _page(cloud, _query(), OTHER_TENANT)
        assert re.findall(r"name=\"account\" value=\"([^\"]+)", one) == [str(EVE)]


async def test_a_choice_comes_back_as_code_and_state_and_is_redeemed_for_documented_claims(
    tmp_path: Path,
) -> None:
    async with _open(tmp_path) as cloud:
        _, _, told = await _page(cloud, _query(), account=str(ANN))
        assert told.keys() == {"from", "code", "state"}
        assert told["state"] == "st-1"
        reply = await _redeem(cloud, told["code"])
        assert (reply.status, reply.body["token_type"], reply.body["expires_in"]) == (
            200,
            "Bearer",
            3599,
        )
        assert "refresh_token" not in reply.body, "only with offline_access"
        claims = await _claims(cloud, reply.body["id_token"])
        now = int(cloud.simulator.clock.now().timestamp())
        assert {name: claims.pop(name) for name in ("sub", "aio", "rh", "uti")}.keys()
        assert claims == {
            "ver": "2.0", "iss": f"{cloud.address.origin}/{TENANT}/v2.0", "aud": str(APP), "tid": str(TENANT),
            "oid": str(ANN), "preferred_username": "ann@x.example", "name": "Ann Lee", "nonce": "n-1",
            "iat": claims["iat"], "nbf": claims["iat"], "exp": claims["iat"] + 3599,
        }  # fmt: skip
        assert abs(now - claims["iat"]) <= 60


async def test_the_subject_is_pairwise_and_the_object_id_is_not(tmp_path: Path) -> None:
    async with _open(tmp_path) as cloud:
        second = UUID(int=0x78)
        app = {
            "client_id": str(second),
            "secret": SECRET,
            "multi_tenant": True,
            "redirect_uris": [BACK],
        }
        await _tenant(cloud, UUID(int=0x70), apps=[app])
        told = [
            jwt.decode((await _redeem(cloud, await _code(cloud, who, client_id=str(client)), client_id=str(client))).body["id_token"], options={"verify_signature": False})
            for who, client in ((ANN, APP), (ANN, APP), (ANN, second), (BOB, APP), (EVE, APP))
        ]  # fmt: skip
        assert told[0]["sub"] == told[1]["sub"]
        assert len({each["sub"] for each in told}) == 4
        assert told[0]["oid"] == told[2]["oid"] == str(ANN)
        assert told[4]["preferred_username"] == told[0]["preferred_username"]
        assert told[4]["tid"] == str(OTHER_TENANT), "equal names of two tenants are two people"


async def test_without_the_profile_scope_no_name_is_told(tmp_path: Path) -> None:
    async with _open(tmp_path) as cloud:
        token = (await _redeem(cloud, await _code(cloud, scope="openid", nonce=None))).body[
            "id_token"
        ]
        claims = await _claims(cloud, token)
        assert not claims.keys() & {"oid", "preferred_username", "name", "nonce"}
        unasked = await _redeem(cloud, await _code(cloud, scope="offline_access"))
        assert unasked.body.keys() & {"id_token", "refresh_token"} == {"refresh_token"}


async def test_whoever_the_login_hint_names_goes_on_at_once_unless_the_picker_is_asked_for(
    tmp_path: Path,
) -> None:
    async with _open(tmp_path) as cloud:
        hinted = {"login_hint": "BOB@x.example"}
        for prompt, status in ((None, 302), ("none", 302), ("login", 200), ("select_account", 200)):
            answered, _, told = await _page(cloud, _query(**hinted, prompt=prompt), TENANT)
            assert answered == status, prompt
            assert ("code" in told) == (status == 302)
        assert (await _page(cloud, _query(login_hint="nobody@x.example")))[0] == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "interaction_required"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
    ],
)
async def test_what_is_wrong_with_a_request_is_told_to_the_redirect_uri(
    tmp_path: Path, changes: dict[str, str | None], error: str
) -> None:
    async with _open(tmp_path) as cloud:
        _, _, told = await _page(cloud, _query(**changes))
        assert (told["error"], told["state"]) == (error, "st-1")


async def test_whoever_cancels_is_told_as_access_denied(tmp_path: Path) -> None:
    async with _open(tmp_path) as cloud:
        _, _, told = await _page(cloud, _query(), cancel="yes")
        assert told == {
            "from": "entra", "error": "access_denied", "state": "st-1",
            "error_description": "the user canceled the authentication",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code", "name"),
    [
        ({"redirect_uri": BACK + "2"}, 50011, "organizations"),
        ({"redirect_uri": None}, 50011, "organizations"),
        ({"redirect_uri": "https://evil.example"}, 50011, "common"),
        ({"client_id": str(UUID(int=9))}, 700016, "organizations"),
        ({"client_id": "x"}, 700016, "organizations"),
        ({"client_id": None}, 900144, "organizations"),
        ({"client_id": str(CLIENT)}, 50194, "organizations"),
        ({"client_id": str(CLIENT)}, 700016, OTHER_TENANT),
    ],
)
async def test_nothing_is_sent_to_an_address_that_is_not_registered(
    tmp_path: Path, changes: dict[str, str | None], code: int, name: object
) -> None:
    async with _open(tmp_path) as cloud:
        for form in ({}, {"account": str(ANN)}):
            _, page, told = await _page(cloud, _query(**changes), name, **form)
            assert told == {}
            assert f"AADSTS{code}: " in page


@pytest.mark.parametrize(
    ("changes", "number", "error"),
    [
        ({"code": "1.never"}, 70000, "invalid_grant"),
        ({"code": None}, 900144, "invalid_request"),
        ({"redirect_uri": "https://portal.example/back"}, 500112, "invalid_client"),
        ({"code_verifier": "w" * 43}, 501481, "invalid_grant"),
        ({"code_verifier": None}, 501481, "invalid_grant"),
        ({"client_secret": "wrong"}, 7000215, "invalid_client"),
        ({"client_secret": None}, 7000218, "invalid_client"),
        ({"client_id": str(CLIENT), "client_secret": "s3~value"}, 50194, "invalid_request"),
    ],
)
async def test_a_wrong_redemption_is_refused_and_spends_no_code(
    tmp_path: Path, changes: dict[str, str | None], number: int, error: str
) -> None:
    async with _open(tmp_path) as cloud:
        code = await _code(cloud)
        reply = await _redeem(cloud, **{"code": code, **changes})  # type: ignore[arg-type] # the code may be left out
        assert (reply.body["error_codes"], reply.body["error"]) == ([number], error)
        assert (await _redeem(cloud, code)).status == 200


async def test_a_code_is_good_once_for_ten_minutes_and_for_its_tenant_and_client(
    tmp_path: Path,
) -> None:
    async with _open(tmp_path) as cloud:
        once, late, elsewhere = [await _code(cloud) for _ in range(3)]
        assert (await _redeem(cloud, once)).status == 200
        assert (await _redeem(cloud, once)).body["error_codes"] == [54005]
        assert (await _redeem(cloud, elsewhere, OTHER_TENANT)).body["error_codes"] == [700005]
        assert (await _redeem(cloud, elsewhere, TENANT)).status == 200
        third = str(UUID(int=0x79))
        app = {
            "client_id": third,
            "secret": SECRET,
            "multi_tenant": True,
            "redirect_uris": [BACK],
        }
        await _tenant(cloud, UUID(int=0x70), apps=[app])
        assert (await _redeem(cloud, late, client_id=third)).body["error_codes"] == [70000]
        cloud.simulator.clock.advance(timedelta(minutes=10).total_seconds())
        assert (await _redeem(cloud, late)).body["error_codes"] == [70008]


@pytest.mark.parametrize("reading", ["usual", "other"])
async def test_what_nobody_has_shown_of_codes_in_both_readings(
    tmp_path: Path, reading: str
) -> None:
    async with _open(tmp_path, unverified_refusals=reading) as cloud:
        for changes, name, number, usual in (
            ({"redirect_uri": "https://x.example"}, TENANT, 500112, (400, "invalid_client")),
            ({}, OTHER_TENANT, 700005, (400, "invalid_grant")),
        ):
            reply = await _redeem(cloud, await _code(cloud), name, **changes)
            assert reply.body["error_codes"] == [number]
            expected = OTHER[number] if reading == "other" else usual
            assert (reply.status, reply.body["error"]) == expected


async def test_the_token_for_graph_opens_nothing_that_an_app_may(tmp_path: Path) -> None:
    async with _open(tmp_path) as cloud:
        cloud.token = (await _redeem(cloud, await _code(cloud))).body["access_token"]
        assert (await cloud.graph("GET", "/users")).status in {401, 403}


# msal would rather have `form_post`, which a cookie with SameSite=Lax does not come along with.
@pytest.mark.filterwarnings("ignore:response_mode")
@pytest.mark.parametrize("authority", ["organizations", str(TENANT)])
async def test_msal_signs_a_person_in_with_pkce_and_nonce(tmp_path: Path, authority: str) -> None:
    async with _open(tmp_path) as cloud:

        def app() -> Any:
            http = requests.Session()
            http.trust_env = False
            http.verify = str(cloud.address.ca_file)
            return http, msal.ConfidentialClientApplication(
                str(APP), client_credential=SECRET, http_client=http, exclude_scopes=["offline_access"],
                oidc_authority=f"{cloud.address.origin}/{authority}/v2.0",
            )  # fmt: skip

        http, client = await asyncio.to_thread(app)
        try:
            flow = client.initiate_auth_code_flow([], redirect_uri=BACK)
            query = urlsplit(flow["auth_uri"]).query
            assert "code_challenge_method=S256" in query
            _, _, told = await _page(cloud, query, authority, account=str(ANN))
            result = await asyncio.to_thread(client.acquire_token_by_auth_code_flow, flow, told)
            assert result["id_token_claims"]["preferred_username"] == "ann@x.example"
            again = await asyncio.to_thread(client.acquire_token_by_auth_code_flow, flow, told)
            assert again["error_codes"] == [54005]
        finally:
            http.close()
