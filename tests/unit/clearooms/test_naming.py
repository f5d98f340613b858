"""What a person types is found by id or name, and a slip is met with what is near."""

from typing import Any

import pytest

from clearooms.failure import REFUSED, Failure
from clearooms.naming import chosen

ROOMS: list[dict[str, Any]] = [
    {"id": "1", "name": "Amsterdam", "mailbox": "ams@x.example"},
    {"id": "2", "name": "Berlin", "mailbox": "ber@x.example"},
    {"id": "3", "name": "Berlin", "mailbox": "ber2@x.example"},
]


@pytest.mark.parametrize("asked", ["1", "amsterdam", "AMS@x.example", " Amsterdam "])
def test_an_id_a_name_or_an_address_names_the_room(asked: str) -> None:
    assert chosen("room", asked, ROOMS, "name", "mailbox")["id"] == "1"


def test_a_name_that_two_have_asks_for_an_id() -> None:
    with pytest.raises(Failure) as failed:
        chosen("room", "berlin", ROOMS, "name", "mailbox")
    assert failed.value.code == REFUSED
    assert "2, 3" in failed.value.todo


def test_a_slip_is_met_with_near_names() -> None:
    with pytest.raises(Failure) as failed:
        chosen("room", "Amsterdm", ROOMS, "name", "mailbox")
    assert "Amsterdam" in failed.value.todo


def test_nothing_near_says_how_many_there_are() -> None:
    with pytest.raises(Failure) as failed:
        chosen("room", "qqq", ROOMS, "name")
    assert failed.value.todo == "There are 3: list them."
    with pytest.raises(Failure) as failed:
        chosen("room", "qqq", [], "name")
    assert "no room at all yet" in failed.value.todo
