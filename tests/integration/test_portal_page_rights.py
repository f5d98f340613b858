"""Every page and form of the table against every kind of visitor, generated: nobody sees or changes what is not theirs."""

import re
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any
from uuid import uuid4

import pytest

from pgstore.testing import TestDatabase
from portal.domain.caller import Access
from portal.pages import pages
from portal.pages.table import Page
from portal.routes import Desk, routes

from .portal_town import OPERATOR, PASSWORD, SECRET, House, Town, open_town

DESK = Desk(*[None] * len(fields(Desk)))  # type: ignore[arg-type] # nobody behind it
PAGES = pages(DESK, "https://login.microsoftonline.com")
SEEN = [page for page in PAGES if page.method == "GET"]
FORMS = [page for page in PAGES if page.method == "POST"]
INSIDE = [page for page in PAGES if page.access is not Access.ANYONE]
STATE = [
    route.path
    for route in routes(DESK)
    if route.method == "GET" and route.inside and route.query is None and "{" not in route.path
    if not route.path.endswith(".ics")  # says when it was made
]


@pytest.fixture
async def town(database: TestDatabase) -> AsyncIterator[tuple[Town, House, House]]:
    async with open_town(database) as made:
        yield made


def named(page: Page) -> str:
    return f"{page.method} {page.path}"


async def visited(
    town: Town, page: Page, house: House, token: str, typed: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Status, where to, text."""
    path = page.path.format(**house.ids)
    headers = {"Cookie": f"session={token}"} if token else {}
    async with town.session.request(
        page.method, path, data=typed, headers=headers, allow_redirects=False
    ) as answer:
        text = (await answer.read()).decode(errors="replace")
        return answer.status, answer.headers.get("Location", ""), text


async def csrf(town: Town, token: str) -> dict[str, str]:
    async with town.session.get("/", headers={"Cookie": f"session={token}"}) as answer:
        found = re.search(r'<meta name="csrf" content="([^"]+)">', await answer.text())
        assert found
        return {"csrf": found[1]}


async def state(town: Town, token: str) -> dict[str, Any]:
    """What an organisation's administrator sees by REST, but for the time."""
    seen = {path: (await town.call("GET", path, token))[1] for path in STATE}
    for each in seen.values():
        if isinstance(each, dict):
            each.pop("at", None)
    return seen


async def test_the_table_has_pages_and_forms_for_everybody() -> None:
    assert len(SEEN) > 5
    assert len(FORMS) > 1
    assert {page.access for page in PAGES} == {Access.ANYONE, Access.MEMBER, Access.ADMINISTRATOR}


async def test_who_is_not_signed_in_is_led_to_sign_in_and_back(
    town: tuple[Town, House, House],
) -> None:
    made, ours, _ = town
    for page in INSIDE:
        for token in ("", "nobody's"):
            status, to, text = await visited(made, page, ours, token)
            assert (status, text) == (303, ""), named(page)
            assert to.startswith("/sign-in"), named(page)


async def test_a_member_is_refused_what_is_for_administrators(
    town: tuple[Town, House, House],
) -> None:
    made, ours, _ = town
    before = await state(made, ours.administrator)
    typed = await csrf(made, ours.member)
    for page in INSIDE:
        if page.path == "/sign-out":
            continue
        status, _, text = await visited(
            made, page, ours, ours.member, typed if page.method == "POST" else None
        )
        if page.access is Access.ADMINISTRATOR:
            assert status == 403, named(page)
            assert "administrators" in text
        elif page.method == "GET":
            assert status == 200, (named(page), text)
    assert await state(made, ours.administrator) == before


async def test_an_administrator_sees_every_page_and_no_page_tells_a_secret(
    town: tuple[Town, House, House],
) -> None:
    made, ours, _ = town
    for page in SEEN:
        status, to, text = await visited(made, page, ours, ours.administrator)
        # Some lead on: sign-in who is signed in, a test's page who has started none.
        assert status == 200 or (status == 303 and not to.startswith("/sign-in")), named(page)
        for canary in (SECRET, PASSWORD, OPERATOR, "argon2", ours.administrator, ours.member):
            assert canary not in text, named(page)


async def test_pages_of_another_organisation_do_not_exist(
    town: tuple[Town, House, House],
) -> None:
    made, ours, theirs = town
    before = await state(made, theirs.administrator)
    typed = await csrf(made, ours.administrator)
    foreign = [page for page in INSIDE if "{" in page.path]
    assert foreign
    nobodys = House(theirs.id, "", "", dict.fromkeys(theirs.ids, str(uuid4())))
    for page in foreign:
        form = typed if page.method == "POST" else None
        status, _, text = await visited(made, page, theirs, ours.administrator, form)
        unknown, _, same = await visited(made, page, nobodys, ours.administrator, form)
        # An empty form may be refused before its object is looked for.
        assert status == unknown, named(page)
        assert status in ({404} if page.method == "GET" else {404, 422}), (named(page), text)
        assert "theirs" not in text
        assert len(text) - len(same) in range(-80, 80)  # the same words, but for ids
    assert await state(made, theirs.administrator) == before


async def test_a_form_without_its_token_changes_nothing(town: tuple[Town, House, House]) -> None:
    made, ours, _ = town
    before = await state(made, ours.administrator)
    for page in FORMS:
        if page.access is Access.ANYONE:
            continue
        for typed in ({}, {"csrf": ""}, {"csrf": "A" * 88}):
            status, _, _ = await visited(made, page, ours, ours.administrator, typed)
            assert status == 403, named(page)
    assert await state(made, ours.administrator) == before
