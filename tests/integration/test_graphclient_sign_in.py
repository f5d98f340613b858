"""People sign in through our client at the simulator over HTTPS (entra/identity-platform v2-oauth2-auth-code-flow)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest

from graphclient import (
    Begun,
    CredentialsRejected,
    Malformed,
    Registration,
    SignIn,
    SignInDenied,
    SignInStale,
    Throttled,
    Unavailable,
    open_graph,
)

from .graphsim_cloud import ANN, TENANT, Cloud, running_cloud

APP, BACK = UUID(int=0x77), "https://portal.example/sign-in/microsoft/back"


@asynccontextmanager
async def opened(
    folder: Path, secrets: list[str], name: str = "organizations"
) -> AsyncIterator[tuple[Cloud, SignIn]]:
    """`secrets` holds the one in use, which may change."""
    async with running_cloud(folder) as cloud:
        app = {
            "client_id": str(APP),
            "secret": "right~1",
            "multi_tenant": True,
            "redirect_uris": [BACK],
        }
        await cloud.call("POST", "/_sim/tenants", {"tenant_id": str(UUID(int=0x70)), "apps": [app]})
        origin = cloud.address.origin
        async with open_graph(f"{origin}/v1.0", origin, cloud.address.ca_file) as graph:
            issuer = f"{origin}/{name}/v2.0"
            yield cloud, graph.sign_in(Registration(issuer, str(APP), lambda: secrets[0]))


async def choose(cloud: Cloud, begun: Begun, **form: str) -> dict[str, str]:
    """What the browser brings back after a click."""
    async with cloud.session.post(begun.address, data=form, allow_redirects=False) as answer:
        place = urlsplit(answer.headers["Location"])
    return dict(parse_qsl(place.query))


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("name", ["organizations", str(TENANT)])
async def test_whoever_is_chosen_is_named(tmp_path: Path, name: str) -> None:
    async with opened(tmp_path, ["right~1"], name) as (cloud, sign_in):
        begun = await sign_in.start(BACK)
        asked = dict(parse_qsl(urlsplit(begun.address).query))
        assert (asked["code_challenge_method"], asked["prompt"]) == ("S256", "select_account")
        assert set(asked["scope"].split()) == {"openid", "profile"}, (
            "nothing that outlives the sign-in"
        )
        found = await sign_in.finish(
            begun.kept, await choose(cloud, begun, account=str(ANN)), now()
        )
    assert (found.tenant_id, found.preferred_username, found.name) == (
        TENANT,
        "ann@x.example",
        "Ann Lee",
    )
    assert found.issuer == f"{cloud.address.origin}/{TENANT}/v2.0"


async def test_an_answer_belongs_to_the_sign_in_that_began_and_counts_once(tmp_path: Path) -> None:
    async with opened(tmp_path, ["right~1"]) as (cloud, sign_in):
        mine, other = await sign_in.start(BACK), await sign_in.start(BACK)
        answer = await choose(cloud, mine, account=str(ANN))
        other_state = dict(parse_qsl(urlsplit(other.address).query))["state"]
        for kept, query in (
            (other.kept, answer),  # another browser's cookie
            (other.kept, answer | {"state": other_state}),  # the code smuggled in: PKCE
            (mine.kept, answer | {"state": "x"}),
            (mine.kept, {name: text for name, text in answer.items() if name != "state"}),
            (mine.kept, {"state": answer["state"]}),
            (mine.kept, answer | {"code": "1.forged"}),
        ):
            with pytest.raises(SignInStale):
                await sign_in.finish(kept, query, now())
        # The right answer names somebody, even after all that, and only once.
        assert (await sign_in.finish(mine.kept, answer, now())).tenant_id == TENANT
        with pytest.raises(SignInStale):
            await sign_in.finish(mine.kept, answer, now())


async def test_a_token_of_another_sign_in_is_told_by_its_nonce(tmp_path: Path) -> None:
    async with opened(tmp_path, ["right~1"]) as (cloud, sign_in):
        begun = await sign_in.start(BACK)
        for wrong in ("&nonce=other", ""):
            address = begun.address.partition("&nonce=")
            rest = address[2].partition("&")
            swapped = Begun(f"{address[0]}{wrong}&{rest[2]}", begun.kept)
            answer = await choose(cloud, swapped, account=str(ANN))
            with pytest.raises(SignInStale):
                await sign_in.finish(begun.kept, answer, now())


async def test_a_token_outside_its_time_proves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, ["right~1"]) as (cloud, sign_in):
        begun = await sign_in.start(BACK)
        answer = await choose(cloud, begun, account=str(ANN))
        with pytest.raises(SignInStale):
            await sign_in.finish(begun.kept, answer, now() + timedelta(hours=2))


async def test_whoever_cancels_is_denied_and_trouble_passes(tmp_path: Path) -> None:
    async with opened(tmp_path, ["right~1"]) as (cloud, sign_in):
        begun = await sign_in.start(BACK)
        told = await choose(cloud, begun, cancel="yes")
        with pytest.raises(SignInDenied) as denied:
            await sign_in.finish(begun.kept, told, now())
        assert denied.value.error == "access_denied"
        with pytest.raises(Unavailable):
            await sign_in.finish(begun.kept, told | {"error": "temporarily_unavailable"}, now())
        with pytest.raises(SignInStale):  # an error is believed with the state alone
            await sign_in.finish(begun.kept, told | {"state": "x"}, now())


async def test_the_secret_in_use_is_the_one_that_is_set_now(tmp_path: Path) -> None:
    secrets = ["wrong~1"]
    async with opened(tmp_path, secrets) as (cloud, sign_in):
        begun = await sign_in.start(BACK)
        answer = await choose(cloud, begun, account=str(ANN))
        with pytest.raises(CredentialsRejected) as refused:
            await sign_in.finish(begun.kept, answer, now())
        assert refused.value.aadsts == 7000215
        assert "wrong~1" not in str(refused.value) + refused.value.description
        secrets[0] = "right~1"
        assert (await sign_in.finish(begun.kept, answer, now())).tenant_id == TENANT


@pytest.mark.parametrize("path", ["/.well-known/", "/oauth2/v2.0/token", "/discovery/v2.0/keys"])
async def test_an_entra_in_trouble_is_trouble_that_passes(tmp_path: Path, path: str) -> None:
    async with opened(tmp_path, ["right~1"]) as (cloud, sign_in):
        begun = await sign_in.start(BACK)
        answer = await choose(cloud, begun, account=str(ANN))
        for status, error in ((503, Unavailable), (429, Throttled)):
            await cloud.call(
                "POST",
                "/_sim/faults",
                {"match": {"path": path}, "status": status, "retry_after": 1},
            )
            with pytest.raises(error):
                await sign_in.finish(begun.kept, answer, now())
            await cloud.call("DELETE", "/_sim/faults")
            answer = await choose(cloud, begun, account=str(ANN))
        assert (await sign_in.finish(begun.kept, answer, now())).tenant_id == TENANT


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
async def test_a_discovery_that_leads_to_another_host_is_not_followed(
    tmp_path: Path, name: str
) -> None:
    async with opened(tmp_path, ["right~1"]) as (cloud, sign_in):
        path = "/organizations/v2.0/.well-known/openid-configuration"
        found = (await cloud.call("GET", path)).body
        leading = found | {name: "https://evil.example/organizations/oauth2/v2.0/x"}
        fault = {"match": {"path": "/.well-known/"}, "status": 200, "body": leading, "times": 9}
        await cloud.call("POST", "/_sim/faults", fault)
        with pytest.raises(Malformed):
            begun = await sign_in.start(BACK)
            await sign_in.finish(begun.kept, await choose(cloud, begun, account=str(ANN)), now())


async def test_nobody_is_sent_off_while_entra_is_in_trouble(tmp_path: Path) -> None:
    async with opened(tmp_path, ["right~1"]) as (cloud, sign_in):
        await cloud.call(
            "POST", "/_sim/faults", {"match": {"path": "/.well-known/"}, "status": 503}
        )
        with pytest.raises(Unavailable):
            await sign_in.start(BACK)
        await cloud.call("DELETE", "/_sim/faults")
        assert (await sign_in.start(BACK)).address.startswith(cloud.address.origin)
