"""Rows of `commands`: found by key, by the booking they are about, by the room that owes their results."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from contracts.commands import Book
from sync_worker.domain.command import Asked, Key

Name: TypeAlias = tuple[UUID, UUID]  # a booking or a room, after its organisation
Group: TypeAlias = "dict[Kept, None]"  # an ordered set


@dataclass(slots=True, eq=False)
class Kept:
    """A row of `commands`."""

    organisation_id: UUID
    asked: Asked
    room_id: UUID | None
    sent_at: datetime | None = None
    booking_id: UUID | None = field(init=False)

    def __post_init__(self) -> None:
        self.booking_id = self.asked.booking_id

    @property
    def makes(self) -> bool:
        """Whether it made its booking or may yet."""
        result = self.asked.result
        refused = result is not None and result.outcome == "rejected"
        return isinstance(self.asked.order, Book) and not refused


class Orders:
    """Every command there is; only its methods change where one is found."""

    def __init__(self) -> None:
        self._rows: dict[tuple[UUID, Key], Kept] = {}
        self._about: defaultdict[Name, Group] = defaultdict(dict)
        self._unsent: defaultdict[Name, Group] = defaultdict(dict)

    def __iter__(self) -> Iterator[Kept]:
        return iter(self._rows.values())

    def get(self, organisation_id: UUID, key: Key) -> Kept | None:
        """The command of this name."""
        return self._rows.get((organisation_id, key))

    def about(self, organisation_id: UUID, booking_id: UUID) -> Collection[Kept]:
        """The organisation's commands about a booking."""
        return self._about.get((organisation_id, booking_id), ())

    def unsent(self, organisation_id: UUID, room_id: UUID) -> Collection[Kept]:
        """The organisation's commands of a room whose results are not confirmed."""
        return self._unsent.get((organisation_id, room_id), ())

    def add(self, kept: Kept) -> None:
        """Keep a new one."""
        self._rows[kept.organisation_id, kept.asked.key] = kept
        if kept.booking_id is not None:
            self._about[kept.organisation_id, kept.booking_id][kept] = None
        self._place(kept)

    def give(self, kept: Kept, room_id: UUID) -> None:
        """To another room."""
        self._displace(kept)
        kept.room_id = room_id
        self._place(kept)

    def send(self, kept: Kept, at: datetime | None) -> None:
        """Its result is confirmed; with None it is to be sent again."""
        self._displace(kept)
        kept.sent_at = at
        self._place(kept)

    def remove(self, kept: Kept) -> None:
        """Forget it."""
        del self._rows[kept.organisation_id, kept.asked.key]
        if kept.booking_id is not None:
            del self._about[kept.organisation_id, kept.booking_id][kept]
        self._displace(kept)

    def _place(self, kept: Kept) -> None:
        if kept.room_id is not None and kept.sent_at is None:
            self._unsent[kept.organisation_id, kept.room_id][kept] = None

    def _displace(self, kept: Kept) -> None:
        if kept.room_id is not None:
            self._unsent[kept.organisation_id, kept.room_id].pop(kept, None)
