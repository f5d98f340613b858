"""A write to Graph as it is committed before it happens, and what recovery needs to find it again (design §5.3)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

from contracts.identity import NAMESPACE

from .alternatives import Slot
from .booking import SHOWS_WITHIN, Row
from .command import Key

Step = Literal["create", "change", "restore", "invite", "cancel", "delete", "decline", "move"]
Path = Literal["organizer", "direct"]
Stage = Literal["open", "written", "guarding", "done"]

ANSWER_WITHIN: Final = timedelta(seconds=120)  # the room's, throttled time not counted
YIELD_WITHIN: Final = timedelta(minutes=2)  # after a direct write: a foreign event wins
TWINS_WITHIN: Final = timedelta(minutes=10)
_FIRST_LOOK_FOR_TWINS: Final = timedelta(seconds=5)
_LOOKS: Final = (timedelta(seconds=5), timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Content:
    """What a booking of ours says."""

    starts: datetime
    ends: datetime
    all_day: bool
    time_zone: str
    subject: str
    organizer_name: str
    organizer_email: str
    recurrence: str | None = (
        None  # of a series: its RFC 5545 rule; the times are its first occurrence's
    )

    @property
    def occupied(self) -> Slot:
        """When it takes the room, a series for the first time."""
        return Slot.taken(self.starts, self.ends, all_day=self.all_day, zone=self.time_zone)

    def at(self, starts: datetime, ends: datetime) -> "Content":
        """The same at another time."""
        return replace(self, starts=starts, ends=ends)

    def at_same_time(self, starts: datetime, ends: datetime) -> bool:
        """Whether start and end are these."""
        return (self.starts, self.ends) == (starts, ends)

    @classmethod
    def of(cls, row: Row) -> "Content":
        """What a row says now."""
        return cls(
            starts=row.starts,
            ends=row.ends,
            all_day=row.all_day,
            time_zone=row.time_zone,
            subject=row.subject,
            organizer_name=row.organizer_name,
            organizer_email=row.organizer_email,
        )


@dataclass(frozen=True, slots=True)
class Intent:
    """One write.

    Stages: `open` (to be done, or its outcome unknown), `written` (the room, or a second look, must confirm it),
    `guarding` (its effect was found, not confirmed, so a late twin may come; or it was overtaken), `done`.
    """

    id: UUID
    booking_id: UUID
    command: Key | None
    step: Step
    path: Path
    mailbox: str
    content: Content
    created_at: datetime
    due_at: datetime
    stage: Stage = "open"
    attempts: int = 0
    event_id: str | None = None
    etag: str | None = None
    ical_uid: str | None = None
    base: Content | None = None
    occurrence_at: datetime | None = (
        None  # of a series made in Outlook: where one of its occurrences shows
    )
    to_room: UUID | None = None  # of a move: the room that must accept first, or this one
    written_at: datetime | None = None
    ended_at: datetime | None = None
    by_answer: bool = True

    @property
    def transaction_id(self) -> UUID:
        """The same at every attempt, so that Graph itself refuses a second event (graph-calendar §2.3)."""
        name = f"{self.command.source}/{self.command.id}" if self.command else str(self.id)
        return uuid5(NAMESPACE, f"{name}/{self.mailbox}")

    @property
    def marker(self) -> str:
        """The value of our extended property on the event.

        A booking that moves has two events for a while: the one in the new room names the move as well.
        """
        if self.to_room is None or self.command is None:
            return str(self.booking_id)
        return f"{self.booking_id}/{self.command.id}"

    @property
    def asks_room(self) -> bool:
        """Whether it is for the room to accept what is written into the organiser's calendar."""
        return self.path == "organizer" and self.step in {"create", "change", "restore"}

    @property
    def awaits_room(self) -> bool:
        """Whether the room has yet to answer what was written into the organiser's calendar."""
        return self.stage == "written" and self.asks_room

    @property
    def is_moving(self) -> bool:
        """Whether its outcome decides where the booking is."""
        return self.stage == "open" and self.step in {"change", "restore"}

    @property
    def moves(self) -> bool:
        """Whether it changes start or end."""
        return self.base is None or not self.base.at_same_time(
            self.content.starts, self.content.ends
        )

    @property
    def new_subject(self) -> str | None:
        """The subject to write; None where it stays."""
        same = self.base is None or self.base.subject == self.content.subject
        return None if same else self.content.subject

    def upon(self, subject: str) -> "Intent":
        """With the subject it found, to be put back with the rest: rooms show another one than the organiser wrote."""
        if self.base is None or self.new_subject in {None, subject}:
            return self
        return replace(self, base=replace(self.base, subject=subject))

    def finds_moved(self, starts: datetime, ends: datetime) -> bool:
        """Whether the event is no longer where it was when this change was decided on."""
        return self.moves and self.base is not None and not self.base.at_same_time(starts, ends)

    def only_renaming(self, starts: datetime, ends: datetime) -> "Intent":
        """Without the move: its event is here now, and stays; the subject is still to be written."""
        base = None if self.base is None else self.base.at(starts, ends)
        return replace(self, base=base, content=self.content.at(starts, ends))

    def finds_renamed(self, subject: str) -> bool:
        """Whether somebody renamed the event after an earlier attempt at the same had compared it, where no command asks for a name."""
        compared = self.attempts > 1 and self.etag is not None and self.by_answer
        renames = self.step == "change" and self.command is None and self.new_subject is not None
        known = {self.content.subject, self.base.subject if self.base else None}
        return compared and renames and subject not in known

    def only_moving(self, subject: str) -> "Intent":
        """Without the new name: its event has this one now, and keeps it."""
        base = None if self.base is None else replace(self.base, subject=subject)
        return replace(self, base=base, content=replace(self.content, subject=subject))

    def written(
        self,
        now: datetime,
        *,
        event_id: str | None = None,
        etag: str | None = None,
        ical_uid: str | None = None,
        by_answer: bool = True,
    ) -> "Intent":
        """After the effect; it still has to be confirmed."""
        return replace(
            self,
            stage="written",
            event_id=event_id or self.event_id,
            etag=etag or self.etag,
            ical_uid=ical_uid or self.ical_uid,
            written_at=now,
            by_answer=by_answer and self.attempts <= 1,
            due_at=now + _LOOKS[0] if self.path == "organizer" else now,
        )

    def looked(self, now: datetime) -> "Intent":
        """After a look at the room that showed no answer: when to look again."""
        since = self.written_at or now
        later = [since + wait for wait in (*_LOOKS, ANSWER_WITHIN) if since + wait > now]
        return replace(self, due_at=later[0] if later else now)

    def unanswered(self, now: datetime) -> bool:
        """Whether the room has had its time."""
        return self.written_at is not None and now - self.written_at >= ANSWER_WITHIN

    def settles_at(self, now: datetime) -> datetime | None:
        """Until when reads may show what was before its write, or before we took its twins away; None where they no longer do."""
        if self.written_at is None or now - self.written_at >= SHOWS_WITHIN:
            return None
        return self.written_at + SHOWS_WITHIN

    def may_lag(self, now: datetime) -> bool:
        """Whether reads may still show what was before."""
        return self.settles_at(now) is not None

    def held_up(self, wait: timedelta) -> "Intent":
        """Throttled time does not count against the room."""
        if not self.awaits_room or self.written_at is None:
            return self
        return replace(self, written_at=self.written_at + wait)

    def ended(self, now: datetime) -> "Intent":
        """Confirmed, or given up. Kept for a while where its effect was found, not confirmed: a late twin may come."""
        if self.by_answer:
            return replace(self, stage="done", ended_at=now)
        return replace(self, stage="guarding", ended_at=now, due_at=now + _FIRST_LOOK_FOR_TWINS)

    def dropped(self, now: datetime, *, unanswered: bool = False) -> "Intent":
        """Given up. Where an attempt's outcome was unknown, whatever still shows of it is to be taken away.

        `unanswered`: the last attempt's is.
        """
        known = self.by_answer and self.attempts <= 1 and not unanswered
        if self.step != "create" or known:
            return replace(self, stage="done", ended_at=now)
        due_at = now + _FIRST_LOOK_FOR_TWINS
        return replace(
            self, stage="guarding", ended_at=now, due_at=due_at, event_id=None, by_answer=False
        )

    def kept(self, now: datetime) -> "Intent":
        """Over, and kept for a while: its event in the organiser's calendar may reach the room anew.

        Where the room has declined, it is asked again by whatever changes, and its next copy has another event id: that is
        known by its iCalUId as long as the booking is at hand.
        """
        return replace(self, stage="guarding", ended_at=now, due_at=now + _FIRST_LOOK_FOR_TWINS)

    def guarded(self, now: datetime) -> "Intent":
        """After a look for twins: looked for once more, then done."""
        until = (self.ended_at or now) + TWINS_WITHIN
        return replace(self, due_at=until) if now < until else replace(self, stage="done")
