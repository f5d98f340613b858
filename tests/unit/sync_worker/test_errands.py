from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.commands import Resync
from sync_worker.domain.alternatives import Slot
from sync_worker.domain.booking import Row, unbound_id
from sync_worker.domain.command import Asked, Key, accepted, rejected
from sync_worker.domain.intent import Intent, Stage, Step
from sync_worker.domain.work import Conflict, Effects, Hold, Work
from sync_worker.handlers.errands import Errands, removal

from .examples import (
    BOOKING,
    HOUR,
    MINUTE,
    NOW,
    PLATFORM,
    ROOM,
    asked,
    book,
    cancel,
    content,
    intent,
    row,
)

DIRECT: dict[str, Any] = {"path": "direct", "mailbox": "the room's", "event_id": "e1"}
BOOK, CANCEL = asked(book(1, 1), "c1"), asked(cancel(1, 2), "later")
OTHER, RESYNC = asked(book(2, 1), "c2"), asked(Resync(room_id=ROOM), "resync")
WRITTEN = intent().written(NOW, event_id="in Mara's calendar")


def turn(*commands: Asked, intents: tuple[Intent, ...] = ()) -> list[str]:
    errands = Errands(Work(commands=commands, intents=intents))
    return [each.key.id for each in errands.startable({})]


def test_a_command_for_a_meeting_waits_for_what_is_done_to_its_series() -> None:
    meeting, series = BOOK.booking_id, UUID(int=9)
    assert meeting is not None
    errands = Errands(Work(commands=(BOOK,), intents=(intent(9),)))
    assert errands.startable({meeting: series}) == ()
    assert errands.startable({meeting: UUID(int=8)}) == (BOOK,)
    over = Errands(Work(commands=(BOOK,), intents=(intent(9, stage="guarding"),)))
    assert over.startable({meeting: series}) == (BOOK,)


@pytest.mark.parametrize(
    ("commands", "turns"),
    [
        ((), []),
        ((BOOK, CANCEL), ["c1"]),
        ((CANCEL, BOOK), ["c1"]),  # by their sequence, however they came
        ((BOOK, OTHER, CANCEL), ["c1", "c2"]),
        ((OTHER, BOOK), ["c2", "c1"]),
        ((RESYNC, asked(Resync(room_id=ROOM), "again"), BOOK), ["resync", "again", "c1"]),
        ((asked(cancel(1, 9), "b", "/b"), BOOK), ["b"]),  # of two sources as they came
    ],
)
def test_the_commands_of_a_booking_run_one_after_the_other(
    commands: tuple[Asked, ...], turns: list[str]
) -> None:
    assert turn(*commands) == turns


@pytest.mark.parametrize(
    ("stage", "turns"),
    [("open", ["c2"]), ("written", ["c2"]), ("guarding", ["c1", "c2"])],
)
def test_a_booking_whose_write_is_unsettled_starts_nothing(stage: str, turns: list[str]) -> None:
    assert turn(BOOK, OTHER, intents=(intent(stage=stage),)) == turns


@pytest.mark.parametrize(
    ("done", "one", "superseded"),
    [
        ({}, CANCEL, False),
        ({(BOOKING, PLATFORM): 1}, CANCEL, False),
        ({(BOOKING, PLATFORM): 2}, CANCEL, True),
        ({(BOOKING, PLATFORM): 3}, CANCEL, True),
        ({(BOOKING, "/other"): 3}, CANCEL, False),
        ({(UUID(int=2), PLATFORM): 3}, CANCEL, False),
        ({(BOOKING, PLATFORM): 3}, RESYNC, False),
    ],
)
def test_what_comes_after_a_later_command_of_its_source_is_superseded(
    done: dict[tuple[UUID, str], int], one: Asked, *, superseded: bool
) -> None:
    assert Errands(Work(done=done)).superseded(one) is superseded


def test_a_command_decided_in_this_pass_supersedes_as_well() -> None:
    errands = Errands(Work(commands=(CANCEL,), done={(BOOKING, PLATFORM): 1}))
    errands.take(errands.decision(CANCEL, accepted(CANCEL, ROOM), NOW))
    assert errands.superseded(asked(cancel(1, 2), "same"))
    assert not errands.superseded(asked(cancel(1, 3), "next"))


@pytest.mark.parametrize(
    ("owners", "one", "owner"),
    [
        ({}, BOOK, True),
        ({BOOKING: BOOK.key}, BOOK, True),
        ({BOOKING: Key(PLATFORM, "first")}, BOOK, False),
        ({BOOKING: Key("/other", "c1")}, BOOK, False),
        ({BOOKING: Key(PLATFORM, "first")}, RESYNC, True),
    ],
)
def test_the_id_of_a_booking_belongs_to_one_command(
    owners: dict[UUID, Key], one: Asked, *, owner: bool
) -> None:
    assert Errands(Work(owners=owners)).is_owner(one) is owner


SLOT = Slot(NOW, NOW + HOUR)


@pytest.mark.parametrize(
    ("wanted", "by", "held"),
    [
        (SLOT, 2, True),
        (SLOT, 1, False),  # one's own slot is no obstacle
        (Slot(NOW + 59 * MINUTE, NOW + 2 * HOUR), 2, True),
        (Slot(NOW + HOUR, NOW + 2 * HOUR), 2, False),
        (Slot(NOW - HOUR, NOW), 2, False),
    ],
)
def test_a_slot_is_held_for_the_command_that_came_first(
    wanted: Slot, by: int, *, held: bool
) -> None:
    errands = Errands(Work(holds=(Hold(BOOKING, SLOT),)))
    assert errands.held(wanted, but=UUID(int=by)) is held


def test_a_slot_is_held_from_its_commit_to_the_decision() -> None:
    errands = Errands(Work(commands=(BOOK,)))
    assert errands.decision(BOOK, accepted(BOOK, ROOM), NOW).released == ()
    errands.take(Effects(holds=(Hold(BOOKING, SLOT),)))
    assert errands.held(SLOT, but=UUID(int=2))
    effects = errands.decision(BOOK, accepted(BOOK, ROOM), NOW)
    assert effects.released == (BOOKING,)
    assert errands.held(SLOT, but=UUID(int=2))  # a decision is none before it is committed
    errands.take(effects)
    assert not errands.held(SLOT, but=UUID(int=2))


def test_a_slot_that_is_exchanged_in_one_commit_is_the_new_one() -> None:
    errands = Errands(Work(holds=(Hold(BOOKING, SLOT),)))
    later = Slot(NOW + HOUR, NOW + 2 * HOUR)
    errands.take(Effects(released=(BOOKING,), holds=(Hold(BOOKING, later),)))
    assert not errands.held(SLOT, but=UUID(int=2))
    assert errands.held(later, but=UUID(int=2))


def test_a_decided_command_is_over_and_its_result_owed_until_the_broker_has_it() -> None:
    errands = Errands(Work(commands=(BOOK,)))
    result = rejected(BOOK, ROOM, "overlap", "Taken.")
    effects = errands.decision(BOOK, result, NOW)
    assert effects.results == (replace(BOOK, result=result, decided_at=NOW),)
    assert errands.command(BOOK.key) == BOOK
    errands.take(effects)
    assert errands.command(BOOK.key) is None
    assert errands.startable({}) == ()
    assert (errands.unsent, errands.idle) == (effects.results, False)
    errands.was_sent([BOOK.key, Key(PLATFORM, "unheard of")])
    assert (errands.unsent, errands.idle) == ((), True)


def test_a_result_that_an_earlier_pass_left_is_owed_and_not_run_again() -> None:
    left = replace(BOOK, result=accepted(BOOK, ROOM), decided_at=NOW)
    errands = Errands(Work(unsent=(left,)))
    assert (errands.startable({}), errands.unsent, errands.idle) == ((), (left,), False)


def test_intents_are_known_until_they_are_done() -> None:
    errands = Errands(Work())
    errands.take(Effects(intents=(intent(),)))
    assert errands.intents == (intent(),)
    errands.take(Effects(intents=(WRITTEN,)))
    assert errands.intents == (WRITTEN,)
    errands.take(Effects(intents=(replace(WRITTEN, stage="done"), intent(2, stage="done"))))
    assert not errands.intents


def test_work_wants_the_room_now_if_a_command_can_start_and_else_when_an_intent_is_due() -> None:
    waiting = intent(stage="written", due_at=NOW + MINUTE)
    assert Errands(Work()).due_at({}, NOW) is None
    assert Errands(Work(commands=(BOOK,))).due_at({}, NOW) == NOW
    assert Errands(Work(commands=(BOOK,), intents=(waiting,))).due_at({}, NOW) == NOW + MINUTE
    assert Errands(Work(commands=(OTHER,), intents=(waiting,))).due_at({}, NOW) == NOW


OURS: dict[str, Any] = {"origin": "clearooms", "version": 0}
ASKED_FOR = row(**OURS, event_id=unbound_id(BOOKING), answer="pending")
ANSWERED = row(**OURS)


def answered(one: Intent, before: Row | None, after: Row | None) -> Effects:
    errands = Errands(Work(commands=(BOOK,), intents=(one,)))

    def rows(each: Row | None) -> dict[UUID, Row]:
        return {} if each is None else {each.id: each}

    return errands.answered(rows(before), rows(after), ROOM, NOW)


def test_what_the_room_accepts_ends_with_the_rows_that_show_it() -> None:
    effects = answered(WRITTEN, ASKED_FOR, ANSWERED)
    assert effects.intents == (WRITTEN.ended(NOW),)
    assert effects.results == (replace(BOOK, result=accepted(BOOK, ROOM), decided_at=NOW),)


@pytest.mark.parametrize(
    ("one", "before", "after"),
    [
        (WRITTEN, ASKED_FOR, None),
        (WRITTEN, None, ASKED_FOR),
        (WRITTEN, None, None),
        (WRITTEN, ANSWERED, replace(ANSWERED, answer="pending")),  # what comes now is what counts
        (WRITTEN, ASKED_FOR, replace(ANSWERED, answer="cancelled", removed_at=NOW)),
        (intent(), ASKED_FOR, ANSWERED),
        (intent(**DIRECT).written(NOW), ASKED_FOR, ANSWERED),
        (
            intent(step="restore").written(NOW),
            ANSWERED,
            None,
        ),  # that is the answer to something else
    ],
)
def test_without_an_answer_nothing_ends(one: Intent, before: Row | None, after: Row | None) -> None:
    assert not answered(one, before, after)


def test_an_answer_that_came_before_the_write_was_known_ends_it_with_the_next_commit() -> None:
    assert answered(WRITTEN, ANSWERED, None).intents == (WRITTEN.ended(NOW),)


def test_what_was_put_back_ends_and_answers_no_command() -> None:
    one = intent(step="restore").written(NOW)
    effects = answered(one, ASKED_FOR, ANSWERED)
    assert (effects.intents, effects.results) == ((one.ended(NOW),), ())


MINE, FOREIGN = row(**OURS, yields_until=NOW + 2 * MINUTE), row(2)


def yielding(*rows: Row, at: Any = NOW) -> tuple[list[UUID], Effects]:
    withdrawn, effects = Errands(Work()).yielding(rows, "the room's", at)
    assert all(
        (each.status, each.removed_at, each.withdrawn_at) == ("cancelled", at, at)
        for each in withdrawn
    )
    return [each.id for each in withdrawn], effects


def test_a_fresh_direct_booking_gives_way_to_a_foreign_meeting() -> None:
    withdrawn, effects = yielding(MINE, FOREIGN)
    assert withdrawn == [BOOKING]
    assert effects.conflicts == (Conflict("withdrawn", BOOKING, FOREIGN.id),)
    [undo] = effects.intents
    assert (undo.step, undo.event_id, undo.stage, undo.due_at) == ("delete", "e1", "open", NOW)
    assert (undo.path, undo.mailbox, undo.booking_id) == ("direct", "the room's", BOOKING)


def test_it_gives_way_once_however_many_are_in_its_slot() -> None:
    withdrawn, effects = yielding(MINE, FOREIGN, row(3), row(4))
    assert (withdrawn, len(effects.intents), len(effects.conflicts)) == ([BOOKING], 1, 1)


@pytest.mark.parametrize(
    ("mine", "theirs", "minutes"),
    [
        (MINE, row(2, NOW + 2 * HOUR), 0),  # touches
        (MINE, row(2, origin="clearooms"), 0),
        (MINE, row(2, answer="pending"), 0),
        (MINE, row(2, removed_at=NOW, answer="cancelled"), 0),
        (MINE, FOREIGN, 2),  # its two minutes are over
        (replace(MINE, yields_until=None), FOREIGN, 0),  # Exchange decided
        (replace(MINE, answer="pending"), FOREIGN, 0),
    ],
)
def test_otherwise_nobody_gives_way(mine: Row, theirs: Row, minutes: int) -> None:
    withdrawn, effects = yielding(mine, theirs, at=NOW + minutes * MINUTE)
    assert (withdrawn, bool(effects)) == ([], False)


@pytest.mark.parametrize(
    ("one", "step"), [(intent(**DIRECT), "delete"), (intent(event_id="e1"), "cancel")]
)
def test_what_was_made_is_taken_away_where_it_is(one: Intent, step: str) -> None:
    undo = removal(one, NOW + HOUR)
    assert (undo.step, undo.path, undo.mailbox) == (step, one.path, one.mailbox)
    assert (undo.event_id, undo.booking_id) == ("e1", BOOKING)
    assert (undo.command, undo.content, undo.stage) == (None, content(), "open")
    assert (undo.created_at, undo.due_at) == (NOW + HOUR, NOW + HOUR)


def test_taking_away_is_one_intent_per_event_however_often_it_is_decided() -> None:
    one = intent(**DIRECT)
    twin = replace(one, event_id="twin")
    assert removal(one, NOW).id == removal(one, NOW + HOUR).id
    assert len({one.id, removal(one, NOW).id, removal(twin, NOW).id}) == 3


def test_a_twin_is_compared_with_what_was_made_wherever_its_booking_has_been_moved() -> None:
    made, moved = content(), content(NOW + 5 * HOUR)
    assert removal(intent(content=moved, base=made), NOW).content == made
    changed = intent(step="change", content=moved, base=made)
    assert removal(changed, NOW).content == moved


@pytest.mark.parametrize(
    ("step", "stage", "event_id", "at", "waits"),
    [
        ("cancel", "open", "twin", HOUR, True),
        ("delete", "open", "twin", HOUR, True),
        ("cancel", "done", "twin", HOUR, False),
        ("cancel", "open", "e1", HOUR, False),  # the booking itself
        ("cancel", "open", "twin", 5 * HOUR, False),
    ],
)
def test_a_change_waits_for_a_twin_that_still_takes_the_room_where_it_goes(
    step: Step, stage: Stage, event_id: str, at: timedelta, *, waits: bool
) -> None:
    twin = intent(
        id=UUID(int=7), step=step, stage=stage, event_id=event_id, content=content(NOW + at)
    )
    change = intent(
        step="change", event_id="e1", content=content(NOW + HOUR), base=content(NOW + 5 * HOUR)
    )
    found = Errands(Work(intents=(twin, change))).twin_in_the_way(change)
    assert found == (twin if waits else None)
