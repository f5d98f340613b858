"""Looks at slots in the room's calendar (design §5.3)."""

from ..domain.alternatives import Slot
from ..domain.changes import Seen
from ..domain.intent import Intent
from ..domain.series import slots
from .desk import Desk
from .following import sightings


async def look(desk: Desk, slot: Slot) -> list[Seen]:
    """What the room shows there, with its rows at hand; raises GraphError."""
    held = desk.held
    seen: list[Seen] = []
    view = desk.diary.calendar_view(held.claim.mailbox_id, slot.starts, slot.ends)
    async for page in view:
        seen.extend(sightings(held, page.events))
    await held.mirrored.load(
        [each.sighting.id for each in seen], [each.sighting.event_id for each in seen]
    )
    return seen


def slots_of(desk: Desk, intent: Intent) -> tuple[Slot, ...]:
    """Where its meetings are, within the window."""
    return slots(intent.content, desk.held.window().end)
