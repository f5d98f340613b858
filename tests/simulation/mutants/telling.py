"""Planted bugs between the services: what is acknowledged, told, owed and forgotten, and the subscriptions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from eventbus import Done, NotConfirmed
from sync_worker.consumer import ChangeConsumer, CommandConsumer
from sync_worker.domain import command
from sync_worker.domain.room import LeaseLost
from sync_worker.handlers import passes
from sync_worker.handlers.errands import Errands
from sync_worker.handlers.holding import Holding
from sync_worker.handlers.outbox import Outbox
from sync_worker.handlers.passes import Passes
from sync_worker.handlers.publishing import Publisher
from webhook_ingress.handlers import Reception

from .focus import AWAY, BLOCKED, HASTY, LAGGING, PAUSED, POLLED, TOLD_ONCE
from .mutant import READ_ONCE, Mutant, Original, Patch, answers, constant, returns


def _acknowledged_anyway(_: Original) -> object:
    async def handle(consumer: Any, delivery: Any) -> Done:
        return Done()

    return handle


def _done_though_away(original: Original) -> object:
    async def handle(consumer: Any, delivery: Any) -> Any:
        said = await original(consumer, delivery)
        return said if isinstance(said, Done) else Done()

    return handle


def _accepted_unconfirmed(original: Original) -> object:
    async def receive(reception: Any, body: bytes) -> Any:
        said = await original(reception, body)
        return "accepted" if said == "unconfirmed" else said

    return receive


def _sent_once(original: Original) -> object:
    async def results(outbox: Any, errands: Any) -> None:
        unsent = [each.key for each in errands.unsent]
        try:
            await original(outbox, errands)
        except NotConfirmed:
            await outbox._outgoing.sent(  # noqa: SLF001 -- the bug sits inside
                outbox._claim.organisation_id,  # noqa: SLF001 -- as above
                unsent,
                outbox._clock(),  # noqa: SLF001 -- as above
                [],
            )
            errands.was_sent(unsent)
            raise

    return results


def _confirmed_anyway(original: Original) -> object:
    async def bookings(publisher: Any, claim: Any, rows: Sequence[Any]) -> int:
        await original(publisher, claim, rows)
        return len(rows)

    return bookings


def _newest_first(original: Original) -> object:
    async def bookings(publisher: Any, claim: Any, rows: Sequence[Any]) -> int:
        done = await original(publisher, claim, list(reversed(rows)))
        return int(done)

    return bookings


def _hints_let_go(original: Original) -> object:
    return lambda **given: original(**{**given, "pending": ()})


def _all_paid(original: Original) -> object:
    async def done(runner: Any, held: Any) -> Any:
        held.claim = replace(held.claim, hint_no=2**40)
        return await original(runner, held)

    return done


def _all_commands_paid(original: Original) -> object:
    async def done(runner: Any, held: Any) -> Any:
        held.claim = replace(held.claim, command_no=held.claim.command_no + 1_000)
        return await original(runner, held)

    return done


def _writes_on(original: Original) -> object:
    async def write(held: Any, changes: Any, effects: Any) -> None:
        try:
            await original(held, changes, effects)
        except LeaseLost:
            held.state = replace(held.state, version=changes.version)
            held.mirrored.know(changes.rows)
            held.errands.take(effects)

    return write


TELLING = (
    Mutant(
        "change_acknowledged_too_soon",
        "A hint is acknowledged when it is a row.",
        (Patch(ChangeConsumer, "handle", _done_though_away), READ_ONCE),
        TOLD_ONCE,
    ),
    Mutant(
        "command_acknowledged_too_soon",
        "A command is acknowledged when it is a row.",
        (Patch(CommandConsumer, "handle", _done_though_away),),
        AWAY,
    ),
    Mutant(
        "202_before_the_confirm",
        "Graph is told 202 when the broker has confirmed.",
        (Patch(Reception, "receive", _accepted_unconfirmed),),
        TOLD_ONCE,
    ),
    Mutant(
        "results_sent_once",
        "A result that the broker did not confirm is sent again.",
        (Patch(Outbox, "results", _sent_once),),
        BLOCKED,
    ),
    Mutant(
        "published_before_the_confirm",
        "What the broker did not confirm still counts as untold.",
        (Patch(Publisher, "bookings", _confirmed_anyway),),
        BLOCKED,
    ),
    Mutant(
        "newest_told_first",
        "Receivers are told in the order of the versions.",
        (Patch(Publisher, "bookings", _newest_first),),
        POLLED,
    ),
    Mutant(
        "leftovers_forgotten",
        "What an earlier pass committed and could not tell is told by the next.",
        (Patch(Holding, "send_leftovers", answers(None)), READ_ONCE),
        TOLD_ONCE,
    ),
    Mutant(
        "waiting_hints_let_go",
        "Hints that must wait stay with their room.",
        (Patch(passes, "Settlement", _hints_let_go),),
        LAGGING,
    ),
    Mutant(
        "debt_cleared_beyond_hint_no",
        "A pass pays only the hints that it was given.",
        (Patch(Passes, "_done", _all_paid), READ_ONCE),
        TOLD_ONCE,
    ),
    Mutant(
        "command_done_no_too_far",
        "A pass pays only the commands that it was given.",
        (Patch(Holding, "_done_no", lambda _: lambda held, _: held.claim.command_no),),
    ),
    Mutant(
        "lease_lost_goes_unnoticed",
        "A pass that has lost its room writes and tells nothing more.",
        (Patch(Holding, "_write", _writes_on),),
        PAUSED,
    ),
    Mutant(
        "strays_end_at_once",
        "A command waits for the one that makes its booking.",
        (Patch(command, "_UNKNOWN_WAITS", constant(timedelta(0))),),
        HASTY,
    ),
    Mutant(
        "idle_though_owing",
        "A room with open work is looked at again.",
        (Patch(Errands, "due_at", returns(None)), READ_ONCE),
        TOLD_ONCE,
    ),
)
