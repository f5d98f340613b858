"""The control API under `/_sim`: what a test, a bench or a demo does to the simulated cloud."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from .defects import Defects
from .delivery import Delivery
from .faults import Faults
from .founding import found
from .gateway import Gateway
from .guard import Guard
from .load import Load, LoadPlan
from .notices import Channel, Notices
from .outlook import Outlook
from .publisher_keys import PublisherKeys
from .reauthorization import Reauthorization
from .recurrence import InvalidRecurrence
from .scenario import Scenario
from .state import State
from .subscribing import Subscribing
from .subscriptions import Register
from .tenants import Tenant
from .trace import Trace
from .wire import Answer, Call, Refused
from .writes import Writes
from .zones import UnknownZone, instant_text

Json = Mapping[str, Any]


class Control:
    """Answers `/_sim/…`; no authentication, the port is meant for loopback."""

    def __init__(
        self,
        state: State,
        gateway: Gateway,
        guard: Guard,
        writes: Writes,
        faults: Faults,
        register: Register,
        delivery: Delivery,
        notices: Notices,
        load: Load,
        defects: Defects,
        publisher_keys: PublisherKeys,
        subscribing: Subscribing,
        reauthorization: Reauthorization,
        trace: Trace,
    ) -> None:
        self._state = state
        self._gateway = gateway
        self._guard = guard
        self._writes = writes
        self._faults = faults
        self._register = register
        self._delivery = delivery
        self._notices = notices
        self._load = load
        self._defects = defects
        self._publisher_keys = publisher_keys
        self._subscribing = subscribing
        self._reauthorization = reauthorization
        self._trace = trace
        self._outlook = Outlook(state)
        self._simple: dict[tuple[str, str], Callable[[Call], Awaitable[Answer]]] = {
            ("POST", "tenants"): self._tenants,
            ("POST", "scenario"): self._scenario,
            ("POST", "lifecycle"): self._lifecycle,
            ("GET", "report"): self._report,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "defects"): self._add_defect,
            ("DELETE", "defects"): self._clear_defects,
            ("POST", "publisher-keys"): self._rotate,
            ("GET", "subscriptions"): self._subscriptions,
            ("POST", "pause-deliveries"): self._pause,
            ("POST", "guard/check"): self._check,
            ("POST", "guard/reset"): self._reset,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._move_clock,
            ("POST", "load"): self._start_load,
            ("GET", "load"): self._show_load,
            ("DELETE", "load"): self._stop_load,
        }

    async def handle(self, call: Call) -> Answer:
        """Answers one control call; errors are `{"error": text}`."""
        rest = call.segments[1:]
        try:
            simple = self._simple.get((call.method, "/".join(rest)))
            if simple is not None:
                return await simple(call)
            if len(rest) >= 3 and rest[0] == "mailboxes":
                return self._outlook.handle(call, rest[1], rest[2:])
            if call.method == "DELETE" and rest[:1] == ("subscriptions",) and len(rest) == 2:
                return self._remove_subscription(call, rest[1])
        except Refused as refused:
            return Answer(refused.status, {"error": refused.message})
        except (ValueError, KeyError, TypeError, InvalidRecurrence, UnknownZone) as error:
            return Answer(400, {"error": f"{type(error).__name__}: {error}"})
        return Answer(404, {"error": f"no such control call: {call.method} {call.path}"})

    async def _tenants(self, call: Call) -> Answer:
        tenant = found(self._state, call.json())
        self._founded(tenant, call)
        return Answer(201, {"tenant_id": str(tenant.id), "mailboxes": len(tenant.mailboxes)})

    def _founded(self, tenant: Tenant, call: Call) -> None:
        for mailbox in tenant.mailboxes.values():
            if mailbox.hosting != "cloud":
                self._notices.mailbox_gone(mailbox.id, call.now)

    async def _scenario(self, call: Call) -> Answer:
        """Founds and arms what a scenario says; options and clock are chosen at the start."""
        scenario = Scenario.read(call.body)
        for name in ("options", "clock"):
            if getattr(scenario.document, name):
                raise Refused(400, "", f"is for `--scenario` alone - at `$.{name}`")
        tenants = scenario.play(self._state, self._faults)
        for tenant in tenants:
            self._founded(tenant, call)
        return Answer(201, {"tenants": len(tenants), "faults": len(self._faults.all)})

    async def _lifecycle(self, call: Call) -> Answer:
        body: Json = call.json()
        event, now = str(body["event"]), call.now
        channel: Channel = "notification" if body.get("on") == "notification" else "lifecycle"
        sent = 0
        for one in self._register.of_mailbox(UUID(str(body["room"])), now):
            sent += self._notices.lifecycle(one, event, now, channel)
            if event == "subscriptionRemoved":
                self._register.drop(one)
        return Answer(200, {"sent": sent})

    async def _add_fault(self, call: Call) -> Answer:
        return Answer(201, {"number": self._faults.add(call.json()).number})

    async def _clear_faults(self, _: Call) -> Answer:
        self._faults.clear()
        return Answer(204)

    async def _add_defect(self, call: Call) -> Answer:
        return Answer(201, {"number": self._defects.add(call.json()).number})

    async def _clear_defects(self, _: Call) -> Answer:
        self._defects.clear()
        return Answer(204)

    async def _rotate(self, call: Call) -> Answer:
        withdraw = bool((call.json() if call.body else {}).get("withdraw"))
        return Answer(201, {"kid": self._publisher_keys.rotate(withdraw=withdraw)})

    async def _report(self, call: Call) -> Answer:
        limits = self._gateway.limits
        return Answer(
            200,
            {
                "now": instant_text(call.now),
                "trace": self._trace.report(),
                "guard_violations": self._guard.violations(),
                "event_gets": self._guard.event_gets,
                "reasks": self._guard.reasks(),
                "event_misses": self._guard.event_misses,
                "instance_reads": self._guard.instance_reads,
                "window_reads": self._guard.window_reads,
                "marker_reads": self._guard.marker_reads,
                "notified": self._notices.notified,
                "requests": self._gateway.counts,
                "deliveries": {
                    **self._delivery.counts,
                    "waiting": self._delivery.waiting(),
                    "statuses": self._delivery.statuses,
                    "endpoints": self._delivery.conditions(),
                },
                "subscribing": self._subscribing.counts,
                "reauthorization": self._reauthorization.report(),
                "publisher_keys": self._publisher_keys.report(),
                "faults": self._faults.report(),
                "defects": self._defects.report(),
                "throttled": {str(one): times for one, times in limits.refused.items()},
                "most_at_once": {str(one): times for one, times in limits.most_at_once.items()},
                "writes": self._writes.by_kind,
                "writes_by_event": self._writes.by_event,
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
        self._writes.reset()
        return Answer(204)

    async def _clock(self, _: Call) -> Answer:
        clock = self._state.clock
        return Answer(200, {"now": instant_text(clock.now()), "stands": clock.stands})

    async def _move_clock(self, call: Call) -> Answer:
        body, clock = call.json(), self._state.clock
        if not body.keys() & {"advance", "stands"}:
            raise ValueError("`advance` or `stands` is missing")
        if "stands" in body:
            (clock.stop if body["stands"] else clock.go)()
        if "advance" in body:
            clock.advance(float(body["advance"]))
        # Before the answer, so that whoever advanced sees what that did.
        self._state.agenda.run_due(clock.now())
        return await self._clock(call)

    async def _start_load(self, call: Call) -> Answer:
        body: Json = call.json()
        plan = LoadPlan(
            rooms=tuple(UUID(str(room)) for room in body["rooms"]),
            rate=float(body["rate"]),
            seconds=float(body["seconds"]),
        )
        self._load.start(plan)
        return Answer(202, {"changes": plan.changes})

    async def _stop_load(self, _: Call) -> Answer:
        self._load.stop()
        return Answer(204)

    async def _show_load(self, _: Call) -> Answer:
        return Answer(200, self._load.report())
