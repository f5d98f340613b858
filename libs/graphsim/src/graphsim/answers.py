"""What invited mailboxes reply: the booking attendant's answers and a caller's accept or decline.

Pure effects on a tenant, as in `meetings`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from . import attendant
from .changes import Outcome
from .copies import Copies
from .events import Event
from .mailboxes import Mailbox
from .options import Options
from .tenants import Tenant


class Answers:
    """The effects of replies on one tenant's calendars."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self._tenant = tenant
        self._options = options
        self._copies = Copies(tenant, options)

    def visit(self, room: Mailbox, key: int, now: datetime) -> Outcome:
        """The booking attendant handles a request, if it still waits for an answer."""
        request = room.events.get(key)
        if request is None:
            return Outcome(self._options)
        if request.response != "notResponded":
            return self._visit_days(room, request, now)
        outside = self._tenant.mailbox(request.organizer.address) is None
        verdict = attendant.decide(request, room, now, self._options, outside=outside)
        if verdict is attendant.Verdict.LEAVE:
            return Outcome(self._options)
        if verdict is attendant.Verdict.DECLINE:
            return self.decline(room, request, now, tell=True)
        outcome = Outcome(self._options)
        reply = attendant.answered(
            attendant.fitted(request, room, now),
            verdict,
            room.processing,
            now,
            trailing_blank=self._options.trailing_blank,
        )
        generation = request.generation + (1 if self._options.ids_change_on_accept else 0)
        fresh = room.touch(reply, now, generation=generation)
        outcome.note(room, "answered", fresh)
        self._copies.tell_organizer(room, fresh, fresh.response, now, outcome)
        return outcome

    def accept(
        self,
        mailbox: Mailbox,
        copy: Event,
        response: Literal["accepted", "tentativelyAccepted"],
        now: datetime,
        *,
        tell: bool,
    ) -> Outcome:
        """An attendee takes a meeting, for sure or tentatively; the organiser hears if `tell`."""
        outcome = Outcome(self._options)
        shown = copy.asked_show_as if response == "accepted" else "tentative"
        fresh = mailbox.touch(copy, now, response=response, responded=now, show_as=shown)
        outcome.note(mailbox, "answered", fresh)
        if tell:
            self._copies.tell_organizer(mailbox, fresh, response, now, outcome)
        return outcome

    def decline(self, mailbox: Mailbox, copy: Event, now: datetime, *, tell: bool) -> Outcome:
        """The copy goes, the organiser's event stays; the organiser hears if `tell`."""
        outcome = Outcome(self._options)
        if mailbox.kind == "room" and self._options.declined_stay:
            fresh = mailbox.touch(copy, now, response="declined", responded=now, show_as="free")
            outcome.note(mailbox, "answered", fresh)
        else:
            mailbox.drop(copy.key)
            outcome.note(mailbox, "removed", copy)
        if tell:
            self._copies.tell_organizer(mailbox, copy, "declined", now, outcome)
        return outcome

    def _visit_days(self, room: Mailbox, request: Event, now: datetime) -> Outcome:
        outcome = Outcome(self._options)
        asked = [day for day, one in request.overrides.items() if one.response == "notResponded"]
        for day in asked:
            current = room.events[request.key]
            verdict = attendant.decide_day(current, day, room, now)
            if verdict is attendant.Verdict.LEAVE:
                continue
            overrides = dict(current.overrides)
            if verdict is attendant.Verdict.DECLINE:
                del overrides[day]
                cancelled = current.cancelled_days | {day}
                fresh = room.touch(current, now, overrides=overrides, cancelled_days=cancelled)
                outcome.note(room, "answered", fresh)
                continue
            keeps = not room.processing.add_organizer_to_subject
            subject = overrides[day].subject if keeps else None
            overrides[day] = replace(overrides[day], subject=subject, response=None, show_as=None)
            fresh = room.touch(current, now, overrides=overrides)
            outcome.note_day(room, "answered", fresh, day)
        return outcome
