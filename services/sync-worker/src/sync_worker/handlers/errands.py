"""The open work of a room during a pass: commands, intents, holds and results, in memory as they are committed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from contracts.events import CommandResult
from contracts.identity import NAMESPACE

from ..domain.alternatives import Slot
from ..domain.answers import verdict
from ..domain.booking import Row
from ..domain.changes import withdrawn
from ..domain.command import Asked, Key, accepted
from ..domain.intent import Content, Intent, Step
from ..domain.overlap import overlapping
from ..domain.work import Address, Conflict, Effects, Hold, Work, earliest_due, in_turn


class Errands:
    """Knows what is open; changes only by `take`, with what was committed."""

    def __init__(self, work: Work) -> None:
        self.address: Address | None = work.address
        self.declined: set[UUID] = set()  # bookings whose copy left the room after a change of ours
        self.foreign_masters: set[str] = set()  # series read in this pass that are not ours
        # Intents with the events that share their time and do not carry their marker: looked up in this pass.
        self.unmarked: set[tuple[UUID, str]] = set()
        self.reappeared: dict[
            UUID, Intent
        ] = {}  # by the intent whose twin struck: the change to be sent again
        self._commands: dict[Key, Asked] = {each.key: each for each in in_turn(work.commands)}
        self._unsent: dict[Key, Asked] = {each.key: each for each in work.unsent}
        self._intents: dict[UUID, Intent] = {
            each.id: each for each in work.intents if each.stage != "done"
        }
        self._done_changes = [each for each in work.intents if each.stage == "done"]
        self._holds: dict[UUID, Hold] = {each.booking_id: each for each in work.holds}
        self._done = dict(work.done)
        self._owners = dict(work.owners)

    @property
    def intents(self) -> tuple[Intent, ...]:
        """Those that are not done."""
        return tuple(self._intents.values())

    @property
    def commands(self) -> tuple[Asked, ...]:
        """Those that are not decided."""
        return tuple(self._commands.values())

    @property
    def unsent(self) -> tuple[Asked, ...]:
        """Decided commands whose result is not confirmed."""
        return tuple(self._unsent.values())

    @property
    def idle(self) -> bool:
        """Whether nothing is open."""
        return not (self._commands or self._intents or self._unsent)

    def due_at(self, series: Mapping[UUID, UUID], now: datetime) -> datetime | None:
        """When this work wants the room next; None where nothing does."""
        return now if self.startable(series) else earliest_due(self.intents)

    def startable(self, series: Mapping[UUID, UUID]) -> tuple[Asked, ...]:
        """Commands whose turn it is: those of a booking run one after the other, and after what is done to its series.

        `series` by the meetings whose commands these may be.
        """
        under_way = [each for each in self._intents.values() if each.stage != "guarding"]
        busy = {each.booking_id for each in under_way}
        served = {each.command for each in under_way}  # by a write to the series, say
        turn: list[Asked] = []
        for asked in self._commands.values():
            if asked.booking_id in busy or asked.key in served:
                continue
            if asked.booking_id is not None and series.get(asked.booking_id) in busy:
                continue
            if asked.booking_id is not None:
                busy.add(asked.booking_id)
            turn.append(asked)
        return tuple(turn)

    def intent(self, intent_id: UUID) -> Intent | None:
        """As it was last committed, unless it is done."""
        return self._intents.get(intent_id)

    def making(self, booking_id: UUID) -> Intent | None:
        """What made this booking, while a late twin of it may come."""
        return next(
            (
                each
                for each in self._intents.values()
                if each.step == "create" and each.booking_id == booking_id
            ),
            None,
        )

    def command(self, key: Key | None) -> Asked | None:
        """The undecided command of this key."""
        return self._commands.get(key) if key is not None else None

    def superseded(self, asked: Asked) -> bool:
        """Whether a later command of the same source for the same booking was decided."""
        if asked.booking_id is None:
            return False
        done = self._done.get((asked.booking_id, asked.key.source))
        return done is not None and asked.sequence <= done

    def is_owner(self, asked: Asked) -> bool:
        """Whether no other command makes the booking of this id."""
        return (
            asked.booking_id is None or self._owners.get(asked.booking_id, asked.key) == asked.key
        )

    def held(self, slot: Slot, *, but: UUID) -> bool:
        """Whether another command in flight has this slot."""
        return any(each.slot.overlaps(slot) for each in self._holds.values() if not each.of(but))

    def decision(self, asked: Asked, result: CommandResult, now: datetime) -> Effects:
        """The end of a command, its slot given back."""
        booking_id = asked.booking_id
        holds = booking_id is not None and any(each.of(booking_id) for each in self._holds.values())
        return Effects(
            results=(replace(asked, result=result, decided_at=now),),
            released=(booking_id,) if booking_id is not None and holds else (),
        )

    def answered(
        self,
        before: Mapping[UUID, Row],
        after: Mapping[UUID, Row],
        room_id: UUID,
        now: datetime,
    ) -> Effects:
        """What the rows say about what awaits the room: what it accepted ends in the commit of the rows `after`."""
        effects = Effects()
        for intent in self._intents.values():
            row = after.get(intent.booking_id)
            if (
                row is None and intent.step != "restore"
            ):  # put back, the row says what it said: only news count
                row = before.get(intent.booking_id)
            if row is None or not intent.awaits_room or verdict(intent, row) != "accepted":
                continue
            effects |= Effects(intents=(intent.ended(now),))
            asked = self.command(intent.command)
            if asked is not None and intent.step != "restore":
                effects |= self.decision(asked, accepted(asked, room_id), now)
        return effects

    def yielding(
        self, rows: Sequence[Row], mailbox: str, now: datetime
    ) -> tuple[list[Row], Effects]:
        """Bookings of ours that a foreign event overlaps soon after they were written directly: they give way (design §5.4).

        One that is being moved does not: should it be in the way there, the move is put back.
        """
        moving = {each.booking_id for each in self._intents.values() if each.is_moving}
        fresh = {row.id: row for row in rows if row.yields(now) and row.id not in moving}
        foreign = {row.id for row in rows if row.origin != "clearooms"}
        gone: dict[UUID, Row] = {}
        effects = Effects()
        for one, other in sorted(overlapping(rows)) if fresh else ():
            for mine, theirs in ((one, other), (other, one)):
                if mine in fresh and mine not in gone and theirs in foreign:
                    gone[mine] = withdrawn(fresh[mine], now)
                    line = Conflict("withdrawn", mine, theirs)
                    undo = withdrawal(fresh[mine], mailbox, now)
                    effects |= Effects(intents=(undo,), conflicts=(line,))
        return list(gone.values()), effects

    def twin_in_the_way(self, change: Intent) -> Intent | None:
        """The twin of a booking that is being taken away from where a change moves the booking: the room would decline it."""
        if change.step not in {"change", "restore"} or not change.moves:
            return None
        slot = change.content.occupied
        return next(
            (
                each
                for each in self._intents.values()
                if each.stage == "open"
                and each.step in {"cancel", "delete"}
                and each.booking_id == change.booking_id
                and each.event_id != change.event_id
                and each.content.occupied.overlaps(slot)
            ),
            None,
        )

    def overruled(self, intent: Intent) -> Intent | None:
        """The newest change of the same booking done after a move whose outcome was once unknown; None without one.

        None as well while the newest, refused, is put back: then what shows is where we want it.
        """
        known = intent.by_answer and intent.attempts <= 1
        guards = intent.step == "change" and intent.stage == "guarding"
        if known or not guards or not intent.moves:
            return None
        later = [
            each
            for each in (*self._done_changes, *self._intents.values())
            if each.booking_id == intent.booking_id
            and each.step == "change"
            and each.created_at > intent.created_at
            and each.stage in {"guarding", "done"}
        ]
        newest = max(later, key=lambda each: each.created_at, default=None)
        put_back = newest is not None and any(
            each.step == "restore" and each.base == newest.content
            for each in self._intents.values()
            if each.booking_id == intent.booking_id
        )
        return None if put_back else newest

    def take(self, effects: Effects) -> None:
        """Remember what was committed."""
        for intent in effects.intents:
            if intent.asks_room and intent.stage in {"guarding", "done"}:
                self.declined.discard(intent.booking_id)  # what was gone says nothing of the next
            if intent.stage == "done":
                self._intents.pop(intent.id, None)
                if intent.step == "change":
                    self._done_changes.append(intent)
            else:
                self._intents[intent.id] = intent
        for booking_id in effects.released:
            self._holds = {
                name: each for name, each in self._holds.items() if not each.of(booking_id)
            }
        for hold in effects.holds:
            self._holds[hold.booking_id] = hold
        for asked in effects.results:
            self._commands.pop(asked.key, None)
            self._unsent[asked.key] = asked
            if asked.booking_id is not None:
                name = (asked.booking_id, asked.key.source)
                self._done[name] = max(self._done.get(name, 0), asked.sequence)

    def pass_on(self, asked: Asked) -> None:
        """Another room has it now."""
        self._commands.pop(asked.key, None)

    def was_sent(self, keys: Sequence[Key]) -> None:
        """The broker has these results."""
        for key in keys:
            self._unsent.pop(key, None)


def removal(intent: Intent, now: datetime) -> Intent:
    """The intent that takes away what another one created or found twice; by its content people's changes are known."""
    made = intent.base if intent.step == "create" else None
    step: Step = "delete" if intent.path == "direct" else "cancel"
    return Intent(
        id=uuid5(NAMESPACE, f"{intent.id}/{step}/{intent.event_id}"),
        booking_id=intent.booking_id,
        command=None,
        step=step,
        path=intent.path,
        mailbox=intent.mailbox,
        content=made or intent.content,
        event_id=intent.event_id,
        created_at=now,
        due_at=now,
        attempts=1,
    )


def withdrawal(row: Row, mailbox: str, now: datetime) -> Intent:
    """The intent that takes a directly booked event out of the room's calendar."""
    return Intent(
        id=uuid5(NAMESPACE, f"{row.id}/delete/{row.event_id}"),
        booking_id=row.id,
        command=None,
        step="delete",
        path="direct",
        mailbox=mailbox,
        content=Content.of(row),
        event_id=row.event_id,
        created_at=now,
        due_at=now,
    )
