"""Ids that every service derives alike from what Graph calls a thing (design §5.2, Identity)."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid5

NAMESPACE: Final = UUID("5c1d7a44-0b0e-4c58-9a6e-3f9f1f6f2d27")


def booking_id_of_event(room_id: UUID, event_id: str) -> UUID:
    """Booking id of a single event made in Outlook; Graph's ids are case-sensitive."""
    return _named(NAMESPACE, f"{room_id}/{event_id}")


def series_id_of_master(room_id: UUID, master_id: str) -> UUID:
    """Series id of a series made in Outlook."""
    return _named(NAMESPACE, f"{room_id}/{master_id}")


def booking_id_of_occurrence(series_id: UUID, original_start: datetime) -> UUID:
    """Booking id of one occurrence or exception; ValueError if the time carries no zone."""
    if original_start.tzinfo is None:
        raise ValueError("original_start needs a zone")
    return _named(series_id, original_start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def booking_event_id(room_id: UUID, booking_id: UUID, version: int) -> UUID:
    """Id of the message that carries this version: a repeat of the message repeats the id."""
    return uuid5(NAMESPACE, f"{booking_subject(room_id, booking_id)}/{version}")


def booking_subject(room_id: UUID, booking_id: UUID) -> str:
    """Subject of everything said about one booking: receivers keep the highest version of it."""
    return f"rooms/{room_id}/bookings/{booking_id}"


@lru_cache(maxsize=16_384)
def _named(namespace: UUID, name: str) -> UUID:
    """The same things of a calendar are seen again and again."""
    return uuid5(namespace, name)
