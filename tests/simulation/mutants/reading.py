"""Planted bugs of the way in: hints, reads, identity, removals, overlaps."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sync_worker.domain import (
    absence,
    answers,
    booking,
    changes,
    mirror,
    overlap,
    reading,
    schedule,
    versions,
    zones,
)
from sync_worker.domain.booking import Row
from sync_worker.domain.reading import Answered, Drop, Missing
from sync_worker.domain.versions import Changes
from sync_worker.handlers import own_work, window
from sync_worker.handlers.holding import Holding

from .focus import DEAF, LAGGING, POLLED, RIVALS, SHOWN_LATE, WHOLE_DAYS
from .mutant import READ_ONCE, Mutant, Original, Patch, returns
from .stories import (
    ANSWERED_LATE,
    CANCELLED_SLOWLY,
    PUT_BACK,
    TWICE,
    lives,
)


def _proved_at_once(original: Original) -> object:
    def missing(hints: Sequence[Any], *, known: bool, **rest: Any) -> Missing:
        return Missing((), gone=True) if known else original(hints, known=known, **rest)

    return missing


def _none_for_rows(original: Original) -> object:
    def decide(hints: Sequence[Any], row: Row | None, now: Any) -> object:
        return original(hints, row, now) if row is None else Drop()

    return decide


def _without_asking(_: Original) -> object:
    async def judge(held: Any, _: object, __: object, lost: Sequence[Any], ___: object) -> None:
        await held.commit([], [each.id for each in lost])

    return judge


def _let_go(_: Original) -> object:
    return lambda hints, now: Answered((), tuple(each.etag for each in hints if each.etag))


def _quiet_removals(original: Original) -> object:
    def numbered(stored: Any, written: Any, version: int, now: Any) -> Changes:
        made = original(stored, written, version, now)
        told = tuple(each for each in made.told if each.removed_at is None)
        quiet = tuple(
            replace(each, version=stored[each.id].version if each.id in stored else 0)
            for each in made.told
            if each.removed_at is not None
        )
        return Changes((*made.quiet, *quiet), told, made.version)

    return numbered


def _same_version(original: Original) -> object:
    def numbered(stored: Mapping[Any, Row], written: Any, version: int, now: Any) -> Changes:
        made = original(stored, written, version, now)
        told = tuple(
            replace(each, version=stored[each.id].version or each.version)
            if each.id in stored
            else each
            for each in made.told
        )
        return Changes(made.quiet, told, made.version)

    return numbered


def _once_conflicted(original: Original) -> object:
    def settled(rows: Any, now: Any) -> tuple[Any, Any]:
        changed, pairs = original(rows, now)
        return tuple(each for each in changed if each.conflicted), pairs

    return settled


def _far(original: Original) -> object:
    @functools.wraps(original)
    def next_window(room_id: Any, last: Any, *, subscribed: bool, cadence: Any) -> Any:
        if not subscribed:
            return original(room_id, last, subscribed=subscribed, cadence=cadence)
        return last + timedelta(days=7)

    return next_window


def _unpolled(original: Original) -> object:
    def next_window(room_id: Any, last: Any, *, subscribed: bool, cadence: Any) -> Any:
        return original(
            room_id,
            last,
            subscribed=True,
            cadence=replace(cadence, reconcile=timedelta(days=7)) if not subscribed else cadence,
        )

    return next_window


def _lives(original: Original) -> object:
    def answer(event: Any) -> Any:
        said = original(event)
        return "confirmed" if said == "cancelled" and event.is_cancelled else said

    return answer


READING = (
    Mutant(
        "hints_of_known_events_dropped",
        "A hint about an event that the mirror has is followed by a read.",
        (Patch(reading, "decide", _none_for_rows),),
    ),
    Mutant(
        "etag_drop_without_knowing",
        "A hint is dropped only if its state of the event was read already.",
        (Patch(Row, "knows", returns(True)),),
    ),
    Mutant(
        "not_asked_again",
        "A hint whose state a lagging read does not show is asked about again.",
        (Patch(reading, "_again", _let_go),),
        LAGGING,
    ),
    Mutant(
        "past_etags_ignored",
        "A read that shows a state which the row has left behind is put aside.",
        (Patch(booking, "with_past", returns(())),),
        SHOWN_LATE,
    ),
    Mutant(
        "written_at_ignored",
        "Shortly after our own write a 404 or an old state proves nothing.",
        (Patch(Row, "settles_at", returns(None)),),
        SHOWN_LATE,
    ),
    Mutant(
        "no_question_after_our_write",
        "What shows soon after our own write is asked for once more.",
        (Patch(Holding, "_doubt", returns(None)), READ_ONCE),
        LAGGING,
    ),
    Mutant(
        "answer_hinted_at_not_asked_for",
        "Where a hint may have told of the room's answer and the read does not show it, it is asked for once more.",
        (Patch(Row, "unanswered_until", returns(None)),),
        LAGGING,
    ),
    Mutant(
        "one_404_proves_a_removal",
        "Two answers of 404 are needed before a booking is removed.",
        (
            Patch(reading, "missing", _proved_at_once),
            Patch(absence, "after_missing", returns(None)),
        ),
        SHOWN_LATE,
    ),
    Mutant(
        "window_read_removes",
        "A window read alone never proves that something is gone.",
        (Patch(window, "_judge", _without_asking),),
        SHOWN_LATE,
    ),
    Mutant(
        "lacking_not_asked_for",
        "Whoever lacks in a window read is asked for by id.",
        (Patch(absence, "to_ask", returns(())),),
        DEAF,
    ),
    Mutant(
        "no_reconcile",
        "Every room is read as a whole now and then, whatever the hints say.",
        (Patch(schedule, "next_window", _far),),
    ),
    Mutant(
        "no_polling",
        "A room without a subscription is polled.",
        (Patch(schedule, "next_window", _unpolled),),
        POLLED,
    ),
    Mutant(
        "keep_back_off",
        "What may be our own work is not published as somebody else's.",
        (Patch(own_work, "may_be_ours", returns(False)),),
        lives=lives(ANSWERED_LATE),
    ),
    Mutant(
        "own_copy_not_bound",
        "The room's copy of our meeting is known by its iCalUId.",
        (Patch(changes, "_keeps_its_id", returns(False)),),
    ),
    Mutant(
        "own_echo_is_an_edit",
        "What Graph shows of our own write is no edit made in Outlook.",
        (Patch(answers, "contents_of", lambda _: lambda _: {}),),
        lives=lives(TWICE),
    ),
    Mutant(
        "declined_change_removes",
        "A copy that leaves the room because of our change is not taken for cancelled.",
        (Patch(answers, "gone_of", lambda _: lambda gone, *_: list(gone)),),
        lives=lives(PUT_BACK),
    ),
    Mutant(
        "withdrawn_comes_back",
        "What we took away does not come back because somebody reads an old copy.",
        (Patch(Row, "just_withdrawn", returns(False)),),
        lives=lives(CANCELLED_SLOWLY),
    ),
    Mutant(
        "cancelled_loses",
        "An event that is cancelled no longer takes the room.",
        (Patch(mirror, "_answer", _lives),),
    ),
    Mutant(
        "pending_counts_as_accepted",
        "A meeting that the room has not answered is pending.",
        (Patch(mirror, "_ANSWERS", lambda original: original | {"notResponded": "confirmed"}),),
    ),
    Mutant(
        "version_not_raised",
        "What receivers must know gets a new version.",
        (Patch(versions, "numbered", _same_version),),
    ),
    Mutant(
        "removal_not_told",
        "Receivers are told what is gone.",
        (Patch(versions, "numbered", _quiet_removals),),
    ),
    Mutant(
        "overlap_never_settled",
        "Bookings that share time are marked as conflicted.",
        (Patch(overlap, "settled", returns(((), set()))),),
    ),
    Mutant(
        "conflicted_never_cleared",
        "A booking that is alone again is no longer conflicted.",
        (Patch(overlap, "settled", _once_conflicted),),
        RIVALS,
    ),
    Mutant(
        "whole_days_taken_for_days_of_utc",
        "Whole days take a room from midnight to midnight in their own zone.",
        (Patch(zones, "begins", lambda _: lambda day, _: day),),
        WHOLE_DAYS,
    ),
)
