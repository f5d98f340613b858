from datetime import datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.fields import Instant, Text

INSTANT = TypeAdapter[datetime](Instant)
TEXT = TypeAdapter[str](Text)
EAST, WEST = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=EAST),
        datetime(1, 1, 1, 13, 59, tzinfo=EAST),
        datetime(9999, 12, 31, 23, tzinfo=WEST),
    ],
)
def test_a_time_that_has_no_year_in_utc_is_refused(moment: datetime) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(moment)


@pytest.mark.parametrize(
    "moment",
    [datetime(1, 1, 1, 14, tzinfo=EAST), datetime(9999, 12, 31, 11, 59, tzinfo=WEST)],
)
def test_the_first_and_the_last_time_there_are_can_be_said_from_any_zone(moment: datetime) -> None:
    assert INSTANT.validate_python(moment) == moment


@pytest.mark.parametrize("text", ["a\x00b", "\x08", "\x0b", "\x1b[31m", "\x1f", "\x7f", "a\n\x00"])
def test_a_text_has_no_control_characters(text: str) -> None:
    with pytest.raises(ValidationError):
        TEXT.validate_python(text)


@pytest.mark.parametrize("text", ["", "one\ntwo\r\n\tthree\n", "Grüße, 会議室 🙂"])
def test_a_text_may_have_lines(text: str) -> None:
    assert TEXT.validate_python(text) == text
