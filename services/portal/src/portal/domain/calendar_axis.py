"""The clock of a calendar, downwards: rows of five minutes, also on days when clocks change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .wall_clock import STEP, Reading, reading, readings, span_of

ROWS_OF_AN_HOUR = 12


@dataclass(frozen=True, slots=True)
class Span:
    """Rows [start, end) of five minutes each."""

    start: int
    end: int

    @property
    def place(self) -> str:
        """The same as classes of `bookings_rows.css`."""
        (fh, fm), (th, tm) = divmod(self.start, ROWS_OF_AN_HOUR), divmod(self.end, ROWS_OF_AN_HOUR)
        return f"fh{fh} fm{fm} th{th} tm{tm}"


@dataclass(frozen=True, slots=True)
class Hour:
    """A line of the axis; `again` for an hour that the clock shows for the second time."""

    row: int
    text: str
    again: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """The clock of one or more days, downwards, cut to whole hours; the longest day gives its rows."""

    zone: ZoneInfo
    rows: tuple[Reading, ...]
    places: Mapping[Reading, int] = field(repr=False)
    first: int
    last: int

    @classmethod
    def of(cls, days: Iterable[date], zone: ZoneInfo) -> "Axis":
        """Of these days, from midnight to midnight."""
        rows = max((readings(day, zone) for day in days), key=len)
        return cls(zone, rows, {each: row for row, each in enumerate(rows)}, 0, len(rows))

    def span(self, start: datetime, end: datetime, day: date) -> Span:
        """Where the part that lies on this day stands, uncut; at least one row."""
        begins, ends = span_of(day, self.zone)
        top = self._row(max(start, begins))
        bottom = self._row(min(end, ends) - timedelta(microseconds=1)) + 1
        return Span(top, max(bottom, top + 1))

    def row_of(self, at: time) -> int:
        """Where the clock shows this for the first time."""
        wanted = at.hour * 60 + at.minute
        return next((row for row, each in enumerate(self.rows) if each.minute >= wanted), self.last)

    def gaps(self, day: date) -> tuple[Span, ...]:
        """Rows that this day does not have."""
        present = set(readings(day, self.zone))
        missing = [row for row, each in enumerate(self.rows) if each not in present]
        spans: list[Span] = []
        for row in missing:
            if spans and spans[-1].end == row:
                spans[-1] = Span(spans[-1].start, row + 1)
            else:
                spans.append(Span(row, row + 1))
        return tuple(spans)

    def cut(self, first: int, last: int) -> "Axis":
        """The hours that hold these rows and nothing else."""
        hour = ROWS_OF_AN_HOUR
        return replace(
            self,
            first=max(0, first // hour * hour),
            last=min(len(self.rows), -(-last // hour) * hour),
        )

    def visible(self, span: Span) -> Span | None:
        """The rows counted from the first one shown; None when all of them are cut off."""
        start, end = max(span.start, self.first), min(span.end, self.last)
        return Span(start - self.first, end - self.first) if start < end else None

    @property
    def height(self) -> int:
        """How many rows are shown."""
        return self.last - self.first

    def hours(self) -> tuple[Hour, ...]:
        """The lines of the axis."""
        return tuple(
            Hour(row - self.first, each.text, each.again)
            for row, each in enumerate(self.rows[: self.last])
            if row >= self.first and each.minute % 60 == 0
        )

    def clock(self) -> tuple[tuple[int, Reading], ...]:
        """Row and reading wherever the clock does not go on by five minutes, the first row among them."""
        shown = self.rows[self.first : self.last]
        five = STEP // timedelta(minutes=1)
        return tuple(
            (row, each)
            for row, each in enumerate(shown)
            if row == 0 or each.minute != shown[row - 1].minute + five
        )

    def _row(self, moment: datetime) -> int:
        shown = reading(moment, self.zone)
        row = self.places.get(shown)
        if row is not None:
            return row
        # Two changes of the clock within the days shown: as near as the axis has it.
        return self.row_of(time(*divmod(shown.minute, 60)))
