"""Whether both sides agree: the simulated Outlook on one, the platform's ledger on the other. Shares no code with the engine."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from contracts.identity import NAMESPACE

from .office import Office
from .processes import until
from .stack import Stack


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def outlook(office: Office) -> dict[str, tuple[datetime, datetime, str]]:
    """Subject of every single meeting in the rooms' calendars → start, end, status (design §5.2)."""
    now = datetime.now(UTC)
    shown: dict[str, tuple[datetime, datetime, str]] = {}
    for room, mailbox in office.rooms.items():
        window = f"?from={now - timedelta(hours=12):%Y-%m-%dT%H:%M:%SZ}&to={now + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
        listed = await office.sim.call("GET", f"/_sim/mailboxes/{mailbox}/meetings{window}")
        for row in listed["items"]:
            if row["is_cancelled"] or row["type"] != "singleInstance":
                continue
            status = {"accepted": "confirmed", "organizer": "confirmed", "notResponded": "pending"}[
                row["response"]
            ]
            booking = uuid5(NAMESPACE, f"{room}/{row['event_id']}")
            shown[f"rooms/{room}/bookings/{booking}"] = (
                _moment(row["start"]),
                _moment(row["end"]),
                status,
            )
    return shown


def platform(stack: Stack, office: Office) -> dict[str, tuple[datetime, datetime, str]]:
    """The same of the highest versions that arrived, without the cancelled."""
    kept: dict[str, tuple[datetime, datetime, str]] = {}
    for subject, message in stack.ledger.latest().items():
        data: dict[str, Any] = message["data"]
        if UUID(data["room_id"]) in office.rooms and data["status"] != "cancelled":
            kept[subject] = (_moment(data["start"]), _moment(data["end"]), data["status"])
    return kept


async def settle(stack: Stack, office: Office, within: float = 60) -> None:
    """Return when both sides agree; fails with the difference and the services' logs."""

    async def agree() -> bool:
        return await outlook(office) == platform(stack, office)

    try:
        async with asyncio.timeout(within):
            await until(agree, 0.2)
    except TimeoutError:
        ours, theirs = platform(stack, office), await outlook(office)
        lacking = {s: v for s, v in theirs.items() if ours.get(s) != v}
        ghosts = {s: v for s, v in ours.items() if s not in theirs}
        raise AssertionError(
            f"lacking or stale: {lacking}\nghosts: {ghosts}\n{stack.logs()}"
        ) from None
