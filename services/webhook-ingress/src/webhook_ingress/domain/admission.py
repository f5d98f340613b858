"""Which items of a delivery are authentic, and the hint that is published for each (design §4.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contracts.hints import (
    MOST_ID_CHARACTERS,
    ChangeHint,
    Enclosure,
    LifecycleHint,
    encode_hint,
)
from graphclient.client_state import ClientStateKeys, Opened, open_state
from graphclient.notifications import EncryptedContent, Item
from graphclient.publisher import NOTHING, Judgement

from .outcomes import ItemOutcome

# Graph's three words (graph-notifications §6); others may come some day and mean nothing to us yet.
LIFECYCLE_EVENTS: Final = frozenset({"missed", "subscriptionRemoved", "reauthorizationRequired"})

MOST_REMEMBERED: Final = 4096


@dataclass(slots=True)
class Admission:
    """What to publish, encoded, and what became of each item; of `changes` so many are `enclosed` or `unproven`."""

    changes: list[bytes] = field(default_factory=list)
    lifecycle: list[bytes] = field(default_factory=list)
    refused: dict[ItemOutcome, int] = field(default_factory=dict)
    enclosed: int = 0
    unproven: int = 0


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


def needs_proof(items: Iterable[Item], seals: Seals) -> bool:
    """Whether an item with encrypted content is authentic otherwise: for others nobody need look at tokens."""
    return any(item.encrypted and isinstance(_sealed(item, seals), Opened) for item in items)


def admit(
    items: Iterable[Item], seals: Seals, received_at: datetime, tokens: Judgement = NOTHING
) -> Admission:
    """Open each item's seal and demand its tenant; of the rest of an item only ids are believed.

    Encrypted content goes along where the delivery's tokens speak for its sealed tenant and app. A false token makes
    its item forged, whatever the seal; where nothing is proven the item is a hint like any other.
    """
    admission = Admission()
    for item in items:
        refusal = _admit(item, seals, received_at, tokens, admission)
        if refusal is not None:
            admission.refused[refusal] = admission.refused.get(refusal, 0) + 1
    return admission


def _sealed(item: Item, seals: Seals) -> Opened | ItemOutcome:
    seal = seals.open(item.client_state) if item.client_state else None
    if seal is None:
        return "forged"
    return seal if item.tenant_id == seal.tenant_id else "wrong_tenant"


def _admit(
    item: Item, seals: Seals, received_at: datetime, tokens: Judgement, admission: Admission
) -> ItemOutcome | None:
    seal = _sealed(item, seals)
    if not isinstance(seal, Opened):
        return seal
    if item.encrypted and tokens.false:
        return "forged_token"
    if item.lifecycle is not None:
        return _admit_lifecycle(item, item.lifecycle, seal, received_at, admission)
    change = item.change
    if change is None or not _is_id(change.event_id):
        return "meaningless"
    etag = change.etag if change.etag is not None and _is_id(change.etag) else None
    enclosure: Enclosure | None = None
    if item.encrypted:
        if (seal.tenant_id, seal.client_id) in tokens.proven:
            enclosure = _enclosure(item.content)
        if enclosure is None:
            admission.unproven += 1
        else:
            admission.enclosed += 1
    hint = ChangeHint(seal.room_id, seal.tenant_id, change.event_id, etag, received_at, enclosure)
    admission.changes.append(encode_hint(hint))
    return None


def _enclosure(content: EncryptedContent | None) -> Enclosure | None:
    if content is None:
        return None
    return Enclosure(
        data=content.data,
        key=content.data_key,
        signature=content.data_signature,
        certificate=content.encryption_certificate_id,
        thumbprint=content.encryption_certificate_thumbprint,
    )


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
