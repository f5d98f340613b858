"""What receivers of one room are owed: bookings in the order of their versions, results, notices (design §5.1, settle)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from ..domain.booking import Row
from ..domain.command import Asked
from ..domain.room import Claim, State, with_lags
from .errands import Errands
from .needs import Outgoing
from .publishing import Publisher


class Outbox:
    """Publishes what is committed; whoever holds the room keeps the state that each call returns."""

    def __init__(
        self, claim: Claim, publisher: Publisher, outgoing: Outgoing, clock: Callable[[], datetime]
    ) -> None:
        self._claim = claim
        self._publisher = publisher
        self._outgoing = outgoing
        self._clock = clock
        self._hints: dict[str, datetime] = {}

    def heard(self, hints: Mapping[str, datetime]) -> None:
        """Remember when the ingress received the hint about an event: its lag is counted when it is told."""
        self._hints.update(hints)

    async def bookings(self, rows: Iterable[Row], state: State) -> State:
        """Tell the rows that receivers have not seen, as far as the broker confirms them."""
        owed = sorted(
            (row for row in rows if row.published and row.version > state.published_version),
            key=lambda row: row.version,
        )
        if not owed:
            return replace(state, published_version=state.version)
        told = owed[: await self._publisher.bookings(self._claim, owed)]
        now = self._clock()
        lags = tuple(
            max(0, round((now - self._hints.pop(row.event_id)).total_seconds() * 1_000))
            for row in told
            if row.event_id in self._hints
        )
        if not told:
            return state
        # A version that a later one of the same booking replaced before it was sent is nobody's any more.
        newest = state.version if len(told) == len(owed) else told[-1].version
        return replace(state, published_version=newest, lags=with_lags(state.lags, lags))

    async def notice(self, state: State) -> State:
        """Tell the next room.* message that is owed; raises NotConfirmed."""
        await self._publisher.notice(self._claim, state.notices[0], state.loaded)
        return replace(state, notices=state.notices[1:])

    async def results(self, errands: Errands) -> None:
        """Tell how commands ended; raises NotConfirmed."""
        sent: list[Asked] = []
        organisation_id = self._claim.organisation_id
        try:
            for asked in errands.unsent:
                if asked.for_room is None:
                    await self._publisher.result(organisation_id, asked)
                sent.append(asked)
        finally:
            if sent:
                keys = [asked.key for asked in sent]
                rooms = [asked.for_room for asked in sent if asked.for_room is not None]
                await self._outgoing.sent(organisation_id, keys, self._clock(), rooms)
                errands.was_sent(keys)
