"""Requests that wait for a result."""

from uuid import UUID, uuid4

import pytest

from contracts.events import CommandResult
from portal.domain.refusal import Reason, Refusal
from portal.handlers.results import Results

NORTH, SOUTH, COMMAND = uuid4(), uuid4(), uuid4()


def accepted(command: UUID = COMMAND) -> CommandResult:
    return CommandResult(command_id=str(command), command_source="/here", outcome="accepted")


async def test_everybody_of_the_organisation_who_waits_for_the_command_gets_its_result() -> None:
    results = Results()
    with (
        results.expected(NORTH, COMMAND) as first,
        results.expected(NORTH, COMMAND) as second,
        results.expected(NORTH, uuid4()) as another,
        results.expected(SOUTH, COMMAND) as foreign,
    ):
        results.tell(NORTH, accepted())
        results.tell(NORTH, accepted(uuid4()))
        assert (first.result(), second.result()) == (accepted(), accepted())
        assert not another.done()
        assert not foreign.done()


async def test_a_repeated_result_and_one_that_comes_late_are_harmless() -> None:
    results = Results()
    with results.expected(NORTH, COMMAND) as answer:
        results.tell(NORTH, accepted())
        results.tell(NORTH, accepted())
        assert answer.result() == accepted()
    with results.expected(NORTH, COMMAND) as given_up:
        given_up.cancel()
        results.tell(NORTH, accepted())
    results.tell(NORTH, accepted())


async def test_closing_answers_those_who_wait_and_those_who_come_later() -> None:
    results = Results()
    with results.expected(NORTH, COMMAND) as early:
        results.close()
        assert early.result() is None
        results.tell(NORTH, accepted())
    with results.expected(NORTH, COMMAND) as late:
        assert late.result() is None


async def test_who_leaves_makes_room_whatever_ended_the_wait() -> None:
    results = Results(most_of_one=1)
    with pytest.raises(ValueError, match="x"), results.expected(NORTH, COMMAND):
        raise ValueError("x")
    assert results.waiting() == 0
    with results.expected(NORTH, COMMAND):
        assert results.waiting() == 1


async def test_one_organisation_is_bounded_before_it_takes_everybodys_place() -> None:
    results = Results(most=2, most_of_one=1)
    with results.expected(NORTH, COMMAND):
        with pytest.raises(Refusal) as own, results.expected(NORTH, COMMAND):
            pass
        with results.expected(SOUTH, COMMAND):
            with pytest.raises(Refusal) as everybodys, results.expected(uuid4(), COMMAND):
                pass
            assert results.waiting() == 2
    assert own.value.reason is Reason.TOO_MANY
    assert everybodys.value.reason is Reason.UNAVAILABLE
    assert own.value.retry_after
    assert everybodys.value.retry_after
