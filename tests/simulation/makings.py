"""What our services made in Outlook, as Graph itself records it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from graphsim.changes import Change
from graphsim.mailboxes import Mailbox
from graphsim.tenants import Tenant

from .cloud import Cloud
from .journal import Journal
from .ledger import tag_of


class Makings:
    """Notes each event that was made under a transactionId, once."""

    def __init__(self, cloud: Cloud, journal: Journal) -> None:
        self._journal = journal
        self._known: set[tuple[UUID, int]] = set()
        cloud.simulator.state.on_changes(self._changed)

    def _changed(
        self, _: Tenant, mailbox: Mailbox, changes: Iterable[Change], __: datetime
    ) -> None:
        for key in dict.fromkeys(each.ref.key for each in changes):
            event = mailbox.events.get(key)
            if event is None or event.transaction_id is None or (mailbox.id, key) in self._known:
                continue
            self._known.add((mailbox.id, key))
            name = f"{tag_of(event.subject)} as {event.transaction_id}"
            self._journal.note("graph", f"made {name} in {mailbox.id} {mailbox.address}")
