import json
from pathlib import Path
from typing import Any

import pytest

from contracts import Undecodable
from contracts.commands import Cancel, decode_command
from contracts.examples import COMMANDS, ORGANISATION, PLATFORM, command_bodies

GOLDEN = Path(__file__).parent / "golden"
BODIES = command_bodies()
BOOK = "com.clearooms.command.book.v1"


@pytest.mark.parametrize("name", BODIES)
def test_each_command_keeps_its_wire_format_in_both_directions(name: str) -> None:
    frozen = (GOLDEN / f"{name}.json").read_bytes()
    assert json.loads(BODIES[name]) == json.loads(frozen)
    decoded = decode_command(frozen)
    assert decoded.data == COMMANDS[name]
    assert (decoded.source, decoded.organisationid) == (PLATFORM, ORGANISATION)


def changed(name: str, **data: Any) -> bytes:
    message = json.loads(BODIES[name])
    message["data"] |= data
    return json.dumps(message).encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (BOOK, {"subject": "x" * 256}),
        (BOOK, {"subject": "a\x00b"}),
        (BOOK, {"end": "2026-11-24T13:00:00Z"}),
        (BOOK, {"start": "2026-11-24T13:00:00"}),
        (BOOK, {"start": "0001-01-01T00:00:00+14:00"}),
        (BOOK, {"not_after": "9999-12-31T23:00:00-12:00"}),
        (BOOK, {"start": 1763989200}),
        (BOOK, {"sequence": -1}),
        (BOOK, {"sequence": 2**63}),
        (BOOK, {"sequence": True}),
        (BOOK, {"room_id": "room"}),
        (BOOK, {"attendees": []}),
        (BOOK, {"recurrence": "every day"}),
        (BOOK, {"organizer": {"name": "A", "email": "nobody"}}),
        (BOOK, {"organizer": {"name": "A\x00", "email": "a@x.test"}}),
        (BOOK, {"organizer": {"name": "A\nB", "email": "a@x.test"}}),
        (BOOK, {"organizer": {"name": "A\x7f", "email": "a@x.test"}}),
        (BOOK, {"organizer": {"name": "A", "email": "a\x00@x.test"}}),
        (BOOK, {"organizer": {"name": "A", "email": "a@x\x1b.test"}}),
        ("com.clearooms.command.change.v1", {"start": None, "end": None}),
        ("com.clearooms.command.change.v1", {"scope": "all"}),
        ("com.clearooms.command.cancel.v1", {"reason": "x" * 1025}),
        ("com.clearooms.command.cancel.v1", {"reason": "a\x00b"}),
    ],
)
def test_a_command_beyond_its_limits_is_undecodable(name: str, data: dict[str, Any]) -> None:
    with pytest.raises(Undecodable):
        decode_command(changed(name, **data))


@pytest.mark.parametrize("attribute", ["id", "source"])
@pytest.mark.parametrize("value", ["a\x00b", "a\n", "\x7f"])
def test_what_names_a_command_has_no_control_characters(attribute: str, value: str) -> None:
    message = json.loads(BODIES[BOOK]) | {attribute: value}
    with pytest.raises(Undecodable, match=attribute):
        decode_command(json.dumps(message).encode())


def test_an_envelope_from_before_time_is_undecodable() -> None:
    message = json.loads(BODIES[BOOK]) | {"time": "0001-01-01T00:00:00+14:00"}
    with pytest.raises(Undecodable, match="time"):
        decode_command(json.dumps(message).encode())


def test_a_reason_may_have_lines() -> None:
    decoded = decode_command(changed("com.clearooms.command.cancel.v1", reason="one\ntwo"))
    assert isinstance(decoded.data, Cancel)
    assert decoded.data.reason == "one\ntwo"


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(Undecodable) as refused:
        decode_command(changed(BOOK, subject="canary" * 100))
    assert "canary" not in str(refused.value)


def test_a_huge_message_is_not_even_parsed() -> None:
    with pytest.raises(Undecodable, match="larger"):
        decode_command(b" " * (256 * 1024 + 1))
