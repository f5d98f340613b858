"""Whether both sides agree: the simulated Outlook on one, the platform's ledger on the other. Shares no code with the engine."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from contracts.identity import NAMESPACE

from .office import Json, Office
from .processes import until
from .stack import Stack

State = tuple[datetime, datetime, str]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def bound(office: Office) -> dict[str, list[Json]]:
    """Booking id → the events with our marker, at whoever organises them; ours alone carry one."""
    found: dict[str, list[Json]] = defaultdict(list)
    for mailbox in (*office.mailboxes, *office.calendars.values()):
        for row in await office.shown(mailbox):
            for marker in row["properties"].values():
                found[marker].append(row)
    return found


async def outlook(office: Office) -> dict[str, State]:
    """Subject of every single meeting in the rooms' calendars → start, end, status (design §5.2, §5.4)."""
    ours = {
        row["ical_uid"]: booking for booking, rows in (await bound(office)).items() for row in rows
    }
    shown: dict[str, State] = {}
    for room, mailbox in office.rooms.items():
        here: dict[str, State] = {}
        for row in await office.shown(mailbox):
            if row["type"] != "singleInstance":
                continue
            status = {"accepted": "confirmed", "organizer": "confirmed", "notResponded": "pending"}[
                row["response"]
            ]
            booking = ours.get(row["ical_uid"]) or uuid5(NAMESPACE, f"{room}/{row['event_id']}")
            here[f"rooms/{room}/bookings/{booking}"] = (
                _moment(row["start"]),
                _moment(row["end"]),
                status,
            )
        shown |= _with_conflicts(here)
    return shown


def _with_conflicts(room: dict[str, State]) -> dict[str, State]:
    """Confirmed meetings of one room that share time are all `conflicted`."""
    taken = {subject: state for subject, state in room.items() if state[2] == "confirmed"}
    tangled = {
        subject
        for subject, (start, end, _) in taken.items()
        if any(
            other != subject and start < ends and starts < end
            for other, (starts, ends, _) in taken.items()
        )
    }
    return {
        subject: (start, end, "conflicted" if subject in tangled else status)
        for subject, (start, end, status) in room.items()
    }


def platform(stack: Stack, office: Office) -> dict[str, State]:
    """The same of the highest versions that arrived, without the cancelled."""
    kept: dict[str, State] = {}
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
