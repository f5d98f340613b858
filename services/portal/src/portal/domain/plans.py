"""What the sync would do in a room, and why: written by the worker while it only observes."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from .wire import Resource, Time

Action = Literal["create", "match", "change", "cancel", "refuse", "wait"]


class PlanItem(Resource):
    """One open command or write; `reason` of a refusal is the one its result would carry."""

    booking_id: UUID | None
    command_id: str | None
    action: Action
    reason: str
    text: str


class PlanReport(Resource):
    """A room's plan, also as text; without `mode` there is none, because the sync is live or has not read the room since."""

    mode: Literal["observe"] | None
    generated_at: Time | None
    items: list[PlanItem]
    text: str


def report(items: Sequence[PlanItem], generated_at: datetime | None) -> PlanReport:
    """The plan with what it says in words."""
    mode: Literal["observe"] | None = None if generated_at is None else "observe"
    listed = list(items) if mode else []
    return PlanReport(
        mode=mode, generated_at=generated_at, items=listed, text=_text(listed, generated_at)
    )


def _text(items: Sequence[PlanItem], generated_at: datetime | None) -> str:
    if generated_at is None:
        return (
            "There is no plan for this room: commands are carried out as they come,"
            " or the room was not read since the sync was set to observe."
        )
    at = f"{generated_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if not items:
        return f"As of {at} nothing is open: in live mode nothing would be written."
    counts = Counter(item.action for item in items)
    summary = ", ".join(f"{action} {count}" for action, count in sorted(counts.items()))
    return "\n".join([f"As of {at} live mode would: {summary}.", *(_line(item) for item in items)])


def _line(item: PlanItem) -> str:
    about = f"booking {item.booking_id}" if item.booking_id else "the room"
    command = f", command {item.command_id}" if item.command_id else ""
    return f"- {item.action} ({item.reason}): {about}{command}: {item.text}"
