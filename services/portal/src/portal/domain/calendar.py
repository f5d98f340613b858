"""Where bookings stand in a calendar: hours downwards, rooms or days across, side by side where they overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.events import Booking

from .booking_times import in_words, occupied
from .calendar_axis import ROWS_OF_AN_HOUR, Axis, Hour, Span
from .calendar_lanes import lanes_of
from .wall_clock import STEP, Reading, span_of

_SHORT = 8


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
    lanes = lanes_of(timed)
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
    start, end = occupied(booking)
    others = [(each, *occupied(each)) for each in neighbours if each.id != booking.id]
    return tuple(
        f"{each.subject or 'a meeting'}, {in_words(each, zone, day)}, {each.organizer.name}"
        for each, begins, ends in others
        if begins < end and start < ends
    )
