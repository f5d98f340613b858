"""What came with a notification is taken in without a read, or read as if it had not come; never anything else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from contracts.hints import ChangeHint, Enclosure
from graphclient.models import Event
from sync_worker.domain.booking import Row
from sync_worker.domain.changes import Seen, apply
from sync_worker.domain.mirror import sight
from sync_worker.domain.reading import Pending
from sync_worker.handlers.enclosures import Enclosures, NotificationKeys
from sync_worker.handlers.following import follow_hints

from ..graphclient.bad_contents import (
    BAD,
    DOUBTED,
    ETAG,
    EVENT,
    Json,
    Make,
    certificates,
    document,
    enclosed,
    private_keys,
)
from .examples import NOW, ROOM, intent
from .rules.outlook import Outlook
from .rules.room import MAILBOX, Room

TENANT = Room().held.claim.tenant_id
KEYS = NotificationKeys(certificates("ours", "next", "keyless"), private_keys("ours", "next"))
BEFORE = datetime(2026, 3, 2, 7, 50, tzinfo=UTC)


def truth(**changed: Any) -> Event:
    """What a read shows."""
    return msgspec.convert(document(subject="as read", **changed), Event)


def stored(**changed: Any) -> Row:
    """The mirror's row of the event, in an earlier state."""
    earlier = document(**{"@odata.etag": 'W/"before"', "subject": "before", "lastModifiedDateTime": f"{BEFORE:%FT%TZ}"} | changed)  # fmt: skip
    (row,) = apply([], [Seen(sight(ROOM, msgspec.convert(earlier, Event)))], [], 1, NOW).rows
    return row


def enclosure(wire: Json) -> Enclosure | None:
    """As the ingress hands it on; None for a shape that it leaves behind."""
    names = {"key": "dataKey", "data": "data", "signature": "dataSignature",
             "certificate": "encryptionCertificateId", "thumbprint": "encryptionCertificateThumbprint"}  # fmt: skip
    try:
        return msgspec.convert(
            {ours: wire.get(theirs) for ours, theirs in names.items()}, Enclosure
        )
    except msgspec.ValidationError:
        return None


def hint(wire: Json | None = None, etag: str | None = ETAG, tenant: Any = TENANT) -> ChangeHint:
    return ChangeHint(
        ROOM, tenant, EVENT, etag, NOW, enclosure(enclosed() if wire is None else wire)
    )


class Scene:
    """A room with a hint about one event, whose true state can be read."""

    def __init__(self, *rows: Row, keys: NotificationKeys | None = KEYS, **work: Any) -> None:
        self.outlook = Outlook()
        self.outlook.put(MAILBOX, truth())
        self.enclosures = Enclosures(None if keys is None else lambda: keys)
        self.rows, self.work = rows, work
        self.room = Room()

    async def follow(
        self, *hints: ChangeHint, late: timedelta = timedelta(), **pending: Any
    ) -> str:
        """What the room shows of the event afterwards."""
        self.enclosures.keep(hints, NOW)
        asked = tuple(Pending(each.event, each.etag, 1, NOW, **pending) for each in hints)
        self.room = Room(*self.rows, outlook=self.outlook, pending=asked, **self.work)
        self.room.now = NOW + late
        await follow_hints(self.room.held, self.outlook, self.enclosures)
        (row,) = (row for row in self.room.held.mirrored.rows.values() if row.event_id == EVENT)
        return row.subject


async def test_an_unknown_event_is_told_without_a_read_and_read_within_a_minute() -> None:
    scene = Scene()
    assert await scene.follow(hint()) == "Réunion ☕"
    assert (scene.outlook.reads, scene.room.sent.messages) == (0, ["booking.confirmed"])
    (owed,) = scene.room.held.state.lacking
    assert owed.event == EVENT
    assert NOW < owed.ask_at <= NOW + timedelta(seconds=60)
    assert not scene.room.held.pending


async def test_a_later_state_of_a_known_event_is_told_without_a_read() -> None:
    scene = Scene(stored())
    assert await scene.follow(hint()) == "Réunion ☕"
    assert scene.outlook.reads == 0
    (row,) = scene.room.held.mirrored.rows.values()
    assert row.etag == ETAG
    assert f"{row.modified_at:%FT%T}" == "2026-03-02T07:59:58"


async def test_of_several_states_the_latest_counts_in_whatever_order_they_came() -> None:
    early = document(
        subject="earlier", lastModifiedDateTime="2026-03-02T07:55:00Z", **{"@odata.etag": "early"}
    )
    for hints in (
        [hint(), hint(enclosed(early), "early")],
        [hint(enclosed(early), "early"), hint()],
    ):
        scene = Scene(stored())
        assert await scene.follow(*hints) == "Réunion ☕"
        assert scene.outlook.reads == 0


async def test_one_state_that_did_not_come_along_makes_a_read_of_all() -> None:
    scene = Scene(stored())
    plain = ChangeHint(ROOM, TENANT, EVENT, 'W/"later"', NOW)
    assert await scene.follow(hint(), plain) == "as read"
    assert scene.outlook.reads == 1


async def test_content_is_used_once() -> None:
    scene = Scene(stored())
    assert await scene.follow(hint()) == "Réunion ☕"
    scene.enclosures.keep([], NOW)
    assert scene.enclosures.seen(scene.room.held, EVENT, [Pending(EVENT, ETAG, 1, NOW)]) is None


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
async def test_spoiled_content_is_a_hint_and_the_next_event_is_taken_in(make: Make) -> None:
    for rows in ((), (stored(),)):
        scene = Scene(*rows)
        assert await scene.follow(hint(make())) == "as read"
        assert scene.outlook.reads == 1
        healthy = Scene(*rows)
        healthy.enclosures = scene.enclosures
        assert await healthy.follow(hint()) == "Réunion ☕"
        assert healthy.outlook.reads == 0


@pytest.mark.parametrize("said", DOUBTED.values(), ids=DOUBTED)
async def test_what_is_no_later_live_single_event_is_a_hint(said: Json) -> None:
    scene = Scene(stored())
    assert await scene.follow(hint(enclosed(said))) == "as read"
    assert scene.outlook.reads == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"removed_at": NOW, "answer": "cancelled"},
        {"modified_at": None},
        {"written_at": NOW - timedelta(days=9)},
        {"origin": "clearooms"},
        {"kind": "master"},
    ],
    ids=["gone", "of unknown age", "written by us", "booked by us", "a series"],
)
async def test_a_row_that_content_may_not_judge_is_read(changed: dict[str, Any]) -> None:
    scene = Scene(replace(stored(), **changed))
    await scene.follow(hint())
    assert scene.outlook.reads == 1


async def test_an_unknown_event_that_is_over_is_read() -> None:
    over = {"dateTime": "2026-03-02T07:00:00", "timeZone": "UTC"}
    begun = {"dateTime": "2026-03-02T06:00:00", "timeZone": "UTC"}
    scene = Scene()
    await scene.follow(hint(enclosed(document(start=begun, end=over))))
    assert scene.outlook.reads == 1


async def test_work_of_ours_in_the_room_makes_a_read() -> None:
    scene = Scene(stored(), intents=(intent(),))
    await scene.follow(hint())
    assert scene.outlook.reads == 1


@pytest.mark.parametrize(
    ("late", "pending"),
    [
        (timedelta(seconds=61), {}),
        (timedelta(), {"asked": 1, "ask_at": NOW}),
        (timedelta(), {"gone_at": NOW}),
    ],
    ids=["kept too long", "asked before", "said to be gone"],
)
async def test_what_is_not_fresh_is_read(late: timedelta, pending: dict[str, Any]) -> None:
    scene = Scene(stored())
    assert await scene.follow(hint(), late=late, **pending) == "as read"
    assert scene.outlook.reads == 1


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (hint(tenant=ROOM), KEYS),
        (hint(), None),
        (hint(), NotificationKeys(certificates("next"), private_keys("next"))),
        (hint(), NotificationKeys(certificates("ours"), private_keys("next"))),
    ],
    ids=["another tenant's", "no keys", "another certificate", "another key"],
)
async def test_without_the_right_tenant_and_key_it_is_read(
    given: ChangeHint, keys: NotificationKeys | None
) -> None:
    scene = Scene(stored(), keys=keys)
    scene.enclosures.keep([given], NOW)
    assert await scene.follow(ChangeHint(ROOM, TENANT, EVENT, ETAG, NOW)) == "as read"
    assert scene.outlook.reads == 1


@pytest.mark.parametrize(("others", "reads"), [(1_999, 0), (2_000, 1)])
async def test_beyond_two_thousand_the_oldest_is_read(others: int, reads: int) -> None:
    scene = Scene(stored())
    wire = enclosure(enclosed())
    more = [ChangeHint(ROOM, TENANT, f"e{n}", ETAG, NOW, wire) for n in range(others)]
    scene.enclosures.keep([hint(), *more], NOW)
    await scene.follow(ChangeHint(ROOM, TENANT, EVENT, ETAG, NOW))
    assert scene.outlook.reads == reads


async def test_in_observe_mode_everything_is_read() -> None:
    scene = Scene(stored())
    scene.enclosures.keep([hint()], NOW)
    held = Room(stored()).held
    held.options = replace(held.options, writes=False)
    assert scene.enclosures.seen(held, EVENT, [Pending(EVENT, ETAG, 1, NOW)]) is None


async def test_nothing_of_content_is_logged_or_counted() -> None:
    with capture_logs() as logs:
        for make in BAD.values():
            await Scene().follow(hint(make()))
        for said in DOUBTED.values():
            await Scene(stored()).follow(hint(enclosed(said)))
    assert logs
    for word in ("Réunion", "Mara", "mara@example.com", "guest@", "never to be kept"):
        assert word not in repr(logs)
