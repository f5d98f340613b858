"""What an app may ask in a tenant and over all of them (graph-notifications §8.2)."""

from dataclasses import dataclass
from datetime import datetime

from .options import Options
from .throttling import Limit, Spent, Windows, retry_after
from .wire import Call, Refused

_SHOWN_FROM, _SHOWN_UNTIL = 0.8, 1.8
_DIRECTORY_OF_APP = Limit(150_000, 20)


@dataclass(frozen=True, slots=True)
class Quota:
    """A kind of call with the limits of an app over all tenants and in one."""

    name: str
    app: Limit
    app_in_tenant: Limit


SUBSCRIPTION_WRITES = Quota("subscription writes", Limit(2_000, 20), Limit(500, 20))
REAUTHORIZATIONS = Quota("reauthorizations", Limit(4_000, 20), Limit(1_000, 20))
SUBSCRIPTION_READS = Quota("subscription reads", Limit(2_000, 20), Limit(500, 20))
SUBSCRIPTION_LISTS = Quota("subscription lists", Limit(40, 20), Limit(25, 20))


class Quotas:
    """Counts what each app asks; raises Refused with 429 where it is too much."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._windows = Windows()
        self._requests = Limit(options.calls_per_10_seconds, 10)

    def count(self, call: Call) -> None:
        """Any call."""
        self._check(self._spend(call, "all", self._requests, 1), call.now)
        places = self._options.places_per_second
        if places is not None and call.segments[:1] == ("places",):
            key = ("places", call.caller.tenant)
            self._check(self._spend(call, key, Limit(places, 1), 1), call.now)

    def take(self, call: Call, quota: Quota) -> None:
        """A call of one kind."""
        in_tenant = (quota.name, call.caller.tenant)
        for key, limit in ((in_tenant, quota.app_in_tenant), (quota.name, quota.app)):
            self._check(self._spend(call, key, limit, 1), call.now)

    def read_directory(self, call: Call, units: int, users: int) -> dict[str, str]:
        """A read of a directory with so many users; the headers of its answer."""
        cost = _cost(call, units)
        tenant = call.caller.tenant
        spent = self._spend(call, ("directory", tenant), _directory_limit(users), cost)
        over_all = self._spend(call, "directory", _DIRECTORY_OF_APP, cost)
        headers = {"x-ms-resource-unit": str(cost)}
        if spent.share >= _SHOWN_FROM:
            share = min(spent.share, _SHOWN_UNTIL)
            headers["x-ms-throttle-limit-percentage"] = f"{share:.1f}"
        for one, scope in ((spent, "Tenant_Application"), (over_all, "Application")):
            reason = {
                "x-ms-throttle-scope": f"{scope}/Read/{call.caller.app}/{tenant}",
                "x-ms-throttle-information": "ResourceUnitLimitExceeded",
            }
            self._check(one, call.now, headers | reason)
        return headers

    def _spend(self, call: Call, key: object, limit: Limit, cost: int) -> Spent:
        return self._windows.spend((call.caller.app, key), limit, cost, call.now)

    def _check(self, spent: Spent, now: datetime, headers: dict[str, str] | None = None) -> None:
        if spent.share <= 1 or not self._options.throttle:
            return
        waiting = retry_after(self._options, spent.seconds_left, now)
        raise Refused(
            429, "TooManyRequests", "Please retry again later.", waiting | (headers or {})
        )


def _directory_limit(users: int) -> Limit:
    if users < 50:
        return Limit(3_500, 10)
    return Limit(5_000 if users <= 500 else 8_000, 10)


def _cost(call: Call, units: int) -> int:
    few = call.query.get("$top", "").isdecimal() and int(call.query["$top"]) < 20
    saved = int("$select" in call.query) + int(few)
    return max(1, units - saved + int("$expand" in call.query))
