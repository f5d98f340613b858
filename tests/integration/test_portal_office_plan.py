"""Plans of offices over REST: icons that stay where they are put, pictures drawn anew, editors who meet."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from pgstore.testing import TestDatabase

from .portal_scene import PASSWORD, Answer, Json, Scene, open_scene_on_postgres

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2000 1000">'
    b"<script>alert(1)</script><path onclick='x()' d='M0 0h9'/></svg>"
)


def png(width: int, height: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG")
    return out.getvalue()


class Drawn:
    """An organisation with an office, whose plan is drawn."""

    def __init__(self, scene: Scene, token: str, office: UUID) -> None:
        self.scene = scene
        self.token = token
        self.office = office
        self.path = f"/api/offices/{office}/plan"

    async def plan(self) -> Json:
        answer: Json = await self.scene.good("GET", self.path, token=self.token)
        return answer

    async def put(self, version: int, *icons: Json) -> Answer:
        return await self.scene.call(
            "PUT", self.path, {"version": version, "icons": list(icons)}, self.token
        )

    async def upload(
        self, raw: bytes, *, replaces: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        sent = {"Authorization": f"Bearer {self.token}"} | headers
        asked = "/image" if replaces is None else f"/image?replaces={replaces}"
        async with self.scene.session.put(
            self.path + asked, data=BytesIO(raw), headers=sent
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    async def image(self, path: str, **headers: str) -> tuple[int, bytes, Any]:
        sent = {"Authorization": f"Bearer {self.token}"} | headers
        async with self.scene.session.get(path, headers=sent) as answer:
            return answer.status, await answer.read(), answer.headers


@pytest.fixture
async def scene(database: TestDatabase, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene_on_postgres(database, tmp_path) as made:
        yield made


@pytest.fixture
async def drawn(scene: Scene) -> Drawn:
    _, token = await scene.organisation("north")
    return Drawn(scene, token, await scene.connected(token))


def desk(name: str, x: int = 10, y: int = 20) -> Json:
    return {"kind": "desk", "name": name, "x": x, "y": y}


def room(room_id: str, x: int = 30, y: int = 40) -> Json:
    return {"kind": "room", "room_id": room_id, "x": x, "y": y}


async def test_icons_are_kept_where_they_were_put_whatever_picture_is_uploaded(
    drawn: Drawn,
) -> None:
    made = await drawn.scene.room(drawn.token, drawn.office)
    assert await drawn.plan() == {
        "office_id": str(drawn.office), "version": 0, "picture": None, "icons": [],
    }  # fmt: skip
    saved = await drawn.put(0, room(made["id"], 3000, 0), desk("Window 1"))
    assert (saved.status, saved.body["version"]) == (200, 1)
    assert saved.body["icons"] == [
        {"kind": "room", "room_id": made["id"], "name": made["name"], "x": 3000, "y": 0},
        {"kind": "desk", "room_id": None, "name": "Window 1", "x": 10, "y": 20},
    ]
    for width, height in ((1600, 900), (400, 300)):
        status, plan = await drawn.upload(png(width, height))
        assert (status, plan["version"], plan["icons"]) == (200, 1, saved.body["icons"])
        assert (plan["picture"]["width"], plan["picture"]["height"]) == (width, height)
        assert await drawn.plan() == plan


async def test_a_picture_is_served_as_drawn_by_us_inert_and_asked_for_each_time(
    drawn: Drawn,
) -> None:
    assert (await drawn.image(drawn.path + "/image"))[0] == 404
    _, plan = await drawn.upload(SVG, **{"Content-Type": "text/html"})
    assert plan["picture"]["media"] == "image/svg+xml"
    status, content, headers = await drawn.image(plan["picture"]["path"])
    assert status == 200
    assert b"M0 0h9" in content
    assert b"alert" not in content
    assert b"onclick" not in content
    assert headers["Content-Type"] == "image/svg+xml"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-cache"
    again = await drawn.image(plan["picture"]["path"], **{"If-None-Match": headers["ETag"]})
    assert again[:2] == (304, b"")
    _, other = await drawn.upload(png(300, 300))
    assert other["picture"]["path"] != plan["picture"]["path"]
    changed = await drawn.image(other["picture"]["path"], **{"If-None-Match": headers["ETag"]})
    assert (changed[0], changed[1][:4]) == (200, b"\x89PNG")


async def test_of_two_pictures_uploaded_at_once_the_second_is_refused_until_its_editor_has_seen_the_first(
    drawn: Drawn,
) -> None:
    uploads = [drawn.upload(png(300, wide), replaces="") for wide in (200, 201)]
    async with asyncio.TaskGroup() as editors:
        tasks = [editors.create_task(upload) for upload in uploads]
    (_, shown), (status, problem) = sorted((task.result() for task in tasks), key=lambda it: it[0])
    assert status == 409
    assert "upload yours again" in problem["detail"]
    assert (await drawn.plan())["picture"] == shown["picture"]
    mark = shown["picture"]["path"].partition("mark=")[2]
    assert (await drawn.upload(png(300, 202), replaces=mark))[0] == 200
    assert (await drawn.upload(png(300, 203), replaces=mark))[0] == 409
    assert (await drawn.upload(png(300, 203), replaces="anything"))[0] == 422
    assert (await drawn.upload(png(300, 203)))[0] == 200, "an interface that does not look replaces"


async def test_the_faster_of_two_editors_wins_and_the_other_is_told(drawn: Drawn) -> None:
    answers = [drawn.put(0, desk("Mine")), drawn.put(0, desk("Theirs"))]
    async with asyncio.TaskGroup() as editors:
        tasks = [editors.create_task(each) for each in answers]
    found = sorted((each.result() for each in tasks), key=lambda each: each.status)
    assert [each.status for each in found] == [200, 409]
    assert "Somebody else has changed this plan" in found[1].body["detail"]
    assert (await drawn.plan())["icons"] == found[0].body["icons"]


async def test_a_removed_rooms_icon_is_not_shown_and_comes_back_with_the_room(
    drawn: Drawn,
) -> None:
    made = await drawn.scene.room(drawn.token, drawn.office)
    await drawn.put(0, room(made["id"]), desk("A"))
    await drawn.scene.call("DELETE", f"/api/rooms/{made['id']}", token=drawn.token)
    assert [each["name"] for each in (await drawn.plan())["icons"]] == ["A"]
    refused = await drawn.put(1, room(made["id"]), desk("A"))
    assert refused.status == 422
    assert refused.body["errors"][0]["field"] == "icons.0.room_id"
    assert (await drawn.put(1, desk("A"), desk("B"))).status == 200
    back = await drawn.scene.room(drawn.token, drawn.office)
    assert back["id"] == made["id"]
    assert [each["name"] for each in (await drawn.plan())["icons"]] == ["A", "B", made["name"]]


async def test_a_room_that_moves_to_another_office_leaves_the_plan(drawn: Drawn) -> None:
    made = await drawn.scene.room(drawn.token, drawn.office)
    await drawn.put(0, room(made["id"]))
    other = await drawn.scene.good(
        "POST", "/api/offices", {"name": "Other", "time_zone": "UTC"}, drawn.token
    )
    await drawn.scene.good(
        "PATCH", f"/api/rooms/{made['id']}", {"office_id": other["id"]}, drawn.token
    )
    assert (await drawn.plan())["icons"] == []


@pytest.mark.parametrize(
    ("icons", "field"),
    [
        ([desk("A", x=-1)], "icons.0.desk.x"),
        ([desk("A", y=10_001)], "icons.0.desk.y"),
        ([desk("A", x=1.5)], "icons.0.desk.x"),  # type: ignore[arg-type] # refused
        ([desk("")], "icons.0.desk.name"),
        ([desk("a" * 61)], "icons.0.desk.name"),
        ([desk("A\x00")], "icons.0.desk.name"),
        ([desk("A"), desk("a")], "icons"),
        ([{"kind": "plant", "name": "A", "x": 1, "y": 1}], "icons.0"),
        ([desk("A") | {"colour": "red"}], "icons.0.desk.colour"),
        ([desk(str(nth)) for nth in range(1001)], "icons"),
    ],
)  # fmt: skip
async def test_an_icon_that_is_not_acceptable_is_named(
    drawn: Drawn, icons: list[Json], field: str
) -> None:
    answer = await drawn.put(0, *icons)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)
    assert (await drawn.plan())["version"] == 0


async def test_no_room_of_another_organisation_or_office_can_be_placed(drawn: Drawn) -> None:
    _, stranger = await drawn.scene.organisation("south")
    theirs = await drawn.scene.room(stranger, await drawn.scene.connected(stranger), 1)
    for room_id in (theirs["id"], str(uuid4())):
        answer = await drawn.put(0, room(room_id))
        assert (answer.status, answer.body["errors"][0]["field"]) == (422, "icons.0.room_id")
    for method in ("GET", "PUT"):
        body = {"version": 0, "icons": []} if method == "PUT" else None
        assert (await drawn.scene.call(method, drawn.path, body, stranger)).status == 404
    foreign = Drawn(drawn.scene, stranger, drawn.office)
    assert (await foreign.upload(png(300, 300)))[0] == 404
    assert (await foreign.image(drawn.path + "/image"))[0] == 404


async def test_an_upload_that_cannot_be_shown_is_refused_in_words_and_changes_nothing(
    drawn: Drawn,
) -> None:
    await drawn.upload(png(300, 300))
    before = await drawn.plan()
    for raw, status, words in (
        (b"GIF89a", 415, "This is a GIF"),
        (png(300, 300)[:-30], 422, "damaged"),
        (b"", 415, "no picture"),
    ):
        answer = await drawn.upload(raw)
        assert (answer[0], words in answer[1]["detail"]) == (status, True)
    packed = await drawn.upload(png(300, 300), **{"Content-Encoding": "gzip"})
    assert packed[0] == 415
    status, answer = await drawn.upload(bytes(11 * 1024 * 1024))
    assert (status, answer["detail"][:30]) == (413, "The file has more than 10 MiB:")
    assert await drawn.plan() == before


async def test_one_sitting_of_an_editor_is_one_line_of_the_audit(drawn: Drawn) -> None:
    for version in range(3):
        assert (await drawn.put(version, desk("A", x=version))).status == 200
    email = "second@north.example"
    body = {"email": email, "password": PASSWORD, "role": "administrator"}
    await drawn.scene.good("POST", "/api/users", body, drawn.token)
    second = Drawn(drawn.scene, await drawn.scene.sign_in(email), drawn.office)
    await second.put(3, desk("B"))
    entries = (await drawn.scene.good("GET", "/api/audit", token=drawn.token))["items"]
    assert [each["action"] for each in entries].count("office.plan_changed") == 2


async def test_a_plan_of_a_thousand_icons_fits(drawn: Drawn) -> None:
    answer = await drawn.put(0, *(desk(f"{nth:04}" + "ä" * 56) for nth in range(1000)))
    assert (answer.status, len(answer.body["icons"])) == (200, 1000)


async def test_the_pages_are_for_those_who_may_see_them(drawn: Drawn) -> None:
    editor = f"/settings/offices/{drawn.office}/plan"
    _, stranger = await drawn.scene.organisation("south")
    member = "member@north.example"
    body = {"email": member, "password": PASSWORD, "role": "member"}
    await drawn.scene.good("POST", "/api/users", body, drawn.token)
    for token, path, status in (
        (drawn.token, editor, 200),
        (drawn.token, f"/plan?office={drawn.office}", 200),
        (drawn.token, f"/plan?office={uuid4()}", 404),
        (drawn.token, "/plan?office=nonsense", 404),
        (await drawn.scene.sign_in(member), editor, 403),
        (await drawn.scene.sign_in(member), "/plan", 200),
        (stranger, editor, 404),
        (stranger, f"/plan?office={drawn.office}", 404),
        (stranger, "/plan", 200),
    ):
        headers = {"Cookie": f"session={token}"}
        async with drawn.scene.session.get(path, headers=headers) as answer:
            assert answer.status == status, path
            assert ("lan of HQ" in await answer.text()) == (status == 200 and token != stranger)
