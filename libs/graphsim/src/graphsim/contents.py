"""What one calendar holds: the items by key and by meeting, and the numbers of the next ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from .events import Event


@dataclass(slots=True)
class Contents:
    """The stored items of one mailbox."""

    events: dict[int, Event] = field(default_factory=dict)
    by_uid: dict[str, int] = field(default_factory=dict)
    last_key: int = 0
    last_change: int = 0

    def put(self, event: Event) -> Event:
        """Stores the item, replacing the one of its key."""
        self.events[event.key] = event
        self.by_uid[event.ical_uid] = event.key
        return event

    def drop(self, key: int) -> Event:
        """Removes an item; raises KeyError."""
        event = self.events.pop(key)
        self.by_uid.pop(event.ical_uid, None)
        return event


Source = Callable[[UUID], Contents]
"""Derives what a mailbox holds at first, the same each time, from its id."""
