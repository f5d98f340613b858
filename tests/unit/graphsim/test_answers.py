"""graph-calendar §2.5, §2.6: what replies leave behind in both calendars."""

from datetime import timedelta
from typing import Literal

import pytest

from graphsim.copies import Reply

from .rooms import NOW, World, kinds

HOURS = timedelta(hours=5)


@pytest.mark.parametrize(
    ("response", "show_as"), [("accepted", "oof"), ("tentativelyAccepted", "tentative")]
)
def test_an_acceptance_shows_as_asked_and_reaches_the_organiser(
    response: Literal["accepted", "tentativelyAccepted"], show_as: str
) -> None:
    world = World()
    copy, _ = world.invite(show_as="oof")
    outcome = world.answers.accept(world.room, copy, Reply(response), NOW, tell=True)
    fresh = world.room.events[copy.key]
    assert (fresh.response, fresh.show_as, fresh.responded) == (response, show_as, NOW)
    assert [one.response for one in world.original(copy).attendees] == [response]
    assert kinds(outcome, world.room) == ["updated", "updated"]


def test_a_decline_that_tells_nobody_leaves_the_organiser_believing() -> None:
    world = World()
    copy = world.answered()
    outcome = world.answers.decline(world.room, copy, Reply("declined"), NOW, tell=False)
    assert not world.room.events
    assert [one.response for one in world.original(copy).attendees] == ["accepted"]
    assert outcome.visits == []
    assert kinds(outcome, world.ann) == []


def test_an_update_that_collides_loses_the_copy_and_the_organiser_hears() -> None:
    world = World()
    copy = world.answered()
    world.answered(hour=14)
    moved = {"start": copy.start + HOURS, "end": copy.end + HOURS}
    world.meetings.edit(world.ann, world.original(copy), moved, NOW)
    outcome = world.answers.visit(world.room, copy.key, NOW)
    assert copy.key not in world.room.events
    assert kinds(outcome, world.room) == ["deleted", "updated", "updated"]
    assert [one.response for one in world.original(copy).attendees] == ["declined"]


def test_the_first_of_two_waiting_requests_is_accepted_and_the_second_declined() -> None:
    world = World()
    first, _ = world.invite()
    second, _ = world.invite(minutes=30)
    for copy in (first, second):
        world.answers.visit(world.room, copy.key, NOW)
    assert list(world.room.events) == [first.key]
    assert world.room.events[first.key].response == "accepted"
