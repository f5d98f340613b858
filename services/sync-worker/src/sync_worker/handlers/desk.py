"""What the way out works with during one pass, and what it offers instead of a slot that is taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from contracts.events import Alternative, RejectionReason

from ..domain.alternatives import REACH, Hours, Neighbour, Slot, alternatives
from ..domain.command import rejected
from ..domain.intent import Intent
from ..domain.room import LeaseLost
from ..domain.work import Effects
from .holding import Holding
from .needs import Diary, Mirror, Outgoing

NOBODY: Final = UUID(int=0)


@dataclass(slots=True)
class Desk:
    """A room we hold, the mailboxes of its tenant, and the rooms around it."""

    held: Holding
    diary: Diary
    mirror: Mirror
    outgoing: Outgoing
    _offers: dict[Slot, tuple[Alternative, ...]] = field(default_factory=dict)
    _office: dict[Slot, tuple[Sequence[Neighbour], Hours | None]] = field(default_factory=dict)

    @property
    def room(self) -> str:
        """The room's mailbox as intents name it."""
        return str(self.held.claim.mailbox_id)

    async def offers(self, wanted: Slot) -> tuple[Alternative, ...]:
        """What is free instead, by our mirror and holds alone."""
        known = self._offers.get(wanted)
        if known is None:
            claim = self.held.claim
            office, hours = await self._around(wanted)
            known = ()
            if hours is not None:
                known = alternatives(claim.room_id, wanted, office, hours, self.held.clock())
            self._offers[wanted] = known
        return tuple(each for each in known if not self._gone(each))

    def _gone(self, offer: Alternative) -> bool:
        """Whether this pass has promised the slot to somebody meanwhile."""
        held = self.held
        if offer.room_id != held.claim.room_id:
            return False
        slot = Slot(offer.start, offer.end)
        return held.errands.held(slot, but=NOBODY) or held.mirrored.taken(slot, but=NOBODY)

    async def _around(self, wanted: Slot) -> tuple[Sequence[Neighbour], Hours | None]:
        for known, around in self._office.items():
            if (
                abs(known.starts - wanted.starts) < REACH / 4
                and wanted.ends <= known.ends + REACH / 4
            ):
                return around
        claim = self.held.claim
        reach = Slot(wanted.starts - REACH / 4, wanted.ends + REACH / 4)
        found = await self.outgoing.office(claim.organisation_id, claim.room_id, reach)
        self._office[wanted] = found
        return found

    async def ready(self, intent: Intent) -> Intent:
        """The intent with one attempt more, committed, the lease long enough for the write; raises LeaseLost."""
        again = replace(intent, attempts=intent.attempts + 1)
        await self.save(again)
        if not self.held.may_write():
            raise LeaseLost
        return again

    def mailbox_of(self, intent: Intent) -> UUID | str:
        """Where an intent is written."""
        return self.held.claim.mailbox_id if intent.path == "direct" else intent.mailbox

    async def abandon(self, intent: Intent, reason: RejectionReason, text: str) -> None:
        """End an intent that cannot be done, and the command it serves with this reason; raises LeaseLost."""
        now = self.held.clock()
        effects = Effects(intents=(intent.dropped(now),))
        asked = self.held.errands.command(intent.command)
        if asked is not None:
            result = rejected(asked, self.held.claim.room_id, reason, text)
            effects |= self.held.errands.decision(asked, result, now)
        await self.held.commit([], [], effects=effects)

    async def save(self, *intents: Intent) -> None:
        """Commit intents alone; raises LeaseLost."""
        await self.held.commit([], [], effects=Effects(intents=intents))
