"""Which items of a delivery are authentic, and the hint that is published for each (design §4.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contracts.hints import MOST_ID_CHARACTERS, ChangeHint, LifecycleHint, encode_hint
from graphclient.client_state import ClientStateKeys, Opened, open_state
from graphclient.notifications import Item

from .outcomes import ItemOutcome

# Graph's three words (graph-notifications §6); others may come some day and mean nothing to us yet.
LIFECYCLE_EVENTS: Final = frozenset({"missed", "subscriptionRemoved", "reauthorizationRequired"})

MOST_REMEMBERED: Final = 4096


@dataclass(slots=True)
class Admission:
    """What to publish, encoded, and what became of each item."""

    changes: list[bytes] = field(default_factory=list)
    lifecycle: list[bytes] = field(default_factory=list)
    refused: dict[ItemOutcome, int] = field(default_factory=dict)


class Seals:
    """Opens clientStates under one set of keys and remembers those it could open.

    A room's notifications come in bursts under one clientState; forged ones are never remembered,
    so that nobody can fill the memory.
    """

    def __init__(self, keys: ClientStateKeys) -> None:
        self.keys = keys
        self._opened: dict[str, Opened] = {}

    def open(self, state: str) -> Opened | None:
        """What the seal holds, None for anything that we did not seal."""
        seal = self._opened.get(state)
        if seal is None:
            seal = open_state(self.keys, state)
            if seal is not None:
                if len(self._opened) >= MOST_REMEMBERED:
                    self._opened.clear()
                self._opened[state] = seal
        return seal


def admit(items: Iterable[Item], seals: Seals, received_at: datetime) -> Admission:
    """Open each item's seal and demand its tenant; of the rest of an item only ids are believed."""
    admission = Admission()
    for item in items:
        refusal = _admit(item, seals, received_at, admission)
        if refusal is not None:
            admission.refused[refusal] = admission.refused.get(refusal, 0) + 1
    return admission


def _admit(
    item: Item, seals: Seals, received_at: datetime, admission: Admission
) -> ItemOutcome | None:
    seal = seals.open(item.client_state) if item.client_state else None
    if seal is None:
        return "forged"
    if item.tenant_id != seal.tenant_id:
        return "wrong_tenant"
    if item.encrypted:
        return "rich_unsupported"  # until its validation tokens are checked as well
    if item.lifecycle is not None:
        return _admit_lifecycle(item, item.lifecycle, seal, received_at, admission)
    change = item.change
    if change is None or not _is_id(change.event_id):
        return "meaningless"
    etag = change.etag if change.etag is not None and _is_id(change.etag) else None
    hint = ChangeHint(seal.room_id, seal.tenant_id, change.event_id, etag, received_at)
    admission.changes.append(encode_hint(hint))
    return None


def _admit_lifecycle(
    item: Item, event: str, seal: Opened, received_at: datetime, admission: Admission
) -> ItemOutcome | None:
    if event not in LIFECYCLE_EVENTS:
        return "lifecycle_unknown"
    if not _is_id(item.subscription_id):
        return "meaningless"
    hint = LifecycleHint(seal.room_id, seal.tenant_id, item.subscription_id, event, received_at)
    admission.lifecycle.append(encode_hint(hint))
    return None


def _is_id(text: str) -> bool:
    """What `contracts.hints` will accept: one id that it refuses would spoil a whole joined message."""
    return 0 < len(text) <= MOST_ID_CHARACTERS and text.isascii() and text.isprintable()
