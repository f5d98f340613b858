"""An office's plan: a picture and icons at fixed places.

Places are units from the top left, whatever the picture: one unit is one CSS pixel of the plan at 100 %.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from contracts.fields import NO_CONTROLS, Count

from .wire import Body, Resource

FARTHEST: Final = 10_000
MOST_ICONS: Final = 1000
MOST_PLAN_BODY: Final = 512 * 1024  # that many icons with the longest names

_WITHOUT_PICTURE: Final = (1200, 800)
_MARGIN: Final = 100

Media = Literal["image/png", "image/jpeg", "image/svg+xml"]
Units = Annotated[int, Field(ge=0, le=FARTHEST, strict=True)]
DeskName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=NO_CONTROLS),
]


class RoomIcon(Body):
    """A room of this office."""

    kind: Literal["room"]
    room_id: UUID
    x: Units
    y: Units


class DeskIcon(Body):
    """A desk: its name, once per plan, and its place."""

    kind: Literal["desk"]
    name: DeskName
    x: Units
    y: Units


Icon = Annotated[RoomIcon | DeskIcon, Field(discriminator="kind")]


def _each_once(icons: list[RoomIcon | DeskIcon]) -> list[RoomIcon | DeskIcon]:
    names = [
        str(each.room_id) if isinstance(each, RoomIcon) else each.name.casefold() for each in icons
    ]
    if len(set(names)) < len(names):
        raise ValueError("each room and each desk's name can be on the plan only once")
    return icons


class PlanChange(Body):
    """All icons as they shall be; `version` is that of the plan which the editor saw."""

    version: Count
    icons: Annotated[list[Icon], Field(max_length=MOST_ICONS), AfterValidator(_each_once)]


class PlacedIcon(Resource):
    """An icon as shown; a room has its `room_id` and present name."""

    kind: Literal["room", "desk"]
    room_id: UUID | None = None
    name: str
    x: int
    y: int


class PlanPicture(Resource):
    """Where the picture is, and how many units it covers from the top left."""

    path: str
    media: Media
    width: int
    height: int


class OfficePlan(Resource):
    """A plan; without `picture` nobody has uploaded one yet."""

    office_id: UUID
    version: int
    picture: PlanPicture | None
    icons: list[PlacedIcon]


def extent(plan: OfficePlan) -> tuple[int, int]:
    """How many units wide and high the plan is: its picture, and whatever icons a larger one has left outside."""
    width, height = (plan.picture.width, plan.picture.height) if plan.picture else _WITHOUT_PICTURE
    return (
        max([width, *(each.x + _MARGIN for each in plan.icons)]),
        max([height, *(each.y + _MARGIN for each in plan.icons)]),
    )


def icon_scale(width: int) -> float:
    """How large icons are drawn on a plan of this width, so that they can be read when it is seen whole."""
    return min(max(width / 1100, 0.8), 4.0)


class PictureGiven(Body):
    """`replaces` is the mark in the address of the picture that the editor saw, empty for none; left out, any is replaced."""

    replaces: Annotated[str | None, StringConstraints(pattern=r"^([0-9a-f]{16})?$")] = None


class PictureAsked(Body):
    """`mark` makes an address per picture; the present one is sent whatever it says."""

    mark: Annotated[str, Field(max_length=64)] = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as we encoded it, its size in units."""

    media: Media
    content: bytes
    width: int
    height: int
