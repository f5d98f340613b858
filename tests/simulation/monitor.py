"""Watches every call that our services make of the cloud, while they make it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from graphsim.ids import guid
from graphsim.wire import Call

from .cloud import Cloud
from .ledger import Affair, Ledger, tag_of
from .office import Office

_LAST_CALLS = 150.0
"""Seconds in which what was begun for an organisation that leaves must end: its comparison and a lease."""

_PATIENCE = 15.0
"""Seconds after which whoever asked Graph no longer listens (design §5.3); the call may still take its place there."""


class Adversary(Protocol):
    """Somebody who edits just before our write arrives."""

    async def meddle(self, affair: Affair) -> None:
        """Edit it, perhaps."""


@dataclass(slots=True)
class Monitor:
    """What no call may do, and what was written to."""

    cloud: Cloud
    offices: list[Office]
    ledger: Ledger
    adversary: Adversary | None = None
    broken: list[str] = field(default_factory=list)
    last_write_at: float = 0.0
    _tenants: Mapping[UUID, UUID] = field(default_factory=dict)
    _begun: dict[int, float] = field(default_factory=dict)
    _refused: int = 0

    def __post_init__(self) -> None:
        self._tenants = {
            mailbox: office.tenant_id
            for office in self.offices
            for mailbox in (*office.rooms.values(), *(one for one, _ in office.members.values()))
        }

    async def before(self, who: str, call: Call) -> None:
        """A call arrives."""
        self._begun[id(call)] = asyncio.get_running_loop().time()
        segments = call.segments[1:]
        if call.method == "GET" or len(segments) < 4 or segments[0] != "users":
            return
        mailbox = self._mailbox(segments[1])
        event = self.cloud.event(mailbox, segments[3]) if mailbox else None
        if event is None:
            return
        affair = next((each for each in self.ledger.affairs if each.uid == event.ical_uid), None)
        affair = affair or self.ledger.of(tag_of(event.subject))
        if affair is not None and affair.side == "outlook" and not affair.commanded:
            self.broken.append(
                f"O10: {who} {call.method} on {affair.tag}, which nobody asked us to touch"
            )
        # Where a stale If-Match is taken (graph-calendar §2.4) nobody can keep what an event is changed to this very moment.
        guarded = call.method in {"DELETE", "PATCH"}
        helpless = guarded and self.cloud.simulator.options.ignore_if_match
        if affair is not None and self.adversary is not None and not helpless:
            await self.adversary.meddle(affair)

    def after(self, who: str, call: Call, status: int) -> None:
        """A call was answered."""
        self._concurrency(who, call)
        if call.principal is None or len(call.segments) < 2 or call.segments[0].lower() != "users":
            return
        mailbox = self._mailbox(call.segments[1])
        owner = self._tenants.get(mailbox) if mailbox else None
        if owner is not None and owner != call.principal.tenant:
            self.broken.append(f"O8: {who} {call.method} on a mailbox of another tenant: {status}")
        now = asyncio.get_running_loop().time()
        office = next(each for each in self.offices if each.tenant_id == call.principal.tenant)
        left = [
            each.begun
            for each in self.ledger.absences
            if each.organisation == office.number and each.final
        ]
        if left and now > left[0] + _LAST_CALLS:
            self.broken.append(f"O8: {who} {call.method} for an organisation that has left")
        if call.method != "GET" and status < 300:
            self.last_write_at = now

    def _concurrency(self, who: str, call: Call) -> None:
        """Never more calls at once than Graph takes, but for those that nobody waits for any longer."""
        now = asyncio.get_running_loop().time()
        self._begun.pop(id(call))
        refused = sum(self.cloud.simulator.gateway.limits.refused.values())
        if refused == self._refused:
            return
        self._refused = refused
        if all(now - begun < _PATIENCE for begun in self._begun.values()):
            self.broken.append(f"O12: Graph refused {who} {call.method} as too many at once")

    def _mailbox(self, name: str) -> UUID | None:
        for office in self.offices:
            if name in office.members:
                return office.members[name][0]
        try:
            return guid(name)
        except ValueError:
            return None
