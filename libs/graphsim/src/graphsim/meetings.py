"""Booking, changing and cancelling, through the organiser's copy or directly in a calendar.

Pure effects on a tenant: no I/O, the time is an argument, what follows is returned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from .changes import Outcome
from .copies import Copies, Reply
from .events import Attendee, Event, Override, Person, Value, on_day, without, without_day
from .mailboxes import Mailbox
from .options import Options
from .recurrence import Recurrence, days_between, on_pattern
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
    properties: Mapping[str, Value] | None = None
    custom_zone: bool = False
    has_attachments: bool = False
    allows_proposals: bool = True


class Meetings:
    """The effects on one tenant's calendars."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self._tenant = tenant
        self._options = options
        self._copies = Copies(tenant, options)

    def create(self, owner: Mailbox, draft: Draft, now: datetime) -> tuple[Event, Outcome]:
        """An event in the owner's own calendar, who is its organiser; the invited get copies.

        In a room's own calendar nothing checks for conflicts (graph-calendar §2.2 B).
        """
        outcome = Outcome(self._options)
        event = self._stored(owner, draft, now)
        outcome.note(owner, "own_created", event)
        self._copies.send(owner, event, event.attendees, now, outcome)
        return event, outcome

    def adopt(self, copy: Event) -> tuple[Mailbox, Event]:
        """The event of an outside organiser, made of a copy here where it is not known yet."""
        name, address = copy.organizer.name, copy.organizer.address
        owner = self._tenant.outsider(self._options.seed, name, address)
        known = owner.copy_of(copy.ical_uid)
        return owner, known or owner.put(
            replace(
                copy,
                key=owner.new_key(),
                change=owner.new_change(),
                is_organizer=True,
                response="organizer",
                show_as=copy.asked_show_as,
            )
        )

    def edit(
        self, mailbox: Mailbox, event: Event, changed: Mapping[str, Any], now: datetime
    ) -> Outcome:
        """Changes an item; an organiser's change goes out to the invited, rooms answer again.

        A change of attendees alone reaches only those added or removed (§2.5). Without a new
        pattern a series keeps its first day. In an attendee's copy only that copy changes (§2.6).
        """
        outcome = Outcome(self._options)
        if event.recurrence and changed.keys() & {"start", "end", "zone", "recurrence"}:
            changed = {**changed, **self._exceptions_left(event, changed)}
            changed |= _on_first_day(event, changed)
        alone_so_far = self._copies.lone(event) if event.is_organizer else []
        told_all = changed.keys() != {"attendees"}
        if "attendees" in changed:
            invited = _answers_kept(event.attendees, changed["attendees"])
            left = _invited_by_day(event, changed.get("overrides", event.overrides), invited)
            changed = {**changed, "attendees": invited, "overrides": left}
        fresh = mailbox.touch(event, now, **changed)
        outcome.note(mailbox, "own_edited", fresh)
        if not event.is_organizer:
            return outcome
        for other, copy in self._copies.of(event, without(event.attendees, fresh.attendees)):
            self._copies.withdraw(other, copy, now, outcome)
        told = fresh.attendees if told_all else without(fresh.attendees, event.attendees)
        self._copies.send(mailbox, fresh, told, now, outcome)
        for other, copy in alone_so_far:
            if copy.lone_day and not _alone(fresh, copy.lone_day, other):
                self._copies.withdraw(other, copy, now, outcome)
        for day, one in fresh.overrides.items() if told_all else ():
            guests = without(one.attendees or (), fresh.attendees)
            self._copies.send_day(mailbox, fresh, day, guests, now, outcome)
        return outcome

    def edit_day(
        self, mailbox: Mailbox, event: Event, day: date, override: Override, now: datetime
    ) -> Outcome:
        """Makes one occurrence an exception, or changes it further; it goes out as `edit` does."""
        outcome = Outcome(self._options)
        before, told_all = on_day(event, day).attendees, True
        if override.attendees is not None:
            told_all = override != Override(attendees=override.attendees)
            override = replace(override, attendees=_answers_kept(before, override.attendees))
        merged = event.overrides.get(day, Override()).under(override)
        fresh = mailbox.touch(event, now, overrides={**event.overrides, day: merged})
        outcome.note_day(mailbox, "own_edited", fresh, day)
        if event.is_organizer:
            after = on_day(fresh, day).attendees
            self._copies.withdraw_day(event, day, without(before, after), now, outcome)
            told = after if told_all else without(after, before)
            self._copies.send_day(mailbox, fresh, day, told, now, outcome)
        return outcome

    def cancel(
        self, mailbox: Mailbox, event: Event, now: datetime, *, tell: bool = True
    ) -> Outcome:
        """The organiser cancels: gone from the own calendar, kept or removed in each room.

        In a copy that is not the organiser's, only that copy goes, as without `tell`.
        """
        outcome = Outcome(self._options)
        mailbox.drop(event.key)
        outcome.note(mailbox, "removed", event)
        if not tell:
            return outcome
        if event.is_organizer:
            for other, copy in self._copies.of(event, event.attendees) + self._copies.lone(event):
                self._copies.withdraw(other, copy, now, outcome)
        elif self._options.deleting_declines:
            self._copies.tell_organizer(mailbox, event, Reply("declined"), now, outcome)
        return outcome

    def cancel_day(
        self, mailbox: Mailbox, event: Event, day: date, now: datetime, *, tell: bool = True
    ) -> Outcome:
        """Removes one occurrence, which is reported only as a change of the master (§4.4)."""
        outcome = Outcome(self._options)
        fresh = mailbox.touch(event, now, **without_day(event, day))
        outcome.note(mailbox, "own_edited", fresh)
        if not tell:
            return outcome
        if event.is_organizer:
            invited = on_day(event, day).attendees
            self._copies.withdraw_day(event, day, invited, now, outcome)
        elif self._options.deleting_declines:
            self._copies.tell_organizer(mailbox, event, Reply("declined", day), now, outcome)
        return outcome

    def _exceptions_left(self, event: Event, changed: Mapping[str, Any]) -> dict[str, Any]:
        """What new times or a new pattern leave of a series' exceptions."""
        recurrence = changed.get("recurrence", event.recurrence)
        if self._options.changed_series_drop_exceptions or recurrence is None:
            return {"overrides": {}, "cancelled_days": frozenset()}

        def stays(day: date) -> bool:
            return bool(days_between(recurrence, day, day))

        return {
            "overrides": {day: one for day, one in event.overrides.items() if stays(day)},
            "cancelled_days": frozenset(filter(stays, event.cancelled_days)),
        }

    def _stored(self, mailbox: Mailbox, draft: Draft, now: datetime) -> Event:
        start, end = on_pattern(draft.start, draft.end, draft.recurrence)
        return mailbox.put(
            Event(
                key=mailbox.new_key(),
                change=mailbox.new_change(),
                ical_uid=self._tenant.new_ical_uid(self._options.seed),
                subject=draft.subject,
                start=start,
                end=end,
                zone=draft.zone,
                custom_zone=draft.custom_zone,
                allows_proposals=draft.allows_proposals,
                has_attachments=draft.has_attachments,
                organizer=Person(mailbox.name, mailbox.address),
                created=now,
                modified=now,
                response="organizer",
                is_organizer=True,
                body=draft.body,
                location=draft.location,
                attendees=draft.attendees,
                all_day=draft.all_day,
                show_as=draft.show_as,
                asked_show_as=draft.show_as,
                sensitivity=draft.sensitivity,
                recurrence=draft.recurrence,
                transaction_id=draft.transaction_id,
                properties=dict(draft.properties or {}),
            )
        )


def _answers_kept(
    before: tuple[Attendee, ...], attendees: tuple[Attendee, ...]
) -> tuple[Attendee, ...]:
    known = {one.key: one for one in before}
    return tuple(
        replace(known.get(one.key, one), person=one.person, kind=one.kind) for one in attendees
    )


def _invited_by_day(
    event: Event, overrides: Mapping[date, Override], invited: tuple[Attendee, ...]
) -> dict[date, Override]:
    """The days with guests of their own, after a change of who is invited to all of them."""
    gone, come = without(event.attendees, invited), without(invited, event.attendees)
    return {
        day: one
        if one.attendees is None
        else replace(one, attendees=without(without(one.attendees, gone), come) + come)
        for day, one in overrides.items()
    }


def _alone(event: Event, day: date, mailbox: Mailbox) -> bool:
    if day not in event.overrides:
        return False
    series = mailbox.copy_of(event.ical_uid)
    invited = {one.key for one in on_day(event, day).attendees}
    return mailbox.address.lower() in invited and (series is None or series.cancelled)


def _on_first_day(event: Event, changed: Mapping[str, Any]) -> dict[str, datetime]:
    start: datetime = changed.get("start", event.start)
    end: datetime = changed.get("end", event.end)
    if "recurrence" in changed:
        start, end = on_pattern(start, end, changed["recurrence"])
        return {"start": start, "end": end}
    first = datetime.combine(event.start.date(), start.time())
    return {"start": first, "end": first + (end - start)}
