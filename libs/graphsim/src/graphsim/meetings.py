"""Booking, changing and cancelling, through the organiser's copy or directly in a calendar.

Pure effects on a tenant: no I/O, the time is an argument, what follows is returned.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from . import attendant
from .changes import Outcome, Stage, Visit
from .events import Attendee, Event, Override, Person
from .ids import Ref
from .mailboxes import Mailbox
from .options import Options
from .recurrence import Recurrence
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody types into a new meeting. Wall times are of `zone`."""

    subject: str
    start: datetime
    end: datetime
    zone: str
    all_day: bool = False
    show_as: str = "busy"
    sensitivity: str = "normal"
    recurrence: Recurrence | None = None
    body: str = ""
    location: str = ""
    attendees: tuple[Attendee, ...] = ()
    transaction_id: str | None = None
    properties: Mapping[str, str] | None = None


class Meetings:
    """The effects on one tenant's calendars."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self._tenant = tenant
        self._options = options

    def create(self, owner: Mailbox, draft: Draft, now: datetime) -> tuple[Event, Outcome]:
        """An event in the owner's own calendar, who is its organiser; rooms invited get copies.

        In a room's own calendar nothing checks for conflicts (graph-calendar §2.2 B).
        """
        outcome = Outcome()
        event = self._stored(owner, draft, Person(owner.name, owner.address), now, own=True)
        self._note(outcome, owner, "own_created", event)
        self._invite(owner, event, now, outcome)
        return event, outcome

    def receive(
        self, room: Mailbox, draft: Draft, organizer: Person, now: datetime
    ) -> tuple[Event, Outcome]:
        """A meeting request from somebody without a mailbox here (an outside organiser)."""
        outcome = Outcome()
        event = self._stored(room, draft, organizer, now, own=False)
        self._note(outcome, room, "arrived", event)
        outcome.visits.append(self._visit(room, event, now))
        return event, outcome

    def edit(
        self, mailbox: Mailbox, event: Event, changed: Mapping[str, Any], now: datetime
    ) -> Outcome:
        """Changes an item; an organiser's change goes out to the rooms, which answer again.

        New times or a new pattern of a series drop its exceptions (§2.5, unproven).
        """
        outcome = Outcome()
        if event.recurrence and changed.keys() & {"start", "end", "zone", "recurrence"}:
            changed = {**changed, "overrides": {}, "cancelled_days": frozenset()}
        fresh = self._touched(mailbox, event, now, **changed)
        self._note(outcome, mailbox, "own_edited", fresh)
        self._send_update(mailbox, fresh, now, outcome)
        return outcome

    def edit_day(
        self, mailbox: Mailbox, event: Event, day: date, override: Override, now: datetime
    ) -> Outcome:
        """Makes one occurrence an exception, or changes it further."""
        outcome = Outcome()
        known = event.overrides.get(day, Override())
        merged = Override(
            override.subject or known.subject,
            override.start or known.start,
            override.end or known.end,
            override.show_as or known.show_as,
        )
        fresh = self._touched(mailbox, event, now, overrides={**event.overrides, day: merged})
        self._note_day(outcome, mailbox, "own_edited", fresh, day)
        self._send_update(mailbox, fresh, now, outcome, day)
        return outcome

    def cancel(self, mailbox: Mailbox, event: Event, now: datetime) -> Outcome:
        """The organiser cancels: gone from the own calendar, kept or removed in each room.

        In a copy that is not the organiser's, only that copy goes.
        """
        outcome = Outcome()
        mailbox.drop(event.key)
        self._note(outcome, mailbox, "removed", event)
        if event.is_organizer:
            for room, copy in self._copies(event):
                self._cancel_copy(room, copy, now, outcome)
        return outcome

    def cancel_outside(self, room: Mailbox, copy: Event, now: datetime) -> Outcome:
        """A cancellation arrives from an organiser without a mailbox here."""
        outcome = Outcome()
        self._cancel_copy(room, copy, now, outcome)
        return outcome

    def cancel_day(self, mailbox: Mailbox, event: Event, day: date, now: datetime) -> Outcome:
        """Removes one occurrence, which is reported only as a change of the master (§4.4)."""
        outcome = Outcome()
        targets = [(mailbox, event)]
        if event.is_organizer:
            targets += self._copies(event)
        for target, copy in targets:
            overrides = {one: kept for one, kept in copy.overrides.items() if one != day}
            fresh = self._touched(
                target, copy, now, overrides=overrides, cancelled_days=copy.cancelled_days | {day}
            )
            self._note(outcome, target, "own_edited", fresh)
        return outcome

    def answer(self, room: Mailbox, key: int, now: datetime) -> Outcome:
        """The booking attendant handles a request, if it still waits for an answer."""
        outcome = Outcome()
        request = room.events.get(key)
        if request is None:
            return outcome
        if request.response != "notResponded":
            self._answer_days(room, request, now, outcome)
            return outcome
        verdict = attendant.decide(request, room, now)
        if verdict is attendant.Verdict.LEAVE:
            return outcome
        if verdict is attendant.Verdict.DECLINE:
            room.drop(key)
            self._note(outcome, room, "removed", request)
            self._tell_organizer(room, request, "declined", now, outcome)
            return outcome
        reply = attendant.answered(
            request, verdict, room.processing, now, trailing_blank=self._options.trailing_blank
        )
        generation = request.generation + (1 if self._options.ids_change_on_accept else 0)
        fresh = room.put(
            replace(reply, change=room.new_change(), modified=now, generation=generation)
        )
        self._note(outcome, room, "answered", fresh)
        self._tell_organizer(room, fresh, fresh.response, now, outcome)
        return outcome

    def _answer_days(self, room: Mailbox, request: Event, now: datetime, outcome: Outcome) -> None:
        asked = [day for day, one in request.overrides.items() if one.response == "notResponded"]
        for day in asked:
            current = room.events[request.key]
            verdict = attendant.decide_day(current, day, room)
            if verdict is attendant.Verdict.LEAVE:
                continue
            overrides = dict(current.overrides)
            cancelled = current.cancelled_days
            if verdict is attendant.Verdict.DECLINE:
                del overrides[day]
                cancelled |= {day}
            else:
                keeps = not room.processing.add_organizer_to_subject
                subject = overrides[day].subject if keeps else None
                overrides[day] = replace(
                    overrides[day], subject=subject, response=None, show_as=None
                )
            fresh = self._touched(room, current, now, overrides=overrides, cancelled_days=cancelled)
            if verdict is attendant.Verdict.DECLINE:
                self._note(outcome, room, "answered", fresh)
            else:
                self._note_day(outcome, room, "answered", fresh, day)

    def _stored(
        self, mailbox: Mailbox, draft: Draft, organizer: Person, now: datetime, *, own: bool
    ) -> Event:
        return mailbox.put(
            Event(
                key=mailbox.new_key(),
                change=mailbox.new_change(),
                ical_uid=self._tenant.new_ical_uid(self._options.seed),
                subject=draft.subject,
                start=draft.start,
                end=draft.end,
                zone=draft.zone,
                organizer=organizer,
                created=now,
                modified=now,
                response="organizer" if own else "notResponded",
                is_organizer=own,
                body=draft.body,
                location=draft.location,
                attendees=draft.attendees,
                all_day=draft.all_day,
                show_as=draft.show_as if own else "tentative",
                asked_show_as=draft.show_as,
                sensitivity=draft.sensitivity,
                recurrence=draft.recurrence,
                transaction_id=draft.transaction_id,
                properties=dict(draft.properties or {}),
            )
        )

    def _touched(self, mailbox: Mailbox, event: Event, now: datetime, **changed: Any) -> Event:
        return mailbox.put(replace(event, **changed, change=mailbox.new_change(), modified=now))

    def _invite(self, owner: Mailbox, event: Event, now: datetime, outcome: Outcome) -> None:
        for attendee in event.attendees:
            room = self._tenant.mailbox(attendee.person.address)
            if room is None or room.id == owner.id or room.hosting != "cloud":
                continue
            copy = room.put(
                replace(
                    event,
                    key=room.new_key(),
                    change=room.new_change(),
                    generation=0,
                    is_organizer=False,
                    response="notResponded",
                    show_as="tentative",
                    asked_show_as=event.asked_show_as,
                    transaction_id=None,
                    properties={},
                )
            )
            self._note(outcome, room, "arrived", copy)
            if room.kind == "room":
                outcome.visits.append(self._visit(room, copy, now))

    def _send_update(
        self,
        owner: Mailbox,
        event: Event,
        now: datetime,
        outcome: Outcome,
        day: date | None = None,
    ) -> None:
        if not event.is_organizer:
            return
        have = {room.id for room, _ in self._copies(event)}
        for room, copy in self._copies(event):
            fresh = self._touched(
                room,
                copy,
                now,
                **(_update(event) if day is None else _day_update(event, copy, day)),
            )
            if day is None:
                self._note(outcome, room, "edited", fresh)
            else:
                self._note_day(outcome, room, "edited", fresh, day)
            if room.kind == "room":
                outcome.visits.append(self._visit(room, fresh, now))
        missing = [
            one
            for one in event.attendees
            if (room_ := self._tenant.mailbox(one.person.address)) and room_.id not in have
        ]
        self._invite(owner, replace(event, attendees=tuple(missing)), now, outcome)

    def _cancel_copy(self, room: Mailbox, copy: Event, now: datetime, outcome: Outcome) -> None:
        if room.processing.remove_canceled_meetings:
            room.drop(copy.key)
            self._note(outcome, room, "removed", copy)
            return
        shown = "free" if self._options.cancelled_shows_free else copy.show_as
        fresh = self._touched(
            room,
            copy,
            now,
            cancelled=True,
            subject=f"Canceled: {copy.subject}",
            show_as=shown,
        )
        self._note(outcome, room, "own_edited", fresh)

    def _tell_organizer(
        self, room: Mailbox, copy: Event, response: Any, now: datetime, outcome: Outcome
    ) -> None:
        owner = self._tenant.mailbox(copy.organizer.address)
        event = owner.copy_of(copy.ical_uid) if owner and owner.id != room.id else None
        if owner is None or event is None:
            return
        told = tuple(
            replace(one, response=response, responded=now)
            if one.person.address.lower() == room.address.lower()
            else one
            for one in event.attendees
        )
        fresh = self._touched(owner, event, now, attendees=told)
        self._note(outcome, owner, "answered", fresh)

    def _copies(self, event: Event) -> list[tuple[Mailbox, Event]]:
        return list(self._each_copy(event))

    def _each_copy(self, event: Event) -> Iterator[tuple[Mailbox, Event]]:
        for attendee in event.attendees:
            room = self._tenant.mailbox(attendee.person.address)
            copy = room.copy_of(event.ical_uid) if room else None
            if room and copy and not copy.is_organizer:
                yield room, copy

    def _visit(self, room: Mailbox, copy: Event, now: datetime) -> Visit:
        return Visit(room.id, copy.key, now + timedelta(seconds=self._options.appear_seconds))

    def _note(self, outcome: Outcome, mailbox: Mailbox, stage: Stage, event: Event) -> None:
        ref = Ref(event.key, None, event.generation)
        outcome.note(mailbox, stage, ref, event.change, echo=self._options.room_echoes)

    def _note_day(
        self, outcome: Outcome, mailbox: Mailbox, stage: Stage, event: Event, day: date
    ) -> None:
        if self._options.exception_notifies != "exception":
            self._note(outcome, mailbox, stage, event)
        if self._options.exception_notifies != "master":
            ref = Ref(event.key, day, event.generation)
            outcome.note(mailbox, stage, ref, event.change, echo=self._options.room_echoes)


def _update(event: Event) -> dict[str, Any]:
    """What an organiser's update puts into a copy, which then waits for the attendant again."""
    return {
        "subject": event.subject,
        "start": event.start,
        "end": event.end,
        "zone": event.zone,
        "all_day": event.all_day,
        "asked_show_as": event.asked_show_as,
        "sensitivity": event.sensitivity,
        "body": event.body,
        "recurrence": event.recurrence,
        "overrides": event.overrides,
        "cancelled_days": event.cancelled_days,
        "attendees": event.attendees,
        "response": "notResponded",
        "show_as": "tentative",
    }


def _day_update(event: Event, copy: Event, day: date) -> dict[str, Any]:
    """What an update of one day puts into a copy: that day alone waits for the attendant."""
    asked = replace(event.overrides[day], response="notResponded", show_as="tentative")
    if event.overrides[day].subject is None:
        asked = replace(asked, subject=event.subject)
    return {"overrides": {**copy.overrides, day: asked}}
