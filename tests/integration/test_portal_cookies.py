"""The session cookie at pages and REST: it opens what a bearer token opens, and changes nothing that another site asks for."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDictProxy

from pgstore.testing import TestDatabase

from .portal_scene import OFFICE, PASSWORD, Scene, open_scene_on_postgres


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene_on_postgres(database, tmp_path) as made:
        yield made


async def _page(scene: Scene, token: str, path: str = "/") -> str:
    async with scene.session.get(path, headers=_cookie(token)) as answer:
        assert answer.status == 200
        return await answer.text()


def _cookie(token: str) -> dict[str, str]:
    return {"Cookie": f"session={token}"}


def _csrf(page: str) -> str:
    found = re.search(r'<meta name="csrf" content="([^"]+)">', page)
    assert found
    return found[1]


async def _add_office(scene: Scene, **headers: str) -> tuple[int, Any]:
    async with scene.session.post("/api/offices", json=OFFICE, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_the_cookie_reads_like_the_token_and_changes_with_the_pages_csrf_token(
    scene: Scene,
) -> None:
    _, token = await scene.organisation("north")
    async with scene.session.get("/api/offices", headers=_cookie(token)) as answer:
        assert answer.status == 200
    page = await _page(scene, token)

    status, _ = await _add_office(scene, **_cookie(token), **{"X-CSRF-Token": _csrf(page)})

    assert status == 201
    assert token not in page
    assert _csrf(page) != _csrf(await _page(scene, token))  # masked anew


async def test_without_the_right_csrf_token_nothing_changes(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    _, other = await scene.organisation("south")
    own = _csrf(await _page(scene, token))
    wrong: list[dict[str, str]] = [
        {},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "A" * 88},
        {"X-CSRF-Token": own[:-4] + "AAA="},
        {"X-CSRF-Token": "ö"},
        {"X-CSRF-Token": _csrf(await _page(scene, other))},
        {"X-CSRF-Token": own, "Origin": "https://evil.example"},
        {"X-CSRF-Token": own, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": own, "Sec-Fetch-Site": "same-site"},
    ]

    answers = [await _add_office(scene, **_cookie(token), **headers) for headers in wrong]

    assert [status for status, _ in answers] == [403] * len(wrong)
    assert (await scene.good("GET", "/api/offices", token=token))["items"] == []


async def test_a_bearer_token_needs_no_csrf_token_and_wins_over_a_cookie(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    _, other = await scene.organisation("south")

    status, _ = await _add_office(scene, Authorization=f"Bearer {token}", **_cookie(other))

    assert status == 201
    assert len((await scene.good("GET", "/api/offices", token=token))["items"]) == 1
    assert (await scene.good("GET", "/api/offices", token=other))["items"] == []


async def _sign_in(
    scene: Scene, email: str, to: str = "", **headers: str
) -> tuple[int, CIMultiDictProxy[str], str]:
    async with scene.session.post(
        f"/sign-in?to={to}",
        data={"email": email, "password": PASSWORD},
        headers=headers,
        allow_redirects=False,
    ) as answer:
        return answer.status, answer.headers, await answer.text()


async def test_signing_in_gives_a_new_cookie_that_scripts_cannot_read(scene: Scene) -> None:
    _, token = await scene.organisation("north")

    status, headers, _ = await _sign_in(scene, "admin@north.example", "%2Fbookings")

    cookie = headers["Set-Cookie"]
    assert (status, headers["Location"]) == (303, "/bookings")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert token not in cookie


@pytest.mark.parametrize(
    "elsewhere",
    ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "evil", "%2Fa%0Db"],
)
async def test_signing_in_leads_to_no_other_site(scene: Scene, elsewhere: str) -> None:
    await scene.organisation("north")
    _, headers, _ = await _sign_in(scene, "admin@north.example", elsewhere)
    assert headers["Location"] == "/"


async def test_another_sites_form_signs_nobody_in(scene: Scene) -> None:
    await scene.organisation("north")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        status, answered, _ = await _sign_in(scene, "admin@north.example", **headers)
        assert status == 403
        assert "Set-Cookie" not in answered


async def test_signing_out_ends_the_session_for_rest_too(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    csrf = _csrf(await _page(scene, token))
    async with scene.session.post(
        "/sign-out", data={"csrf": csrf}, headers=_cookie(token), allow_redirects=False
    ) as answer:
        assert answer.status == 303
    assert (await scene.call("GET", "/api/offices", token=token)).status == 401


async def test_every_page_is_told_to_run_nothing_but_our_own_files(scene: Scene) -> None:
    _, token = await scene.organisation("north")
    for path in ("/", "/sign-in", "/nowhere"):
        async with scene.session.get(
            path, headers=_cookie(token) if path != "/sign-in" else {}
        ) as answer:
            policy = answer.headers["Content-Security-Policy"]
            page = await answer.text()
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        assert not re.search(r"\s(style|on\w+)=\"", page)


async def test_assets_are_compressed_and_kept_for_ever_under_addresses_of_their_content(
    scene: Scene,
) -> None:
    _, token = await scene.organisation("north")
    page = await _page(scene, token)
    addresses = set(re.findall(r"/static/[^\"#]+", page))
    assert len(addresses) >= 5
    for address in addresses:
        async with scene.session.get(address, auto_decompress=False) as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"
    async with scene.session.get("/static/0123456789ab/app.css") as answer:
        assert answer.headers["Cache-Control"] == "no-store"  # an earlier release's page gets on
    for bad in ("/static/x/../../../app.py", "/static/x/..%2fapp.py", "/static/x/nothing"):
        async with scene.session.get(bad) as answer:
            assert answer.status == 404


async def test_where_it_is_not_set_up_nobody_is_offered_to_sign_in_with_microsoft(
    scene: Scene,
) -> None:
    async with scene.session.get("/sign-in") as answer:
        assert "Microsoft" not in await answer.text()
    for path in ("/sign-in/microsoft", "/sign-in/microsoft/back?code=x&state=y"):
        async with scene.session.get(path, allow_redirects=False) as answer:
            assert answer.status == 404
