"""Rows of `bookings` of one room: found by id and by series."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Final
from uuid import UUID

from typing_extensions import override

from sync_worker.domain.booking import Row

_NONE: Final[dict[UUID, Row]] = {}


class Rows(dict[UUID, Row]):
    """The rows by id; set and deleted one by one, so that those of a series are found at once."""

    def __init__(self) -> None:
        super().__init__()
        self._series: defaultdict[UUID, dict[UUID, Row]] = defaultdict(dict)

    @override
    def __setitem__(self, row_id: UUID, row: Row) -> None:
        self._leave(row_id)
        super().__setitem__(row_id, row)
        if row.series_id is not None:
            self._series[row.series_id][row_id] = row

    @override
    def __delitem__(self, row_id: UUID) -> None:
        self._leave(row_id)
        super().__delitem__(row_id)

    def of_series(self, series_id: UUID) -> Collection[Row]:
        """The rows that say they belong to this series, its own among them."""
        return self._series.get(series_id, _NONE).values()

    def own_series(self) -> Iterator[Row]:
        """The rows that stand for series which commands of ours made."""
        return (self[each] for each in self._series if each in self and self[each].is_own_series)

    def _leave(self, row_id: UUID) -> None:
        old = self.get(row_id)
        if old is not None and old.series_id is not None:
            del self._series[old.series_id][row_id]
