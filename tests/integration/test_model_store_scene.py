"""Organisations of a sequence, as portal and manager treat them on both sides."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine
from typing_extensions import override

from contracts.hints import LifecycleHint
from subscription_manager.domain import subscription
from subscription_manager.domain.sweep import Recorded
from sync_worker.domain.command import Asked
from sync_worker.domain.room import Claim, State

from .test_model_store_sides import Sides
from .test_model_store_values import HOOKS, START, Values


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


class Scene(RuleBasedStateMachine):
    """What is there in one sequence, and the ways of portal and manager; a way draws what it does from its seed."""

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
        if values.likely(0.4):
            sync = self.sides.tables.room_sync.get(room_id)
            self.sides.found("confirm_removals", organisation.id, room_id, self.now)
            self.sides.seen["removals confirmed"] += (
                sync is not None and sync.state.brake is not None
            )
            self.sides.call("comparison", "compare", self.now)
            return
        self.sides.found("remove_room", organisation.id, room_id, self.now)
        if values.likely(0.5):
            self.sides.call("comparison", "compare", self.now)
        if values.likely(0.7):
            self._room(values, organisation, self.sides.tables.rooms[room_id].mailbox_id)
        if values.likely(0.5):
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

    def the_managers_take_turns(self, seed: int) -> None:
        values, organisation = self.one(seed)
        lane = values.chance.choice(("call", "call", "list"))
        spacing = timedelta(seconds=values.chance.choice((0.05, 1.5)))
        for _ in range(values.chance.randint(1, 3)):
            turn = self.sides.call(
                "tenants", "turn", organisation.id, lane, self.now, spacing, timedelta(seconds=2)
            )
            self.sides.seen["turns too far ahead"] += turn.value is None and turn.raised is None
        if values.likely(0.3):
            until = self.now + timedelta(seconds=values.chance.choice((1, 30)))
            self.sides.call("tenants", "hold_up", organisation.id, lane, until)
        self.the_manager_claims(seed)

    def tenants_are_swept(self, seed: int) -> None:
        values, organisation = self.one(seed)
        if values.likely(0.4):
            at = self.now + timedelta(minutes=values.chance.choice((-5, 1, 90)))
            self.sides.call("tenants", "doubt", organisation.id, at)
        due = self.sides.call("tenants", "next_sweep", self.now)
        self.sides.seen["tenants swept"] += due.value is not None
        recorded = self.sides.call(
            "tenants", "recorded", organisation.tenant_id, shown=_recorded_by_room
        )
        self.sides.seen["rows compared with a tenant"] += len(recorded.value)

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
            self.sides.call("watch", "accepted", organisation.id, self.now)
        self.sides.call("watch", "sealed_secrets", organisation.id)
        self.sides.call(
            "credentials", "sealed_secrets", values.maybe(organisation.id, 0.8) or values.uuid()
        )


def _recorded_by_room(rows: list[Recorded]) -> list[Recorded]:
    return sorted(rows, key=lambda each: each.room_id)


def _by_room(claims: list[subscription.Claim]) -> list[subscription.Claim]:
    return sorted(claims, key=lambda each: each.row.room_id)
