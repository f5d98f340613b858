"""What invited mailboxes reply: the booking attendant's answers and a caller's accept or decline.

Pure effects on a tenant, as in `meetings`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from . import attendant
from .changes import Outcome
from .copies import Copies, Reply
from .events import Event, Override, without_day
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
        outside = self._tenant.mailbox(request.organizer.address) is None
        if request.response != "notResponded":
            return self._visit_days(room, request, now, outside=outside)
        verdict = attendant.decide(request, room, now, self._options, outside=outside)
        if verdict is attendant.Verdict.LEAVE:
            return Outcome(self._options)
        if verdict is attendant.Verdict.DECLINE:
            return self.decline(room, request, Reply("declined"), now, tell=True)
        outcome = Outcome(self._options)
        taken = attendant.fitted(request, room, now)
        reply = attendant.answered(
            taken,
            verdict,
            room.processing,
            now,
            trailing_blank=self._options.trailing_blank,
        )
        generation = request.generation + (1 if self._options.ids_change_on_accept else 0)
        fresh = room.touch(reply, now, generation=generation)
        outcome.note(room, "answered", fresh)
        self._copies.tell_organizer(room, fresh, Reply(fresh.response), now, outcome)
        # The days that collide are declined one by one (Exchange team blog of 7 February 2011).
        for day in sorted(taken.cancelled_days - request.cancelled_days):
            self._copies.tell_organizer(room, fresh, Reply("declined", day), now, outcome)
        return outcome

    def accept(
        self, mailbox: Mailbox, copy: Event, reply: Reply, now: datetime, *, tell: bool
    ) -> Outcome:
        """The copy, or one day of it, shows as its organiser asked; the organiser hears if `tell`.

        An answer to a series goes for all its days.
        """
        outcome = Outcome(self._options)
        pending = None if reply.response == "accepted" else "tentative"
        answer: dict[str, Any] = {"response": reply.response, "responded": now}
        if reply.day is None:
            overrides = {
                day: replace(
                    one, response=None, responded=None, show_as=pending or one.asked_show_as
                )
                for day, one in copy.overrides.items()
            }
            shown = pending or copy.asked_show_as
            fresh = mailbox.touch(copy, now, **answer, show_as=shown, overrides=overrides)
            outcome.note(mailbox, "answered", fresh)
        else:
            one = copy.overrides.get(reply.day, Override(kind=self._options.answered_day))
            shown = pending or one.asked_show_as or copy.asked_show_as
            overrides = {**copy.overrides, reply.day: replace(one, **answer, show_as=shown)}
            fresh = mailbox.touch(copy, now, overrides=overrides)
            outcome.note_day(mailbox, "answered", fresh, reply.day)
        if tell:
            self._copies.tell_organizer(mailbox, fresh, reply, now, outcome)
        return outcome

    def decline(
        self, mailbox: Mailbox, copy: Event, reply: Reply, now: datetime, *, tell: bool
    ) -> Outcome:
        """The copy or its one day goes, the organiser's stays; the organiser hears if `tell`."""
        outcome = Outcome(self._options)
        answer: dict[str, Any] = {"response": "declined", "responded": now, "show_as": "free"}
        stays = mailbox.kind == "room" and self._options.declined_stay
        if reply.day is not None and stays:
            one = copy.overrides.get(reply.day, Override(kind=self._options.answered_day))
            overrides = {**copy.overrides, reply.day: replace(one, **answer)}
            fresh = mailbox.touch(copy, now, overrides=overrides)
            outcome.note_day(mailbox, "answered", fresh, reply.day)
        elif reply.day is not None:
            fresh = mailbox.touch(copy, now, **without_day(copy, reply.day))
            outcome.note(mailbox, "answered", fresh)
        elif stays:
            overrides = {
                day: replace(one, response=None, responded=None, show_as="free")
                for day, one in copy.overrides.items()
            }
            fresh = mailbox.touch(copy, now, **answer, overrides=overrides)
            outcome.note(mailbox, "answered", fresh)
        else:
            mailbox.drop(copy.key)
            outcome.note(mailbox, "removed", copy)
        if tell:
            self._copies.tell_organizer(mailbox, copy, reply, now, outcome)
        return outcome

    def _visit_days(
        self, room: Mailbox, request: Event, now: datetime, *, outside: bool
    ) -> Outcome:
        outcome = Outcome(self._options)
        asked = [
            day
            for day, one in request.overrides.items()
            if one.response == "notResponded" and not one.cancelled
        ]
        for day in asked:
            current = room.events[request.key]
            verdict = attendant.decide_day(current, day, room, now, outside=outside)
            if verdict is attendant.Verdict.LEAVE:
                continue
            if verdict is attendant.Verdict.DECLINE:
                declined = self.decline(room, current, Reply("declined", day), now, tell=True)
                outcome.add(declined)
                continue
            blank = self._options.trailing_blank
            fresh = attendant.answered_day(
                current, day, verdict, room.processing, now, trailing_blank=blank
            )
            fresh = room.touch(fresh, now)
            outcome.note_day(room, "answered", fresh, day)
            response = fresh.overrides[day].response or fresh.response
            self._copies.tell_organizer(room, fresh, Reply(response, day), now, outcome)
        return outcome
