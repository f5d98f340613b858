"""Planted bugs for oracles and witnesses that no lost defence makes fail: each must be seen failing once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn
from uuid import UUID

from eventbus import Dead, Later
from graphclient.transport import Wire
from sync_worker import scheduler
from sync_worker.consumer import CommandConsumer
from sync_worker.domain import mirror
from sync_worker.domain.booking import Row
from sync_worker.domain.command import Asked, accepted
from sync_worker.domain.mirror import Sighting
from sync_worker.handlers import commanding, copies, creating, publishing, removing, undoing
from sync_worker.handlers.credentials import OrganisationCalendars
from sync_worker.handlers.errands import Errands
from sync_worker.handlers.publishing import Publisher
from sync_worker.handlers.refusing import Ended

from ..broker import Broker
from ..store.tables import Tables
from .focus import AWAY, DRAINED, FORGOTTEN, HURRIED, LEFT, OFF, POLLED, REMEMBERED, RIVALS, SERIES
from .mutant import Mutant, Original, Patch, answers, returns


def _of_its_own(original: Original) -> object:
    def of_series(one: Sighting, series_id: UUID) -> Sighting:
        ours: Sighting = original(one, series_id)
        return replace(ours, series_id=one.series_id)

    return of_series


def _of_whoever_came_first(original: Original) -> object:
    async def of(calendars: Any, claim: Any) -> Any:
        first = next(iter(calendars._known.values()), None)  # noqa: SLF001 -- the bug sits inside
        return first[1] if first is not None else await original(calendars, claim)

    return of


def _for_another(original: Original) -> object:
    def event(data: Any, *, organisation_id: UUID, **rest: Any) -> Any:
        return original(data, organisation_id=UUID(int=organisation_id.int ^ 1), **rest)

    return event


def _whatever_is_off(_: Original) -> object:
    def active(tables: Tables, room_id: UUID) -> Any:
        room = tables.rooms.get(room_id)
        integration = tables.integrations.get(room.organisation_id) if room else None
        return (room, integration) if room and integration else None

    return active


def _theirs_gives_way(original: Original) -> object:
    def yielding(errands: Errands, rows: Sequence[Row], mailbox: str, now: Any) -> Any:
        soon = now + timedelta(minutes=1)
        turned = [
            replace(row, origin="outlook", yields_until=None)
            if row.origin == "clearooms"
            else replace(row, origin="clearooms", yields_until=soon)
            for row in rows
        ]
        gone, effects = original(errands, turned, mailbox, now)
        return [replace(row, origin="outlook", yields_until=None) for row in gone], effects

    return yielding


def _nameless(original: Original) -> object:
    def new_event(desk: Any, intent: Any) -> Any:
        return replace(original(desk, intent), subject="Booking")

    return new_event


def _written_twice(original: Original) -> object:
    async def create(desk: Any, intent: Any) -> Any:
        if intent.event_id is None:
            for number in range(4):
                other = replace(creating._new_event(desk, intent), transaction_id=UUID(int=number))  # noqa: SLF001 -- the bug sits inside
                made = await desk.diary.create_event(desk.mailbox_of(intent), other)
                await desk.diary.delete_event(desk.mailbox_of(intent), made.id, made.etag)
        return await original(desk, intent)

    return create


def _rotated(original: Original) -> object:
    async def bookings(publisher: Any, claim: Any, rows: Sequence[Row]) -> int:
        times = [(each.starts, each.ends) for each in (*rows[-1:], *rows[:-1])]
        turned = [
            replace(row, starts=starts, ends=ends)
            for row, (starts, ends) in zip(rows, times, strict=True)
        ]
        done: int = await original(publisher, claim, turned)
        return done

    return bookings


def _by_its_rule(original: Original) -> object:
    def sight(room_id: UUID, event: Any) -> Sighting:
        one: Sighting = original(room_id, event)
        if one.kind != "exception" or one.original_start is None:
            return one
        return replace(
            one, starts=one.original_start, ends=one.original_start + (one.ends - one.starts)
        )

    return sight


def _all_of_it(original: Original) -> object:
    async def cancel(desk: Any, asked: Any, order: Any) -> Any:
        row = desk.held.mirrored.rows.get(order.booking_id)
        if row is not None and row.series_id is not None:
            order = order.model_copy(update={"scope": "series"})
        return await original(desk, asked, order)

    return cancel


def _in_words(scope: str) -> Callable[[Original], object]:
    def accepts(original: Original) -> object:
        async def change(desk: Any, asked: Asked, order: Any) -> Any:
            row = desk.held.mirrored.rows.get(order.booking_id)
            if order.scope == scope and (row is None or row.series_id is not None):
                return Ended(accepted(asked, desk.held.claim.room_id))
            return await original(desk, asked, order)

        return change

    return accepts


def _gone_in_words(original: Original) -> object:
    async def take_away(desk: Any, intent: Any) -> Any:
        row = desk.held.mirrored.rows.get(intent.booking_id)
        if row is None or row.kind not in {"occurrence", "exception"}:
            return await original(desk, intent)
        await removing._taken_away(desk, intent)  # noqa: SLF001 -- the bug sits inside
        return None

    return take_away


def _again_and_again(original: Original) -> object:
    def undoing_of(intent: Any, row: Any, desk: Any) -> Any:
        if intent.step == "restore":  # to where it was refused before
            intent = replace(intent, step="change")
        return original(intent, row, desk)

    return undoing_of


def _made_anew(_: Original) -> object:
    async def gone(desk: Any, intent: Any) -> None:
        new = creating._new_event(desk, intent)  # noqa: SLF001 -- the bug sits inside
        again = replace(new, transaction_id=UUID(int=intent.id.int ^ 1))
        written = await desk.diary.create_event(desk.mailbox_of(intent), again)
        await creating.created(desk, intent, written)

    return gone


def _dead_while_away(original: Original) -> object:
    async def handle(consumer: Any, delivery: Any) -> Any:
        said = await original(consumer, delivery)
        return Dead("away") if isinstance(said, Later) else said

    return handle


def _asks_for_more(original: Original) -> Original:
    def init(wire: Wire, *given: Any, **named: Any) -> None:
        original(wire, *given, **named)
        wire.select += ",bodyPreview"

    return init


def _cannot_end(_: Original) -> Callable[..., object]:
    async def drain(_: Any) -> NoReturn:
        raise RuntimeError("something still runs")

    return drain


def _never_strikes(_: Original) -> object:
    def strikes(broker: Broker, kind: str, share: float, what: str) -> bool:
        if share > 0:
            broker.journal.expect(kind, share)
        return False

    return strikes


DUTIES = (
    Mutant(
        "organiser_unknown",
        "A booking is told with its organiser.",
        (Patch(mirror, "_organizer", returns(("Somebody", "somebody@else.test"))),),
    ),
    Mutant(
        "subject_never_taken",
        "A booking is told under its subject in Outlook.",
        (Patch(mirror, "_subject", lambda _: lambda event, answer, organizer: organizer),),
    ),
    Mutant(
        "each_at_the_others_time",
        "Each booking is told at its own time.",
        (Patch(Publisher, "bookings", _rotated),),
        POLLED,
    ),
    Mutant(
        "meetings_stay_in_their_rule",
        "A meeting of a series that was moved is told where it is now.",
        (Patch(mirror, "sight", _by_its_rule),),
        SERIES,
    ),
    Mutant(
        "one_cancelled_all_cancelled",
        "To cancel one meeting of a series leaves the others.",
        (Patch(commanding, "_cancel", _all_of_it),),
        SERIES,
    ),
    Mutant(
        "series_changed_in_words",
        "A change of a series is written before it is accepted.",
        (Patch(commanding, "_change", _in_words("series")),),
        SERIES,
    ),
    Mutant(
        "meeting_moved_in_words",
        "A change of one meeting of a series is written before it is accepted.",
        (Patch(commanding, "_change", _in_words("this")),),
        SERIES,
    ),
    Mutant(
        "meeting_called_off_in_words",
        "One meeting of a series is taken away before that is accepted.",
        (Patch(removing, "take_away", _gone_in_words),),
        SERIES,
    ),
    Mutant(
        "put_back_and_forth",
        "What cannot be put back is given up, not put where it was refused before.",
        (Patch(undoing, "_undoing", _again_and_again),),
        RIVALS,
    ),
    Mutant(
        "series_of_their_own",
        "The meetings of a series of ours are told as such.",
        (Patch(Sighting, "of_series", _of_its_own),),
        SERIES,
    ),
    Mutant(
        "one_sign_in_for_all",
        "Each organisation is asked with its own credentials.",
        (Patch(OrganisationCalendars, "of", _of_whoever_came_first),),
    ),
    Mutant(
        "told_to_another",
        "What is told names the organisation that it is of.",
        (Patch(publishing, "booking_event", _for_another, everywhere=False),),
    ),
    Mutant(
        "off_is_on",
        "What is switched off or removed is not synced (the store's twin).",
        (Patch(Tables, "active", _whatever_is_off),),
        OFF,
    ),
    Mutant(
        "left_and_still_synced",
        "An organisation that has left is not asked any more (the store's twin).",
        (Patch(Tables, "active", _whatever_is_off),),
        LEFT,
    ),
    Mutant(
        "theirs_gives_way",
        "Where both overlap ours gives way, never Outlook's.",
        (Patch(Errands, "yielding", _theirs_gives_way),),
        RIVALS,
    ),
    Mutant(
        "nameless",
        "The event says what its command said.",
        (Patch(creating, "_new_event", _nameless),),
    ),
    Mutant(
        "written_again_and_again",
        "A booking takes one write.",
        (Patch(creating, "create", _written_twice),),
    ),
    Mutant(
        "cancelled_and_made_anew",
        "What Graph says was made and is gone was cancelled, and stays so.",
        (Patch(creating, "_made_and_gone", _made_anew),),
        REMEMBERED,
    ),
    Mutant(
        "found_and_made_anew",
        "What was made and not answered is not made again under the same transactionId once it can be found.",
        (Patch(copies, "alive", answers([])),),
        FORGOTTEN,
    ),
    Mutant(
        "begun_after_its_time",
        "A command that came too late is not begun.",
        (Patch(Asked, "expired", returns(False)),),
        HURRIED,
    ),
    Mutant(
        "dead_while_away",
        "A message waits while the database is away.",
        (Patch(CommandConsumer, "handle", _dead_while_away),),
        AWAY,
    ),
    Mutant(
        "bodies_read_too",
        "Of an event nothing is asked for but what is needed.",
        (Patch(Wire, "__init__", _asks_for_more),),
    ),
    Mutant(
        "no_end",
        "A worker that is told to end does so.",
        (Patch(scheduler.Scheduler, "_drain", _cannot_end),),
        DRAINED,
    ),
    Mutant(
        "faults_that_never_strike",
        "Every fault that a history drew strikes (the harness itself).",
        (Patch(Broker, "strikes", _never_strikes),),
        HURRIED,
    ),
)
