"""The attendees' copies of an organiser's event: requests, updates and cancellations that reach them.

Pure effects on a tenant, as in `meetings`.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from .changes import Outcome
from .events import Attendee, Event, Response
from .mailboxes import Mailbox
from .options import Options
from .tenants import Tenant


class Copies:
    """What goes from an organiser's calendar to the invited ones, and back."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self._tenant = tenant
        self._options = options

    def of(self, event: Event, attendees: Iterable[Attendee]) -> list[tuple[Mailbox, Event]]:
        """The copies that these attendees of an event have."""
        held = []
        for attendee in attendees:
            mailbox = self._tenant.mailbox(attendee.person.address)
            copy = mailbox.copy_of(event.ical_uid) if mailbox else None
            if mailbox and copy and not copy.is_organizer:
                held.append((mailbox, copy))
        return held

    def send(
        self,
        owner: Mailbox,
        event: Event,
        attendees: Iterable[Attendee],
        now: datetime,
        outcome: Outcome,
        day: date | None = None,
    ) -> None:
        """A request or an update of the whole event, or of one day where there is a copy already.

        Who is in another cloud, or a room that processes nothing, gets none.
        """
        for attendee in attendees:
            mailbox = self._tenant.mailbox(attendee.person.address)
            if mailbox is None or mailbox.id == owner.id or not mailbox.takes_requests:
                continue
            copy = mailbox.copy_of(event.ical_uid)
            if copy is None:
                copy = self._arrived(mailbox, event)
                outcome.note(mailbox, "arrived", copy)
            elif day is None:
                copy = mailbox.touch(copy, now, **self._update(event))
                outcome.note(mailbox, "edited", copy)
            else:
                copy = mailbox.touch(copy, now, **_day_update(event, copy, day))
                outcome.note_day(mailbox, "edited", copy, day)
            outcome.ask(mailbox, copy, now)

    def withdraw(self, mailbox: Mailbox, copy: Event, now: datetime, outcome: Outcome) -> None:
        """A cancellation: the copy stays as a cancelled one, or goes where the room says so."""
        if not mailbox.takes_requests:
            return
        if mailbox.processing.remove_canceled_meetings:
            mailbox.drop(copy.key)
            outcome.note(mailbox, "removed", copy)
            return
        shown = "free" if self._options.cancelled_shows_free else copy.show_as
        subject = f"Canceled: {copy.subject}"
        fresh = mailbox.touch(copy, now, cancelled=True, subject=subject, show_as=shown)
        outcome.note(mailbox, "own_edited", fresh)

    def tell_organizer(
        self, mailbox: Mailbox, copy: Event, response: Response, now: datetime, outcome: Outcome
    ) -> None:
        """An attendee's answer reaches the organiser's event, where there is one here."""
        owner = self._tenant.mailbox(copy.organizer.address)
        event = owner.copy_of(copy.ical_uid) if owner and owner.id != mailbox.id else None
        if owner is None or event is None:
            return
        told = tuple(
            replace(one, response=response, responded=now)
            if one.person.address.lower() == mailbox.address.lower()
            else one
            for one in event.attendees
        )
        outcome.note(owner, "answered", owner.touch(event, now, attendees=told))

    def _arrived(self, mailbox: Mailbox, event: Event) -> Event:
        return mailbox.put(
            replace(
                event,
                **self._update(event),
                key=mailbox.new_key(),
                change=mailbox.new_change(),
                generation=0,
                is_organizer=False,
                transaction_id=None,
            )
        )

    def _update(self, event: Event) -> dict[str, Any]:
        """What an organiser puts into a copy, which then waits for an answer, again or at first."""
        carried = event.properties if self._options.room_copy_has_properties else {}
        return {
            "subject": event.subject,
            "start": event.start,
            "end": event.end,
            "zone": event.zone,
            "custom_zone": event.custom_zone,
            "all_day": event.all_day,
            "asked_show_as": event.asked_show_as,
            "sensitivity": event.sensitivity,
            "has_attachments": event.has_attachments,
            "body": event.body,
            "recurrence": event.recurrence,
            "overrides": event.overrides,
            "cancelled_days": event.cancelled_days,
            "cancelled": False,
            "attendees": event.attendees,
            "properties": carried,
            "response": "notResponded",
            "show_as": "tentative",
        }


def _day_update(event: Event, copy: Event, day: date) -> dict[str, Any]:
    """What an update of one day puts into a copy: that day alone waits for the attendant."""
    asked = replace(event.overrides[day], response="notResponded", show_as="tentative")
    if event.overrides[day].subject is None:
        asked = replace(asked, subject=event.subject)
    return {"overrides": {**copy.overrides, day: asked}}
