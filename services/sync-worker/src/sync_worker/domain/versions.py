"""What a commit writes of bookings: rows, new versions where receivers must know, and the journal of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from .booking import Row

NEXT: Final = -1
"""Stands for the version that a change will get."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal: ids, times and codes only."""

    booking_id: UUID
    entry: str
    version: int | None
    detail: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows to write: `quiet` ones nobody is told of, `told` ones in the order of their new versions."""

    quiet: tuple[Row, ...]
    told: tuple[Row, ...]
    version: int  # the room's counter afterwards
    read: Mapping[UUID, datetime | None] = field(default_factory=dict)
    """Rows that Graph showed or proved gone, with the ingress's receipt of the hint that had it asked."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them."""
        return (*self.quiet, *self.told)

    def entries(self) -> list[Entry]:
        """The journal's lines: every new version, and what a hint had read without bringing one."""
        return [
            *(
                Entry(row.id, f"booking.{row.status}", row.version, self._cause(row))
                for row in self.told
            ),
            *(
                Entry(row.id, "event.unchanged", None, self._cause(row))
                for row in self.quiet
                if self.read.get(row.id) is not None
            ),
        ]

    def _cause(self, row: Row) -> dict[str, str]:
        if row.id not in self.read:
            return {}
        hint_at = self.read[row.id]
        if hint_at is None:
            return {"read": "calendar"}
        return {"read": "hint", "hint_at": hint_at.isoformat()}


def numbered(
    stored: dict[UUID, Row], written: Iterable[Row], version: int, now: datetime
) -> Changes:
    """These rows where they differ from what is stored, with the versions after this one."""
    quiet: list[Row] = []
    loud: list[Row] = []
    for row in written:
        old = stored.get(row.id)
        if row == old:
            continue
        is_news = row.published and (
            old is None or not old.published or old.version == 0 or old.told() != row.told()
        )
        (loud if is_news else quiet).append(row)
    # What frees the room is told first: receivers never see an overlap that Outlook did not have.
    loud.sort(key=lambda row: (row.status != "cancelled", row.starts, row.id))
    told = tuple(
        _versioned(replace(row, version=version + place, changed_at=now), version + place)
        for place, row in enumerate(loud, start=1)
    )
    return Changes(
        # A master is never told: whoever saw the occurrences of this change has seen its own.
        quiet=tuple(
            _versioned(row, version + 1 if row.kind == "master" else row.version) for row in quiet
        ),
        told=told,
        version=version + len(told),
    )


def _versioned(row: Row, version: int) -> Row:
    """The row with this version where a field changed by Graph has none yet."""
    when = version if row.when_version == NEXT else row.when_version
    subject = version if row.subject_version == NEXT else row.subject_version
    if (when, subject) == (row.when_version, row.subject_version):
        return row
    return replace(row, when_version=when, subject_version=subject)
