"""A change from our side against what Graph changed meanwhile: per field, Outlook wins (design §5.3)."""

from dataclasses import dataclass, replace

from contracts.commands import Change

from .booking import Row
from .intent import Content


@dataclass(frozen=True, slots=True)
class Stale:
    """Fields that Outlook changed after the version the user saw."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """What the booking shall say, and which of its fields that touches."""

    content: Content
    when: bool
    subject: bool


def merge(row: Row, change: Change) -> Merged | Stale | None:
    """The change on top of the row as it is; None if its end would not be later than its start."""
    base = change.base_version
    when = change.start is not None or change.end is not None
    subject = change.subject is not None
    lost = [
        name
        for name, wanted, version in (
            ("when", when, row.when_version),
            ("subject", subject, row.subject_version),
        )
        if wanted and version > base
    ]
    if lost:
        return Stale(tuple(lost))
    now = Content.of(row)
    content = replace(
        now,
        starts=change.start or now.starts,
        ends=change.end or now.ends,
        subject=change.subject if change.subject is not None else now.subject,
    )
    if content.ends <= content.starts:
        return None
    return Merged(
        content,
        when=not content.at_same_time(now.starts, now.ends),
        subject=content.subject != now.subject,
    )
