"""The simulation's model store does what the SQL stores do, whatever is asked of it in whatever order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from typing_extensions import override

from contracts.hints import ChangeHint, LifecycleHint
from pgstore import Role, open_database
from pgstore.testing import TestDatabase
from subscription_manager.domain import subscription
from sync_worker.domain.absence import Window
from sync_worker.domain.booking import Row
from sync_worker.domain.changes import Changes
from sync_worker.domain.command import Asked
from sync_worker.domain.room import Claim, State
from sync_worker.domain.work import Effects
from sync_worker.store import Noted

from .test_model_store_sides import RealPortal, Sides, superuser
from .test_model_store_values import HOOKS, START, Values

SETTINGS: Final = settings(
    max_examples=15,
    stateful_step_count=100,
    derandomize=True,  # the same sequences everywhere: a failure is nobody's bad luck
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    report_multiple_bugs=False,
)
SEED: Final = st.integers(0, 2**32)


@dataclass
class Organisation:
    """One organisation of the sequence: what was made for it so far."""

    id: UUID
    tenant_id: UUID
    client_id: UUID
    office_id: UUID
    bookings: list[UUID]
    rooms: list[UUID] = field(default_factory=list)
    commands: list[Asked] = field(default_factory=list)
    gone: bool = False


class Stores(RuleBasedStateMachine):
    """Calls of every store by worker, manager and portal, in random order, on both sides."""

    def __init__(self, sides: Sides) -> None:
        super().__init__()
        self.sides = sides
        self.number = 0
        self.now = START
        self.claims: list[Claim] = []
        self.states: dict[tuple[UUID, int], State] = {}
        self.rows: list[subscription.Claim] = []
        sides.begin()
        values = Values(Random(0), START)  # noqa: S311  # reproducible on purpose
        self.organisations = [self._organisation(values) for _ in range(2)]
        for organisation in self.organisations:
            for _ in range(2):
                self._room(values, organisation, values.uuid())
        sides.call("comparison", "compare", self.now)

    @override
    def teardown(self) -> None:
        self.sides.end()

    def values(self, seed: int, organisation: Organisation | None = None) -> Values:
        """What this step draws from; a little later than the step before."""
        self.number += 1
        chance = Random(f"{seed} {self.number}")  # noqa: S311  # reproducible on purpose
        self.now += timedelta(
            milliseconds=chance.choice((1, 1, 50, 50, 5_000, 31_000, 91_000, 700_000))
        )
        return Values(chance, self.now, organisation.bookings if organisation else [])

    def one(self, seed: int) -> tuple[Values, Organisation]:
        """An organisation, and what a step with it draws from."""
        values = self.values(seed)
        organisation = values.chance.choice(self.organisations)
        values.ids = organisation.bookings
        return values, organisation

    def _organisation(self, values: Values) -> Organisation:
        made = Organisation(
            values.uuid(),
            values.uuid(),
            values.uuid(),
            values.uuid(),
            [values.uuid() for _ in range(14)],
        )
        self.sides.found("found", made.id, "Org", self.now)
        self.sides.found(
            "integrate",
            made.id,
            tenant_id=made.tenant_id,
            client_id=made.client_id,
            enabled=True,
            sealed_secret=b"sealed",
            now=self.now,
        )
        self.sides.found("open_office", made.id, made.office_id, self.now)
        return made

    def _room(self, values: Values, organisation: Organisation, mailbox_id: UUID) -> None:
        added = self.sides.found(
            "add_room",
            organisation.id,
            values.uuid(),
            office_id=organisation.office_id,
            mailbox_id=mailbox_id,
            now=self.now,
            capacity=values.maybe(8),
        )
        if added.raised is None:
            if added.value in organisation.rooms:
                self.sides.seen["rooms resumed"] += 1
            else:
                organisation.rooms.append(added.value)

    # Few rules, each of many ways: Hypothesis leaves some rules out of each sequence.

    @rule(seed=SEED)
    def the_portal_writes(self, seed: int) -> None:
        self._any(seed, self.rooms_come_and_go, self.the_integration_changes)

    @rule(seed=SEED)
    def something_arrives(self, seed: int) -> None:
        self._any(seed, self.hints_arrive, self.a_command_arrives)

    @rule(seed=SEED)
    def strays_are_run(self, seed: int) -> None:
        self._any(
            seed,
            self.strays_are_looked_after,
            self.strays_are_looked_after,
            self.a_stray_is_adopted_again,
            self.commands_of_rooms_that_are_off_end,
        )

    @rule(seed=SEED)
    def the_worker_runs(self, seed: int) -> None:
        self._any(
            seed,
            self.a_pass_runs,
            self.a_pass_runs,
            self.due_rooms_are_claimed,
            self.any_rooms_are_claimed,
        )

    @rule(seed=SEED)
    def a_holder_goes_on(self, seed: int) -> None:
        self._any(
            seed,
            self.rows_are_committed,
            self.rows_and_effects_are_committed,
            self.events_are_swapped,
            self.the_pass_ends,
            self.a_pass_runs,
        )

    @rule(seed=SEED)
    def the_worker_compares_and_reads(self, seed: int) -> None:
        self._any(seed, self.the_comparison_runs, self.the_mirror_is_read, self.results_are_sent)

    @rule(seed=SEED)
    def the_manager_runs(self, seed: int) -> None:
        self._any(
            seed,
            self.the_manager_works,
            self.the_manager_settles,
            self.the_manager_claims,
            self.lifecycle_hints_arrive,
            self.credentials_fail_and_work_again,
            self.the_sweep_runs,
        )

    def _any(self, seed: int, *ways: Callable[[int], None]) -> None:
        self.number += 1
        self.sides.seen["steps"] += 1
        Random(f"way {seed} {self.number}").choice(ways)(seed)  # noqa: S311  # reproducible on purpose

    # -- the portal

    def rooms_come_and_go(self, seed: int) -> None:
        values, organisation = self.one(seed)
        living = [
            each for each in organisation.rooms if self.sides.tables.rooms[each].removed_at is None
        ]
        if organisation.gone:
            return
        if not living or (len(living) < 3 and values.likely(0.3)):
            self._room(values, organisation, values.uuid())
            return
        room_id = values.chance.choice(living)
        self.sides.found("remove_room", organisation.id, room_id, self.now)
        if values.likely(0.5):
            self.sides.call("comparison", "compare", self.now)
        if values.likely(0.7):
            self._room(values, organisation, self.sides.tables.rooms[room_id].mailbox_id)
        if values.likely(0.3):
            self._room(values, organisation, self.sides.tables.rooms[living[0]].mailbox_id)

    def the_integration_changes(self, seed: int) -> None:
        values, organisation = self.one(seed)
        if organisation.gone:
            return
        on = self.sides.tables.integrations[organisation.id].enabled
        if values.likely(0.08):
            self.sides.found("offboard", organisation.id, self.now)
            organisation.gone = True
        elif on and values.likely(0.6):
            self.sides.found("renew_secret", organisation.id, b"new", self.now)
        else:
            self.sides.found("switch", organisation.id, enabled=not on, now=self.now)
        if values.likely(0.5):
            self.sides.call("comparison", "compare", self.now)

    # -- the worker's ways in

    def hints_arrive(self, seed: int) -> None:
        values = self.values(seed)
        hints = []
        for _ in range(values.chance.choice((1, 2, 5, 25))):
            organisation = values.chance.choice(self.organisations)
            known = [*organisation.rooms, values.uuid()]
            tenant = organisation.tenant_id if values.likely(0.9) else values.uuid()
            etag = values.maybe(str(values.chance.randrange(4)))
            hints.append(
                ChangeHint(values.chance.choice(known[:2]), tenant, values.event(), etag, self.now)
            )
        self.sides.call("hints", "note_hints", hints, self.now, shown=_noted)

    def a_command_arrives(self, seed: int) -> None:
        values, organisation = self.one(seed)
        self._command(values, organisation, [*organisation.rooms, values.uuid()])

    def _command(self, values: Values, organisation: Organisation, rooms: list[UUID]) -> None:
        if organisation.commands and values.likely(0.2):
            asked = values.chance.choice(organisation.commands)
            self.sides.seen["commands repeated"] += 1
        else:
            values.now += timedelta(microseconds=1)
            asked = values.asked(rooms, len(organisation.commands))
            organisation.commands.append(asked)
        self.sides.call("commands", "note", organisation.id, asked, self.now)

    def the_comparison_runs(self, seed: int) -> None:
        self.values(seed)
        self.sides.call("comparison", "compare", self.now)

    def strays_are_looked_after(self, seed: int) -> None:
        values = self.values(seed)
        due = self.sides.call(
            "commands", "due_strays", self.now, values.chance.randint(1, 5), shown=_strays
        )
        for organisation_id, key in due.value[:2]:
            adopted = self.sides.call("commands", "adopt", organisation_id, key, self.now).value
            if not isinstance(adopted, Asked):
                self.sides.seen["strays adopted"] += isinstance(adopted, UUID)
                continue
            match values.chance.randrange(6):
                case 0:
                    result = values.result(adopted, None)
                    self.sides.call(
                        "commands", "decide_stray", organisation_id, key, result, self.now
                    )
                case 1:
                    self.sides.call("commands", "finish_stray", organisation_id, key, self.now)
                case _:
                    later = self.now + timedelta(seconds=values.chance.choice((0, 5)))
                    self.sides.call("commands", "postpone_stray", organisation_id, key, later)

    def a_stray_is_adopted_again(self, seed: int) -> None:
        values, organisation = self.one(seed)
        commands = self.sides.tables.commands
        strays = _strays([each for each in self.sides.tables.stray_commands if each in commands])
        for owner, key in values.chance.sample(strays, min(len(strays), 3)):
            booking_id = commands[owner, key].booking_id
            if owner == organisation.id and booking_id and organisation.rooms:
                room_id = values.chance.choice(organisation.rooms)
                asked = values.of(values.book(booking_id, room_id), len(organisation.commands))
                organisation.commands.append(asked)
                self.sides.call("commands", "note", owner, asked, self.now)
            adopted = self.sides.call("commands", "adopt", owner, key, self.now).value
            self.sides.seen["strays adopted"] += isinstance(adopted, UUID)

    def commands_of_rooms_that_are_off_end(self, seed: int) -> None:
        values, organisation = self.one(seed)
        living = [each for each in organisation.rooms if self.sides.tables.active(each)]
        if living and values.likely(0.5):
            self._command(values, organisation, living)
            self._command(values, organisation, living)
            self.sides.found("switch", organisation.id, enabled=False, now=self.now)
            self.sides.call("comparison", "compare", self.now)
        for room_id, organisation_id in self.sides.call("commands", "abandoned").value[:2]:
            waiting, _ = self.sides.call("commands", "open_of", organisation_id, room_id).value
            for asked in waiting[:2]:
                result = values.result(asked, room_id)
                self.sides.call("commands", "abandon", organisation_id, asked.key, result, self.now)
        if living and values.likely(0.8):
            self.sides.found("switch", organisation.id, enabled=True, now=self.now)
            self.sides.call("comparison", "compare", self.now)

    # -- the holder

    def _claim(self, organisation_id: UUID, rooms: list[UUID]) -> None:
        claimed = self.sides.call(
            "leases", "claim", organisation_id, rooms, self.now, shown=_claims
        )
        for claim, rows in claimed.value:
            self.claims.append(claim)
            seen = self.sides.seen
            seen["claims taken over"] += claim.epoch > 1
            seen["claims with rows"] += bool(rows)
            seen["claims with work"] += bool(claim.work.commands)
            seen["claims after a decided sequence"] += bool(claim.work.done)
            seen["claims superseded"] += any(
                claim.work.done.get((each.booking_id, each.key.source), 0) >= each.sequence
                for each in claim.work.commands
                if each.booking_id is not None
            )
            seen["claims with an owner"] += bool(claim.work.owners)
            seen["claims with done changes that hold"] += any(
                each.stage == "done" for each in claim.work.intents
            )

    def due_rooms_are_claimed(self, seed: int) -> None:
        values = self.values(seed)
        most = values.chance.choice((1, 2, 9))
        syncs = self.sides.tables.room_sync

        def shown(due: list[tuple[UUID, UUID]]) -> object:
            """Of rooms due at one moment any may come first."""
            cut = None if len(due) == most else set(due)
            return [syncs[room].due_at for room, _ in due], len(set(due)), cut

        due = self.sides.call("leases", "due", self.now, most, shown=shown).value
        for organisation_id in sorted({each for _, each in due}):
            self._claim(organisation_id, [room for room, owner in due if owner == organisation_id])

    def any_rooms_are_claimed(self, seed: int) -> None:
        values, organisation = self.one(seed)
        others = values.chance.choice(self.organisations).rooms
        self._claim(organisation.id, [*organisation.rooms, *others[:1], values.uuid()])

    def _held(self, seed: int) -> tuple[Values, Organisation, Claim, State] | None:
        """A claim, mostly one of the last, and its room's state as its holder left it."""
        values = self.values(seed)
        if not self.claims:
            return None
        syncs = self.sides.tables.room_sync
        mine = [
            each
            for each in self.claims
            if each.room_id in syncs and syncs[each.room_id].epoch == each.epoch
        ]
        claim = values.chance.choice(mine if mine and values.likely(0.85) else self.claims[-9:])
        organisation = next(each for each in self.organisations if each.id == claim.organisation_id)
        values.ids = organisation.bookings
        return (
            values,
            organisation,
            claim,
            self.states.get((claim.room_id, claim.epoch), claim.state),
        )

    def _commit(self, seed: int, *, with_effects: bool) -> None:
        held = self._held(seed)
        if held is None:
            return
        values, organisation, claim, state = held
        changes = values.changes(state) if values.likely(0.9) else Changes((), (), state.version)
        after = values.state(claim, state, changes.version)
        effects = (
            values.effects(organisation.commands, claim.room_id) if with_effects else Effects()
        )
        lease = values.maybe(timedelta(seconds=45), 0.3)
        done = self.sides.call("mirror", "commit", claim, after, changes, self.now, effects, lease)
        if done.raised is None:
            self.states[claim.room_id, claim.epoch] = after
            self.sides.seen["overlaps found"] += bool(done.value)
            self.sides.seen["overlaps settled"] += effects.overlaps is not None
            self.sides.seen["rows committed"] += len(changes.rows)

    def rows_are_committed(self, seed: int) -> None:
        self._commit(seed, with_effects=False)

    def rows_and_effects_are_committed(self, seed: int) -> None:
        self._commit(seed, with_effects=True)

    def a_pass_runs(self, seed: int) -> None:
        values, organisation = self.one(seed)
        if values.likely(0.3):
            self.hints_arrive(seed)
        for _ in range(values.chance.randint(0, 3) if organisation.rooms else 0):
            self._command(values, organisation, organisation.rooms)
        self._claim(organisation.id, organisation.rooms)
        for _ in range(values.chance.randint(1, 4)):
            self._commit(seed, with_effects=values.likely(0.6))
        for _ in range(values.chance.randint(0, 2)):
            self.the_pass_ends(seed)

    def events_are_swapped(self, seed: int) -> None:
        held = self._held(seed)
        if held is None:
            return
        values, _, claim, state = held
        stored = sorted(
            self.sides.tables.bookings.get(claim.room_id, {}).values(), key=lambda row: row.id
        )
        if len(stored) < 2:
            return
        one, other = values.chance.sample(stored, 2)
        swapped = (replace(one, event_id=other.event_id), replace(other, event_id=one.event_id))
        done = self.sides.call(
            "mirror", "commit", claim, state, Changes(swapped, (), state.version), self.now
        )
        self.sides.seen["events swapped"] += done.raised is None

    def the_pass_ends(self, seed: int) -> None:
        held = self._held(seed)
        if held is None:
            return
        values, organisation, claim, state = held
        match values.chance.randrange(8):
            case 0:
                holds = [(each.room_id, each.epoch) for each in self.claims[-3:]]
                self.sides.call("leases", "release", holds)
            case 1:
                until = self.now + timedelta(minutes=5)
                self.sides.call(
                    "leases", "park_organisation", organisation.id, claim.revision, until, self.now
                )
            case _:
                after = values.state(claim, state, state.version)
                done = self.sides.call(
                    "leases", "settle", claim, after, values.settlement(), self.now
                )
                if done.raised is None:
                    self.states[claim.room_id, claim.epoch] = after

    def the_mirror_is_read(self, seed: int) -> None:
        values, organisation = self.one(seed)
        room = values.chance.choice([*organisation.rooms, values.uuid()])
        owner = (
            organisation.id if values.likely(0.9) else values.chance.choice(self.organisations).id
        )
        ids, events = values.chance.sample(values.ids, 3), [values.event(), values.event()]
        window = Window(values.moment(), self.now + timedelta(hours=2))
        self.sides.call("mirror", "rows", owner, room, ids, events, shown=_rows)
        self.sides.call("mirror", "standing", owner, room, window)
        self.sides.call("mirror", "occupying", owner, room, self.now)
        self.sides.call("outgoing", "office", owner, room, values.slot(), shown=_office)

    def results_are_sent(self, seed: int) -> None:
        values, organisation = self.one(seed)
        keys = [each.key for each in organisation.commands]
        chosen = values.chance.sample(keys, min(len(keys), 3))
        self.sides.call("outgoing", "sent", organisation.id, chosen, self.now)

    def the_sweep_runs(self, seed: int) -> None:
        values, _ = self.one(seed)
        now = self.now + timedelta(days=values.chance.choice((1, 29, 30)))
        for organisation_id in self.sides.call("sweep", "organisations").value:
            swept = self.sides.call("sweep", "clear_bookings", organisation_id, now)
            self.sides.seen["rows swept"] += swept.value
        if values.likely(0.5):
            self.sides.call("sweep", "clear_rooms", now)

    # -- the manager

    def the_manager_compares(self, seed: int) -> None:
        values = self.values(seed)
        hooks = values.chance.choice((HOOKS, HOOKS, HOOKS, ""))
        key = values.chance.choice(("k1", "k1", "k2"))
        self.sides.call("subscriptions", "compare", self.now, hooks, key)

    def the_manager_claims(self, seed: int) -> None:
        values, organisation = self.one(seed)
        without = [organisation.id] if values.likely(0.2) else []
        most = values.chance.choice((1, 8))
        claims = self.sides.call(
            "subscriptions", "claim", self.now, most, without, shown=_by_room
        ).value
        self.rows.extend(claims)
        self.sides.seen["subscriptions claimed while failing"] += any(
            each.failing for each in claims
        )
        self.sides.call("subscriptions", "next_due")

    def the_manager_works(self, seed: int) -> None:
        self.the_manager_compares(seed)
        self.the_manager_claims(seed)
        for _ in range(3):
            self.the_manager_settles(seed)
        self.lifecycle_hints_arrive(seed)

    def the_manager_settles(self, seed: int) -> None:
        values = self.values(seed)
        if not self.rows:
            return
        recent = self.rows if values.likely(0.3) else self.rows[-3:]
        row = values.subscription(values.chance.choice(recent))
        method = values.chance.choice(("settle", "settle", "settle", "settle", "intend", "forget"))
        self.sides.call("subscriptions", method, row)

    def lifecycle_hints_arrive(self, seed: int) -> None:
        values = self.values(seed)
        hints = []
        for _ in range(values.chance.randint(0, 3)):
            organisation = values.chance.choice(self.organisations)
            room = values.chance.choice([*organisation.rooms, values.uuid()])
            tenant = organisation.tenant_id if values.likely(0.9) else values.uuid()
            name = f"s-{room}" if values.likely(0.9) else "s-other"
            event = values.chance.choice(("missed", "subscriptionRemoved"))
            hints.append(LifecycleHint(room, tenant, name, event, self.now))
        noted = self.sides.call("subscriptions", "note", hints, self.now)
        self.sides.seen["lifecycle hints that fit"] += noted.value

    def credentials_fail_and_work_again(self, seed: int) -> None:
        values, organisation = self.one(seed)
        if values.likely(0.6):
            revision = self.sides.tables.integrations[organisation.id].revision
            self.sides.call(
                "watch",
                "rejected",
                organisation.id,
                revision - values.chance.randrange(2),
                "c",
                self.now,
            )
        else:
            self.sides.call("watch", "accepted", organisation.id)
        self.sides.call("watch", "sealed_secret", organisation.id)
        self.sides.call(
            "credentials", "sealed_secret", values.maybe(organisation.id, 0.8) or values.uuid()
        )


# What must have happened in one run of the suite, at least so often.
MUST_HAPPEN: Final = {
    "mirror.commit: done": 150,
    "mirror.commit: LeaseLost": 20,
    "mirror.commit: UniqueViolationError": 20,
    "mirror.commit: ExclusionViolationError": 30,
    "mirror.commit: CheckViolationError": 3,
    "mirror.commit: CardinalityViolationError": 5,
    "leases.settle: done": 60,
    "leases.settle: LeaseLost": 5,
    "subscriptions.settle: done": 20,
    "subscriptions.settle: LeaseLost": 20,
    "subscriptions.intend: LeaseLost": 2,
    "subscriptions.forget: LeaseLost": 3,
    "portal.offboard: done": 1,
    "portal.switch: done": 20,
    "portal.add_room: UniqueViolationError": 3,
    "rooms resumed": 5,
    "commands repeated": 15,
    "strays adopted": 2,
    "claims taken over": 40,
    "claims with rows": 30,
    "claims with work": 30,
    "claims superseded": 8,
    "claims with an owner": 30,
    "claims with done changes that hold": 1,
    "overlaps found": 10,
    "overlaps settled": 30,
    "events swapped": 20,
    "rows swept": 50,
    "moments drawn for an old key": 1,
    "lifecycle hints that fit": 5,
    "subscriptions claimed while failing": 1,
    "notifications": 150,
}


@pytest.fixture
async def sides(database: TestDatabase, postgres_server: str) -> AsyncIterator[Sides]:
    server = await superuser(postgres_server, database.name)
    try:
        async with (
            open_database(database.login_dsn, Role.WORKER) as worker,
            open_database(database.login_dsn, Role.MANAGER) as manager,
            open_database(database.login_dsn, Role.PORTAL) as portal,
        ):
            opened = Sides(asyncio.get_running_loop(), server, worker, manager, RealPortal(portal))
            await opened.open()
            yield opened
    finally:
        await server.close()


async def test_the_model_does_what_the_database_does(sides: Sides) -> None:
    class Bound(Stores):
        def __init__(self) -> None:
            super().__init__(sides)

    await asyncio.to_thread(run_state_machine_as_test, Bound, settings=SETTINGS)
    assert sides.called == sides.wanted()
    rare = {
        name: sides.seen[name] for name, least in MUST_HAPPEN.items() if sides.seen[name] < least
    }
    assert not rare, f"seldom: {rare}"


def _noted(noted: Noted) -> Noted:
    return replace(noted, due=tuple(sorted(noted.due)))


def _strays(strays: list[tuple[UUID, Any]]) -> list[tuple[UUID, Any]]:
    return sorted(strays, key=lambda each: (each[0], each[1].source, each[1].id))


def _rows(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.id)


def _claims(claims: list[tuple[Claim, tuple[Row, ...]]]) -> list[tuple[Claim, list[Row]]]:
    """The rows of a claim and the holds of its work come in no order."""
    return [(_with_holds_in_order(claim), _rows(list(rows))) for claim, rows in claims]


def _with_holds_in_order(claim: Claim) -> Claim:
    holds = tuple(sorted(claim.work.holds, key=lambda each: each.booking_id))
    return replace(claim, work=replace(claim.work, holds=holds))


def _office(found: tuple[list[Any], Any]) -> object:
    neighbours, hours = found
    return [
        (each.room_id, each.capacity, sorted((slot.starts, slot.ends) for slot in each.busy))
        for each in neighbours
    ], hours


def _by_room(claims: list[subscription.Claim]) -> list[subscription.Claim]:
    return sorted(claims, key=lambda each: each.row.room_id)
