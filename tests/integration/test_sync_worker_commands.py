"""Commands, intents and results in the worker's tables on a real server, as the worker's own role."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.commands import Command, Resync
from contracts.events import Alternative, CommandResult
from eventbus import NotConfirmed
from pgstore import Database, Role, open_database
from pgstore.testing import TestDatabase
from sync_worker.domain.alternatives import Hours, Slot
from sync_worker.domain.booking import Row
from sync_worker.domain.command import Asked, Key, accepted, rejected
from sync_worker.domain.room import Claim, LeaseLost, Settlement
from sync_worker.domain.schedule import Cadence
from sync_worker.domain.versions import Changes
from sync_worker.domain.work import Address, Conflict, Effects, Hold, Work
from sync_worker.handlers.strays import Strays, end_abandoned
from sync_worker.store import CommandStore, Comparison, LeaseStore, MirrorStore, OutgoingStore

from ..unit.sync_worker.examples import (
    BOOKING,
    HOUR,
    MINUTE,
    NOW,
    PLATFORM,
    SECOND,
    asked,
    book,
    cancel,
    change,
    content,
    intent,
    row,
)
from .subscription_office import Office

NOTHING = Changes(quiet=(), told=(), version=0)


@dataclass
class Desk:
    """One organisation's commands as a worker handles them, with a list as the broker and a clock to turn."""

    worker: Database
    office: Office
    now: datetime = NOW
    broker_is_up: bool = True
    sent: list[Asked] = field(default_factory=list)

    @property
    def commands(self) -> CommandStore:
        return CommandStore(self.worker)

    @property
    def mirror(self) -> MirrorStore:
        return MirrorStore(self.worker)

    async def room(self) -> UUID:
        room_id = await self.office.room()
        await Comparison(self.worker, Cadence(HOUR, MINUTE)).compare(self.now)
        return room_id

    async def note(self, one: Asked) -> UUID | None:
        return await self.commands.note(self.office.id, one, self.now)

    async def claim(self, room_id: UUID) -> Claim:
        [(claim, _)] = await LeaseStore(self.worker).claim(self.office.id, [room_id], self.now)
        return claim

    async def settle(
        self, claim: Claim, *, done: bool = True, due_in: timedelta = timedelta(0)
    ) -> datetime:
        done_no = claim.command_no if done else claim.state.command_done_no
        state = replace(claim.state, command_done_no=done_no, window_read_started=NOW)
        later = Settlement((), self.now + due_in)
        return await LeaseStore(self.worker).settle(claim, state, later, self.now)

    async def commit(self, claim: Claim, *rows: Row, effects: Effects = Effects()) -> bool:  # noqa: B008  # frozen and empty
        changes = Changes((), rows, max((each.version for each in rows), default=0))
        return await self.mirror.commit(claim, claim.state, changes, self.now, effects)

    async def decide(self, room_id: UUID, one: Asked, result: CommandResult) -> Asked:
        """Run the command as its room's holder does, its result confirmed."""
        claim = await self.claim(room_id)
        decided = replace(one, result=result, decided_at=self.now)
        await self.commit(claim, effects=Effects(results=(decided,)))
        await OutgoingStore(self.worker).sent(self.office.id, [one.key], self.now)
        await self.settle(claim)
        return decided

    async def strays(self, after: timedelta = timedelta(0)) -> list[tuple[UUID, UUID]]:
        """Deal with the strays some time later; the rooms that took one."""
        self.now += after
        return await Strays(self.commands, self._publish, lambda: self.now).run()

    async def _publish(self, organisation_id: UUID, one: Asked) -> None:
        assert organisation_id == self.office.id
        if not self.broker_is_up:
            raise NotConfirmed("away")
        self.sent.append(one)

    async def outcomes(self) -> list[tuple[str, str | None]]:
        """What was sent, and that nothing else is owed or waits."""
        kept = await self.fetch("select 1 from stray_commands")
        owed = await self.fetch("select 1 from commands where outcome is null or sent_at is null")
        assert (kept, owed) == ([], [])
        results = [each.result for each in self.sent if each.result is not None]
        return [(each.outcome, each.reason) for each in results]

    async def fetch(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        async with self.worker.organisation_transaction(self.office.id) as connection:
            return [tuple(each.values()) for each in await connection.fetch(query, *arguments)]


@pytest.fixture
async def worker(database: TestDatabase) -> AsyncIterator[Database]:
    async with open_database(database.login_dsn, Role.WORKER) as opened:
        yield opened


@pytest.fixture
async def desk(database: TestDatabase, worker: Database) -> Desk:
    return Desk(worker, await Office(database.login_dsn).open())


@pytest.fixture
async def room_id(desk: Desk) -> UUID:
    return await desk.room()


@pytest.fixture
async def elsewhere(database: TestDatabase, worker: Database) -> Desk:
    """Another organisation."""
    return Desk(worker, await Office(database.login_dsn).open())


# Noting.


async def test_a_command_noted_by_many_at_the_same_time_is_kept_once(
    desk: Desk, room_id: UUID
) -> None:
    one = asked(book(room_id=room_id))
    async with asyncio.TaskGroup() as group:
        notes = [group.create_task(desk.note(one)) for _ in range(8)]
    due = [each.result() for each in notes if each.result() is not None]
    assert due == [room_id]
    claim = await desk.claim(room_id)
    assert (claim.work.commands, claim.command_no) == ((one,), 1)
    assert await desk.strays() == []


async def test_commands_are_told_apart_by_source_and_id(desk: Desk, room_id: UUID) -> None:
    keys = [(PLATFORM, "1"), (PLATFORM, "2"), ("/clearooms/portal", "1")]
    for number, (source, command_id) in enumerate(keys, start=1):
        one = asked(book(number, room_id=room_id), command_id, source)
        assert await desk.note(one) == room_id
    work = (await desk.claim(room_id)).work
    assert {(each.key.source, each.key.id) for each in work.commands} == set(keys)


async def test_every_kind_of_command_comes_back_as_it_was_noted(desk: Desk, room_id: UUID) -> None:
    orders: list[Command] = [
        book(room_id=room_id, not_after=NOW + HOUR, time_zone="Europe/Berlin", all_day=True),
        change(start=NOW + HOUR, subject="Grüße 🙂", room_id=room_id),
        cancel(),
        Resync(room_id=room_id),
    ]
    made = [asked(order, str(place)) for place, order in enumerate(orders)]
    for one in made:
        assert await desk.note(one) == room_id
    assert (await desk.claim(room_id)).work.commands == tuple(made)


async def test_a_command_makes_a_room_due_that_nobody_has_compared_yet(desk: Desk) -> None:
    room_id = await desk.office.room()
    one = asked(book(room_id=room_id))
    assert await desk.note(one) == room_id
    assert (await desk.claim(room_id)).work.commands == (one,)


async def test_the_repeat_of_an_open_command_changes_nothing(desk: Desk, room_id: UUID) -> None:
    one = asked(book(room_id=room_id))
    await desk.note(one)
    assert await desk.note(replace(one, order=book(room_id=room_id, subject="Other"))) is None
    claim = await desk.claim(room_id)
    assert (claim.work.commands, claim.command_no) == ((one,), 1)
    assert await desk.fetch("select 1 from stray_commands") == []


async def test_the_repeat_of_a_decided_command_gets_the_same_result_again(
    desk: Desk, room_id: UUID
) -> None:
    one = asked(book(room_id=room_id))
    await desk.note(one)
    free = Alternative(room_id=room_id, start=NOW, end=NOW + HOUR)
    result = rejected(one, room_id, "overlap", "Taken.", [free])
    decided = await desk.decide(room_id, one, result)
    desk.now += HOUR
    assert await desk.note(replace(one, received_at=desk.now)) is None
    assert await desk.fetch("select sent_at from commands") == [(None,)]
    assert await desk.strays() == []
    assert desk.sent == [decided]
    assert await desk.outcomes() == [("rejected", "overlap")]


async def test_the_first_result_of_a_command_stands(desk: Desk, room_id: UUID) -> None:
    one = asked(book(room_id=room_id))
    await desk.note(one)
    first = accepted(one, room_id).model_copy(update={"version": 7})
    await desk.decide(room_id, one, first)
    late = rejected(one, room_id, "room_no_answer", "")
    await desk.commands.abandon(desk.office.id, one.key, late, desk.now + HOUR)
    await desk.note(one)
    await desk.strays()
    assert [each.result for each in desk.sent] == [first]


async def removed(desk: Desk, elsewhere: Desk) -> UUID:
    room_id = await desk.room()
    await desk.office.run("update rooms set removed_at = $1", NOW)
    return room_id


async def switched_off(desk: Desk, elsewhere: Desk) -> UUID:
    room_id = await desk.room()
    await desk.office.run("update integrations set enabled = false")
    return room_id


async def of_another_organisation(desk: Desk, elsewhere: Desk) -> UUID:
    return await elsewhere.room()


async def unheard_of(desk: Desk, elsewhere: Desk) -> UUID:
    return uuid4()


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (unheard_of, "room_unknown"),
        (of_another_organisation, "room_unknown"),
        (removed, "room_unknown"),
        (switched_off, "integration_off"),
    ],
)
@pytest.mark.parametrize("order", [book(), Resync(room_id=BOOKING)], ids=["book", "resync"])
async def test_a_room_that_nobody_holds_is_refused_at_once(
    desk: Desk,
    elsewhere: Desk,
    where: Callable[[Desk, Desk], Awaitable[UUID]],
    reason: str,
    order: Command,
) -> None:
    room_id = await where(desk, elsewhere)
    one = asked(order.model_copy(update={"room_id": room_id}))
    assert await desk.note(one) is None
    assert await desk.strays() == []
    assert await desk.outcomes() == [("rejected", reason)]
    [sent] = desk.sent
    assert sent.result is not None
    assert (sent.key, sent.result.room_id, sent.decided_at) == (one.key, room_id, NOW)
    assert await elsewhere.strays() == []
    roused = "select 1 from room_sync where room_id = $1 and command_no > 0"
    assert await desk.fetch(roused, room_id) == []


# The room of a command that names none.


@pytest.mark.parametrize("order", [change(subject="New"), cancel()], ids=["change", "cancel"])
async def test_a_command_for_a_booking_goes_to_the_room_that_has_it(
    desk: Desk, room_id: UUID, order: Command
) -> None:
    claim = await desk.claim(room_id)
    await desk.commit(claim, row())
    await desk.settle(claim)
    assert await desk.note(asked(order)) == room_id
    again = await desk.claim(room_id)
    assert again.work.commands == (asked(order),)


async def test_the_booking_comes_with_the_claim_of_the_command_about_it(
    desk: Desk, room_id: UUID
) -> None:
    claim = await desk.claim(room_id)
    made, other = row(1), row(2, NOW + 5 * HOUR, version=2)
    await desk.commit(claim, made, other)
    told = replace(claim, state=replace(claim.state, version=2, published_version=2))
    await desk.settle(told)
    await desk.note(asked(cancel()))
    [(_, rows)] = await LeaseStore(desk.worker).claim(desk.office.id, [room_id], NOW)
    assert rows == (made,)


async def test_a_command_goes_to_the_room_in_which_the_booking_is_not_over(desk: Desk) -> None:
    rooms = [await desk.room() for _ in range(3)]
    over = row(answer="cancelled", removed_at=NOW + HOUR, changed_at=NOW + HOUR)
    for room_id, made in zip(rooms, [over, row(), over], strict=True):
        await desk.commit(await desk.claim(room_id), made)
    assert await desk.note(asked(cancel())) == rooms[1]


async def test_a_command_for_a_booking_that_is_being_made_goes_to_the_same_room(
    desk: Desk, room_id: UUID
) -> None:
    makes, ends = asked(book(room_id=room_id), "z"), asked(cancel(), "a")
    assert await desk.note(makes) == room_id
    assert await desk.note(ends) == room_id
    work = (await desk.claim(room_id)).work
    assert set(work.commands) == {makes, ends}
    assert work.owners == {BOOKING: makes.key}


async def test_a_booking_that_was_refused_is_known_to_no_room(desk: Desk, room_id: UUID) -> None:
    makes = asked(book(room_id=room_id))
    await desk.note(makes)
    await desk.decide(room_id, makes, rejected(makes, room_id, "overlap", ""))
    assert await desk.note(asked(cancel(), "c2")) is None


async def test_organisations_are_apart(desk: Desk, elsewhere: Desk, room_id: UUID) -> None:
    makes = asked(book(room_id=room_id))
    await desk.note(makes)
    assert await elsewhere.note(asked(cancel(), "c2")) is None
    assert await elsewhere.note(makes) is None  # the same source and id: another command
    assert await LeaseStore(elsewhere.worker).claim(elsewhere.office.id, [room_id], NOW) == []
    assert await elsewhere.commands.adopt(elsewhere.office.id, Key(PLATFORM, "c9"), NOW) is None
    work = (await desk.claim(room_id)).work
    assert (work.commands, work.done) == ((makes,), {})
    theirs = await elsewhere.fetch("select id, outcome, reason from commands order by id")
    assert theirs == [("c1", "rejected", "room_unknown"), ("c2", None, None)]


# Strays.


async def test_a_command_that_overtook_its_booking_is_adopted_when_that_arrives(
    desk: Desk, room_id: UUID
) -> None:
    overtook, makes = asked(cancel(), "first"), asked(book(room_id=room_id), "second")
    assert await desk.note(overtook) is None
    assert await desk.strays() == []
    assert await desk.note(makes) == room_id
    assert await desk.strays(SECOND) == [(room_id, desk.office.id)]
    claim = await desk.claim(room_id)
    assert (set(claim.work.commands), claim.command_no) == ({overtook, makes}, 2)
    assert await desk.strays(HOUR) == []
    assert desk.sent == []


async def test_a_command_that_overtook_what_outlook_tells_is_adopted_when_that_is_read(
    desk: Desk, room_id: UUID
) -> None:
    await desk.note(asked(change(subject="New")))
    await desk.commit(await desk.claim(room_id), row())
    assert await desk.strays() == [(room_id, desk.office.id)]


async def test_a_booking_that_stays_unknown_for_a_minute_is_said_to_be(desk: Desk) -> None:
    await desk.note(asked(cancel()))
    for after in (timedelta(0), 58 * SECOND, SECOND):
        assert await desk.strays(after) == []
    assert desk.sent == []
    await desk.strays(SECOND)
    assert await desk.outcomes() == [("rejected", "unknown_booking")]
    assert desk.sent[0].decided_at == NOW + MINUTE


async def test_a_stray_is_looked_at_once_a_second(desk: Desk) -> None:
    await desk.note(asked(cancel()))
    await desk.strays()
    assert await desk.commands.due_strays(NOW + 0.9 * SECOND, 100) == []
    assert len(await desk.commands.due_strays(NOW + SECOND, 100)) == 1


async def test_a_stray_whose_time_has_passed_is_expired_and_waits_no_minute(desk: Desk) -> None:
    await desk.note(asked(cancel().model_copy(update={"not_after": NOW + 5 * SECOND})))
    await desk.strays(5 * SECOND)
    assert desk.sent == []
    await desk.strays(SECOND)
    assert await desk.outcomes() == [("rejected", "expired")]


async def test_a_result_that_was_not_confirmed_is_sent_later_as_it_was(desk: Desk) -> None:
    one = asked(book(room_id=uuid4()))
    await desk.note(one)
    desk.broker_is_up = False
    for _ in range(3):
        assert await desk.strays(SECOND) == []
    assert await desk.fetch("select outcome, sent_at from commands") == [("rejected", None)]
    desk.broker_is_up = True
    await desk.strays(SECOND)
    assert await desk.outcomes() == [("rejected", "room_unknown")]
    assert desk.sent[0].decided_at == NOW


async def test_an_unknown_booking_is_decided_once_even_if_the_broker_was_away(
    desk: Desk, room_id: UUID
) -> None:
    await desk.note(asked(cancel()))
    desk.broker_is_up = False
    await desk.strays(MINUTE)
    await desk.note(asked(book(room_id=room_id), "too late"))
    desk.broker_is_up = True
    assert await desk.strays(SECOND) == []
    [sent] = desk.sent
    assert sent.result is not None
    assert (sent.result.reason, sent.decided_at) == ("unknown_booking", NOW + MINUTE)
    assert (await desk.claim(room_id)).work.done == {(BOOKING, PLATFORM): 3}


async def test_two_workers_never_take_the_same_stray(desk: Desk) -> None:
    keys = [Key(PLATFORM, f"{number:02}") for number in range(20)]
    for key in keys:
        await desk.note(asked(cancel(), key.id))
    stores = [CommandStore(desk.worker) for _ in range(4)]
    async with asyncio.TaskGroup() as group:
        takes = [group.create_task(each.due_strays(NOW, 7)) for each in stores]
    taken = [key.id for each in takes for _, key in each.result()]
    assert len(taken) == len(set(taken))
    rest = await desk.commands.due_strays(NOW, 100)
    assert sorted([*taken, *(key.id for _, key in rest)]) == [key.id for key in keys]
    assert await desk.commands.due_strays(NOW + 29 * SECOND, 100) == []
    assert len(await desk.commands.due_strays(NOW + 30 * SECOND, 100)) == 20


# A room's open work.


async def test_open_work_comes_with_the_claim_as_it_was_committed(
    desk: Desk, room_id: UUID
) -> None:
    one, two = asked(book(1, room_id=room_id), "c1"), asked(book(2, room_id=room_id), "c2")
    for each in (one, two):
        await desk.note(each)
    free = Alternative(room_id=room_id, start=NOW, end=NOW + HOUR)
    no = rejected(two, room_id, "overlap", "Taken.", [free])
    decided = replace(two, result=no, decided_at=NOW)
    slot = Slot(NOW, NOW + HOUR)
    written = intent(event_id="e", etag="2", ical_uid="u", number=1, base=content(NOW)).written(NOW)
    bare = intent(2, command=None, step="delete", path="direct", created_at=NOW + SECOND)
    done = intent(3, stage="done")
    effects = Effects(
        intents=(written, bare, done), results=(decided,), holds=(Hold(BOOKING, slot),)
    )
    claim = await desk.claim(room_id)
    await desk.commit(claim, effects=effects)
    await desk.settle(claim, done=False)
    assert (await desk.claim(room_id)).work == Work(
        address=Address("room@x.test", "Room", "Europe/Berlin"),
        commands=(one,),
        unsent=(decided,),
        intents=(written, bare),
        holds=(Hold(BOOKING, slot),),
        done={(UUID(int=2), PLATFORM): 1},
        owners={BOOKING: one.key},
    )


async def test_what_ended_is_no_open_work_any_more(desk: Desk, room_id: UUID) -> None:
    one = asked(book(room_id=room_id))
    await desk.note(one)
    claim = await desk.claim(room_id)
    hold = Hold(BOOKING, Slot(NOW, NOW + HOUR))
    await desk.commit(claim, effects=Effects(intents=(intent(),), holds=(hold,)))
    decided = replace(one, result=accepted(one, room_id), decided_at=NOW)
    ended = Effects(intents=(intent(stage="done"),), results=(decided,), released=(BOOKING,))
    await desk.commit(claim, effects=ended)
    await OutgoingStore(desk.worker).sent(desk.office.id, [one.key], NOW)
    await desk.settle(claim, done=False)
    work = (await desk.claim(room_id)).work
    assert (work.commands, work.unsent, work.intents, work.holds) == ((), (), (), ())


async def test_work_is_loaded_only_while_a_command_is_open(desk: Desk, room_id: UUID) -> None:
    assert (await desk.claim(room_id)).work == Work()
    one = asked(book(room_id=room_id))
    await desk.note(one)
    desk.now += 91 * SECOND
    claim = await desk.claim(room_id)
    assert (claim.work.commands, claim.command_no) == ((one,), 1)
    await desk.settle(claim, done=False)
    claim = await desk.claim(room_id)
    assert claim.work.commands == (one,)
    await desk.settle(claim)
    assert (await desk.claim(room_id)).work == Work()


async def test_a_command_that_comes_during_a_pass_makes_the_room_due_at_once(
    desk: Desk, room_id: UUID
) -> None:
    first = asked(book(1, room_id=room_id), "c1")
    await desk.note(first)
    claim = await desk.claim(room_id)
    await desk.note(asked(book(2, room_id=room_id), "c2"))
    assert await desk.settle(claim, due_in=HOUR) == NOW
    claim = await desk.claim(room_id)
    assert [each.key.id for each in claim.work.commands] == ["c1", "c2"]
    assert await desk.settle(claim, due_in=HOUR) == NOW + HOUR


async def test_a_command_does_not_wake_a_room_that_must_rest(desk: Desk, room_id: UUID) -> None:
    claim = await desk.claim(room_id)
    rest = Settlement((), NOW + HOUR, not_before=NOW + HOUR)
    await LeaseStore(desk.worker).settle(claim, claim.state, rest, NOW)
    assert await desk.note(asked(book(room_id=room_id))) == room_id
    assert await LeaseStore(desk.worker).claim(desk.office.id, [room_id], NOW) == []
    desk.now += HOUR
    assert len((await desk.claim(room_id)).work.commands) == 1


async def test_a_lost_room_writes_nothing_at_all(desk: Desk, room_id: UUID) -> None:
    one = asked(book(room_id=room_id))
    await desk.note(one)
    stale = await desk.claim(room_id)
    desk.now += 91 * SECOND
    current = await desk.claim(room_id)
    effects = Effects(
        intents=(intent(),),
        results=(replace(one, result=accepted(one, room_id), decided_at=NOW),),
        holds=(Hold(BOOKING, Slot(NOW, NOW + HOUR)),),
        conflicts=(Conflict("stale", BOOKING),),
        overlaps=frozenset({(BOOKING, UUID(int=2))}),
    )
    for rows in ((), (row(),)):
        with pytest.raises(LeaseLost):
            await desk.commit(stale, *rows, effects=effects)
    for written in (
        "select 'intent' from intents",
        "select 'hold' from slot_holds",
        "select 'conflict' from conflicts",
        "select 'journal' from journal",
        "select 'row' from bookings",
    ):
        assert await desk.fetch(written) == []
    assert await desk.fetch("select outcome from commands") == [(None,)]
    await desk.commit(current, row(), effects=effects)
    assert len(await desk.fetch("select 1 from intents")) == 1


async def test_a_slot_is_promised_once(desk: Desk, room_id: UUID) -> None:
    claim = await desk.claim(room_id)
    first = Hold(UUID(int=1), Slot(NOW, NOW + HOUR))
    second = Hold(UUID(int=2), Slot(NOW + 59 * MINUTE, NOW + 2 * HOUR))
    await desk.commit(claim, effects=Effects(holds=(first,)))
    with pytest.raises(asyncpg.ExclusionViolationError):
        await desk.commit(claim, row(2), effects=Effects(intents=(intent(2),), holds=(second,)))
    assert await desk.fetch("select booking_id from slot_holds") == [(first.booking_id,)]
    assert await desk.fetch("select 1 from bookings union all select 1 from intents") == []


async def test_slots_that_touch_and_slots_of_other_rooms_are_free(
    desk: Desk, room_id: UUID
) -> None:
    slot = Slot(NOW, NOW + HOUR)
    touching = Hold(UUID(int=2), Slot(NOW + HOUR, NOW + 2 * HOUR))
    claim = await desk.claim(room_id)
    await desk.commit(claim, effects=Effects(holds=(Hold(BOOKING, slot), touching)))
    other = await desk.claim(await desk.room())
    await desk.commit(other, effects=Effects(holds=(Hold(UUID(int=3), slot),)))
    assert len(await desk.fetch("select 1 from slot_holds")) == 3


async def test_a_slot_given_back_is_free_in_the_same_commit(desk: Desk, room_id: UUID) -> None:
    claim = await desk.claim(room_id)
    slot = Slot(NOW, NOW + HOUR)
    await desk.commit(claim, effects=Effects(holds=(Hold(BOOKING, slot),)))
    exchange = Effects(released=(BOOKING,), holds=(Hold(UUID(int=2), slot),))
    await desk.commit(claim, effects=exchange)
    assert await desk.fetch("select booking_id from slot_holds") == [(UUID(int=2),)]


# Overlaps.


@pytest.mark.parametrize(
    ("other", "owed"),
    [
        (row(2), True),
        (row(2, NOW + 1.5 * HOUR), True),
        (row(2, answer="tentative"), True),
        (row(2, conflicted=True), True),
        (row(2, NOW), False),
        (row(2, NOW + 2 * HOUR), False),
        (row(2, answer="pending"), False),
        (row(2, answer="cancelled", removed_at=NOW), False),
        (row(2, kind="master"), False),
        (row(2, published=False), False),
    ],
)
async def test_a_commit_that_overlaps_what_is_there_owes_a_settlement(
    desk: Desk, room_id: UUID, other: Row, *, owed: bool
) -> None:
    claim = await desk.claim(room_id)
    assert not await desk.commit(claim, row(1))
    assert await desk.commit(claim, other) is owed
    assert await desk.fetch("select overlaps_owed from room_sync") == [(owed,)]


async def test_a_row_does_not_overlap_itself_nor_another_rooms(desk: Desk, room_id: UUID) -> None:
    claim = await desk.claim(room_id)
    await desk.commit(claim, row(1))
    assert not await desk.commit(claim, row(1, NOW + 1.5 * HOUR, version=2))
    assert not await desk.commit(await desk.claim(await desk.room()), row(3))


async def test_what_is_owed_is_known_to_the_next_holder(desk: Desk, room_id: UUID) -> None:
    claim = await desk.claim(room_id)
    await desk.commit(claim, row(1))
    await desk.commit(claim, row(2))
    desk.now += 91 * SECOND
    again = await desk.claim(room_id)
    assert again.state.overlaps_owed
    await desk.mirror.commit(again, replace(again.state, overlaps_owed=False), NOTHING, desk.now)
    desk.now += 91 * SECOND
    assert not (await desk.claim(room_id)).state.overlaps_owed


async def test_an_overlap_is_one_line_until_it_clears_and_another_when_it_comes_back(
    desk: Desk, room_id: UUID
) -> None:
    one, two, three = (UUID(int=number) for number in (1, 2, 3))
    claim = await desk.claim(room_id)
    lines = "select other_id, at, cleared_at from conflicts order by id"

    async def settle(*pairs: tuple[UUID, UUID]) -> list[tuple[Any, ...]]:
        await desk.commit(claim, effects=Effects(overlaps=frozenset(pairs)))
        desk.now += MINUTE
        return await desk.fetch(lines)

    both = [(two, NOW, None), (three, NOW, None)]
    assert await settle((one, two), (one, three)) == both
    assert await settle((one, two), (one, three)) == both
    gone = [(two, NOW, NOW + 2 * MINUTE), (three, NOW, None)]
    assert await settle((one, three)) == gone
    assert await settle((one, three)) == gone
    back = [*gone, (two, NOW + 4 * MINUTE, None)]
    assert await settle((one, two), (one, three)) == back
    assert all(cleared for _, _, cleared in await settle())


async def test_overlaps_of_another_room_and_other_lines_stay_open(
    desk: Desk, room_id: UUID
) -> None:
    pair = frozenset({(UUID(int=1), UUID(int=2))})
    claim, other = await desk.claim(room_id), await desk.claim(await desk.room())
    stale = (
        Conflict("stale", BOOKING, command_id="c1"),
        Conflict("stale", BOOKING, command_id="c1"),
    )
    await desk.commit(claim, effects=Effects(overlaps=pair, conflicts=stale))
    await desk.commit(other, effects=Effects(overlaps=pair))
    await desk.commit(claim, effects=Effects(overlaps=frozenset()))
    lines = "select room_id, kind, command_id from conflicts where cleared_at is null order by id"
    assert await desk.fetch(lines) == [
        (room_id, "stale", "c1"), (room_id, "stale", "c1"), (other.room_id, "overlap", None),
    ]  # fmt: skip


async def test_a_commit_without_a_settlement_leaves_overlaps_as_they_are(
    desk: Desk, room_id: UUID
) -> None:
    claim = await desk.claim(room_id)
    pair = frozenset({(UUID(int=1), UUID(int=2))})
    await desk.commit(claim, effects=Effects(overlaps=pair))
    await desk.commit(claim, effects=Effects(intents=(intent(),)))
    assert await desk.fetch("select cleared_at from conflicts") == [(None,)]


# What others may be offered.


async def test_what_is_taken_or_promised_in_the_office_is_not_offered(
    desk: Desk, elsewhere: Desk, room_id: UUID
) -> None:
    claim = await desk.claim(room_id)
    held = Slot(NOW + 5 * HOUR, NOW + 6 * HOUR)
    rows = (
        row(1),
        row(2, NOW + 2 * HOUR, answer="pending"),
        row(3, NOW + 3 * HOUR, answer="cancelled", removed_at=NOW),
        row(4, NOW + 4 * HOUR, kind="master"),
        row(5, NOW + 60 * HOUR),  # out of reach
    )
    await desk.commit(claim, *rows, effects=Effects(holds=(Hold(UUID(int=9), held),)))
    empty = await desk.room()
    await elsewhere.room()
    around = Slot(NOW, NOW + HOUR)
    outgoing = OutgoingStore(desk.worker)
    office, hours = await outgoing.office(desk.office.id, room_id, around)
    busy = {each.room_id: set(each.busy) for each in office}
    taken = {Slot(each.starts, each.ends) for each in rows[:2]}
    assert busy == {room_id: {*taken, held}, empty: set()}
    assert hours == Hours("Europe/Berlin", time(8), time(18))
    assert await outgoing.office(elsewhere.office.id, room_id, around) == ([], None)


async def test_a_command_whose_room_goes_before_it_runs_is_refused(
    desk: Desk, room_id: UUID
) -> None:
    await desk.note(asked(book(room_id=room_id)))
    await desk.office.run("update rooms set removed_at = $1", NOW)
    await Comparison(desk.worker, Cadence(HOUR, MINUTE)).compare(desk.now)
    await end_abandoned(CommandStore(desk.worker), desk.now)
    await desk.strays()
    assert await desk.outcomes() == [("rejected", "room_unknown")]


async def test_a_stray_is_not_given_to_a_room_that_is_removed(desk: Desk, room_id: UUID) -> None:
    await desk.note(asked(cancel()))
    await desk.commit(await desk.claim(room_id), row())
    await desk.office.run("update rooms set removed_at = $1", NOW)
    assert await desk.strays() == []
    await desk.strays(2 * MINUTE)
    assert len(await desk.outcomes()) == 1
