"""How long a subscription is asked to live: what was refused as too long in a tenant is not asked there for a while."""

from datetime import datetime, timedelta
from uuid import UUID

# Graph enforces 10,070 minutes at most today and had 4,230 once; a tenant may have its own limit (graph-notifications §0, §2.6).
LONGEST = timedelta(minutes=10_000)
RICH = timedelta(minutes=1_400)  # with the events themselves: a day at most (§0)
_SHORTEST = timedelta(minutes=45)  # Graph raises anything less to it
_SHARE = 0.99  # of the limit: Graph's clock is not ours
_REMEMBERED = timedelta(days=1)


class Lives:
    """What each tenant said of the longest life; forgotten after a day, so that more is asked for again."""

    def __init__(self) -> None:
        self._longest: dict[UUID, tuple[timedelta, datetime]] = {}

    def to_ask(self, tenant_id: UUID, now: datetime) -> timedelta:
        """How long a new or renewed subscription of this tenant is asked to live."""
        longest, until = self._longest.get(tenant_id, (LONGEST, now))
        if until <= now:
            self._longest.pop(tenant_id, None)
            return LONGEST
        return longest

    def refused(self, tenant_id: UUID, most_minutes: int, now: datetime) -> None:
        """The tenant grants no more than so many minutes."""
        longest = max(timedelta(minutes=most_minutes) * _SHARE, _SHORTEST)
        self._longest[tenant_id] = (min(longest, LONGEST), now + _REMEMBERED)
