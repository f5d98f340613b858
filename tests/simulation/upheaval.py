"""What administrators do in the middle of things: switch an integration off, remove a room, end an organisation."""

import asyncio
from random import Random
from uuid import UUID

from .ledger import Absence
from .office import Office
from .world import World


class Upheaval:
    """At most one in a history."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random

    async def strike(self, seconds: float) -> None:
        """What was drawn, within so many seconds; what can be undone is undone by then."""
        kind = self._world.switches.upheaval
        if kind is None:
            return
        self._world.journal.expect(kind)
        await asyncio.sleep(self._random.uniform(0.1, 0.5) * seconds)
        office = self._random.choice(self._world.offices)
        self._world.journal.fault(kind, what=f"org {office.number}")
        match kind:
            case "switched_off":
                await self._switch_off(office, seconds)
            case "room_removed":
                await self._remove(office, seconds)
            case "offboarded":
                self._world.portal.offboard(office.id, self._world.clock())
                self._absent(office, final=True)

    async def _switch_off(self, office: Office, seconds: float) -> None:
        portal, clock = self._world.portal, self._world.clock
        portal.switch(office.id, enabled=False, now=clock())
        absence = self._absent(office)
        await asyncio.sleep(self._random.uniform(0.05, 0.45) * seconds)
        portal.switch(office.id, enabled=True, now=clock())
        absence.ended = self._world.time()

    async def _remove(self, office: Office, seconds: float) -> None:
        portal, clock = self._world.portal, self._world.clock
        room_id = self._random.choice(list(office.rooms))
        portal.remove_room(room_id, clock())
        absence = self._absent(office, room_id)
        await asyncio.sleep(self._random.uniform(0.05, 0.45) * seconds)
        portal.add_room(
            office.id,
            room_id,
            office_id=office.id,
            mailbox_id=office.rooms[room_id],
            mailbox=office.addresses[room_id],
            now=clock(),
        )
        absence.ended = self._world.time()

    def _absent(
        self, office: Office, room_id: UUID | None = None, *, final: bool = False
    ) -> Absence:
        absence = Absence(office.number, room_id, self._world.time(), final)
        self._world.ledger.absences.append(absence)
        return absence
