"""What the token behind a subscription means for it: challenges, pauses, the ten minutes (§6)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Literal

from .delivery import Delivery
from .notices import Notices
from .options import Options
from .state import State
from .subscriptions import Item, Register, Subscription

How = Literal["create", "PATCH", "reauthorize"]

_NEAREST = timedelta(minutes=15)
_APART = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Violation:
    """A PATCH and a reauthorize of one subscription within ten minutes."""

    subscription: str
    first: How
    second: How
    seconds: float
    broke: str | None


class Reauthorization:
    """Challenges subscriptions before their token ends and holds items back once it has."""

    def __init__(
        self,
        options: Options,
        state: State,
        register: Register,
        delivery: Delivery,
        notices: Notices,
    ) -> None:
        self._options = options
        self._state = state
        self._register = register
        self._delivery = delivery
        self._notices = notices
        self._patience = timedelta(hours=options.delivery_hours)
        self._random = Random(options.seed)  # noqa: S311 -- breakage repeatable by seed
        self._last: dict[str, tuple[How, datetime]] = {}
        self._held: dict[str, list[tuple[datetime, Item]]] = {}
        self.counts: Counter[str] = Counter()
        self.violations: list[Violation] = []
        notices.on_paused = self._hold

    def granted(
        self,
        subscription: Subscription,
        how: How,
        token_ends: datetime,
        now: datetime,
        former_expiry: datetime | None = None,
    ) -> None:
        """A call with a good token has authorised it; `former_expiry` is what a PATCH replaced."""
        broke = self._judge(subscription, how, now)
        self._last[subscription.id] = how, now
        match broke:
            case "not_extended":
                subscription.expires = former_expiry or subscription.expires
            case "forgotten":
                self._register.drop(subscription)
            case "not_authorized":
                return
            case _:
                pass
        if not self._options.reauthorization or not (
            subscription.lifecycle_url or self._options.pauses_without_lifecycle_url
        ):
            return
        subscription.authorized_until = token_ends
        subscription.grants += 1
        self._release(subscription, now)
        self._plan(subscription, now)

    def report(self) -> dict[str, object]:
        """What happened, what waits, and who broke the ten-minute rule."""
        waiting = sum(len(items) for items in self._held.values())
        return {**self.counts, "waiting": waiting, "violations": self.violations}

    def _judge(self, subscription: Subscription, how: How, now: datetime) -> str | None:
        before, at = self._last.get(subscription.id, (how, now))
        if {before, how} != {"PATCH", "reauthorize"} or now - at >= _APART:
            return None
        broke = None
        if self._options.ten_minute_rule == "chaos":
            broke = self._random.choice(("not_extended", "forgotten", "not_authorized"))
            self.counts[f"broke_{broke}"] += 1
        seconds = (now - at).total_seconds()
        self.violations.append(Violation(subscription.id, before, how, seconds, broke))
        return broke

    def _plan(self, subscription: Subscription, now: datetime) -> None:
        left = self._end(subscription) - now
        pause = left if timedelta() < left < _NEAREST else max(_NEAREST, left / 2)
        step = partial(self._challenge, subscription.id, subscription.grants)
        self._state.agenda.plan(now + pause, step)

    def _challenge(self, subscription_id: str, grants: int, now: datetime) -> None:
        subscription = self._register.get(subscription_id, now)
        if subscription is None or subscription.grants != grants:
            return
        if subscription.paused(now) and self._revoked(subscription):
            self.counts["removed"] += 1
            self._notices.remove(subscription, now)
            return
        if self._notices.lifecycle(subscription, "reauthorizationRequired", now):
            self.counts["challenged"] += 1
        if now < self._end(subscription) + self._patience:
            self._plan(subscription, now)

    def _end(self, subscription: Subscription) -> datetime:
        return min(subscription.authorized_until or subscription.expires, subscription.expires)

    def _revoked(self, subscription: Subscription) -> bool:
        tenant = self._state.tenants.get(subscription.tenant)
        app = tenant.apps.get(subscription.app) if tenant else None
        return app is None or app.disabled or not (app.roles or app.scope)

    def _hold(self, subscription: Subscription, item: Item, now: datetime) -> None:
        self.counts["held"] += 1
        held = self._held.setdefault(subscription.id, [])
        held.append((now, item))
        if len(held) == 1:
            self._plan_end(subscription.id, now)

    def _plan_end(self, subscription_id: str, since: datetime) -> None:
        self._state.agenda.plan(since + self._patience, partial(self._give_up, subscription_id))

    def _give_up(self, subscription_id: str, now: datetime) -> None:
        held = self._held.pop(subscription_id, [])
        kept = [(since, item) for since, item in held if now - since < self._patience]
        if kept:
            self._held[subscription_id] = kept
            self._plan_end(subscription_id, kept[0][0])
        if len(kept) < len(held):
            self.counts["given_up"] += len(held) - len(kept)
            self._delivery.lose(subscription_id, now)

    def _release(self, subscription: Subscription, now: datetime) -> None:
        for _, item in self._held.pop(subscription.id, ()):
            if self._options.flushes_after_pause:
                self._delivery.send(subscription, subscription.notification_url, item, now)
            else:
                self.counts["not_replayed"] += 1
