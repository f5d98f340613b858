from typing import Any, get_args

import pytest

from sync_worker.domain import planning
from sync_worker.domain.command import accepted, rejected
from sync_worker.domain.intent import Step

from .examples import BOOKING, ROOM, asked, book, intent


@pytest.mark.parametrize("step", get_args(Step))
@pytest.mark.parametrize("path", ["organizer", "direct"])
def test_every_write_has_an_action_and_words(step: Step, path: Any) -> None:
    line = planning.written(intent(step=step, path=path))
    assert (line.booking_id, line.command_id, line.reason) == (BOOKING, "c1", path)
    assert line.action in {"create", "change", "cancel"}
    assert line.text.endswith(".")


@pytest.mark.parametrize(
    ("stage", "action", "reason"),
    [
        ("open", "create", "unresolved"),
        ("written", "wait", "written"),
        ("guarding", "wait", "guarding"),
    ],
)
def test_what_was_begun_is_looked_for_or_waited_for(stage: Any, action: str, reason: str) -> None:
    line = planning.unresolved(intent(stage=stage))
    assert (line.action, line.reason) == (action, reason)


def test_a_write_by_a_rule_of_ours_names_no_command() -> None:
    assert planning.written(intent(step="delete", command=None)).command_id is None


def test_a_refusal_says_what_its_result_would() -> None:
    one = asked(book())
    decided = rejected(one, ROOM, "overlap", "The room is taken at this time.")
    line = planning.ended(one, decided, matched=False)
    assert (line.action, line.reason, line.text) == ("refuse", "overlap", decided.text)


@pytest.mark.parametrize(("matched", "reason"), [(True, "stands"), (False, "as_asked")])
def test_what_is_accepted_without_a_write_is_a_match(matched: bool, reason: str) -> None:
    one = asked(book())
    line = planning.ended(one, accepted(one, ROOM), matched=matched)
    assert (line.action, line.reason) == ("match", reason)
