"""Planted bugs of the way out: commands, intents, writes, recovery, the room's answer."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from graphclient import protocol, transport
from graphclient.errors import GraphError
from sync_worker.domain import answers as verdicts
from sync_worker.domain import intent, merge
from sync_worker.domain.booking import Row
from sync_worker.domain.intent import Intent
from sync_worker.handlers import (
    answering,
    changing,
    copies,
    recovery,
    undoing,
    writing,
)
from sync_worker.handlers.desk import Desk
from sync_worker.handlers.errands import Errands

from .focus import CROWD, FORGETFUL, LATE_TWINS, SHOWN_LATE, SLOW_ROOM
from .mutant import READ_ONCE, Mutant, Original, Patch, answers, constant, returns
from .stories import (
    BOOKED_DEAF,
    MOVED_BEFORE,
    MOVED_MEANWHILE,
    MOVED_UNHEARD,
    PUT_BACK,
    lives,
)


def _without_if_match(original: Original) -> object:
    return lambda request, *rest: original(replace(request, if_match=None), *rest)


def _without_counting(original: Original) -> object:
    async def ready(desk: Any, one: Intent) -> Intent:
        await original(desk, one)
        again = replace(one, attempts=1)
        await desk.save(again)
        return again

    return ready


def _nothing_undone(original: Original) -> object:
    def undoing(one: Intent, row: Row | None, desk: Any) -> Intent | None:
        return None if one.step == "change" else original(one, row, desk)

    return undoing


def _blind_when(*steps: str) -> Any:
    def blind(original: Original) -> object:
        def finds_moved(one: Intent, starts: Any, ends: Any) -> bool:
            return one.step not in steps and bool(original(one, starts, ends))

        return finds_moved

    return blind


def _never_stale(original: Original) -> object:
    def merged(row: Row, change: Any) -> Any:
        return original(replace(row, when_version=0, subject_version=0), change)

    return merged


def _done_at_once(original: Original) -> object:
    def ended(one: Intent, now: Any) -> Intent:
        return replace(one, stage="done", ended_at=now)

    return ended


def _abandoned(original: Original) -> object:
    async def unreachable(desk: Any, one: Intent, error: GraphError) -> Intent | None:
        if one.step != "create":
            return await original(desk, one, error)  # type: ignore[no-any-return] # what it returns there
        await desk.abandon(one, "organizer_unreachable", "")
        return None

    return unreachable


def _left_alone(original: Original) -> object:
    async def resume(desk: Any, one: Intent) -> None:
        await desk.save(replace(one, stage="done"))

    return resume


def _all_startable(_: Original) -> object:
    return lambda errands, _: errands.commands


def _tx(_: Original) -> object:
    numbers = count(1)
    return property(lambda _: UUID(int=next(numbers)))


def _accepted_unseen(original: Original) -> object:
    def verdict(one: Intent, row: Row | None) -> Any:
        said = original(one, row)
        return "accepted" if said == "waiting" else said

    return verdict


WRITING = (
    Mutant(
        "marker_search_finds_nothing",
        "After an answer that never came our own event is looked for by its marker.",
        (Patch(copies, "alive", answers([])),),
        FORGETFUL,
    ),
    Mutant(
        "begun_write_forgotten",
        "A write whose outcome is unknown is brought to its end after a crash.",
        (Patch(recovery, "resume", _left_alone),),
    ),
    Mutant(
        "twins_stay",
        "Of several events with our marker one stays.",
        (Patch(recovery, "_remove", answers(None)),),
        FORGETFUL,
    ),
    Mutant(
        "no_guard_after_a_find",
        "After an effect that was found, not confirmed, a late twin is watched for.",
        (Patch(Intent, "ended", _done_at_once),),
        FORGETFUL,
    ),
    Mutant(
        "attempts_not_counted",
        "A second attempt reads before it writes.",
        (Patch(Desk, "ready", _without_counting),),
        LATE_TWINS,
    ),
    Mutant(
        "if_match_left_out",
        "A write has no effect on an event that changed since it was read.",
        (Patch(protocol, "headers_of", _without_if_match),),
        lives=lives(MOVED_MEANWHILE),
    ),
    Mutant(
        "move_overwrites_a_move",
        "A change that finds the meeting moved in Outlook is refused as stale.",
        (Patch(Intent, "finds_moved", _blind_when("change")),),
        lives=lives(MOVED_UNHEARD),
    ),
    Mutant(
        "restore_off",
        "A change that the room declines is put back.",
        (Patch(undoing, "_undoing", _nothing_undone),),
        lives=lives(PUT_BACK),
    ),
    Mutant(
        "stale_ignored",
        "What Outlook changed after the version that the user saw wins.",
        (Patch(merge, "merge", _never_stale),),
        lives=lives(MOVED_BEFORE),
    ),
    Mutant(
        "accepted_without_the_room",
        "A command is accepted when the room has answered, not before.",
        (Patch(verdicts, "verdict", _accepted_unseen),),
    ),
    Mutant(
        "no_patience_with_the_room",
        "The room has two minutes to answer.",
        (Patch(intent, "ANSWER_WITHIN", constant(timedelta(0))),),
        SLOW_ROOM,
    ),
    Mutant(
        "a_look_says_nothing",
        "The slot is looked at when no hint tells the room's answer.",
        (Patch(answering, "_look_at", answers(None)), READ_ONCE),
        lives=lives(BOOKED_DEAF),
    ),
    Mutant(
        "no_direct_booking",
        "A guest's meeting is booked in the room's own calendar.",
        (Patch(writing, "_unreachable", _abandoned),),
    ),
    Mutant(
        "commands_of_a_booking_at_once",
        "Commands of one booking run one after the other.",
        (Patch(Errands, "startable", _all_startable),),
    ),
    Mutant(
        "too_many_calls_at_once",
        "A mailbox is asked three things at once at most.",
        (Patch(transport, "MOST_IN_FLIGHT", constant(50)),),
        CROWD,
    ),
    Mutant(
        "given_up_before_it_shows",
        "A booking just made that a read does not show is waited for before a write to it is given up.",
        (Patch(changing, "may_show_later", returns(False), everywhere=False),),
        SHOWN_LATE,
    ),
)
