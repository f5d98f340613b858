"""Offices: a name, a time zone, opening hours."""

from datetime import time
from functools import cache
from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
)

from .wire import Body, Name, Resource, Time


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


_REGIONS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/",
)  # fmt: skip


@cache
def common_zones() -> tuple[str, ...]:
    """Return the zones that are named after places, and UTC: what to offer for choosing."""
    return (*sorted(zone for zone in _zones() if zone.startswith(_REGIONS)), "UTC")


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("is not a time zone of the IANA database, such as Europe/Berlin")
    return name


def _minutes(value: object) -> object:
    if isinstance(value, str):
        if len(value) != 5 or value[2] != ":":
            raise ValueError("must be HH:MM")
        return time.fromisoformat(value)
    return value


def _hh_mm(value: time) -> str:
    return value.strftime("%H:%M")


Zone = Annotated[str, AfterValidator(_known_zone)]
TimeOfDay = Annotated[
    time, BeforeValidator(_minutes), PlainSerializer(_hh_mm, return_type=str, when_used="json")
]


class NewOffice(Body):
    """An office; opening hours are wall-clock times in its zone, HH:MM."""

    name: Name
    time_zone: Zone
    opens: TimeOfDay = time(8)
    closes: Annotated[TimeOfDay, Field(validate_default=True)] = time(18)

    @field_validator("closes")
    @classmethod
    def _in_order(cls, closes: time, given: ValidationInfo) -> time:
        if "opens" in given.data and closes <= given.data["opens"]:
            raise ValueError("must be later than opens")
        return closes


class OfficeChange(Body):
    """Any of these."""

    name: Name | None = None
    time_zone: Zone | None = None
    opens: TimeOfDay | None = None
    closes: TimeOfDay | None = None


class Office(Resource):
    """An office; opening hours are wall-clock times in its zone, HH:MM."""

    id: UUID
    name: str
    time_zone: str
    opens: TimeOfDay
    closes: TimeOfDay
    created_at: Time
