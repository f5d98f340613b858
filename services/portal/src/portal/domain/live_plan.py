"""What the live plan of an office shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from .occupancy import Occupancy, Span, occupancy
from .office_plan import OfficePlan, PlacedIcon
from .offices import Office
from .room_state import state_of
from .rooms import RoomRecord

_LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """A room and how it is now; `place` where it is on the plan."""

    id: UUID
    name: str
    capacity: int | None
    now: Occupancy
    place: PlacedIcon | None


@dataclass(frozen=True, slots=True)
class LivePlan:
    """An office's plan now; in `due_seconds` at the latest it shows something else."""

    office: Office
    plan: OfficePlan
    rooms: Sequence[LiveRoom]
    desks: Sequence[PlacedIcon]
    due_seconds: float

    @property
    def free(self) -> int:
        """How many rooms are free."""
        return sum(room.now.state == "free" for room in self.rooms)


def live_plan(
    office: Office,
    plan: OfficePlan,
    rooms: Iterable[RoomRecord],
    taken: Mapping[UUID, Sequence[Span]],
    now: datetime,
) -> LivePlan:
    """Put together what is known of the office's rooms at one moment."""
    zone = ZoneInfo(office.time_zone)
    places = {each.room_id: each for each in plan.icons if each.kind == "room"}
    shown = [
        LiveRoom(
            id=room.id,
            name=room.name,
            capacity=room.capacity,
            now=occupancy(state_of(room, now), taken.get(room.id, ()), now, zone),
            place=places.get(room.id),
        )
        for room in rooms
    ]
    changes = [(room.now.until - now).total_seconds() for room in shown]
    return LivePlan(
        office=office,
        plan=plan,
        rooms=shown,
        desks=[each for each in plan.icons if each.kind == "desk"],
        due_seconds=min([*changes, _LONGEST_WAIT]),
    )
