"""The live plan, put together."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from portal.domain.live_plan import LivePlan, live_plan
from portal.domain.occupancy import Span
from portal.domain.office_plan import (
    OfficePlan,
    PlacedIcon,
    PlanPicture,
    extent,
    icon_scale,
)
from portal.domain.offices import Office
from portal.domain.rooms import RoomRecord

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
BLUE, RED = UUID(int=1), UUID(int=2)


def office() -> Office:
    return Office(
        id=uuid4(), name="HQ", time_zone="UTC", opens=time(8), closes=time(18), created_at=NOW
    )


def room(room_id: UUID, name: str) -> RoomRecord:
    return RoomRecord(
        room_id, uuid4(), uuid4(), uuid4(), "r@x.test", name, 4, loaded_at=NOW
    )  # fmt: skip


def plan(*icons: PlacedIcon, picture: tuple[int, int] | None = None) -> OfficePlan:
    shown = (
        PlanPicture(path="/p", media="image/png", width=picture[0], height=picture[1])
        if picture
        else None
    )
    return OfficePlan(office_id=uuid4(), version=1, picture=shown, icons=list(icons))


def desk(x: int, y: int) -> PlacedIcon:
    return PlacedIcon(kind="desk", name="A", x=x, y=y)


def shown(taken: dict[UUID, list[Span]]) -> LivePlan:
    icon = PlacedIcon(kind="room", room_id=BLUE, name="Blue", x=5, y=6)
    rooms = [room(BLUE, "Blue"), room(RED, "Red")]
    return live_plan(office(), plan(icon, desk(1, 1)), rooms, taken, NOW)


def test_rooms_on_the_plan_and_beside_it_are_shown_each_as_it_is_now() -> None:
    live = shown({RED: [Span(NOW, NOW + timedelta(minutes=30))]})
    assert [(each.name, each.now.state, each.place is not None) for each in live.rooms] == [
        ("Blue", "free", True),
        ("Red", "taken", False),
    ]
    assert (live.free, len(live.desks)) == (1, 1)


def test_the_plan_is_due_again_when_the_first_meeting_begins_or_ends() -> None:
    minutes = timedelta(minutes=1)
    spans = {
        BLUE: [Span(NOW - minutes, NOW + 9 * minutes)],
        RED: [Span(NOW + 5 * minutes, NOW + 6 * minutes)],
    }
    assert shown(spans).due_seconds == 300
    assert shown({}).due_seconds == 3600


@pytest.mark.parametrize(
    ("made", "size"),
    [
        (plan(), (1200, 800)),
        (plan(picture=(1600, 900)), (1600, 900)),
        (plan(desk(1590, 890), picture=(1600, 900)), (1690, 990)),
        (plan(desk(3000, 50), picture=(400, 300)), (3100, 300)),
    ],
)
def test_a_plan_reaches_as_far_as_its_picture_and_icons(
    made: OfficePlan, size: tuple[int, int]
) -> None:
    assert extent(made) == size


def test_icons_grow_with_the_plan() -> None:
    assert [icon_scale(each) for each in (200, 1100, 2200, 10_000)] == [0.8, 1, 2, 4]
