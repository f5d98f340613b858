"""The transaction ids that mailboxes remember, so that no create takes effect twice (§2.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from .meetings import Draft


@dataclass(frozen=True, slots=True)
class Transaction:
    """A create that took effect: what it asked for and the key of what it made."""

    draft: Draft
    key: int
    at: datetime


class Transactions:
    """One per mailbox and id; that the mailbox is the scope is unproven (§2.3)."""

    def __init__(self, memory_seconds: float | None) -> None:
        self._memory = None if memory_seconds is None else timedelta(seconds=memory_seconds)
        self._known: dict[tuple[UUID, str], Transaction] = {}

    def add(self, mailbox: UUID, draft: Draft, key: int, now: datetime) -> None:
        """Remembers a create that came with an id."""
        if draft.transaction_id is not None:
            self._known[mailbox, draft.transaction_id] = Transaction(draft, key, now)

    def get(self, mailbox: UUID, transaction_id: str | None, now: datetime) -> Transaction | None:
        """The create that used this id, while it is remembered."""
        if transaction_id is None:
            return None
        known = self._known.get((mailbox, transaction_id))
        if known is None or (self._memory is not None and now - known.at >= self._memory):
            return None
        return known
