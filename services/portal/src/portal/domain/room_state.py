"""A room's state, derived from the tables of the worker and the manager; never stored."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil

from .rooms import Progress, Room, RoomHealth, RoomRecord, State

# Reason codes of `room_sync.problem`, where we know what the administrator can do about them.
_PROBLEMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mailbox_unsupported": (
        "The mailbox is not usable in Exchange Online: on-premises, unlicensed, inactive or deleted.",
        (
            "“Room missing?” with the room's address says which of these are left open.",
            "On-premises: such a room cannot be connected until its mailbox is moved to Exchange Online.",
            "Unlicensed: make it a room mailbox, which needs no licence, or give the account one.",
            "Inactive or deleted: restore it in the Exchange admin center → Resources.",
        ),
    ),
    "mailbox_gone": (
        "There is no such mailbox any more: it was deleted, perhaps to be made anew under the same address.",
        (
            "Look for the room in the Exchange admin center → Resources.",
            "If it was made anew, remove the room here and import it again: to Microsoft it is another mailbox.",
        ),
    ),
    "forbidden": (
        "Microsoft refuses access to this room's calendar.",
        (
            "Press Test Settings: it names a missing consent.",
            "If other rooms work, this one is outside the app's scope; a change of scope may take two hours.",
        ),
    ),
}


def state_of(room: RoomRecord, now: datetime) -> State:
    """Off before unreachable before loading; live only under a subscription that has not run out."""
    if not room.integration_enabled:
        return "off"
    if _blocked(room):
        return "unreachable"
    if room.loaded_at is None:
        return "loading"
    return "live" if _subscribed(room, now) else "polling"


def lag_p95(lags: Sequence[int]) -> int | None:
    """The 95th percentile in milliseconds, nearest rank; null without hints."""
    if not lags:
        return None
    return sorted(lags)[ceil(0.95 * len(lags)) - 1]


def shown(room: RoomRecord, now: datetime) -> Room:
    """The resource."""
    state = state_of(room, now)
    return Room(
        id=room.id,
        mailbox=room.mailbox,
        mailbox_id=room.mailbox_id,
        name=room.name,
        capacity=room.capacity,
        office_id=room.office_id,
        state=state,
        progress=Progress(loaded=room.loaded, expected=room.expected),
        held_removals=room.held_removals,
        last_change_at=room.last_change_at,
        lag_ms=None if state == "polling" else lag_p95(room.lags),
    )


def health_of(room: RoomRecord, now: datetime) -> RoomHealth:
    """What is wrong, in words, and what to do."""
    state = state_of(room, now)
    text, steps = _words(room, state)
    return RoomHealth(
        state=state,
        text=text,
        what_to_do=list(steps),
        last_change_at=room.last_change_at,
        lag_ms=None if state == "polling" else lag_p95(room.lags),
        last_reconcile_at=room.window_read_started,
        subscription_expires_at=room.subscription_expires_at,
        live_since=room.live_since,
        problem=room.problem,
        problem_since=room.problem_since,
        held_removals=room.held_removals,
    )


def _blocked(room: RoomRecord) -> bool:
    moved = room.integration_tenant_id not in {None, room.tenant_id}
    return room.problem is not None or room.credentials_failing_since is not None or moved


def _subscribed(room: RoomRecord, now: datetime) -> bool:
    expires = room.subscription_expires_at
    return room.subscribed and expires is not None and expires > now


def _words(  # noqa: PLR0911 — one text per state
    room: RoomRecord, state: State
) -> tuple[str, tuple[str, ...]]:
    match state:
        case "off":
            return "The integration is switched off.", (
                "Switch it on under Settings → Office 365 Integration.",
            )
        case "unreachable":
            return _obstacle(room)
        case "loading":
            return f"Loading existing bookings: {room.loaded} read so far.", ()
        case "polling" if room.poll_only_since is not None:
            return (
                (
                    f"Microsoft refuses change notifications for this room ({room.refusal or 'no code'});"
                    " it is read at intervals instead, so changes show later."
                ),
                ("Nothing is lost. If it lasts, check the permissions with Test Settings.",),
            )
        case "polling":
            return "There is no live subscription at the moment; the room is read at intervals.", (
                "Nothing: a subscription is made as soon as Microsoft can reach us.",
            )
        case "live" if room.held_removals:
            return (
                f"{room.held_removals} removals are held back until they are certain.",
                (
                    "Check in Outlook that these meetings are really gone.",
                    "If they are, confirm the removals; else wait: they are looked at again.",
                ),
            )
        case "live":
            return "Changes show within seconds.", ()


def _obstacle(room: RoomRecord) -> tuple[str, tuple[str, ...]]:
    if room.credentials_failing_since is not None:
        return "Microsoft refuses the organisation's credentials.", (
            "Press Test Settings: it names the cause and the steps.",
        )
    if room.problem is not None:
        return _PROBLEMS.get(
            room.problem,
            (
                f"The mailbox cannot be read ({room.problem}).",
                ("Press Test Settings; if it is green, ask the operator.",),
            ),
        )
    return "The integration points to another tenant than the room was imported from.", (
        "Enter the tenant the room belongs to, or remove the room.",
    )
