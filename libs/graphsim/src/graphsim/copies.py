"""The attendees' copies of an organiser's event: requests, updates and cancellations that reach them.

Pure effects on a tenant, as in `meetings`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from .changes import Outcome
from .events import (
    Appearance,
    Attendee,
    Event,
    Override,
    Proposal,
    Response,
    alone,
    on_day,
    series_uid,
    whole,
    without_day,
)
from .mailboxes import Mailbox
from .options import Options
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Reply:
    """What an invited mailbox answers, to a whole event or to one day of a series."""

    response: Response
    day: date | None = None
    proposed: Proposal | None = None


class Copies:
    """What goes from an organiser's calendar to the invited ones, and back."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self._tenant = tenant
        self._options = options

    def of(self, event: Event, attendees: Iterable[Attendee]) -> list[tuple[Mailbox, Event]]:
        """The copies of a whole event that these attendees have."""
        held = []
        for attendee in attendees:
            mailbox = self._tenant.mailbox(attendee.person.address)
            copy = mailbox.copy_of(event.ical_uid) if mailbox else None
            if mailbox and copy and not copy.is_organizer:
                held.append((mailbox, copy))
        return held

    def lone(self, event: Event) -> list[tuple[Mailbox, Event]]:
        """The copies of single days of a series, with those who have no other."""
        return [
            held
            for day, one in event.overrides.items()
            for held in self.of(alone(event, day), one.attendees or event.attendees)
        ]

    def send(
        self,
        owner: Mailbox,
        event: Event,
        attendees: Iterable[Attendee],
        now: datetime,
        outcome: Outcome,
    ) -> None:
        """A request or an update of the whole event.

        Who is in another cloud, or a room that processes nothing, gets none.
        """
        for mailbox in self._receivers(owner, attendees):
            copy = mailbox.copy_of(event.ical_uid)
            if copy is None:
                copy = self._arrived(mailbox, event)
                outcome.note(mailbox, "arrived", copy)
            else:
                copy = mailbox.touch(copy, now, **self._update(event, mailbox))
                outcome.note(mailbox, "edited", copy)
            outcome.ask(mailbox, copy, now)

    def send_day(
        self,
        owner: Mailbox,
        event: Event,
        day: date,
        attendees: Iterable[Attendee],
        now: datetime,
        outcome: Outcome,
    ) -> None:
        """A request or an update of one day; who has no copy of the series gets that day alone."""
        for attendee in attendees:
            for mailbox in self._receivers(owner, [attendee]):
                copy = mailbox.copy_of(event.ical_uid)
                if copy is None or copy.cancelled:
                    self.send(owner, alone(event, day), [attendee], now, outcome)
                    continue
                copy = mailbox.touch(copy, now, **_day_update(event, copy, day))
                outcome.note_day(mailbox, "edited", copy, day)
                outcome.ask(mailbox, copy, now)

    def withdraw(self, mailbox: Mailbox, copy: Event, now: datetime, outcome: Outcome) -> None:
        """A cancellation: the copy stays as a cancelled one, or goes where the room says so."""
        if not mailbox.takes_requests:
            return
        if not mailbox.keeps_cancelled:
            mailbox.drop(copy.key)
            outcome.note(mailbox, "removed", copy)
            return
        fresh = mailbox.touch(copy, now, **self._kept_cancelled(whole(copy)))
        outcome.note(mailbox, "own_edited", fresh)

    def withdraw_day(
        self,
        event: Event,
        day: date,
        attendees: Iterable[Attendee],
        now: datetime,
        outcome: Outcome,
    ) -> None:
        """One day leaves these attendees' calendars; it shows as a change of the master (§4.4).

        Whether it stays as a cancelled one, as whole meetings do, is unproven.
        """
        attendees = list(attendees)
        for mailbox, copy in self.of(event, attendees):
            if not mailbox.takes_requests or copy.cancelled or day in copy.cancelled_days:
                continue
            if self._options.cancelled_days_stay and mailbox.keeps_cancelled:
                one = on_day(copy, day)
                kept = replace(one.override, kind="exception", **self._kept_cancelled(one))
                fresh = mailbox.touch(copy, now, overrides={**copy.overrides, day: kept})
                outcome.note_day(mailbox, "own_edited", fresh, day)
            else:
                fresh = mailbox.touch(copy, now, **without_day(copy, day))
                outcome.note(mailbox, "own_edited", fresh)
        for mailbox, copy in self.of(alone(event, day), attendees):
            self.withdraw(mailbox, copy, now, outcome)

    def tell_organizer(
        self, mailbox: Mailbox, copy: Event, reply: Reply, now: datetime, outcome: Outcome
    ) -> None:
        """An attendee's answer reaches the organiser's event, where there is one here."""
        owner = self._tenant.mailbox(copy.organizer.address)
        day = reply.day or copy.lone_day
        uid = series_uid(copy.ical_uid) if copy.lone_day else copy.ical_uid
        event = owner.copy_of(uid) if owner and owner.id != mailbox.id else None
        if owner is None or event is None or day in event.cancelled_days:
            return

        def told(attendees: tuple[Attendee, ...]) -> tuple[Attendee, ...]:
            return tuple(
                replace(one, response=reply.response, responded=now, proposed=reply.proposed)
                if one.key == mailbox.address.lower()
                else one
                for one in attendees
            )

        overrides = dict(event.overrides)
        if day is not None:
            if mailbox.address.lower() not in {one.key for one in on_day(event, day).attendees}:
                return
            known = overrides.get(day, Override(kind=self._options.answered_day))
            overrides[day] = replace(known, attendees=told(on_day(event, day).attendees))
            fresh = owner.touch(event, now, overrides=overrides)
            outcome.note_day(owner, "answered", fresh, day)
            return
        for one, known in event.overrides.items():
            # A day that the mailbox has declined before is no longer in what it answers.
            if known.attendees is not None and one not in copy.cancelled_days:
                overrides[one] = replace(known, attendees=told(known.attendees))
        fresh = owner.touch(event, now, attendees=told(event.attendees), overrides=overrides)
        outcome.note(owner, "answered", fresh)

    def _kept_cancelled(self, one: Appearance) -> dict[str, Any]:
        shown = "free" if self._options.cancelled_shows_free else one.show_as
        return {"cancelled": True, "subject": f"Canceled: {one.subject}", "show_as": shown}

    def _receivers(self, owner: Mailbox, attendees: Iterable[Attendee]) -> Iterator[Mailbox]:
        for attendee in attendees:
            mailbox = self._tenant.mailbox(attendee.person.address)
            if mailbox is not None and mailbox.id != owner.id and mailbox.takes_requests:
                yield mailbox

    def _arrived(self, mailbox: Mailbox, event: Event) -> Event:
        return mailbox.put(
            replace(
                event,
                **self._update(event, mailbox),
                key=mailbox.new_key(),
                change=mailbox.new_change(),
                generation=0,
                is_organizer=False,
                transaction_id=None,
            )
        )

    def _update(self, event: Event, mailbox: Mailbox) -> dict[str, Any]:
        """What an organiser puts into a copy, which then waits for an answer, again or at first."""
        carried = event.properties if self._options.room_copy_has_properties else {}
        uninvited = {
            day
            for day, one in event.overrides.items()
            if one.attendees is not None
            and mailbox.address.lower() not in {each.key for each in one.attendees}
        }
        return {
            "subject": event.subject,
            "start": event.start,
            "end": event.end,
            "lone_start": event.lone_start,
            "zone": event.zone,
            "custom_zone": event.custom_zone,
            "all_day": event.all_day,
            "asked_show_as": event.asked_show_as,
            "sensitivity": event.sensitivity,
            "has_attachments": event.has_attachments,
            "body": event.body,
            "location": event.location,
            "allows_proposals": event.allows_proposals,
            "recurrence": event.recurrence,
            "overrides": {
                day: replace(one, show_as=None, asked_show_as=one.show_as)
                for day, one in event.overrides.items()
                if day not in uninvited and not _only_answered(event, one)
            },
            "cancelled_days": event.cancelled_days | uninvited,
            "cancelled": False,
            "checked_in": frozenset(),
            "attendees": event.attendees,
            "properties": carried,
            "response": "notResponded",
            "show_as": "tentative",
        }


def _only_answered(event: Event, override: Override) -> bool:
    """Whether a day differs from its series in nothing but what its attendees answered."""
    invited = override.attendees or ()
    nothing_else = override == Override(attendees=override.attendees, kind=override.kind)
    return nothing_else and {one.key for one in invited} == {one.key for one in event.attendees}


def _day_update(event: Event, copy: Event, day: date) -> dict[str, Any]:
    """What an update of one day puts into a copy: that day alone waits for an answer."""
    sent, one = event.overrides[day], on_day(event, day)
    asked = replace(
        sent,
        subject=one.subject,
        asked_show_as=one.show_as,
        show_as="tentative",
        response="notResponded",
        kind="exception",
    )
    return {
        "overrides": {**copy.overrides, day: asked},
        "cancelled_days": copy.cancelled_days - {day},
        "checked_in": copy.checked_in - {day},
    }
