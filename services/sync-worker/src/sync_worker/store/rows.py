"""Rows of `bookings`, from and to values."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from ..domain.booking import Row

_TYPES: Final = {
    "id": "uuid",
    "event_id": "text",
    "kind": "text",
    "master_id": "text",
    "series_id": "uuid",
    "original_start": "timestamptz",
    "etag": "text",
    "seen_etags": "text",  # joined by line feeds, which no etag has: unnest would flatten arrays of arrays
    "ical_uid": "text",
    "starts": "timestamptz",
    "ends": "timestamptz",
    "all_day": "boolean",
    "occupied_from": "timestamptz",  # of whole days alone, as `occupied_until`: what a zone's name means SQL is not asked
    "occupied_until": "timestamptz",
    "time_zone": "text",
    "subject": "text",
    "organizer_name": "text",
    "organizer_email": "text",
    "status": "text",
    "origin": "text",
    "version": "bigint",
    "published": "boolean",
    "removed_at": "timestamptz",
    "changed_at": "timestamptz",
    "answer": "text",
    "when_version": "bigint",
    "subject_version": "bigint",
    "organizer_mailbox": "text",
    "organizer_event_id": "text",
    "yields_until": "timestamptz",
    "withdrawn_at": "timestamptz",
    "when_ours": "boolean",
    "flips": "text",  # joined likewise
    "past_etags": "text",  # joined likewise
    "written_at": "timestamptz",
    "modified_at": "timestamptz",
}
_ARRAYS: Final = {
    "seen_etags": "string_to_array(given.seen_etags, E'\\n')",
    "flips": "string_to_array(given.flips, E'\\n')::timestamptz[]",
    "past_etags": "string_to_array(given.past_etags, E'\\n')",
}

COUNT: Final = len(_TYPES)
COLUMNS: Final = ", ".join(("b.room_id", *(f"b.{name}" for name in _TYPES)))
NAMES: Final = ", ".join(_TYPES)
GIVEN: Final = ", ".join(_ARRAYS.get(name, f"given.{name}") for name in _TYPES)
UPDATES: Final = ", ".join(
    f"{name} = excluded.{name}" for name in _TYPES if name not in {"id", "origin"}
)
OCCUPIES: Final = (
    "({row}.removed_at is null and {row}.published and {row}.kind <> 'master'"
    " and coalesce({row}.answer, {row}.status) in ('confirmed', 'tentative'))"
)
"""domain.overlap.occupies in SQL."""
# No coalesce: PostgreSQL takes that for leaky, and under row-level security asks no index for it.
FROM: Final = (
    "(case when {row}.occupied_from is null then {row}.starts else {row}.occupied_from end)"
)
"""Row.occupied.starts in SQL."""
UNTIL: Final = (
    "(case when {row}.occupied_until is null then {row}.ends else {row}.occupied_until end)"
)
"""Row.occupied.ends in SQL."""


class Fields(Protocol):
    """A record of the driver: values by column."""

    def __getitem__(self, key: str, /) -> Any:
        """The value of a column."""


def unnested(first: int) -> str:
    """`unnest(…) as given(…)` over one array per column, parameters beginning at `first`."""
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_TYPES.values(), first))
    return f"unnest({arrays}) as given({NAMES})"


def arrays(rows: Sequence[Row]) -> list[list[object]]:
    """One array per column, rows in key order."""
    ordered = sorted(rows, key=lambda row: row.id)
    return [[_value(row, name) for row in ordered] for name in _TYPES]


def _value(row: Row, name: str) -> object:
    match name:
        case "seen_etags":
            return "\n".join(row.seen_etags)
        case "past_etags":
            return "\n".join(row.past_etags)
        case "flips":
            return "\n".join(at.isoformat() for at in row.flips)
        case "occupied_from":
            return row.occupied.starts if row.all_day else None
        case "occupied_until":
            return row.occupied.ends if row.all_day else None
        case _:
            return getattr(row, name)


def row_of(record: Fields) -> Row:
    """The row a record of COLUMNS holds."""
    return Row(
        id=record["id"],
        event_id=record["event_id"],
        kind=record["kind"],
        master_id=record["master_id"],
        series_id=record["series_id"],
        original_start=record["original_start"],
        etag=record["etag"],
        seen_etags=tuple(record["seen_etags"]),
        ical_uid=record["ical_uid"],
        starts=record["starts"],
        ends=record["ends"],
        all_day=record["all_day"],
        time_zone=record["time_zone"],
        subject=record["subject"],
        organizer_name=record["organizer_name"],
        organizer_email=record["organizer_email"],
        answer=record["answer"] or record["status"],
        origin=record["origin"],
        version=record["version"],
        published=record["published"],
        removed_at=record["removed_at"],
        changed_at=record["changed_at"],
        conflicted=record["status"] == "conflicted",
        when_version=record["when_version"],
        subject_version=record["subject_version"],
        organizer_mailbox=record["organizer_mailbox"],
        organizer_event_id=record["organizer_event_id"],
        yields_until=record["yields_until"],
        withdrawn_at=record["withdrawn_at"],
        past_etags=tuple(record["past_etags"]),
        written_at=record["written_at"],
        when_ours=record["when_ours"],
        flips=tuple(record["flips"]),
        modified_at=record["modified_at"],
    )
