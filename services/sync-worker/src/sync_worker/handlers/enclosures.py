"""Events that came encrypted with their notifications: kept in memory for a moment, opened when they save a read.

The debt is the hint's row alone: whatever is lost, late, unreadable or in doubt here is read from Graph.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from prometheus_client import Counter

from contracts.hints import ChangeHint, Enclosure
from graphclient.encryption import Certificates, NotOpened, PrivateKeys, open_event
from graphclient.notifications import EncryptedContent

from ..domain.changes import Seen
from ..domain.enclosed import counts
from ..domain.mirror import Unreadable
from ..domain.reading import Pending
from .holding import Holding

log = structlog.get_logger()

_MOST: Final = 2_000
_KEPT: Final = timedelta(seconds=60)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)

enclosed = Counter(
    "sync_enclosed_total", "Events that came with their notifications, by their use", ["use"]
)

_Name: TypeAlias = tuple[UUID, UUID, str, str]


@dataclass(frozen=True, slots=True)
class NotificationKeys:
    """What opens notifications: certificates tell which key, an old one opens for as long as it is given."""

    certificates: Certificates
    keys: PrivateKeys


class Enclosures:
    """What came with hints and was not looked at yet; empty without keys."""

    def __init__(self, keys: Callable[[], NotificationKeys] | None = None) -> None:
        self._keys = keys
        self._kept: OrderedDict[_Name, tuple[Enclosure, datetime]] = OrderedDict()

    def keep(self, hints: Iterable[ChangeHint], now: datetime) -> None:
        """Keep what came with these hints for a minute; beyond some thousands the oldest go."""
        if self._keys is None:
            return
        while self._kept and now - next(iter(self._kept.values()))[1] > _KEPT:
            self._kept.popitem(last=False)
        for hint in hints:
            if hint.enclosure is not None and hint.etag is not None:
                name = (hint.room, hint.tenant, hint.event, hint.etag)
                self._kept.pop(name, None)
                self._kept[name] = (hint.enclosure, now)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def seen(self, held: Holding, event_id: str, hints: Sequence[Pending]) -> Seen | None:
        """The event in the latest state that these hints, all of its, brought along; None where it must be read."""
        if self._keys is None:
            return None
        kept = [self._take(held, hint) for hint in hints]
        if not all(kept):
            return None
        # With work of ours in the room, or in observe mode, who is whose takes questions anyway.
        if held.errands.intents or not held.options.writes:
            enclosed.labels("own_work").inc()
            return None
        states = [
            self._opened(held, each, hint) for each, hint in zip(kept, hints, strict=True) if each
        ]
        known = [each for each in states if each is not None]
        if len(known) < len(states):
            return None
        latest = max(known, key=_modified_at)
        if not counts(latest.sighting, held.mirrored.row_of(event_id), held.clock()):
            enclosed.labels("must_be_read").inc()
            return None
        enclosed.labels("taken_in").inc()
        return Seen(latest.sighting, tuple(hint.etag for hint in hints if hint.etag is not None))

    def _take(self, held: Holding, hint: Pending) -> Enclosure | None:
        if hint.etag is None or hint.asked or hint.ask_at is not None or hint.gone_at is not None:
            return None
        claim = held.claim
        found = self._kept.pop((claim.room_id, claim.tenant_id, hint.event, hint.etag), None)
        return found[0] if found is not None and held.clock() - found[1] <= _KEPT else None

    def _opened(self, held: Holding, enclosure: Enclosure, hint: Pending) -> Seen | None:
        assert self._keys is not None  # noqa: S101 -- the caller has seen it
        keys = self._keys()
        try:
            event = open_event(
                _content(enclosure),
                keys.certificates,
                keys.keys,
                event_id=hint.event,
                etag=hint.etag,
            )
            return Seen(held.mirrored.sight(event))
        except NotOpened as error:
            enclosed.labels(error.fault).inc()
            log.warning("enclosure_not_opened", room=str(held.claim.room_id), fault=error.fault)
        except Unreadable:
            enclosed.labels("event").inc()
        return None


def _modified_at(seen: Seen) -> datetime:
    return seen.sighting.modified_at or _NEVER


def _content(enclosure: Enclosure) -> EncryptedContent:
    return EncryptedContent(
        data=enclosure.data,
        data_key=enclosure.key,
        data_signature=enclosure.signature,
        encryption_certificate_id=enclosure.certificate,
        encryption_certificate_thumbprint=enclosure.thumbprint,
    )
