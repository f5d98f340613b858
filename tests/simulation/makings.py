"""What our services made in Outlook, were told of it and looked for, as Graph itself and the line to it record that."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from graphsim.changes import Change
from graphsim.mailboxes import Mailbox
from graphsim.tenants import Tenant
from graphsim.wire import Call

from .cloud import Cloud
from .journal import Journal
from .ledger import tag_of
from .monitor import Monitor

_HEARD_WITHIN: Final = 15.0
"""Virtual seconds after which an answer finds nobody who waits for it."""


class Makings:
    """Sees every call before and after the monitor does; notes makings, their answers and searches by our marker."""

    def __init__(self, cloud: Cloud, journal: Journal, monitor: Monitor) -> None:
        self._journal = journal
        self._monitor = monitor
        self._known: set[tuple[UUID, int]] = set()
        self._begun: dict[int, float] = {}
        cloud.simulator.state.on_changes(self._changed)
        cloud.before, cloud.after = self.before, self.after

    async def before(self, who: str, call: Call) -> None:
        """A call arrives."""
        if _on_events(call, "POST"):
            self._begun[id(call)] = asyncio.get_running_loop().time()
        await self._monitor.before(who, call)

    def after(self, who: str, call: Call, status: int) -> None:
        """A call was answered; the journal's last line says how."""
        arrives = not self._journal.lines[-1].what.endswith(" lost")
        if _on_events(call, "POST"):
            waited = asyncio.get_running_loop().time() - self._begun.pop(id(call))
            if arrives and status == 201 and waited < _HEARD_WITHIN:
                self._journal.note("graph", f"answered {tag_of(call.json()['subject'])} to {who}")
        elif _on_events(call, "GET") and arrives and status == 200:
            self._journal.note("graph", f"searched by {who} {' '.join(call.query.values())}")
        self._monitor.after(who, call, status)

    def _changed(
        self, _: Tenant, mailbox: Mailbox, changes: Iterable[Change], __: datetime
    ) -> None:
        for key in dict.fromkeys(each.ref.key for each in changes):
            event = mailbox.events.get(key)
            if event is None or event.transaction_id is None or (mailbox.id, key) in self._known:
                continue
            self._known.add((mailbox.id, key))
            self._journal.note("graph", f"made {tag_of(event.subject)} as {event.transaction_id}")


def _on_events(call: Call, method: str) -> bool:
    """Whether it makes an event, or looks for some."""
    return call.method == method and call.path.endswith("/events") and "/users/" in call.path
