"""Signing in with Microsoft: who gets in, and everything that must not let anybody in."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa

from graphsim.tenants import Tenant
from pgstore.testing import Template, clone
from portal.domain.microsoft import Failure

from .portal_doorstep import Browser, Doorstep, House, asked, open_doorstep
from .portal_scene import OPERATOR, PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAITING = "select count(*) from pg_locks where relation = 'users'::regclass and not granted"
STALE, UNKNOWN = "/sign-in?microsoft=stale", "/sign-in?microsoft=unknown"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    _template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Doorstep]:
    folder = tmp_path_factory.mktemp("doorstep")
    async with clone(_template) as database, open_doorstep(database, folder) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def doorstep(running: Doorstep) -> AsyncIterator[Doorstep]:
    """As new for each test, but for the organisations of those before."""
    yield running
    running.ahead, running.secret = timedelta(), "s3~right-value"
    await running.forget_faults()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shut(running: Doorstep) -> tuple[House, str]:
    """A house that vouches for Ann, and her account: for tests that let nobody in."""
    house = await running.house()
    return house, str(await _account(house))


async def _account(house: House) -> UUID:
    """Ann's account at Microsoft, made anew under the name that she has here."""
    return await house.person(house.email)


async def test_whoever_the_tenant_vouches_for_gets_in_and_comes_to_the_page_they_wanted(
    doorstep: Doorstep,
) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    ann = await _account(house)

    place = await browser.sign_in(ann, "?to=" + quote("/bookings?day=2027-01-11&room=é"))

    assert place == "/bookings?day=2027-01-11&room=é"
    assert await browser.inside()
    assert set(browser.cookies) == {"__Host-session"}, "nothing is left of the way"
    assert await house.audit("user.linked") == [
        {"how": "microsoft", "tenant_id": str(house.tenant)}
    ]
    assert [entry["how"] for entry in await house.audit("session.opened")] == [
        "microsoft",
        "password",
    ]


async def test_the_cookies_are_for_this_host_over_tls_alone_and_no_script_reads_them(
    doorstep: Doorstep,
) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    address = await browser.depart("?to=/plan")
    away = browser.set_last["__Host-away"]
    assert (away["httponly"], away["secure"], away["samesite"], away["path"], away["domain"]) == (
        True, True, "Lax", "/", "",
    )  # fmt: skip
    assert away["max-age"] == "600"
    told = asked(address)
    for secret in (told["state"], told["nonce"], "plan", "code_verifier"):
        assert secret.encode() not in base64.urlsafe_b64decode(away.value)
    await browser.get(await browser.choose(address, account=str(await _account(house))))
    session = browser.set_last["__Host-session"]
    assert (session["httponly"], session["secure"], session["samesite"]) == (True, True, "Lax")


async def test_they_are_known_by_issuer_and_subject_whatever_becomes_of_their_address(
    doorstep: Doorstep,
) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    ann = await _account(house)
    assert await browser.sign_in(ann) == "/"

    # Even where somebody else of the tenant gets her address …
    await house.person("ann.married@other.example", ann)
    heir = await house.person(house.email)
    assert await Browser(doorstep).sign_in(heir) == UNKNOWN
    assert await Browser(doorstep).sign_in(ann) == "/"
    # … and the connection is not tested any more.
    await house.save(client_id=str(uuid4()), enabled=False)
    assert await Browser(doorstep).sign_in(ann) == "/"
    assert len(await house.audit("user.linked")) == 1


async def test_two_first_times_at_one_moment_are_one_link(doorstep: Doorstep) -> None:
    house, browsers = await doorstep.house(), [Browser(doorstep) for _ in range(2)]
    ann = str(await _account(house))
    backs = [await each.choose(await each.depart(), account=ann) for each in browsers]
    owner = await asyncpg.connect(doorstep.database.owner_dsn)
    try:
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks, owner.transaction():
            await owner.execute("lock table users in share row exclusive mode")
            ways = [
                tasks.create_task(browser.get(back))
                for browser, back in zip(browsers, backs, strict=True)
            ]
            while await owner.fetchval(WAITING) < len(ways):
                pass  # neither has found a link, both are about to make it
        assert [way.result() for way in ways] == [(303, "/")] * 2
    finally:
        await owner.close()
    assert len(await house.audit("user.linked")) == 1


async def test_every_session_is_a_new_one_whatever_cookie_was_there(doorstep: Doorstep) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    browser.cookies["__Host-session"] = "planted-by-somebody"
    assert await browser.sign_in(await _account(house)) == "/"
    assert browser.session != "planted-by-somebody"
    assert await browser.inside()
    # Whoever is in already is not sent off again.
    assert await browser.get("/sign-in/microsoft?to=/plan") == (303, "/plan")


# --- what came back is not what was sent off


Alter = Callable[[str], str]
ALTERED: dict[str, Alter] = {
    "another state": lambda back: re.sub(r"state=[^&]+", "state=guessed", back),
    "an empty state": lambda back: re.sub(r"state=[^&]+", "state=", back),
    "no state": lambda back: re.sub(r"&state=[^&]+", "", back),
    "a code of nobody": lambda back: re.sub(r"code=[^&]+", "code=1.guessed", back),
    "no code": lambda back: re.sub(r"code=[^&]+&", "", back),
    "nothing at all": lambda back: back.partition("?")[0],
    "an error without the state": lambda back: back.partition("?")[0] + "?error=access_denied",
}  # fmt: skip


@pytest.mark.parametrize("what", ALTERED)
async def test_an_answer_that_was_altered_lets_nobody_in(
    doorstep: Doorstep, shut: tuple[House, str], what: str
) -> None:
    (_, ann), browser = shut, Browser(doorstep)
    back = await browser.choose(await browser.depart(), account=ann)

    assert await browser.get(ALTERED[what](back)) == (303, STALE)

    assert not await browser.inside()
    assert "__Host-away" not in browser.cookies, "one try for each departure"
    assert await browser.get(back) == (303, STALE)


async def test_a_code_is_good_once_even_for_who_kept_the_cookie(doorstep: Doorstep) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    back = await browser.choose(await browser.depart(), account=str(await _account(house)))
    thief = Browser(doorstep, dict(browser.cookies))
    assert await browser.get(back) == (303, "/")
    assert await thief.get(back) == (303, STALE)
    assert not await thief.inside()


async def test_the_answer_for_one_browser_lets_no_other_in(doorstep: Doorstep) -> None:
    house, victim, attacker = await doorstep.house(), Browser(doorstep), Browser(doorstep)
    ann = str(await _account(house))
    # Forced sign-in: the attacker's answer in the victim's browser, with a cookie of its own and without any.
    planted = await attacker.choose(await attacker.depart(), account=ann)
    assert await victim.get(planted) == (303, STALE)
    theirs = await victim.depart()
    assert await victim.get(planted) == (303, STALE)
    # A code that leaked, in the attacker's browser under the attacker's own state: the verifier is missing.
    theirs = await victim.depart()
    leaked = asked(await victim.choose(theirs, account=ann))["code"]
    mine = asked(await attacker.depart())["state"]
    assert await attacker.get(f"/sign-in/microsoft/back?code={leaked}&state={mine}") == (303, STALE)
    assert not await attacker.inside()
    assert not await victim.inside()


@pytest.mark.parametrize(
    "forged",
    ["", "x", "ä", "A" * 400, "A" * 5000, base64.urlsafe_b64encode(b"\x01\x02s1" + bytes(80)).decode()],
)  # fmt: skip
async def test_a_cookie_that_we_did_not_seal_lets_nobody_in(
    doorstep: Doorstep, shut: tuple[House, str], forged: str
) -> None:
    (_, ann), browser = shut, Browser(doorstep)
    back = await browser.choose(await browser.depart(), account=ann)
    browser.cookies["__Host-away"] = forged
    assert await browser.get(back) == (303, STALE)


async def test_not_one_bit_of_the_cookie_can_be_changed(
    doorstep: Doorstep, shut: tuple[House, str]
) -> None:
    (_, ann), browser = shut, Browser(doorstep)
    back = await browser.choose(await browser.depart(), account=ann)
    raw = base64.urlsafe_b64decode(browser.cookies["__Host-away"])
    for place in (0, 1, 3, 8, len(raw) // 2, len(raw) - 1):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        one = Browser(doorstep, {"__Host-away": base64.urlsafe_b64encode(changed).decode()})
        assert await one.get(back) == (303, STALE)


async def test_after_ten_minutes_it_must_begin_again(
    doorstep: Doorstep, shut: tuple[House, str]
) -> None:
    (_, ann), browser = shut, Browser(doorstep)
    back = await browser.choose(await browser.depart("?to=/plan"), account=ann)
    doorstep.ahead = timedelta(minutes=10)
    assert await browser.get(back) == (303, "/sign-in?to=%2Fplan&microsoft=stale")


@pytest.mark.parametrize("nonce", ["", "&nonce=guessed"])
async def test_a_token_without_this_sign_ins_nonce_lets_nobody_in(
    doorstep: Doorstep, shut: tuple[House, str], nonce: str
) -> None:
    (_, ann), browser = shut, Browser(doorstep)
    address = re.sub(r"&nonce=[^&]+", nonce, await browser.depart())
    back = await browser.choose(address, account=ann)
    assert await browser.get(back) == (303, STALE)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        ("access_denied", Failure.CANCELLED),
        ("consent_required", Failure.DENIED),
        ("unauthorized_client", Failure.DENIED),
        ("<script>", Failure.DENIED),
        ("temporarily_unavailable", Failure.UNAVAILABLE),
        ("server_error", Failure.UNAVAILABLE),
    ],
)
async def test_an_error_of_microsofts_is_told_in_our_words(
    doorstep: Doorstep, error: str, failure: Failure
) -> None:
    browser = Browser(doorstep)
    back = await browser.choose(await browser.depart(), cancel="yes")
    place = re.sub(r"error=[^&]+", f"error={quote(error)}&error_uri=https://evil.example", back)
    _, location = await browser.get(place)
    assert location == f"/sign-in?microsoft={failure}"
    await browser.get(location)
    assert failure.words in browser.seen[-1]
    assert "script>" not in browser.seen[-1].replace('type="module"></script>', "").replace(
        "defer></script>", ""
    )
    assert "canceled" not in browser.seen[-1]


async def test_only_words_of_ours_can_be_put_on_the_page_by_its_address(doorstep: Doorstep) -> None:
    browser = Browser(doorstep)
    for text in ("hello", "<b>", "STALE", ""):
        assert (await browser.get(f"/sign-in?microsoft={quote(text)}"))[0] == 200
        assert 'role="alert"' not in browser.seen[-1]


# --- the token is not Entra's word about this sign-in


TOKENS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": str(uuid4())},
    "an audience among others": {"aud": ["https://graph.microsoft.com", "us"]},
    "the issuer of another tenant": {"iss": "{entra}/" + str(uuid4()) + "/v2.0"},
    "the issuer of another cloud": {"iss": "https://login.microsoftonline.com/{tid}/v2.0"},
    "the issuer of everybody": {"iss": "{entra}/organizations/v2.0"},
    "an issuer that has the right one in it": {"iss": "https://evil.example/?{entra}/{tid}/v2.0"},
    "no issuer": {"iss": None},
    "another tenant under the issuer": {"tid": str(uuid4())},
    "no tenant": {"tid": None},
    "the old version": {"ver": "1.0"},
    "no nonce": {"nonce": None},
    "an ended token": {"exp": 1_000_000_000},
    "a token of tomorrow": {"nbf": 4_000_000_000},
    "no subject": {"sub": None},
}  # fmt: skip


async def _answer_with(doorstep: Doorstep, token: str) -> None:
    body = {"token_type": "Bearer", "expires_in": 3599, "access_token": "x", "id_token": token}
    fault = {"match": {"path": "/oauth2/v2.0/token"}, "status": 200, "body": body}
    await doorstep.sim("/faults", fault)


async def _claims(doorstep: Doorstep, house: House, address: str) -> dict[str, Any]:
    """What Entra would say, were Ann the one."""
    now = int(doorstep.now().timestamp())
    return {
        "ver": "2.0", "iss": f"{doorstep.entra}/{house.tenant}/v2.0", "aud": str(doorstep.app), "sub": uuid4().hex,
        "tid": str(house.tenant), "oid": str(uuid4()), "preferred_username": house.email, "name": "Ann Lee",
        "nonce": asked(address)["nonce"], "iat": now, "nbf": now, "exp": now + 3599,
    }  # fmt: skip


@pytest.mark.parametrize("what", TOKENS)
async def test_a_token_that_entra_made_for_another_purpose_lets_nobody_in(
    doorstep: Doorstep, shut: tuple[House, str], what: str
) -> None:
    (house, ann), browser = shut, Browser(doorstep)
    address = await browser.depart()
    back = await browser.choose(address, account=ann)
    claims = await _claims(doorstep, house, address)
    for name, value in TOKENS[what].items():
        if isinstance(value, str):
            claims[name] = value.replace("{entra}", doorstep.entra).replace("{tid}", claims["tid"])
        else:
            claims[name] = value
    signed = {name: value for name, value in claims.items() if value is not None}
    await _answer_with(doorstep, doorstep.keys.sign(Tenant(house.tenant, "x"), signed))

    assert await browser.get(back) == (303, STALE)
    assert not await house.audit("user.linked")


async def test_the_same_token_with_nothing_wrong_lets_ann_in_so_the_ones_above_fail_for_their_reason(
    doorstep: Doorstep,
) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    address = await browser.depart()
    back = await browser.choose(address, account=str(await _account(house)))
    claims = await _claims(doorstep, house, address)
    await _answer_with(doorstep, doorstep.keys.sign(Tenant(house.tenant, "x"), claims))
    assert await browser.get(back) == (303, "/")


Forge = Callable[[dict[str, Any], str], str]
FORGED: dict[str, Forge] = {
    "under a key of their own": lambda claims, _: jwt.encode(claims, _theirs(), "RS256", {"kid": "mine"}),
    "under the id of Entra's key": lambda claims, kid: jwt.encode(claims, _theirs(), "RS256", {"kid": kid}),
    "by no algorithm": lambda claims, kid: jwt.encode(claims, "", "none", {"kid": kid}),
    "by HMAC": lambda claims, kid: jwt.encode(claims, "s" * 32, "HS256", {"kid": kid}),
    "not at all": lambda _claims, _kid: "not.a.token",
}  # fmt: skip


def _theirs() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("how", FORGED)
async def test_a_token_that_entra_did_not_sign_lets_nobody_in(
    doorstep: Doorstep, shut: tuple[House, str], how: str
) -> None:
    (house, ann), browser = shut, Browser(doorstep)
    address = await browser.depart()
    back = await browser.choose(address, account=ann)
    claims = await _claims(doorstep, house, address)
    await _answer_with(doorstep, FORGED[how](claims, doorstep.keys.keys.after(0).id))
    assert await browser.get(back) == (303, STALE)


# --- Microsoft knows them, we do not


async def test_the_same_address_in_another_tenant_proves_nothing(doorstep: Doorstep) -> None:
    house, strangers = await doorstep.house(), await doorstep.house()
    impostor = await strangers.person(house.email)

    assert await Browser(doorstep).sign_in(impostor) == UNKNOWN

    assert not await house.audit("user.linked")
    assert await Browser(doorstep).sign_in(await _account(house)) == "/", "and keeps nobody out"
    assert await Browser(doorstep).sign_in(impostor) == UNKNOWN


@pytest.mark.parametrize("state", ["not saved", "never tested", "tested red", "another tenant"])
async def test_a_tenant_that_is_not_proven_to_be_the_organisations_vouches_for_nobody(
    doorstep: Doorstep, state: str
) -> None:
    house = await doorstep.house(
        saved=state != "not saved", tested=state == "another tenant", roles=["Place.Read.All"] if state == "tested red" else ["Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All"]
    )  # fmt: skip
    if state == "tested red":
        result = await doorstep.rest("POST", "/api/integration/test", house.token, {})
        assert not result["ok"]
    if state == "another tenant":
        await house.save(tenant_id=str(uuid4()))
    assert await Browser(doorstep).sign_in(await _account(house)) == UNKNOWN
    assert not await house.audit("user.linked")


async def test_an_unknown_address_and_one_that_may_not_link_are_told_alike(
    doorstep: Doorstep,
) -> None:
    house, strangers = await doorstep.house(), await doorstep.house()
    nobody, impostor = Browser(doorstep), Browser(doorstep)
    assert await nobody.sign_in(await house.person("nobody@nowhere.example")) == UNKNOWN
    assert await impostor.sign_in(await strangers.person(house.email)) == UNKNOWN
    for browser in (nobody, impostor):
        await browser.get(UNKNOWN)
        assert Failure.UNKNOWN.words in browser.seen[-1]
        assert not re.search(r"[\w.]+@\w+\.example", "".join(browser.seen))


@pytest.mark.parametrize("name", ["", "ann", "{K}im", "x" * 400 + "@x.example", "ann@\x00"])
async def test_names_that_are_no_address_of_ours_link_to_nobody(
    doorstep: Doorstep, shut: tuple[House, str], name: str
) -> None:
    (house, ann), browser = shut, Browser(doorstep)
    kim = f"kim-{uuid4().hex[:6]}@{house.name}.example"
    await house.member(kim)
    address = await browser.depart()
    back = await browser.choose(address, account=ann)
    claims = await _claims(doorstep, house, address)
    # The Kelvin sign, which becomes an ASCII k in lower case.
    claims["preferred_username"] = name.replace("{K}im", kim.replace("k", "\u212a", 1))
    await _answer_with(doorstep, doorstep.keys.sign(Tenant(house.tenant, "x"), claims))
    assert await browser.get(back) == (303, UNKNOWN)


async def test_capitals_in_the_name_are_the_same_address(doorstep: Doorstep) -> None:
    house = await doorstep.house()
    assert await Browser(doorstep).sign_in(await house.person(house.email.upper())) == "/"


async def test_whoever_was_removed_is_out_at_once_and_for_good(doorstep: Doorstep) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    bob = await house.person(f"bob@{house.name}.example")
    member = await house.member(f"bob@{house.name}.example")
    assert await browser.sign_in(bob) == "/"
    await doorstep.rest("DELETE", f"/api/users/{member}", house.token)
    assert not await browser.inside()
    assert await Browser(doorstep).sign_in(bob) == UNKNOWN
    # Added again, they are linked again; not as whom they were, nor as who never came.
    unused = await house.member(f"bob@{house.name}.example")
    await doorstep.rest("DELETE", f"/api/users/{unused}", house.token)
    await house.member(f"bob@{house.name}.example")
    assert await browser.sign_in(bob) == "/"
    assert await browser.inside()


async def test_a_changed_role_ends_the_session_and_counts_from_the_next_one_on(
    doorstep: Doorstep,
) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    bob = await house.person(f"bob@{house.name}.example")
    member = await house.member(f"bob@{house.name}.example")
    assert await browser.sign_in(bob) == "/"
    assert (await browser.get("/settings/users"))[0] in {403, 404}
    await doorstep.rest("PATCH", f"/api/users/{member}", house.token, {"role": "administrator"})
    assert not await browser.inside()
    assert await browser.sign_in(bob) == "/"
    assert await doorstep.rest("GET", "/api/users", browser.session)


async def test_an_organisation_that_ended_lets_nobody_in(doorstep: Doorstep) -> None:
    house, linked = await doorstep.house(), Browser(doorstep)
    ann = await _account(house)
    assert await linked.sign_in(ann) == "/"
    await doorstep.rest("DELETE", f"/api/organisations/{house.organisation}", OPERATOR)
    assert await Browser(doorstep).sign_in(ann) == UNKNOWN


async def test_a_password_works_beside_it(doorstep: Doorstep) -> None:
    house = await doorstep.house()
    assert await Browser(doorstep).sign_in(await _account(house)) == "/"
    body = {"email": house.email, "password": PASSWORD}
    assert (await doorstep.rest("POST", "/api/session", "", body))["token"]


# --- where it leads, how often, and what is amiss on our side


ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "\\/evil.example", "evil", "javascript:alert(1)",
    "/a\r\nSet-Cookie: x=1", "/" + "x" * 1000, "http:/evil.example", "/a\\..\\b", "\t//evil.example",
)  # fmt: skip


async def test_it_leads_to_no_other_site(doorstep: Doorstep) -> None:
    house = await doorstep.house()
    ann = str(await _account(house))
    for to in ELSEWHERE:
        browser, quoted = Browser(doorstep), quote(to, safe="")
        back = await browser.choose(await browser.depart(f"?to={quoted}"), account=ann)
        # Nor by a `to` beside the answer.
        assert await browser.get(f"{back}&to={quoted}") == (303, "/"), to


async def test_too_many_are_told_to_wait(doorstep: Doorstep) -> None:
    another = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with aiohttp.ClientSession(connector=another) as client:
        for path in ("/sign-in/microsoft", "/sign-in/microsoft/back"):
            url = doorstep.portal._build_url(path)  # noqa: SLF001 -- the same portal from another machine
            statuses = []
            for _ in range(103):
                async with client.get(url, allow_redirects=False) as answer:
                    statuses.append(answer.status)
                    assert ("Retry-After" in answer.headers) == (answer.status == 429)
            assert statuses[:100] == [303] * 100
            assert 429 in statuses[100:]


async def test_a_registration_that_entra_refuses_is_told_without_its_secret(
    doorstep: Doorstep,
) -> None:
    house, browser = await doorstep.house(), Browser(doorstep)
    ann = await _account(house)
    doorstep.secret = "wrong~canary"
    assert await browser.sign_in(ann) == "/sign-in?microsoft=broken"
    await browser.get("/sign-in?microsoft=broken")
    assert Failure.BROKEN.words.replace("'", "&#39;") in browser.seen[-1]
    assert "canary" not in "".join(browser.seen)
    doorstep.secret = "s3~right-value"
    assert await browser.sign_in(ann) == "/"


async def test_while_microsoft_is_away_people_are_told_and_can_use_their_password(
    doorstep: Doorstep,
    shut: tuple[House, str],
) -> None:
    (_, ann), browser = shut, Browser(doorstep)
    back = await browser.choose(await browser.depart("?to=/plan"), account=ann)
    await doorstep.sim("/faults", {"match": {"path": "/oauth2/v2.0/token"}, "status": 503})
    _, place = await browser.get(back)
    assert unquote(place) == "/sign-in?to=/plan&microsoft=unavailable"
    await browser.get(place)
    assert "/sign-in/microsoft?to=%2Fplan" in browser.seen[-1]
