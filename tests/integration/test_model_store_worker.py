"""The worker's ways: what arrives, strays, passes, and what is read and cleared."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts.hints import ChangeHint
from sync_worker.domain.absence import Window
from sync_worker.domain.alternatives import REACH, Slot
from sync_worker.domain.booking import Row
from sync_worker.domain.command import Asked
from sync_worker.domain.room import Claim, State
from sync_worker.domain.versions import Changes
from sync_worker.domain.work import Effects
from sync_worker.store import Noted

from .test_model_store_scene import Organisation, Scene
from .test_model_store_values import Values


class Worker(Scene):
    """Adds the worker's ways to the scene."""

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
        placed = self.sides.call("commands", "note", organisation.id, asked, self.now).value
        self.sides.seen["commands placed by their series"] += placed is not None and any(
            row.series_id == asked.booking_id != row.id
            for row in self.sides.tables.bookings.get(placed, {}).values()
        )

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
            self.sides.seen["strays ended"] += adopted.result is not None
            if values.likely(0.2):
                self.sides.call("commands", "finish_stray", organisation_id, key, self.now)
            else:
                later = self.now + timedelta(seconds=values.chance.choice((0, 5)))
                self.sides.call("commands", "postpone_stray", organisation_id, key, later)

    def a_stray_is_adopted_again(self, seed: int) -> None:
        values, organisation = self.one(seed)
        commands = self.sides.tables.commands
        strays = _strays(list(self.sides.tables.stray_commands))
        for owner, key in values.chance.sample(strays, min(len(strays), 3)):
            kept = commands.get(owner, key)
            booking_id = None if kept is None else kept.booking_id
            if owner == organisation.id and booking_id and organisation.rooms:
                room_id = values.chance.choice(organisation.rooms)
                values.now += timedelta(microseconds=1)
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
            seen["claims with series of ours"] += claim.state.own_series and any(
                each.is_own_series for each in rows
            )
            about = {each.booking_id for each in (*claim.work.commands, *claim.work.intents)}
            seen["claims with a whole series"] += any(
                each.series_id in about and each.id not in about for each in rows
            )
            masters = {each.master_id for each in rows if each.id in about}
            seen["claims with an occurrence's master"] += not claim.state.own_series and any(
                each.event_id in masters and not {each.id, each.series_id} & about for each in rows
            )
            stored = self.sides.tables.rows(claim.organisation_id, claim.room_id).own_series()
            seen["claims without a removed series"] += claim.state.own_series and any(
                each.removed_at is not None for each in stored
            )
            seen["claims with commands of another room"] += any(
                each.for_room is not None for each in claim.work.commands
            )
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
        released = set(effects.released)
        of_series = [
            each
            for each in self.sides.tables.slot_holds.get(claim.room_id, {}).values()
            if each.series_id in released and each.booking_id not in released
        ]
        done = self.sides.call("mirror", "commit", claim, after, changes, self.now, effects, lease)
        if done.raised is None:
            self.states[claim.room_id, claim.epoch] = after
            self.sides.seen["holds released with their series"] += bool(of_series)
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

    def a_plan_is_written(self, seed: int) -> None:
        held = self._held(seed)
        if held is None:
            return
        values, _, claim, _ = held
        lines = [values.plan_line() for _ in range(values.chance.randrange(3))]
        planned_at = values.maybe(self.now, 0.8)
        self.sides.call("plan", "write", claim, lines, planned_at)

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
        others = (each for each in organisation.rooms if each != room)
        there = sorted({key for each in others for key in self.sides.tables.bookings[each]})
        for each in (ids[0], *values.chance.sample(there, min(len(there), 2))):
            found = self.sides.call("mirror", "elsewhere", owner, room, each)
            self.sides.seen["bookings found elsewhere"] += found.value
        self.sides.call("mirror", "occupying", owner, room, self.now)
        around = self._at_a_border(values, organisation) or values.slot()
        self.sides.call("outgoing", "office", owner, room, around, shown=_office)

    def _at_a_border(self, values: Values, organisation: Organisation) -> Slot | None:
        """A slot that is looked around of just as far as where a booking begins or ends."""
        rows = [
            row.occupied
            for room in organisation.rooms
            for row in self.sides.tables.bookings[room].values()
            if row.removed_at is None and row.published and row.answer != "cancelled"
        ]
        if not rows:
            return None
        self.sides.seen["offices asked at a border"] += 1
        taken, hour = values.chance.choice(rows), timedelta(hours=1)
        after, before = taken.ends + REACH, taken.starts - REACH
        return Slot(after, after + hour) if values.likely(0.5) else Slot(before - hour, before)

    def results_are_sent(self, seed: int) -> None:
        values, organisation = self.one(seed)
        keys = [each.key for each in organisation.commands]
        chosen = values.chance.sample(keys, min(len(keys), 3))
        waiting = values.chance.choices([*organisation.rooms, values.uuid()], k=2)
        rooms = waiting[: values.chance.randrange(3)]
        self.sides.call("outgoing", "sent", organisation.id, chosen, self.now, rooms)

    # -- between two rooms

    def a_booking_is_handed_over(self, seed: int) -> None:
        """One room books in another, asks how that ended, and is told."""
        values, organisation = self.one(seed)
        if len(organisation.rooms) < 2:
            return
        here, there = values.chance.sample(organisation.rooms, 2)
        book = values.book(values.chance.choice(values.ids[-7:]), there)
        asked = values.of(book, len(organisation.commands), for_room=here)
        organisation.commands.append(asked)
        for _ in range(values.chance.randint(1, 2)):
            self.sides.call("outgoing", "hand_over", organisation.id, asked, self.now)
        self._claim(organisation.id, [there])
        self._commit(seed, with_effects=True)
        if values.likely(0.5):
            result = values.result(asked, there)
            self.sides.call("commands", "abandon", organisation.id, asked.key, result, self.now)
        for each in (asked, values.chance.choice(organisation.commands)):
            ended = self.sides.call("outgoing", "outcome", organisation.id, each.key).value
            self.sides.seen["outcomes known"] += ended is not None
        if values.likely(0.5):
            self.sides.call("outgoing", "sent", organisation.id, [asked.key], self.now, [here])

    def a_command_is_passed_on(self, seed: int) -> None:
        """To the one room the booking lives in: of several the database takes any."""
        values, organisation = self.one(seed)
        room_id = values.chance.choice(organisation.rooms)
        others = {
            asked: self._elsewhere(organisation, asked, room_id) for asked in organisation.commands
        }
        living = {
            asked: sum(row.answer != "cancelled" for row in rows) for asked, rows in others.items()
        }
        moved = [asked for asked, number in living.items() if number == 1]
        over = [asked for asked, number in living.items() if number == 0 and others[asked]]
        none = [asked for asked, rows in others.items() if not rows]
        for group in (moved, over, none):
            for asked in values.chance.sample(group, min(len(group), 1)):
                passed = self.sides.call(
                    "outgoing", "pass_on", organisation.id, room_id, asked, self.now
                ).value
                self.sides.seen["commands passed on"] += passed
                self.sides.seen["commands not passed on"] += not passed
                self.sides.seen["commands of bookings that are over elsewhere"] += group is over
        self._claim(organisation.id, organisation.rooms)

    def _elsewhere(self, organisation: Organisation, asked: Asked, room_id: UUID) -> list[Row]:
        """The rows of what it is about in other rooms."""
        bookings, booking_id = self.sides.tables.bookings, asked.booking_id
        if booking_id is None:
            return []
        rows = (bookings[each].get(booking_id) for each in organisation.rooms if each != room_id)
        return [row for row in rows if row is not None]

    def the_sweep_runs(self, seed: int) -> None:
        values, _ = self.one(seed)
        now = self.now + timedelta(days=values.chance.choice((1, 29, 30)))
        for organisation_id in self.sides.call("sweep", "organisations").value:
            swept = self.sides.call("sweep", "clear_bookings", organisation_id, now)
            self.sides.seen["rows swept"] += swept.value
        if values.likely(0.5):
            self.sides.call("sweep", "clear_rooms", now)


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
