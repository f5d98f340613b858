"""The control API's meetings: what people do in Outlook, and what they see there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from .copies import Reply
from .events import Appearance, Attendee, Event, Override, Person, on_day, whole
from .ids import Ref, guid
from .mailboxes import Mailbox
from .meetings import Draft
from .recurrence import read as read_recurrence
from .state import State
from .tenants import Tenant
from .wire import Answer, Call, Refused
from .zones import instant_text, parse_instant, parse_wall

Json = Mapping[str, Any]


class Outlook:
    """Answers `/_sim/mailboxes/{id}/…`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def handle(self, call: Call, mailbox_id: str, rest: tuple[str, ...]) -> Answer:
        """Answers a call on a mailbox or its meetings; `rest` says on which.

        Raises Refused, ValueError, KeyError, TypeError.
        """
        owned = self._state.owner_of(guid(mailbox_id))
        if owned is None:
            raise Refused(404, "", f"no such mailbox: {mailbox_id}")
        tenant, mailbox = owned
        match call.method, rest:
            case "POST", ("move",):
                mailbox.move()
                return Answer(204)
            case "POST", ("meetings",):
                return self._book(call, tenant, mailbox)
            case "GET", ("meetings",):
                return self._listed(call, tenant, mailbox)
            case "PATCH", ("meetings", meeting):
                return self._changed(call, tenant, mailbox, meeting)
            case "DELETE", ("meetings", meeting):
                here = call.query.get("only") == "here"
                named = (
                    _named(mailbox, meeting) if here else self._original(tenant, mailbox, meeting)
                )
                return self._cancelled(call, tenant, *named)
            case _:
                raise Refused(
                    405, "", "POST or GET on meetings, PATCH or DELETE on one, POST on move"
                )

    def _book(self, call: Call, tenant: Tenant, room: Mailbox) -> Answer:
        body: Json = call.json()
        draft = _draft(body, room)
        meetings = self._state.meetings(tenant)
        address = body.get("organizer")
        owner = tenant.mailbox(str(address)) if address else room
        if owner is None:
            name = str(body.get("organizer_name") or address)
            owner = tenant.outsider(self._state.options.seed, name, str(address))
        event, outcome = meetings.create(owner, draft, call.now)
        copy = event if owner is room else room.copy_of(event.ical_uid)
        if copy is None:
            raise Refused(409, "", "the room has no mailbox that takes requests")
        self._state.commit(tenant, outcome, call.now)
        answer = {"event_id": _id(room, copy), "etag": room.mint.etag(copy.change)}
        answer["organizer_event_id"] = _id(owner, event)
        answer["regular_event_id"] = room.mint.regular(Ref(copy.key))
        return Answer(201, answer)

    def _changed(self, call: Call, tenant: Tenant, mailbox: Mailbox, meeting: str) -> Answer:
        owner, event, day = self._original(tenant, mailbox, meeting)
        body: Json = call.json()
        if body.keys() & {"decide", "check_in"}:
            room, copy, named_day = _named(mailbox, meeting)
            at = _day(body) or named_day
            if "decide" in body:
                return self._decided(call, tenant, room, copy, at, str(body["decide"]))
            # Nothing that Graph shows changes.
            room.put(replace(copy, checked_in=copy.checked_in | {at}))
            return Answer(204)
        day = _day(body) or day
        if body.get("cancel"):
            return self._cancelled(call, tenant, owner, event, day)
        zone = str(body.get("time_zone") or event.zone)
        changed: dict[str, Any] = {
            name: parse_wall(str(body[name]), zone) for name in ("start", "end") if name in body
        }
        if "start" in changed and "end" not in changed:
            changed["end"] = changed["start"] + event.length
        if "subject" in body:
            changed["subject"] = str(body["subject"])
        meetings = self._state.meetings(tenant)
        if day is not None:
            outcome = meetings.edit_day(owner, event, day, Override(**changed), call.now)
        else:
            if body.get("time_zone"):
                changed |= {"zone": zone, "custom_zone": bool(body.get("custom_zone"))}
            if "sensitivity" in body:
                changed["sensitivity"] = str(body["sensitivity"])
            if "show_as" in body:
                changed["asked_show_as"] = changed["show_as"] = str(body["show_as"])
            outcome = meetings.edit(owner, event, changed, call.now)
        self._state.commit(tenant, outcome, call.now)
        return Answer(200, {"etag": owner.mint.etag(owner.events[event.key].change)})

    def _decided(
        self, call: Call, tenant: Tenant, room: Mailbox, copy: Event, day: date | None, word: str
    ) -> Answer:
        """A room's delegate takes or declines what waits for approval (§2.6)."""
        one = whole(copy) if day is None else on_day(copy, day)
        if one.response != "tentativelyAccepted":
            raise Refused(409, "", "nothing waits for a delegate here")
        answers = self._state.answers(tenant)
        match word:
            case "accept":
                outcome = answers.accept(room, copy, Reply("accepted", day), call.now, tell=True)
            case "decline":
                outcome = answers.decline(room, copy, Reply("declined", day), call.now, tell=True)
            case _:
                raise ValueError("a delegate decides to accept or to decline")
        self._state.commit(tenant, outcome, call.now)
        return Answer(204)

    def _cancelled(
        self, call: Call, tenant: Tenant, owner: Mailbox, event: Event, day: date | None
    ) -> Answer:
        meetings = self._state.meetings(tenant)
        if day is not None:
            outcome = meetings.cancel_day(owner, event, day, call.now)
        else:
            outcome = meetings.cancel(owner, event, call.now)
        self._state.commit(tenant, outcome, call.now)
        return Answer(204)

    def _original(
        self, tenant: Tenant, mailbox: Mailbox, text: str
    ) -> tuple[Mailbox, Event, date | None]:
        """The organiser's copy of a meeting named by any copy's id, where there is one."""
        if mailbox.mint.read(text) is None:
            known = chain(tenant.mailboxes.values(), tenant.outside.values())
            mailbox = next((one for one in known if one.mint.read(text)), mailbox)
        named, event, day = _named(mailbox, text)
        if event.is_organizer:
            return named, event, day
        owner = tenant.mailbox(event.organizer.address)
        if owner is None and not event.cancelled and not event.lone_day:
            return *self._state.meetings(tenant).adopt(event), day
        original = owner.copy_of(event.ical_uid) if owner else None
        return (owner, original, day) if owner and original else (named, event, day)

    def _listed(self, call: Call, tenant: Tenant, mailbox: Mailbox) -> Answer:
        start = parse_instant(call.query.get("from") or instant_text(call.now - timedelta(days=1)))
        end = parse_instant(call.query.get("to") or instant_text(call.now + timedelta(days=14)))
        rows = [_row(tenant, mailbox, one) for one in mailbox.window(start, end)]
        return Answer(200, {"items": rows})


def _day(body: Json) -> date | None:
    text = body.get("occurrence")
    return date.fromisoformat(str(text)[:10]) if text else None


def _named(mailbox: Mailbox, text: str) -> tuple[Mailbox, Event, date | None]:
    read = mailbox.mint.read(text)
    event = mailbox.events.get(read[0].key) if read else None
    if read is None or event is None:
        raise Refused(404, "", "no such meeting")
    return mailbox, event, read[0].day


def _row(tenant: Tenant, mailbox: Mailbox, one: Appearance) -> dict[str, object]:
    event, organizer = one.event, one.event.organizer
    owner = tenant.mailbox(organizer.address)
    original = owner.copy_of(event.ical_uid) if owner else None
    return {
        "event_id": mailbox.mint.immutable(one.ref),
        "etag": mailbox.mint.etag(event.change),
        "ical_uid": event.ical_uid,
        "organizer_event_id": _id(owner, original) if owner and original else None,
        "subject": one.subject,
        "organizer_subject": original.subject if original else None,
        "start": instant_text(one.starts_at),
        "end": instant_text(one.ends_at),
        "all_day": event.all_day,
        "organizer": {"name": organizer.name, "address": organizer.address},
        "attendees": [
            {"address": each.person.address, "kind": each.kind, "response": each.response}
            for each in one.attendees
        ],
        "properties": event.properties,
        "response": one.response,
        "is_cancelled": one.cancelled,
        "show_as": one.show_as,
        "type": one.kind,
        "occurrence": one.day.isoformat() if one.day else None,
        "series_master_id": _id(mailbox, event) if one.day else None,
        "original_start": instant_text(one.original_start) if one.original_start else None,
    }


def _draft(body: Json, room: Mailbox) -> Draft:
    zone = str(body.get("time_zone") or "UTC")
    start, end = (parse_wall(str(body[name]), zone) for name in ("start", "end"))
    if end < start:
        raise Refused(400, "", "the end is before the start")
    if body.get("all_day") and (start.time() != datetime.min.time() or end <= start):
        raise Refused(400, "", "an all-day meeting starts and ends at midnight")
    raw = body.get("recurrence")
    own = not body.get("organizer")
    attendees = () if own else (Attendee(Person(room.name, room.address), "resource"),)
    return Draft(
        subject=str(body.get("subject") or ""),
        start=start,
        end=end,
        zone=zone,
        has_attachments=bool(body.get("has_attachments")),
        custom_zone=bool(body.get("custom_zone")),
        all_day=bool(body.get("all_day")),
        show_as=str(body.get("show_as") or "busy"),
        sensitivity=str(body.get("sensitivity") or "normal"),
        recurrence=read_recurrence(raw, start.date(), zone) if raw else None,
        location=room.name,
        attendees=attendees,
    )


def _id(mailbox: Mailbox, event: Event) -> str:
    return mailbox.mint.immutable(Ref(event.key))
