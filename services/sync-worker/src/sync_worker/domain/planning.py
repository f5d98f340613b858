"""What would be done and why, one line for each open command and write: the plan of observe mode."""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from contracts.events import CommandResult

from .command import Asked
from .intent import Intent, Step

Action = Literal["create", "match", "change", "cancel", "refuse", "wait"]

_WRITES: Final[dict[Step, tuple[Action, str]]] = {
    "create": ("create", "The meeting would be made, the room invited."),
    "change": ("change", "The meeting would be changed at its organiser."),
    "restore": (
        "change",
        "The meeting would be put back to where it was before the room declined.",
    ),
    "invite": ("change", "The guest would be invited to the meeting in the room's calendar."),
    "cancel": ("cancel", "The meeting would be cancelled at its organiser."),
    "delete": ("cancel", "The meeting would be taken out of the room's calendar."),
    "decline": ("cancel", "The room would decline the meeting: its organiser cannot be reached."),
    "move": ("change", "The other room would be booked, and this one given up once it accepts."),
}
_DIRECT: Final[dict[Step, str]] = {
    "create": "The meeting would be made in the room's own calendar.",
    "change": "The meeting would be changed in the room's own calendar.",
    "cancel": "The meeting would be cancelled in the room's own calendar.",
}
_AGAIN: Final = "It was begun before and its outcome is unknown: it would be looked for first. "


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line; `reason` is a code, of a refusal the one its result would carry."""

    booking_id: UUID | None
    command_id: str | None
    action: Action
    reason: str
    text: str


def written(intent: Intent) -> PlanLine:
    """What a write that may be begun would do."""
    action, text = _WRITES[intent.step]
    if intent.path == "direct":
        text = _DIRECT.get(intent.step, text)
    return _about(intent, action, intent.path, text)


def unresolved(intent: Intent) -> PlanLine:
    """What becomes of a write that was begun before."""
    match intent.stage:
        case "open":
            line = written(intent)
            return _about(intent, line.action, "unresolved", _AGAIN + line.text)
        case "written":
            text = "Written already; the room's answer, or a second look, is awaited."
            return _about(intent, "wait", "written", text)
        case _:
            text = "Done, and kept at hand for ten minutes: what shows of it late is known."
            return _about(intent, "wait", "guarding", text)


def ended(asked: Asked, result: CommandResult, *, matched: bool) -> PlanLine:
    """What becomes of a command that is decided without a write."""
    if result.outcome == "rejected":
        return _of(asked, "refuse", result.reason or "invalid", result.text)
    if matched:
        text = "It stands in Outlook already and would become this booking; nothing is written."
        return _of(asked, "match", "stands", text)
    return _of(asked, "match", "as_asked", "All is as asked already; nothing is written.")


def resync(asked: Asked) -> PlanLine:
    """A command to read the room again."""
    return _of(asked, "wait", "resync", "The room's calendar would be read as a whole.")


def later(asked: Asked) -> PlanLine:
    """A command that comes after what is open of its booking."""
    return _of(asked, "wait", "in_turn", "It waits for what is open of the same booking.")


def _about(intent: Intent, action: Action, reason: str, text: str) -> PlanLine:
    command = intent.command
    return PlanLine(intent.booking_id, command.id if command else None, action, reason, text)


def _of(asked: Asked, action: Action, reason: str, text: str) -> PlanLine:
    return PlanLine(asked.booking_id, asked.key.id, action, reason, text)
