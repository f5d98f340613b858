"""What Graph lists of a tenant, compared with the rows of its rooms: what is missing, and what nobody knows (design §5.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Due:
    """An organisation whose tenant is to be swept."""

    organisation_id: UUID
    tenant_id: UUID
    client_id: UUID


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a room's row says; `in_doubt`: somebody is about to record another one."""

    room_id: UUID
    client_id: UUID | None
    subscription_id: str | None
    expires_at: datetime | None
    sealed_at: datetime | None
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class Orphans:
    """Subscriptions that no row knows, and whether any may still be recorded by whoever made it."""

    remove: tuple[str, ...]
    undecided: bool


def missing(
    listed: Iterable[str], rows: Iterable[Recorded], due: Due, began: datetime
) -> list[Recorded]:
    """Rows whose subscription was made before the list was begun, should live, and is not on it."""
    there = {each.lower() for each in listed}
    return [
        row
        for row in rows
        if row.subscription_id is not None
        and row.subscription_id.lower() not in there
        and row.client_id == due.client_id
        and (row.sealed_at is None or row.sealed_at < began)
        and row.expires_at is not None
        and row.expires_at > began
    ]


def strangers(listed: Iterable[str], rows: Iterable[Recorded]) -> list[str]:
    """Those on the list that no row knows, in the list's order."""
    known = {row.subscription_id.lower() for row in rows if row.subscription_id is not None}
    return [each for each in listed if each.lower() not in known]


def orphans(sealed_for: Mapping[str, UUID], rows: Sequence[Recorded]) -> Orphans:
    """Of strangers that are sealed for these rooms, those that still no row knows."""
    unknown = strangers(sealed_for, rows)
    doubtful = {row.room_id for row in rows if row.in_doubt}
    remove = tuple(each for each in unknown if sealed_for[each] not in doubtful)
    return Orphans(remove, undecided=len(remove) < len(unknown))
