"""From a view to HTML: everything is escaped, a name that is not there is an error."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ..domain.refusal import Refusal
from .assets import Assets

_LONG: Final = "{:%A} {} {:%B %Y}"
_STAMP: Final = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Templates:
    """The templates under `templates/`; filters `day`, `clock`, `moment` and `stamp` write times, `timed` those in a text."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=PackageLoader(__package__.rpartition(".")[0]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = assets.address
        self._environment.globals["problem_of"] = _problem_of
        self._environment.filters |= {
            "day": _day, "clock": _clock, "moment": _moment, "stamp": _stamp,
            "iso_day": _iso_day, "timed": _timed,
        }  # fmt: skip

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Return the HTML; raises jinja2's errors, which are ours."""
        return self._environment.get_template(name).render(values)


def _problem_of(refusal: Refusal | None, field: str) -> str:
    """What is wrong with one field of a form; empty when nothing is."""
    if refusal is None:
        return ""
    return next((each.message for each in refusal.errors if each.field == field), "")


def _day(value: date | datetime, zone: str = "UTC") -> str:
    """Thursday 26 November 2026."""
    at = value.astimezone(ZoneInfo(zone)) if isinstance(value, datetime) else value
    return _LONG.format(at, at.day, at)


def _clock(value: datetime, zone: str = "UTC") -> str:
    """10:42, as a clock in that zone shows it."""
    return f"{value.astimezone(ZoneInfo(zone)):%H:%M}"


def _moment(value: datetime, zone: str = "UTC") -> str:
    """26 Nov 2026, 10:42."""
    at = value.astimezone(ZoneInfo(zone))
    return f"{at.day} {at:%b %Y, %H:%M}"


def _iso_day(value: datetime, zone: str = "UTC") -> str:
    """2026-11-26, as a calendar in that zone shows it."""
    return value.astimezone(ZoneInfo(zone)).date().isoformat()


def _stamp(value: datetime) -> str:
    """RFC 3339 for a `datetime` attribute, from which scripts write the reader's own time."""
    return value.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def _timed(text: str) -> Markup:
    """The text with each time in it, written for machines, as people write it."""

    def time(found: re.Match[str]) -> str:
        at = datetime.fromisoformat(found[0])
        return f'<time datetime="{found[0]}" title="{found[0]}">{_moment(at)} UTC</time>'

    return Markup(_STAMP.sub(time, str(escape(text))))  # noqa: S704 -- escaped, and stamps hold no markup
