"""One organisation's sync at a glance: what is not all right, and what to do."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from .integration import Integration, Status
from .room_state import health_of, state_of
from .rooms import RoomRecord, State
from .sealed import KeyRotation
from .wire import Resource, Time

OVERDUE: Final = timedelta(minutes=5)
UNSUBSCRIBED: Final = timedelta(minutes=15)  # after a load, or the end of a subscription
MOST_TROUBLES: Final = 50
_SOON: Final = timedelta(days=60)
_NOW: Final = timedelta(days=14)

Severity = Literal["wrong", "soon"]


class Trouble(Resource):
    """Something `wrong` now, or that will be `soon`; `room_id` null where it is about the whole organisation."""

    severity: Severity
    room_id: UUID | None
    room: str | None
    text: str
    what_to_do: list[str]


class OrganisationStatus(Resource):
    """Integration status and how many rooms are in each state; `stream` tells whether events arrive here.

    `ok` unless something is wrong; `troubles` has at most 50 of `troubles_in_all`. `waiting_since` is that of the oldest
    work that is due and not done, `lag_ms` the slowest room's, `client_state_keys` how many rooms each key has sealed.
    `secret_keys`, for the operator alone, is about the whole deployment.
    """

    at: Time
    version: str
    ok: bool
    integration: Status | None
    secret_expires_at: Time | None
    rooms: dict[State, int]
    stream: bool
    waiting_since: Time | None
    lag_ms: int | None
    client_state_keys: dict[str, int]
    troubles: list[Trouble]
    troubles_in_all: int
    secret_keys: KeyRotation | None = None


@dataclass(frozen=True, slots=True)
class RoomsAlike:
    """How many rooms are in one state under one key, the slowest one's lag, the oldest work of theirs."""

    state: State
    sealed_by: str | None
    rooms: int
    lag_ms: int | None = None
    due_at: datetime | None = None


@dataclass(slots=True)
class Overview:
    """Gathers what is known of all rooms; bounded whatever it finds."""

    now: datetime
    webhook: bool  # whether rooms are meant to have subscriptions
    states: Counter[State] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    waiting_since: datetime | None = None
    lag_ms: int | None = None
    found: Counter[Severity] = field(default_factory=Counter)
    _kept: dict[Severity, list[Trouble]] = field(default_factory=lambda: {"wrong": [], "soon": []})

    def count(self, rooms: Iterable[RoomsAlike]) -> None:
        """Take in how many there are."""
        for alike in rooms:
            self.states[alike.state] += alike.rooms
            if alike.sealed_by is not None:
                self.keys[alike.sealed_by] += alike.rooms
            if alike.state == "live" and alike.lag_ms is not None:
                self.lag_ms = max(alike.lag_ms, self.lag_ms or 0)
            if alike.due_at is not None and alike.due_at <= self.now:
                self.waiting_since = min(alike.due_at, self.waiting_since or alike.due_at)

    def look_at(self, rooms: Iterable[RoomRecord]) -> None:
        """Tell what there is to tell of these."""
        for room in rooms:
            severity = self._severity(room, state_of(room, self.now))
            if severity is not None:
                health = health_of(room, self.now)
                self._note(severity, health.text, health.what_to_do, room)

    def conclude(self, integration: Integration | None, *, streaming: bool) -> None:
        """Add what is about the organisation as a whole."""
        if not streaming:
            self._note(
                "wrong",
                "The portal has no connection to the broker: nothing can be booked here.",
                ["Look whether RabbitMQ runs and AMQP_URL is right, then at the portal's log."],
            )
        if integration is not None and integration.status == "failing":
            self._note(
                "wrong", integration.status_detail, ["Press Test Settings: it names the cause."]
            )
        if integration is not None and integration.enabled:
            self._expiry(integration.secret_expires_at)
        if self.waiting_since is not None and self.now - self.waiting_since > OVERDUE:
            self._note(
                "wrong",
                f"Work is due since {self.waiting_since:%Y-%m-%dT%H:%M:%SZ} and not done.",
                [
                    "Look whether sync-worker runs and is ready, then at its log.",
                    "If it runs and is busy, start more replicas.",
                ],
            )

    def troubles(self) -> list[Trouble]:
        """Up to 50, what is wrong before what will be, the organisation's before its rooms'."""
        every = [*self._kept["wrong"], *self._kept["soon"]]
        every.sort(key=lambda each: (each.severity != "wrong", each.room_id is not None))
        return every[:MOST_TROUBLES]

    def _severity(self, room: RoomRecord, state: State) -> Severity | None:
        if state == "unreachable":
            # Refused credentials are told once, of the organisation.
            return None if room.credentials_failing_since is not None else "wrong"
        if state == "live" and room.held_removals:
            return "wrong"
        if state == "polling" and self.webhook and self._lacks_subscription(room):
            # A mailbox that Microsoft refuses to watch is served as well as it can be.
            return "soon" if room.poll_only_since is not None else "wrong"
        return None

    def _lacks_subscription(self, room: RoomRecord) -> bool:
        since = [at for at in (room.loaded_at, room.subscription_expires_at) if at is not None]
        return not since or self.now - max(since) > UNSUBSCRIBED

    def _expiry(self, expires_at: datetime | None) -> None:
        if expires_at is None or expires_at - self.now > _SOON:
            return
        when = f"{expires_at.day} {expires_at:%B %Y}"
        self._note(
            "wrong" if expires_at - self.now <= _NOW else "soon",
            f"The client secret expired on {when}."
            if expires_at <= self.now
            else f"The client secret expires in {(expires_at - self.now).days} days, on {when}.",
            [
                "The organisation's administrator makes a new one in Entra.",
                "Saved here it is tested before it replaces the old one: nothing stops meanwhile.",
            ],
        )

    def _note(
        self, severity: Severity, text: str, steps: Iterable[str], room: RoomRecord | None = None
    ) -> None:
        self.found[severity] += 1
        kept = self._kept[severity]
        if room is None or len(kept) < MOST_TROUBLES:
            kept.append(
                Trouble(
                    severity=severity,
                    room_id=room.id if room else None,
                    room=room.name if room else None,
                    text=text,
                    what_to_do=list(steps),
                )
            )
