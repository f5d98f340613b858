"""Random arguments for the model's suite: from small pools, so that ids, events and slots meet."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, get_args
from uuid import UUID

from contracts.commands import Book, Cancel, Change, Command, Person, Resync
from contracts.events import Alternative, CommandResult
from subscription_manager.domain import subscription
from sync_worker.domain.absence import Lacking
from sync_worker.domain.alternatives import Slot
from sync_worker.domain.booking import Answer, Kind, Origin, Row, unbound_id
from sync_worker.domain.brake import Brake
from sync_worker.domain.command import Asked, Key, accepted, rejected
from sync_worker.domain.intent import Content, Intent, Stage, Step
from sync_worker.domain.planning import Action, PlanLine
from sync_worker.domain.reading import Pending
from sync_worker.domain.room import Claim, Notice, Settlement, State
from sync_worker.domain.versions import Changes
from sync_worker.domain.work import Conflict, ConflictKind, Effects, Hold

START: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOOKS: Final = "https://hooks.test"
_KINDS: Final[tuple[Kind, ...]] = (
    "single",
    "single",
    "single",
    "master",
    "occurrence",
    "exception",
)
_ANSWERS: Final[tuple[Answer, ...]] = (
    "confirmed",
    "confirmed",
    "tentative",
    "pending",
    "cancelled",
)
_ZONES: Final = ("Europe/Berlin", "Australia/Sydney", "America/New_York", "Mars/Olympus", "UTC")
_STEPS: Final[tuple[Step, ...]] = get_args(Step)
_STAGES: Final[tuple[Stage, ...]] = ("open", "written", "guarding", "guarding", "done", "done")
_SERIES: Final = 7  # of the ids: one that commands know as well, as they do
_OCCURRENCE: Final = 8  # one of its occurrences
_CONFLICTS: Final[tuple[ConflictKind, ...]] = get_args(ConflictKind)
_ACTIONS: Final[tuple[Action, ...]] = get_args(Action)


@dataclass
class Values:
    """Draws from one seeded source; `now` only rises, so that no two calls happen at one moment."""

    chance: Random
    now: datetime
    ids: Sequence[UUID] = field(default_factory=list)  # of bookings

    def likely(self, part: float) -> bool:
        return self.chance.random() < part

    def uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def maybe(self, value: Any, part: float = 0.5) -> Any:
        return value if self.likely(part) else None

    def moment(self, hours: int = 4) -> datetime:
        """A quarter of an hour around now, soon repeated."""
        quarters = self.chance.randrange(-4 * hours, 4 * hours)
        whole = self.now.replace(minute=0, second=0, microsecond=0)
        return whole + timedelta(minutes=15) * quarters

    def slot(self) -> Slot:
        starts = self.moment(3)
        return Slot(starts, starts + timedelta(minutes=30) * self.chance.randint(1, 3))

    def event(self) -> str:
        return f"e{self.chance.randrange(12)}"

    def series_id(self) -> UUID | None:
        """Of many rows the series that commands are about."""
        return self.ids[_SERIES] if self.likely(0.3) else self.maybe(self.chance.choice(self.ids))

    def master_id(self, row_id: UUID) -> str:
        known = row_id == self.ids[_OCCURRENCE] or self.likely(0.2)
        return f"e{_SERIES}" if known else self.event()

    def origin(self) -> Origin:
        return self.chance.choice(("outlook", "clearooms"))

    def row(self, row_id: UUID, version: int) -> Row:
        slot, kind, series_id = self.slot(), self.chance.choice(_KINDS), self.series_id()
        if row_id == self.ids[_SERIES] and self.likely(0.8):
            kind, series_id = "master", row_id
        if row_id == self.ids[_OCCURRENCE]:
            kind = "occurrence"
        event_id = f"e{self.ids.index(row_id)}"
        if self.likely(0.1):
            event_id = unbound_id(row_id) if self.likely(0.5) else self.event()
        return Row(
            id=row_id,
            event_id=event_id,
            kind=kind,
            master_id=None if kind in {"single", "master"} else self.master_id(row_id),
            series_id=series_id,
            original_start=self.maybe(slot.starts),
            etag=str(self.chance.randrange(3)),
            seen_etags=tuple(str(each) for each in range(self.chance.randrange(3))),
            ical_uid=self.maybe("u"),
            starts=slot.starts,
            ends=slot.ends,
            all_day=self.likely(0.3),
            time_zone=_ZONES[version % len(_ZONES)],  # draws nothing
            subject="S",
            organizer_name="O",
            organizer_email="o@x.test",
            answer=self.chance.choice(_ANSWERS),
            origin="clearooms" if row_id == series_id else self.origin(),
            version=version,
            published=kind != "master" and self.likely(0.9),
            removed_at=self.maybe(self.now, 0.5 if row_id == series_id else 0.1),
            changed_at=self.now,
            conflicted=self.likely(0.2),
            when_version=self.chance.randrange(3),
            subject_version=self.chance.randrange(3),
            organizer_mailbox=self.maybe("o@x.test"),
            organizer_event_id=self.maybe("o1"),
            yields_until=self.maybe(self.now),
            withdrawn_at=self.maybe(self.now, 0.1),
            when_ours=self.likely(0.3),
            flips=tuple(self.moment() for _ in range(self.chance.randrange(3))),
            past_etags=tuple(f"old {n}" for n in range(self.chance.randrange(3))),
            written_at=self.maybe(self.now, 0.2),
            modified_at=self.now if version % 2 else None,  # draws nothing: what others draw stays
        )

    def changes(self, state: State) -> Changes:
        mirrored = list(self.ids[:10])  # of the others only commands know
        most = len(mirrored) if self.likely(0.1) else 3
        ids = self.chance.sample(mirrored, self.chance.randint(0, most))
        if self.likely(0.3):
            ids += [each for each in mirrored[_SERIES : _OCCURRENCE + 1] if each not in ids]
        if ids and self.likely(0.03):
            ids.append(ids[0])
        cut = self.chance.randint(0, len(ids))
        quiet = tuple(self.row(each, self.chance.randint(0, state.version)) for each in ids[:cut])
        told = tuple(
            self.row(each, state.version + place) for place, each in enumerate(ids[cut:], start=1)
        )
        read = {
            each: self.maybe(self.now)
            for each in self.ids[:10]
            if self.likely(0.5)  # rows not written among them
        }
        return Changes(quiet=quiet, told=told, version=state.version + len(told), read=read)

    def state(self, claim: Claim, state: State, version: int) -> State:
        return replace(
            state,
            version=version,
            window_done_no=claim.hint_no if self.likely(0.3) else state.window_done_no,
            window_read_started=self.now if self.likely(0.5) else state.window_read_started,
            loaded_at=self.maybe(self.now),
            loaded=self.chance.randrange(9),
            expected=self.maybe(9),
            attempts=self.chance.randrange(3),
            published_version=version if self.likely(0.5) else state.published_version,
            last_change_at=self.maybe(self.now),
            lags=tuple(self.chance.randrange(999) for _ in range(self.chance.randrange(3))),
            brake=self.maybe(Brake(tuple(self.ids[:2]), self.now, 1), 0.2),
            lacking=self.maybe((Lacking(self.event(), self.now, self.maybe(self.now)),), 0.3) or (),
            problem=self.maybe("forbidden", 0.2),
            problem_since=self.maybe(self.now, 0.2),
            refused_revision=self.maybe(self.chance.randint(1, 3), 0.2),
            notices=self.maybe((Notice("synced", self.now),), 0.2) or (),
            command_done_no=claim.command_no if self.likely(0.2) else state.command_done_no,
            overlaps_owed=self.likely(0.2),
            own_series=self.likely(0.4),
            planned_at=self.maybe(self.now, 0.2),
        )

    def settlement(self) -> Settlement:
        waiting = Pending(
            self.event(),
            self.maybe("1"),
            self.chance.randrange(3),
            self.now,
            1,
            self.maybe(self.now),
        )
        wait = timedelta(seconds=self.chance.choice((0, 5, 60, 3_600)))
        resting = self.maybe(self.now + timedelta(seconds=30), 0.2)
        return Settlement(self.maybe((waiting,), 0.3) or (), self.now + wait, resting)

    def content(self) -> Content:
        slot = self.slot()
        return Content(
            slot.starts, slot.ends, False, "Europe/Berlin", "S", "O", "o@x.test",
            recurrence=self.maybe("FREQ=DAILY;COUNT=3", 0.2),
        )  # fmt: skip  # positions as in the row

    def intent(self, number: int, commands: Sequence[Asked], room_id: UUID) -> Intent:
        step = "change" if self.likely(0.6) else self.chance.choice(_STEPS)
        command = self.chance.choice(commands).key if commands and self.likely(0.6) else None
        return Intent(
            id=UUID(int=number),
            booking_id=self.chance.choice(
                (*[self.ids[0]] * 4, self.ids[1], self.ids[_SERIES], self.ids[_OCCURRENCE])
            ),
            command=command,
            step=step,
            path=self.chance.choice(("organizer", "direct")),
            mailbox="o@x.test",
            content=self.content(),
            created_at=self.now,
            due_at=self.moment(),
            stage=self.chance.choice(_STAGES),
            attempts=self.chance.randrange(3),
            event_id=self.maybe("o1"),
            etag=self.maybe("1"),
            ical_uid=self.maybe("u"),
            base=self.maybe(self.content()),
            occurrence_at=self.maybe(self.moment(), 0.2),
            to_room=self.maybe(room_id, 0.2),
            written_at=self.maybe(self.now),
            ended_at=self.maybe(self.now),
            by_answer=self.likely(0.7),
        )

    def hold(self) -> Hold:
        slot = self.slot()
        if self.likely(0.05):
            slot = Slot(slot.starts, slot.starts)
        return Hold(self.chance.choice(self.ids), slot, self.series_id())

    def conflict(self) -> Conflict:
        kind = self.chance.choice(_CONFLICTS)
        one, other = self.chance.sample(list(self.ids[:4]), 2)
        return Conflict(
            kind, one, other if kind == "overlap" or self.likely(0.2) else None, self.maybe("c1")
        )

    def effects(self, commands: Sequence[Asked], room_id: UUID) -> Effects:
        pairs = [tuple(sorted(self.chance.sample(list(self.ids[:4]), 2))) for _ in range(3)]
        numbers = self.chance.sample(range(12), self.chance.randrange(5))
        if numbers and self.likely(0.05):
            numbers.append(numbers[0])
        overlaps = frozenset((one, other) for one, other in pairs[: self.chance.randrange(4)])
        chosen = self.chance.sample(list(commands), min(len(commands), self.chance.randrange(3)))
        return Effects(
            intents=tuple(self.intent(each, commands, room_id) for each in numbers),
            results=tuple(self.decided(each, room_id) for each in chosen),
            holds=tuple(self.hold() for _ in range(self.chance.randrange(3))),
            released=self.maybe((self.ids[_SERIES],), 0.1)
            or tuple(self.chance.sample(list(self.ids), self.chance.randrange(3))),
            conflicts=tuple(self.conflict() for _ in range(self.chance.randrange(3))),
            overlaps=self.maybe(overlaps),
        )

    def plan_line(self) -> PlanLine:
        booking_id = self.maybe(self.chance.choice(self.ids), 0.8)
        action = self.chance.choice(_ACTIONS)
        return PlanLine(booking_id, self.maybe("c1"), action, "organizer", "It would be so.")

    def result(self, asked: Asked, room_id: UUID | None) -> CommandResult:
        if room_id is not None and self.likely(0.5):
            return accepted(asked, room_id).model_copy(update={"version": self.chance.randrange(9)})
        slot = self.slot()
        other = Alternative(room_id=self.uuid(), start=slot.starts, end=slot.ends)
        return rejected(asked, room_id, "overlap", "Taken.", (other,))

    def decided(self, asked: Asked, room_id: UUID) -> Asked:
        return replace(asked, result=self.result(asked, room_id), decided_at=self.now)

    def asked(self, rooms: Sequence[UUID], number: int) -> Asked:
        return self.of(self.order(rooms), number)

    def of(self, order: Command, number: int, for_room: UUID | None = None) -> Asked:
        key = Key(self.chance.choice(("/portal", "/portal", "/platform")), f"c{number}")
        return Asked(key, order, self.now, for_room=for_room)

    def book(self, booking_id: UUID, room_id: UUID) -> Book:
        slot = self.slot()
        return Book(
            booking_id=booking_id, room_id=room_id, sequence=self.chance.randint(1, 5),
            start=slot.starts, end=slot.ends, subject="S",
            organizer=Person(name="O", email="o@x.test"), not_after=self.maybe(slot.ends),
        )  # fmt: skip

    def order(self, rooms: Sequence[UUID]) -> Command:
        booking_id = self.chance.choice(self.ids[-7:]) if self.likely(0.9) else self.uuid()
        room_id = self.chance.choice(rooms) if self.likely(0.9) else self.uuid()
        sequence, not_after = self.chance.randint(1, 5), self.maybe(self.moment())
        match self.chance.randrange(6):
            case 0 | 1 | 2:
                return self.book(booking_id, room_id)
            case 3:
                return Change(
                    booking_id=booking_id, sequence=sequence, base_version=1, subject="T",
                    not_after=not_after,
                )  # fmt: skip
            case 4:
                return Cancel(booking_id=booking_id, sequence=sequence, reason="Over")
            case _:
                return Resync(room_id=room_id, not_after=not_after)

    def subscription(self, claim: subscription.Claim) -> subscription.Row:
        row, desired = claim.row, claim.desired
        live = self.likely(0.7)
        later = self.now + timedelta(seconds=self.chance.choice((0, 60, 200_000, 200_000)))
        return replace(
            row,
            subscription_id=f"S-{row.room_id}" if live else None,
            expires_at=self.maybe(self.now + timedelta(hours=self.chance.randrange(9))),
            live_since=self.maybe(self.now, 0.8),
            gap_at=self.maybe(self.now, 0.3),
            sealed_by=self.maybe(self.chance.choice(("k1", "k2")), 0.8),
            sealed_at=self.maybe(self.now),
            client_id=desired.client_id
            if desired and self.likely(0.8)
            else self.maybe(self.uuid()),
            tenant_id=desired.tenant_id if desired and self.likely(0.9) else None,
            webhook_url=HOOKS if self.likely(0.8) else None,
            creating_since=self.maybe(self.now, 0.2),
            poll_only_since=self.maybe(self.now, 0.2),
            refusal=self.maybe("r", 0.2),
            lifecycle_due=self.likely(0.2),
            missed_due=self.likely(0.2),
            asked_at=self.maybe(self.now),
            patched_at=self.maybe(self.now),
            attempts=self.chance.choice((0, 0, 1)),
            due_at=later,
        )
