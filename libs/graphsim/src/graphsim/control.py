"""The control API under `/_sim`: what a test, a bench or a demo does to the simulated cloud."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from .delivery import Delivery
from .events import Attendee, Event, Override, Person
from .faults import Fault, Faults
from .founding import found
from .gateway import Gateway
from .guard import Guard
from .ids import Ref
from .load import Load, LoadPlan
from .mailboxes import Mailbox
from .meetings import Draft
from .notices import Notices
from .recurrence import InvalidRecurrence
from .recurrence import read as read_recurrence
from .state import State
from .subscriptions import Register
from .tenants import Tenant
from .wire import Answer, Call, Refused
from .zones import UnknownZone, instant_text, parse_instant, parse_wall

Json = Mapping[str, Any]


class Control:
    """Answers `/_sim/…`; no authentication, the port is meant for loopback."""

    def __init__(
        self,
        state: State,
        gateway: Gateway,
        guard: Guard,
        faults: Faults,
        register: Register,
        delivery: Delivery,
        notices: Notices,
        load: Load,
    ) -> None:
        self._state = state
        self._gateway = gateway
        self._guard = guard
        self._faults = faults
        self._register = register
        self._delivery = delivery
        self._notices = notices
        self._load = load
        self._simple: dict[tuple[str, str], Callable[[Call], Awaitable[Answer]]] = {
            ("POST", "tenants"): self._tenants,
            ("POST", "lifecycle"): self._lifecycle,
            ("GET", "report"): self._report,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "subscriptions"): self._subscriptions,
            ("POST", "pause-deliveries"): self._pause,
            ("POST", "guard/check"): self._check,
            ("POST", "guard/reset"): self._reset,
            ("POST", "clock"): self._advance,
            ("POST", "load"): self._start_load,
            ("GET", "load"): self._show_load,
        }

    async def handle(self, call: Call) -> Answer:
        """Answers one control call; errors are `{"error": text}`."""
        rest = call.segments[1:]
        try:
            simple = self._simple.get((call.method, "/".join(rest)))
            if simple is not None:
                return await simple(call)
            if len(rest) >= 3 and rest[0] == "mailboxes" and rest[2] == "meetings":
                return self._meetings(call, rest)
            if call.method == "DELETE" and rest[:1] == ("subscriptions",) and len(rest) == 2:
                return self._remove_subscription(call, rest[1])
        except Refused as refused:
            return Answer(refused.status, {"error": refused.message})
        except (ValueError, KeyError, TypeError, InvalidRecurrence, UnknownZone) as error:
            return Answer(400, {"error": f"{type(error).__name__}: {error}"})
        return Answer(404, {"error": f"no such control call: {call.method} {call.path}"})

    async def _tenants(self, call: Call) -> Answer:
        tenant = found(self._state, call.json())
        return Answer(201, {"tenant_id": str(tenant.id), "mailboxes": len(tenant.mailboxes)})

    def _meetings(self, call: Call, rest: tuple[str, ...]) -> Answer:
        owned = self._state.owner_of(UUID(rest[1]))
        if owned is None:
            raise Refused(404, "", f"no such mailbox: {rest[1]}")
        tenant, mailbox = owned
        if len(rest) == 3 and call.method == "POST":
            return self._book(call, tenant, mailbox)
        if len(rest) == 3 and call.method == "GET":
            return self._listed(call, tenant, mailbox)
        if len(rest) != 4 or call.method not in {"PATCH", "DELETE"}:
            raise Refused(405, "", "POST or GET here, PATCH or DELETE on a meeting")
        owner, event, day = self._original(tenant, mailbox, rest[3])
        if call.method == "DELETE":
            here = call.query.get("only") == "here"
            if here:
                owner, event, _ = self._named(mailbox, rest[3])
            return self._cancelled(call, tenant, owner, event, day)
        body = call.json()
        if body.get("occurrence"):
            day = date.fromisoformat(str(body["occurrence"])[:10])
        if body.get("cancel"):
            return self._cancelled(call, tenant, owner, event, day)
        return self._edited(call, tenant, owner, event, day)

    def _book(self, call: Call, tenant: Tenant, room: Mailbox) -> Answer:
        body: Json = call.json()
        draft = _draft(body, room)
        meetings = self._state.meetings(tenant)
        address = body.get("organizer")
        owner = tenant.mailbox(str(address)) if address else room
        if owner is None:
            person = Person(str(body.get("organizer_name") or address), str(address))
            copy, outcome = meetings.receive(room, draft, person, call.now)
            event = copy
        else:
            event, outcome = meetings.create(owner, draft, call.now)
            found_copy = event if owner is room else room.copy_of(event.ical_uid)
            if found_copy is None:
                raise Refused(409, "", "the room has no mailbox that takes requests")
            copy = found_copy
        self._state.commit(tenant, outcome, call.now)
        answer = {"event_id": _id(room, copy), "etag": room.mint.etag(copy.change)}
        answer["organizer_event_id"] = _id(owner or room, event)
        answer["regular_event_id"] = room.mint.regular(Ref(copy.key))
        return Answer(201, answer)

    def _edited(
        self, call: Call, tenant: Tenant, owner: Mailbox, event: Event, day: date | None
    ) -> Answer:
        body: Json = call.json()
        zone = str(body.get("time_zone") or event.zone)
        changed: dict[str, Any] = {
            name: parse_wall(str(body[name]), zone) for name in ("start", "end") if name in body
        }
        if "subject" in body:
            changed["subject"] = str(body["subject"])
        meetings = self._state.meetings(tenant)
        if day is not None:
            if "start" in changed and "end" not in changed:
                changed["end"] = changed["start"] + event.length
            outcome = meetings.edit_day(owner, event, day, Override(**changed), call.now)
        else:
            if "start" in changed and "end" not in changed:
                changed["end"] = changed["start"] + event.length
            if body.get("time_zone"):
                changed["zone"] = zone
            if "sensitivity" in body:
                changed["sensitivity"] = str(body["sensitivity"])
            if "show_as" in body:
                changed["asked_show_as"] = changed["show_as"] = str(body["show_as"])
            if event.recurrence and "start" in changed:
                changed = _shift_series(event, changed)
            outcome = meetings.edit(owner, event, changed, call.now)
        self._state.commit(tenant, outcome, call.now)
        fresh = owner.events[event.key]
        return Answer(200, {"etag": owner.mint.etag(fresh.change)})

    def _cancelled(
        self, call: Call, tenant: Tenant, owner: Mailbox, event: Event, day: date | None
    ) -> Answer:
        meetings = self._state.meetings(tenant)
        if day is not None:
            outcome = meetings.cancel_day(owner, event, day, call.now)
        elif not event.is_organizer and tenant.mailbox(event.organizer.address) is None:
            outcome = meetings.cancel_outside(owner, event, call.now)
        else:
            outcome = meetings.cancel(owner, event, call.now)
        self._state.commit(tenant, outcome, call.now)
        return Answer(204)

    def _named(self, mailbox: Mailbox, text: str) -> tuple[Mailbox, Event, date | None]:
        read = mailbox.mint.read(text)
        event = mailbox.events.get(read[0].key) if read else None
        if read is None or event is None:
            raise Refused(404, "", "no such meeting")
        return mailbox, event, read[0].day

    def _original(
        self, tenant: Tenant, mailbox: Mailbox, text: str
    ) -> tuple[Mailbox, Event, date | None]:
        """The organiser's copy of a meeting named by any copy's id, where there is one."""
        if mailbox.mint.read(text) is None:
            mailbox = next(
                (one for one in tenant.mailboxes.values() if one.mint.read(text)), mailbox
            )
        named, event, day = self._named(mailbox, text)
        if event.is_organizer:
            return named, event, day
        owner = tenant.mailbox(event.organizer.address)
        original = owner.copy_of(event.ical_uid) if owner else None
        return (owner, original, day) if owner and original else (named, event, day)

    def _listed(self, call: Call, tenant: Tenant, room: Mailbox) -> Answer:
        start = parse_instant(call.query.get("from") or instant_text(call.now - timedelta(days=1)))
        end = parse_instant(call.query.get("to") or instant_text(call.now + timedelta(days=14)))
        rows = []
        for one in room.window(start, end):
            owner = tenant.mailbox(one.event.organizer.address)
            original = owner.copy_of(one.event.ical_uid) if owner else None
            rows.append(
                {
                    "event_id": room.mint.immutable(one.ref),
                    "etag": room.mint.etag(one.event.change),
                    "organizer_event_id": _id(owner, original) if owner and original else None,
                    "subject": one.subject,
                    "organizer_subject": original.subject if original else None,
                    "start": instant_text(one.starts_at),
                    "end": instant_text(one.ends_at),
                    "all_day": one.event.all_day,
                    "organizer": {
                        "name": one.event.organizer.name,
                        "address": one.event.organizer.address,
                    },
                    "response": one.response,
                    "is_cancelled": one.event.cancelled,
                    "show_as": one.show_as,
                    "type": one.kind,
                    "occurrence": one.day.isoformat() if one.day else None,
                    "series_master_id": _id(room, one.event) if one.day else None,
                    "original_start": (
                        instant_text(one.original_start) if one.original_start else None
                    ),
                }
            )
        return Answer(200, {"items": rows})

    async def _lifecycle(self, call: Call) -> Answer:
        body: Json = call.json()
        event, now = str(body["event"]), call.now
        sent = 0
        for one in self._register.of_mailbox(UUID(str(body["room"])), now):
            sent += self._notices.lifecycle(one, event, now)
            if event == "subscriptionRemoved":
                self._register.drop(one)
        return Answer(200, {"sent": sent})

    async def _add_fault(self, call: Call) -> Answer:
        body: Json = call.json()
        match: Json = body.get("match") or {}
        retry_after = body.get("retry_after")
        fault = Fault(
            number=len(self._faults.all) + 1,
            method=str(match.get("method") or "*").upper(),
            path=re.compile(str(match.get("path") or "")),
            status=int(body.get("status") or 503),
            times=int(body.get("times") or 1),
            retry_after=None if retry_after is None else str(retry_after),
            body=body.get("body"),
            when="after" if body.get("when") == "after" else "before",
            drop=bool(body.get("drop")),
        )
        self._faults.add(fault)
        return Answer(201, {"number": fault.number})

    async def _clear_faults(self, _: Call) -> Answer:
        self._faults.clear()
        return Answer(204)

    async def _report(self, call: Call) -> Answer:
        limits = self._gateway.limits
        return Answer(
            200,
            {
                "now": instant_text(call.now),
                "guard_violations": self._guard.violations(),
                "event_gets": self._guard.event_gets,
                "reasks": self._guard.reasks(),
                "event_misses": self._guard.event_misses,
                "instance_reads": self._guard.instance_reads,
                "window_reads": self._guard.window_reads,
                "notified": self._notices.notified,
                "requests": self._gateway.counts,
                "deliveries": {
                    **self._delivery.counts,
                    "waiting": self._delivery.waiting(),
                    "statuses": self._delivery.statuses,
                },
                "faults": self._faults.report(),
                "throttled": {str(one): times for one, times in limits.refused.items()},
                "most_at_once": {str(one): times for one, times in limits.most_at_once.items()},
                "writes": sum(
                    times
                    for name, times in self._gateway.counts.items()
                    if not name.startswith("GET") and "/events" in name
                ),
                "pending_steps": len(self._state.agenda),
                "load": self._load.report(),
            },
        )

    async def _subscriptions(self, call: Call) -> Answer:
        rows = [
            {**one.shown(), "mailbox": str(one.mailbox), "tenant": str(one.tenant)}
            for one in self._register.everything()
            if one.expires > call.now
        ]
        return Answer(200, {"items": rows})

    def _remove_subscription(self, call: Call, subscription_id: str) -> Answer:
        """Silent removal: Graph forgets it and tells nobody (§9)."""
        one = self._register.get(subscription_id, call.now)
        if one is None:
            raise Refused(404, "", "no such subscription")
        self._register.drop(one)
        return Answer(204)

    async def _pause(self, call: Call) -> Answer:
        paused = bool((call.json() if call.body else {}).get("paused", True))
        self._delivery.pause(paused=paused)
        return Answer(200, {"paused": paused, "waiting": self._delivery.waiting()})

    async def _check(self, _: Call) -> Answer:
        violations = self._guard.violations()
        return Answer(409 if violations else 200, {"guard_violations": violations})

    async def _reset(self, _: Call) -> Answer:
        self._guard.reset()
        return Answer(204)

    async def _advance(self, call: Call) -> Answer:
        self._state.clock.advance(float(call.json()["advance"]))
        return Answer(200, {"now": instant_text(self._state.clock.now())})

    async def _start_load(self, call: Call) -> Answer:
        body: Json = call.json()
        plan = LoadPlan(
            rooms=tuple(UUID(str(room)) for room in body["rooms"]),
            rate=float(body["rate"]),
            seconds=float(body["seconds"]),
        )
        self._load.start(plan)
        return Answer(202, {"changes": plan.changes})

    async def _show_load(self, _: Call) -> Answer:
        return Answer(200, self._load.report())


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
        all_day=bool(body.get("all_day")),
        show_as=str(body.get("show_as") or "busy"),
        sensitivity=str(body.get("sensitivity") or "normal"),
        recurrence=read_recurrence(raw, start.date(), zone) if raw else None,
        location=room.name,
        attendees=attendees,
    )


def _shift_series(event: Event, changed: dict[str, Any]) -> dict[str, Any]:
    # A master's start is its first day's; only the clock times of a series move here.
    start: datetime = datetime.combine(event.start.date(), changed["start"].time())
    return {**changed, "start": start, "end": start + (changed["end"] - changed["start"])}


def _id(mailbox: Mailbox, event: Event) -> str:
    return mailbox.mint.immutable(Ref(event.key))
