from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_worker.domain.command import Key
from sync_worker.domain.intent import Content, Intent

from .examples import BOOKING, HOUR, MINUTE, NOW, PLATFORM, SECOND, content, intent, row

DIRECT: dict[str, Any] = {"path": "direct", "mailbox": "the room's"}
OTHERS = ("change", "restore", "invite")
REMOVALS = ("cancel", "delete", "decline")


def test_a_booking_says_what_its_row_does() -> None:
    assert Content.of(row()) == content()


def test_the_transaction_id_is_the_same_at_every_attempt() -> None:
    first = intent()
    again = replace(first, attempts=7, stage="written", event_id="e", due_at=NOW + HOUR)
    assert again.transaction_id == first.transaction_id
    assert intent().transaction_id == first.transaction_id


def test_every_mailbox_and_command_has_a_transaction_id_of_its_own() -> None:
    ids = {
        intent().transaction_id,
        intent(mailbox="bob@x.test").transaction_id,
        intent(command=Key(PLATFORM, "c2")).transaction_id,
        intent(command=None).transaction_id,
        intent(command=None, id=BOOKING).transaction_id,
    }
    assert len(ids) == 5


def test_the_marker_is_the_booking() -> None:
    assert intent().marker == str(BOOKING)


@pytest.mark.parametrize(
    ("path", "due_after"), [("organizer", 5 * SECOND), ("direct", timedelta(0))]
)
def test_what_was_written_is_looked_at_once_it_can_be_there(
    path: str, due_after: timedelta
) -> None:
    one = intent(path=path).written(NOW, event_id="e", etag="2", ical_uid="u")
    assert (one.stage, one.written_at, one.due_at) == ("written", NOW, NOW + due_after)
    assert (one.event_id, one.etag, one.ical_uid) == ("e", "2", "u")


def test_a_write_that_tells_nothing_new_keeps_what_was_known() -> None:
    one = intent(event_id="e", etag="2", ical_uid="u").written(NOW)
    assert (one.event_id, one.etag, one.ical_uid) == ("e", "2", "u")


@pytest.mark.parametrize(
    ("attempts", "answered", "by_answer"),
    [(0, True, True), (1, True, True), (2, True, False), (1, False, False)],
)
def test_an_effect_is_by_answer_only_if_the_first_attempt_was_answered(
    attempts: int, *, answered: bool, by_answer: bool
) -> None:
    assert intent(attempts=attempts).written(NOW, by_answer=answered).by_answer is by_answer


def test_the_room_is_looked_at_after_5_and_30_and_120_seconds() -> None:
    one = intent().written(NOW)
    looks: list[timedelta] = []
    while one.due_at > NOW + (looks[-1] if looks else timedelta(0)):
        looks.append(one.due_at - NOW)
        one = one.looked(one.due_at)
    assert looks == [5 * SECOND, 30 * SECOND, 120 * SECOND]


def test_a_late_look_skips_those_it_missed() -> None:
    one = intent().written(NOW).looked(NOW + 40 * SECOND)
    assert one.due_at == NOW + 120 * SECOND
    assert one.looked(NOW + 300 * SECOND).due_at == NOW + 300 * SECOND


@pytest.mark.parametrize(
    ("after", "unanswered"),
    [(timedelta(0), False), (119 * SECOND, False), (120 * SECOND, True), (HOUR, True)],
)
def test_the_room_has_120_seconds_to_answer(after: timedelta, *, unanswered: bool) -> None:
    assert intent().written(NOW).unanswered(NOW + after) is unanswered


def test_nobody_is_asked_before_something_was_written() -> None:
    assert not intent().unanswered(NOW + HOUR)


def test_throttled_time_does_not_count_against_the_room() -> None:
    one = intent().written(NOW).held_up(MINUTE)
    assert not one.unanswered(NOW + 179 * SECOND)
    assert one.unanswered(NOW + 180 * SECOND)


@pytest.mark.parametrize(
    "one",
    [
        intent(),
        intent(**DIRECT).written(NOW),
        intent(step="cancel").written(NOW),
        intent(**DIRECT).written(NOW).ended(NOW),
    ],
)
def test_throttled_time_changes_nothing_where_no_room_is_awaited(one: Intent) -> None:
    assert one.held_up(MINUTE) == one


@pytest.mark.parametrize("step", ["create", "change", "restore", "invite", *REMOVALS])
@pytest.mark.parametrize("path", ["organizer", "direct"])
def test_the_room_answers_what_was_written_into_the_organisers_calendar(
    step: str, path: str
) -> None:
    one = intent(step=step, path=path)
    expected = path == "organizer" and step in {"create", "change", "restore"}
    assert not one.awaits_room
    assert one.written(NOW).awaits_room is expected
    assert not one.written(NOW).ended(NOW).awaits_room


FOUND: dict[str, Any] = {"by_answer": False}


@pytest.mark.parametrize(
    ("one", "guarded_for"),
    [
        (intent(), None),
        (intent(**FOUND), 10 * MINUTE),
        (intent(**DIRECT), None),
        (intent(**DIRECT, **FOUND), 10 * MINUTE),
        *((intent(step=step), None) for step in OTHERS),
        *((intent(step=step, **FOUND), 10 * MINUTE) for step in OTHERS),
        *((intent(step=step, **DIRECT), None) for step in OTHERS),
        *((intent(step=step), None) for step in REMOVALS),
        *((intent(step=step, **DIRECT), None) for step in REMOVALS),
        *((intent(step=step, **FOUND), 10 * MINUTE) for step in REMOVALS),
    ],
)
def test_what_is_over_is_guarded_while_it_could_still_matter(
    one: Intent, guarded_for: timedelta | None
) -> None:
    ended = replace(one, stage="written", written_at=NOW).ended(NOW)
    assert ended.ended_at == NOW
    if guarded_for is None:
        assert ended.stage == "done"
    else:
        assert (ended.stage, ended.due_at) == ("guarding", NOW + 5 * SECOND)
        assert ended.guarded(ended.due_at).due_at == NOW + guarded_for
        assert ended.guarded(NOW + guarded_for).stage == "done"


def test_commands_of_two_sources_with_one_id_have_transaction_ids_of_their_own() -> None:
    ids = {intent(command=Key(source, "1")).transaction_id for source in ("/a", "/b")}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("base", "moves"),
    [(None, True), (content(), False), (content(subject="Old"), False), (content(NOW), True)],
)
def test_a_change_moves_if_its_times_differ_from_what_it_found(
    base: Content | None, *, moves: bool
) -> None:
    assert intent(step="change", base=base).moves is moves


@pytest.mark.parametrize(
    ("base", "subject"),
    [(None, None), (content(), None), (content(subject="Old"), "Planning")],
)
def test_only_a_new_subject_is_written(base: Content | None, subject: str | None) -> None:
    assert intent(step="change", base=base).new_subject == subject


@pytest.mark.parametrize(
    ("base", "found", "put_back"),
    [
        (content(subject="Mara Lind"), "Quarter", "Quarter"),
        (content(subject="Mara Lind"), "Planning", "Mara Lind"),
        (content(), "Quarter", "Planning"),
    ],
)
def test_the_subject_found_is_the_one_to_put_back_where_ours_replaces_it(
    base: Content, found: str, put_back: str
) -> None:
    after = intent(step="change", base=base).upon(found)
    assert after.base is not None
    assert after.base.subject == put_back


def test_a_new_booking_finds_nothing_to_put_back() -> None:
    assert intent().upon("Quarter") == intent()


@pytest.mark.parametrize(
    ("base", "starts", "moved"),
    [
        (content(NOW), NOW, False),
        (content(NOW), NOW + 3 * HOUR, True),
        (content(), NOW + 3 * HOUR, False),  # it moves nothing: where the meeting is matters not
        (None, NOW + 3 * HOUR, False),
    ],
)
def test_a_move_notices_that_somebody_moved_the_meeting_first(
    base: Content | None, starts: datetime, *, moved: bool
) -> None:
    one = intent(step="change", base=base)
    assert one.finds_moved(starts, starts + HOUR) is moved


def test_overtaken_by_a_move_a_change_still_renames() -> None:
    there = NOW + 5 * HOUR
    change = intent(
        step="change", base=content(), content=content(NOW + 3 * HOUR, subject="New")
    ).only_renaming(there, there + HOUR)
    assert (change.moves, change.new_subject) == (False, "New")
    assert change.content.at_same_time(there, there + HOUR)


TWINS: dict[str, Any] = {"step": "change", "command": None, "attempts": 2, "etag": "1"}


@pytest.mark.parametrize(
    ("fields", "found", "is_newer"),
    [
        ({}, "third name", True),
        ({}, "the twin's name", False),
        ({}, "first name", False),
        ({"attempts": 1}, "third name", False),
        ({"etag": None}, "third name", False),
        ({"by_answer": False}, "third name", False),
        ({"command": Key(PLATFORM, "c1")}, "third name", False),
        ({"step": "restore"}, "third name", False),
    ],
)
def test_a_name_given_after_a_twins_was_compared_is_the_newer_one(
    fields: dict[str, Any], found: str, *, is_newer: bool
) -> None:
    base = replace(content(), subject="first name")
    one = intent(
        **(TWINS | fields), base=base, content=replace(content(), subject="the twin's name")
    )
    assert one.finds_renamed(found) is is_newer
    assert one.only_moving(found).new_subject is None
