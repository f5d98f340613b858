"""Where bookings stand in a calendar: hours downwards, rooms or days across, side by side where they overlap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.events import Booking

from .wall_clock import STEP, Reading, is_doubled, reading, readings, span_of, zone_of

ROWS_OF_AN_HOUR = 12
MOST_LANES = 4
_SHORT = 8
_TO = "\N{EN DASH}"


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


@dataclass(frozen=True, slots=True)
class Card:
    """A booking in a column of its day: where it stands and what it says. All-day ones have no rows."""

    booking: Booking
    room_name: str
    day: date
    column: int
    when: str
    rows: Span | None = None
    lane: int = 0
    lanes: int = 1
    whole: bool = False
    """Whether both ends are on this day, so that it can be dragged."""
    over: tuple[str, ...] = ()
    """What a conflicted one overlaps, in words; empty when that is out of sight."""

    @property
    def place(self) -> str:
        """Where it stands, as classes of `bookings_rows.css`; `short` where one line has to do."""
        if self.rows is None:
            return f"c{self.column}"
        short = " short" if self.rows.end - self.rows.start < _SHORT else ""
        return f"c{self.column} {self.rows.place} l{self.lane} of{self.lanes}{short}"

    @property
    def key(self) -> str:
        """The same for the same booking in the same place, for ids in a page."""
        return f"b{self.booking.id.hex[:16]}{self.booking.room_id.hex[:8]}{self.day.day}"


@dataclass(frozen=True, slots=True)
class Column:
    """A room's day: when its office is closed, what a change of the clocks leaves out, where now is."""

    room_id: UUID
    room_name: str
    day: date
    closed: tuple[Span, ...]
    gaps: tuple[Span, ...]
    now: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """A day with its columns and its bookings, by time."""

    day: date
    columns: tuple[Column, ...]
    all_day: tuple[Card, ...]
    timed: tuple[Card, ...]

    @property
    def first(self) -> str:
        """An id for its heading."""
        return f"day-{self.day}"


@dataclass(frozen=True, slots=True)
class Board:
    """A calendar, ready to be drawn."""

    groups: tuple[Group, ...]
    hours: tuple[Hour, ...]
    rows: int
    whole: bool
    """Whether every hour of the day is shown."""
    clock: tuple[tuple[int, Reading], ...]
    """What the clock shows at the first row, and at each where it does not go on by five minutes."""

    @property
    def columns(self) -> int:
        """How many stand side by side."""
        return sum(len(group.columns) for group in self.groups)


def board(
    places: Sequence[tuple[UUID, str, date]],
    bookings: Sequence[Booking],
    zone: ZoneInfo,
    *,
    opens: time,
    closes: time,
    now: datetime,
    whole: bool,
) -> Board:
    """Draw rooms' days side by side; places of one day stand together, and unless `whole` idle hours at night are left out."""
    days = list(dict.fromkeys(day for _, _, day in places))
    axis = Axis.of(days, zone)
    in_rooms: dict[UUID, list[Booking]] = {}
    for booking in sorted(bookings, key=lambda one: (one.start, one.end, one.id)):
        in_rooms.setdefault(booking.room_id, []).append(booking)
    timed: list[tuple[int, Booking, Span]] = []
    all_day: list[tuple[int, Booking]] = []
    lasting = {day: span_of(day, zone) for day in days}
    for place, (room_id, _, day) in enumerate(places):
        begins, ends = lasting[day]
        for each in in_rooms.get(room_id, ()):
            if each.all_day:
                if each.start.astimezone(UTC).date() <= day < each.end.astimezone(UTC).date():
                    all_day.append((place, each))
            elif each.start < ends and each.end > begins:
                timed.append((place, each, axis.span(each.start, each.end, day)))
    if not whole:
        hour = ROWS_OF_AN_HOUR
        axis = axis.cut(
            min([axis.row_of(opens) - hour, *(span.start for _, _, span in timed)]),
            max([axis.row_of(closes) + hour, *(span.end for _, _, span in timed)]),
        )
    lanes = _lanes(timed)
    firsts = {day: [each for _, _, each in places].index(day) for day in days}

    def card(place: int, booking: Booking, rows: Span | None = None) -> Card:
        _, name, day = places[place]
        begins, ends = lasting[day]
        lane, of = lanes.get((place, booking.id), (0, 1))
        column = place - firsts[day]
        return Card(
            booking, name, day, column, in_words(booking, zone, day),
            axis.visible(rows) if rows else None, lane, of,
            rows is not None and booking.start >= begins and booking.end <= ends,
            _overlapped(booking, in_rooms[booking.room_id], zone, day),
        )  # fmt: skip

    by_time = [card(*each) for each in sorted(timed, key=lambda one: (one[1].start, one[0]))]
    whole_days = [card(*each) for each in all_day]
    marks = {day: _marks(axis, day, opens, closes, now) for day in days}
    columns = [Column(room_id, name, day, *marks[day]) for room_id, name, day in places]
    return Board(
        groups=tuple(
            Group(
                day,
                tuple(each for each in columns if each.day == day),
                tuple(each for each in whole_days if each.day == day),
                tuple(each for each in by_time if each.day == day),
            )
            for day in days
        ),
        hours=axis.hours(),
        rows=axis.height,
        whole=axis.height == len(axis.rows),
        clock=axis.clock(),
    )


def in_words(booking: Booking, zone: ZoneInfo, day: date | None = None) -> str:
    """09:00 to 10:00, short; with its date where it is not on `day`, with the zone's name where a clock shows it twice."""
    if booking.all_day:
        first = booking.start.astimezone(UTC).date()
        last = booking.end.astimezone(UTC).date() - timedelta(days=1)
        if first == last:
            return "All day" if first == day else f"All day, {_date(first)}"
        return f"All day, {_date(first)} {_TO} {_date(last)}"
    return span_in_words(booking.start, booking.end, zone, day)


def span_in_words(start: datetime, end: datetime, zone: ZoneInfo, day: date | None = None) -> str:
    """As `in_words`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        words = f"{_clock(first)}{_TO}{_clock(last)}"
        return words if first.date() == day else f"{_date(first)}, {words}"
    if first.date() == day and end == span_of(day, zone)[1]:
        return f"{_clock(first)}{_TO}24:00"
    before = "" if first.date() == day else f"{_date(first)}, "
    after = "" if last.date() == day else f"{_date(last)}, "
    return f"{before}{_clock(first)} {_TO} {after}{_clock(last)}"


def _clock(at: datetime) -> str:
    text = f"{at.hour:02}:{at.minute:02}"
    return f"{text} {at:%Z}" if is_doubled(at) else text


def _date(at: date) -> str:
    return f"{at.day} {at:%b}"


def _marks(
    axis: Axis, day: date, opens: time, closes: time, now: datetime
) -> tuple[tuple[Span, ...], tuple[Span, ...], int | None]:
    """Of a day: closed, left out, and where now is."""
    begins, ends = span_of(day, axis.zone)
    closed = (Span(0, axis.row_of(opens)), Span(axis.row_of(closes), len(axis.rows)))
    line = axis.visible(axis.span(now, now + STEP, day)) if begins <= now < ends else None
    return (
        tuple(seen for each in closed if (seen := axis.visible(each))),
        tuple(seen for each in axis.gaps(day) if (seen := axis.visible(each))),
        line.start if line else None,
    )


def _overlapped(
    booking: Booking, neighbours: Iterable[Booking], zone: ZoneInfo, day: date
) -> tuple[str, ...]:
    if booking.status != "conflicted":
        return ()
    start, end = _taken(booking)
    others = [(each, *_taken(each)) for each in neighbours if each.id != booking.id]
    return tuple(
        f"{each.subject or 'a meeting'}, {in_words(each, zone, day)}, {each.organizer.name}"
        for each, begins, ends in others
        if begins < end and start < ends
    )


def _taken(booking: Booking) -> tuple[datetime, datetime]:
    """When it takes the room: whole days from midnight to midnight in their own zone."""
    if not booking.all_day:
        return booking.start, booking.end
    days = (at.astimezone(UTC).date() for at in (booking.start, booking.end))
    start, end = (span_of(day, zone_of(booking.time_zone))[0] for day in days)
    return start, end


def _lanes(timed: Iterable[tuple[int, Booking, Span]]) -> dict[tuple[int, UUID], tuple[int, int]]:
    """Lane and number of lanes of each, per column; what a fourth lane cannot hold shares it."""
    placed: dict[tuple[int, UUID], tuple[int, int]] = {}
    columns: dict[int, list[tuple[Booking, Span]]] = {}
    for column, booking, span in timed:
        columns.setdefault(column, []).append((booking, span))
    for column, standing in columns.items():
        standing.sort(key=lambda one: (one[1].start, -one[1].end))
        cluster: list[tuple[Booking, int]] = []
        free_from: list[int] = []
        for booking, span in standing:
            if free_from and span.start >= max(free_from):
                _settle(placed, column, cluster, len(free_from))
                cluster, free_from = [], []
            lane = next((n for n, row in enumerate(free_from) if row <= span.start), None)
            if lane is None and len(free_from) < MOST_LANES:
                lane = len(free_from)
                free_from.append(span.end)
            elif lane is None:
                lane = MOST_LANES - 1
                free_from[lane] = max(free_from[lane], span.end)
            else:
                free_from[lane] = span.end
            cluster.append((booking, lane))
        _settle(placed, column, cluster, len(free_from))
    return placed


def _settle(
    placed: dict[tuple[int, UUID], tuple[int, int]],
    column: int,
    cluster: Iterable[tuple[Booking, int]],
    lanes: int,
) -> None:
    placed |= {(column, booking.id): (lane, lanes) for booking, lane in cluster}
