"""Graph's writes to events: create, change, delete, cancel, respond (graph-calendar §2)."""

from collections.abc import Collection
from datetime import date
from typing import Literal
from urllib.parse import quote

from . import payloads
from .access import Access
from .changes import Outcome
from .copies import Reply
from .events import Appearance, Attendee, Event, Override, Proposal, on_day, whole
from .ids import Ref
from .lookup import applied, context, lens_of, named
from .mailboxes import Mailbox
from .recurrence import neighbours
from .state import State
from .tenants import Tenant
from .transactions import Transaction, Transactions
from .views import Lens, show
from .wire import Answer, Call, Refused
from .writes import Writes


class Writing:
    """Writes into one mailbox's default calendar, whoever's it is."""

    def __init__(self, state: State, access: Access, writes: Writes) -> None:
        self._state = state
        self._access = access
        self._writes = writes
        self._transactions = Transactions(state.options.transaction_memory_seconds)

    async def create(self, call: Call) -> Answer:
        """POST …/events: 201 with the whole event, also where the id was used for it before (§2.3).

        In a room's own calendar the room is the organiser and nothing is checked (§2.2 B).
        """
        mailbox = self._access.calendar(call, call.segments[1], write=True)
        lens = lens_of(call, mailbox, self._state.options)
        draft = payloads.draft(call.json())
        before = self._transactions.get(mailbox.id, draft.transaction_id, call.now)
        if before is not None:
            existing = mailbox.events.get(before.key)
            if existing is None or before.draft != draft:
                raise self._duplicate(lens, before)
            return _shown(call, 201, whole(existing), lens)
        self._check_attendees(draft.attendees)
        tenant = self._access.tenant(call)
        event, outcome = self._state.meetings(tenant).create(mailbox, draft, call.now)
        self._transactions.add(mailbox.id, draft, event.key, call.now)
        self._done(call, tenant, mailbox, event, outcome, "POST events")
        answer = _shown(call, 201, whole(event), lens)
        if self._state.options.created_has_location:
            key = quote(lens.id(Ref(event.key)), safe="")
            answer.headers["Location"] = f"{call.origin}{call.path}/{key}"
        return answer

    async def change(self, call: Call) -> Answer:
        """PATCH …/events/{id}: 200 with the whole event; one occurrence becomes an exception.

        A stale If-Match is refused with 412, which is unproven (§2.4).
        """
        tenant, mailbox, one = self._target(call, call.segments[-1])
        lens = lens_of(call, mailbox, self._state.options)
        self._check_etag(call, mailbox, one.event)
        meetings, event = self._state.meetings(tenant), one.event
        if one.day is None:
            changed = payloads.changes(call.json(), event)
            self._check_attendees(changed.get("attendees", ()))
            outcome = meetings.edit(mailbox, event, changed, call.now)
        else:
            override = payloads.override(call.json(), one)
            self._check_attendees(override.attendees or ())
            self._check_boundary(event, one.day, override)
            outcome = meetings.edit_day(mailbox, event, one.day, override, call.now)
        self._done(call, tenant, mailbox, event, outcome, "PATCH events")
        fresh = mailbox.events[event.key]
        return _shown(call, 200, on_day(fresh, one.day) if one.day else whole(fresh), lens)

    async def delete(self, call: Call) -> Answer:
        """DELETE …/events/{id}: 204; the organiser's copy cancels at the attendees (§2.5).

        An attendee's copy goes alone; whether the organiser would hear of it is unproven.
        """
        tenant, mailbox, one = self._target(call, call.segments[-1])
        self._check_etag(call, mailbox, one.event)
        self._remove(call, tenant, mailbox, one, "DELETE events")
        return Answer(204)

    async def purge(self, call: Call) -> Answer:
        """POST …/events/{id}/permanentDelete: 204 (event-permanentdelete [doc], §2.5).

        Whether attendees are told is unproven.
        """
        tenant, mailbox, one = self._target(call, call.segments[-2])
        tell = self._state.options.purge_cancels
        self._remove(call, tenant, mailbox, one, "permanentDelete", tell=tell)
        return Answer(204)

    async def cancel(self, call: Call) -> Answer:
        """POST …/events/{id}/cancel: 202, for the organiser only (§2.5)."""
        tenant, mailbox, one = self._target(call, call.segments[-2])
        if not one.event.is_organizer:
            message = (
                "Your request can't be completed. You need to be an organizer to cancel a meeting."
            )
            raise Refused(400, "ErrorInvalidRequest", message)
        self._remove(call, tenant, mailbox, one, "cancel")
        return Answer(202)

    async def accept(self, call: Call) -> Answer:
        """POST …/events/{id}/accept: 202, for an attendee only, without another time (§2.5)."""
        if call.body and "proposedNewTime" in call.json():
            message = (
                "The parameter 'proposedNewTime' in the request payload is not a valid parameter "
                "for the operation 'accept'."
            )
            raise Refused(400, "RequestBodyRead", message)
        return self._answered(call, "accepted", "accept")

    async def tentatively_accept(self, call: Call) -> Answer:
        """POST …/events/{id}/tentativelyAccept: 202, for an attendee only (§2.5)."""
        return self._answered(call, "tentativelyAccepted", "tentativelyAccept")

    async def decline(self, call: Call) -> Answer:
        """POST …/events/{id}/decline: 202, for an attendee only; the copy or its one day goes (§2.5)."""
        return self._answered(call, "declined", "decline")

    def _answered(
        self,
        call: Call,
        response: Literal["accepted", "tentativelyAccepted", "declined"],
        kind: str,
    ) -> Answer:
        tenant, mailbox, one = self._target(call, call.segments[-2])
        if one.event.is_organizer:
            message = (
                "Your request can't be completed. You can't respond to this meeting because "
                "you're the meeting organizer."
            )
            raise Refused(400, "ErrorInvalidRequest", message)
        proposed, tell = _reply(call, one)
        answers, reply = self._state.answers(tenant), Reply(response, one.day, proposed)
        effect = answers.decline if response == "declined" else answers.accept
        outcome = effect(mailbox, one.event, reply, call.now, tell=tell)
        self._done(call, tenant, mailbox, one.event, outcome, kind)
        return Answer(202)

    def _target(self, call: Call, event_id: str) -> tuple[Tenant, Mailbox, Appearance]:
        mailbox = self._access.calendar(call, call.segments[1], write=True)
        return self._access.tenant(call), mailbox, named(mailbox, event_id)

    def _remove(
        self,
        call: Call,
        tenant: Tenant,
        mailbox: Mailbox,
        one: Appearance,
        kind: str,
        *,
        tell: bool = True,
    ) -> None:
        meetings, event = self._state.meetings(tenant), one.event
        outcome = (
            meetings.cancel_day(mailbox, event, one.day, call.now, tell=tell)
            if one.day
            else meetings.cancel(mailbox, event, call.now, tell=tell)
        )
        self._done(call, tenant, mailbox, event, outcome, kind)

    def _done(
        self,
        call: Call,
        tenant: Tenant,
        mailbox: Mailbox,
        event: Event,
        outcome: Outcome,
        kind: str,
    ) -> None:
        self._writes.add(kind, mailbox, event)
        self._state.commit(tenant, outcome, call.now)

    def _check_etag(self, call: Call, mailbox: Mailbox, event: Event) -> None:
        wanted = call.headers.get("if-match", "*").strip()
        if self._state.options.ignore_if_match or wanted in {"*", mailbox.mint.etag(event.change)}:
            return
        message = (
            "The change key passed in the request does not match the current change key for the "
            "item."
        )
        raise Refused(412, "ErrorIrresolvableConflict", message)

    def _check_attendees(self, invited: Collection[Attendee]) -> None:
        """The most of one event (§2.1); code and words of the refusal are unproven."""
        most = self._state.options.most_attendees
        if most is not None and len(invited) > most:
            message = f"Your request can't be completed. The maximum number of attendees is {most}."
            raise Refused(400, "ErrorInvalidRequest", message)

    def _check_boundary(self, event: Event, day: date, override: Override) -> None:
        """A day stays between the days its neighbours are on now (§2.5)."""
        if event.recurrence is None or override.start is None:
            return
        skipped = () if self._state.options.cancelled_days_bound else event.cancelled_days
        before, after = (
            one and on_day(event, one).start.date()
            for one in neighbours(event.recurrence, day, skipped)
        )
        moved = override.start.date()
        if (before and moved <= before) or (after and moved >= after):
            message = "Modified occurrence is crossing or overlapping adjacent occurrence."
            raise Refused(400, "ErrorOccurrenceCrossingBoundary", message)

    def _duplicate(self, lens: Lens, before: Transaction) -> Refused:
        # That a deleted event's id goes on being remembered is unproven (§2.3).
        return Refused(
            self._state.options.duplicate_transaction_status,
            "ErrorDuplicateTransactionId",
            "Your request can't be completed. The TransactionId specified in the request has "
            "already been used to create a different event.",
            details={"@event.existingEventId": lens.id(Ref(before.key))},
        )


def _reply(call: Call, one: Appearance) -> tuple[Proposal | None, bool]:
    """The time that an answer proposes and whether the organiser hears; raises Refused (§2.5)."""
    body = call.json() if call.body else {}
    raw, tell = body.get("proposedNewTime"), bool(body.get("sendResponse", True))
    for name in ("comment", "proposedNewTime"):
        if body.get(name) is not None and not tell:
            # Seen by clients of Graph; nobody would read the comment.
            what = name[0].upper() + name[1:]
            message = f"'SendResponse' must be true when '{what}' is not null."
            raise Refused(400, "ErrorInvalidParameter", message)
    if raw is None:
        return None, tell
    if not one.event.allows_proposals:
        message = "Your request can't be completed. The organizer doesn't allow new time proposals."
        raise Refused(400, "ErrorInvalidRequest", message)
    return payloads.proposal(raw), tell


def _shown(call: Call, status: int, one: Appearance, lens: Lens) -> Answer:
    payload = {"@odata.context": context(call, "events/$entity"), **show(one, lens, "all")}
    return Answer(status, payload, applied(call))
