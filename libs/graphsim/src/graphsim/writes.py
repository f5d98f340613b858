"""Counts the writes over Graph that took effect."""

from collections import Counter

from .events import Event
from .mailboxes import Mailbox


class Writes:
    """Effective writes by kind, and by mailbox and meeting; a replay or a refusal is none."""

    def __init__(self) -> None:
        self.by_kind: Counter[str] = Counter()
        self.by_event: Counter[str] = Counter()

    def add(self, kind: str, mailbox: Mailbox, event: Event) -> None:
        """One write that changed an event of this mailbox."""
        self.by_kind[kind] += 1
        self.by_event[f"{mailbox.id}|{event.ical_uid}"] += 1

    def reset(self) -> None:
        """Forgets everything counted."""
        self.by_kind.clear()
        self.by_event.clear()
