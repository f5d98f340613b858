"""Telling receivers: rows in version order, each after the one before is confirmed."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from prometheus_client import Counter

from contracts.cloudevents import CONTENT_TYPE
from contracts.events import (
    Booking,
    Organizer,
    RoomSynced,
    RoomUnreachable,
    UnreachableReason,
    booking_event,
    command_result_event,
    room_event,
)
from contracts.identity import NAMESPACE
from contracts.routing import EVENTS
from eventbus import NotConfirmed

from ..domain.booking import Row
from ..domain.command import Asked
from ..domain.room import Claim, Notice
from .needs import Messages

results = Counter(
    "sync_command_results_total", "Results confirmed, repeats too", ["outcome", "reason"]
)

_REASONS: dict[str, UnreachableReason] = {
    "mailbox_gone": "mailbox_gone",
    "mailbox_unsupported": "mailbox_unsupported",
    "forbidden": "forbidden",
}


class Publisher:
    """Publishes with confirm, in the order given."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    async def bookings(self, claim: Claim, rows: Sequence[Row]) -> int:
        """Publish these rows, ordered by version; how many are confirmed, the first failure ending it.

        One after the other: were two under way, a refusal or a bus of several connections could turn them round.
        Throughput comes from the rooms that do this at the same time.
        """
        for done, row in enumerate(rows):
            if not await self._one(claim, row):
                return done
        return len(rows)

    async def _one(self, claim: Claim, row: Row) -> bool:
        key, body = booking_event(
            _booking(claim.room_id, row),
            organisation_id=claim.organisation_id,
            version=row.version,
            time=row.changed_at,
        )
        try:
            await self._messages.publish(EVENTS, key, body, content_type=CONTENT_TYPE)
        except NotConfirmed:
            return False
        return True

    async def result(self, organisation_id: UUID, asked: Asked) -> None:
        """Publish how a command ended; raises NotConfirmed. A repeat has the same id."""
        if asked.result is None or asked.decided_at is None:
            raise ValueError("the command is not decided")
        key, body = command_result_event(
            asked.result,
            organisation_id=organisation_id,
            time=asked.decided_at,
            id=asked.key.result_id(),
        )
        await self._messages.publish(EVENTS, key, body, content_type=CONTENT_TYPE)
        results.labels(asked.result.outcome, asked.result.reason or "").inc()

    async def notice(self, claim: Claim, notice: Notice, bookings: int) -> None:
        """Publish one room.* message; raises NotConfirmed. A repeat has the same id."""
        key, body = room_event(
            RoomSynced(room_id=claim.room_id, bookings=bookings)
            if notice.kind == "synced"
            else RoomUnreachable(
                room_id=claim.room_id, reason=_REASONS.get(notice.reason or "", "forbidden")
            ),
            organisation_id=claim.organisation_id,
            time=notice.at,
            id=uuid5(NAMESPACE, f"rooms/{claim.room_id}/{notice.kind}/{notice.at.isoformat()}"),
        )
        await self._messages.publish(EVENTS, key, body, content_type=CONTENT_TYPE)


def _booking(room_id: UUID, row: Row) -> Booking:
    return Booking(
        id=row.id,
        room_id=room_id,
        start=row.starts,
        end=row.ends,
        all_day=row.all_day,
        time_zone=row.time_zone,
        subject=row.subject,
        organizer=Organizer(name=row.organizer_name, email=row.organizer_email or None),
        status=row.status,
        origin=row.origin,
        series_id=row.series_id,
        original_start=row.original_start,
        version=row.version,
    )
