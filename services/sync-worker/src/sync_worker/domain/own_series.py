"""Which series in the room's calendar are ours: their masters tell (design §5.2, identity)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from .booking import Row
from .changes import Seen
from .mirror import Sighting


class OwnSeries:
    """By master in the room, the series of ours that it stands for."""

    def __init__(self) -> None:
        self._ids: dict[str, UUID] = {}

    def __contains__(self, master_id: str | None) -> bool:
        return master_id in self._ids

    def bind(self, master_id: str, series_id: UUID) -> None:
        """From now on what Graph shows of this master is of our series."""
        self._ids[master_id] = series_id

    def named(self, one: Sighting) -> Sighting:
        """The same, under its id in our series if it is a meeting of one."""
        ours = None if one.master_id is None else self._ids.get(one.master_id)
        return one if ours is None else one.of_series(ours)

    def found(self, seen: Sequence[Seen], rows: Iterable[Row]) -> Sequence[Seen]:
        """The same, meetings named by the master that is among them and turns out to be ours."""
        awaited = {
            row.ical_uid: row.id
            for row in rows
            if row.is_own_series and not row.bound and row.ical_uid
        }
        if not awaited and not self._ids:
            return seen
        self._ids |= {
            each.sighting.event_id: awaited[each.sighting.ical_uid]
            for each in seen
            if each.sighting.kind == "master" and each.sighting.ical_uid in awaited
        }
        return [replace(each, sighting=self.named(each.sighting)) for each in seen]
