"""From a hint to a confirmed event: passes over rooms on a real PostgreSQL, with a clock in hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.events import Booking, decode_event
from contracts.hints import ChangeHint
from eventbus import NotConfirmed
from graphclient import CredentialsRejected, Event, Forbidden, Throttled
from pgstore import Database, Role, SecretBox, open_database
from pgstore.testing import TestDatabase
from sync_worker.domain.schedule import Cadence
from sync_worker.handlers.credentials import OrganisationCalendars
from sync_worker.handlers.holding import Options
from sync_worker.handlers.passes import Passes
from sync_worker.store import (
    Comparison,
    CredentialStore,
    HintStore,
    LeaseStore,
    MirrorStore,
    OutgoingStore,
    PlanStore,
)

from .subscription_office import SECRETS, Office
from .sync_calendar import Calendars

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
TOMORROW = START + timedelta(days=1)
OPTIONS = Options(timedelta(days=190), Cadence(timedelta(hours=1), timedelta(minutes=1)))


@dataclass
class Platform:
    """Receives what is published; `away` refuses everything after so many messages."""

    bodies: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    takes: int | None = None

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, *, content_type: str
    ) -> None:
        if self.takes is not None and len(self.bodies) >= self.takes:
            raise NotConfirmed("away")
        self.keys.append(routing_key)
        self.bodies.append(body)

    def bookings(self) -> list[Booking]:
        events = [decode_event(body) for body in self.bodies]
        return [event.data for event in events if isinstance(event.data, Booking)]


@dataclass
class Worker:
    """The worker's parts without its loops."""

    database: Database
    office: Office
    room_id: UUID
    mailbox: UUID
    calendars: Calendars = field(default_factory=Calendars)
    platform: Platform = field(default_factory=Platform)
    now: datetime = START

    def __post_init__(self) -> None:
        self.calendars.mailboxes[self.mailbox] = {}
        self.leases = LeaseStore(self.database)
        self.comparison = Comparison(self.database, OPTIONS.cadence)
        self.hints = HintStore(self.database)
        self.passes = Passes(
            mirror=MirrorStore(self.database),
            outgoing=OutgoingStore(self.database),
            plans=PlanStore(self.database),
            leases=self.leases,
            calendars=OrganisationCalendars(
                CredentialStore(self.database),
                lambda: SecretBox.parse(SECRETS),
                self.calendars.tenant,
            ),
            messages=self.platform,
            options=OPTIONS,
            clock=lambda: self.now,
        )

    async def hint(self, event: Event | str, etag: str | None = None) -> None:
        name = event if isinstance(event, str) else event.id
        tag = etag if isinstance(event, str) else event.etag
        hint = ChangeHint(self.room_id, self.office.tenant_id, name, tag, self.now)
        await self.hints.note_hints([hint], self.now)

    async def work(self, seconds: float = 0) -> None:
        """Everything that is due until so many seconds from now, as it becomes due."""
        until = self.now + timedelta(seconds=seconds)
        await self.comparison.compare(self.now)
        for _ in range(500):
            claims = await self.leases.claim(self.office.id, [self.room_id], self.now)
            for claim, rows in claims:
                await self.passes.run(claim, rows)
            due = await self.due_at()
            if due > until:
                self.now = until
                return
            self.now = max(self.now, due)
        raise AssertionError("the room never comes to rest")

    async def due_at(self) -> datetime:
        async with self.database.transaction() as connection:
            due = await connection.fetchval("select due_at from room_sync")
        assert isinstance(due, datetime)
        return due

    async def room(self, column: str) -> object:
        async with self.database.transaction() as connection:
            return await connection.fetchval(f"select {column} from room_sync")  # noqa: S608 - a test's constant

    def told(self) -> list[tuple[str, str, int]]:
        return [(b.subject, b.status, b.version) for b in self.platform.bookings()]


@pytest.fixture
async def worker(database: TestDatabase) -> AsyncIterator[Worker]:
    office = await Office(database.login_dsn).open()
    mailbox = uuid4()
    room_id = await office.room(mailbox)
    async with open_database(database.login_dsn, Role.WORKER) as opened:
        yield Worker(opened, office, room_id, mailbox)


async def test_a_meeting_is_pending_under_its_organiser_until_the_room_answers(
    worker: Worker,
) -> None:
    await worker.work()
    made = worker.calendars.put(
        worker.mailbox, "e1", TOMORROW, subject="Secret merger", response="notResponded"
    )
    await worker.hint(made)
    await worker.work()
    answered = worker.calendars.put(worker.mailbox, "e1", TOMORROW, subject="Mara Lind ")
    await worker.hint(answered)
    await worker.work()
    assert worker.told() == [("Mara Lind", "pending", 1), ("Mara Lind", "confirmed", 2)]
    assert worker.calendars.asked["event"] == 2


async def test_a_moved_and_cancelled_meeting_is_told_with_rising_versions(worker: Worker) -> None:
    await worker.work()
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", TOMORROW))
    await worker.work()
    later = TOMORROW + timedelta(hours=2)
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", later))
    await worker.work()
    await worker.hint(
        worker.calendars.put(
            worker.mailbox, "e1", later, subject="Canceled: Planning", isCancelled=True
        )
    )
    await worker.work()
    assert worker.told() == [
        ("Planning", "confirmed", 1),
        ("Planning", "confirmed", 2),
        ("Planning", "cancelled", 3),
    ]
    assert worker.platform.bookings()[1].start == later


async def test_a_deleted_event_is_cancelled_after_two_404_two_seconds_apart(worker: Worker) -> None:
    await worker.work()
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", TOMORROW))
    await worker.work()
    worker.calendars.remove(worker.mailbox, "e1")
    await worker.hint("e1", 'W/"gone"')
    await worker.work(1)
    assert [status for _, status, _ in worker.told()] == ["confirmed"]
    await worker.work(5)
    assert [status for _, status, _ in worker.told()] == ["confirmed", "cancelled"]
    assert worker.calendars.asked["event"] == 3


async def test_late_and_duplicated_hints_cost_no_read(worker: Worker) -> None:
    await worker.work()
    first = worker.calendars.put(worker.mailbox, "e1", TOMORROW)
    await worker.hint(first)
    await worker.hint(first)
    await worker.work(120)
    second = worker.calendars.put(worker.mailbox, "e1", TOMORROW + timedelta(hours=1))
    await worker.hint(second)
    await worker.work()
    await worker.hint(first)
    await worker.hint(second)
    await worker.work(120)
    assert worker.calendars.asked["event"] == 2
    assert set(worker.calendars.gets.values()) == {1}


async def test_news_soon_after_other_news_may_be_older_and_is_asked_for_once_more(
    worker: Worker,
) -> None:
    await worker.work()
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", TOMORROW))
    await worker.work(5)
    later = TOMORROW + timedelta(hours=1)
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", later))
    await worker.work(5)
    assert worker.calendars.asked["event"] == 2
    await worker.work(300)
    assert worker.calendars.asked["event"] == 3
    assert worker.platform.bookings()[1].start == later


async def test_an_unknown_id_is_asked_again_after_2_10_and_60_seconds_then_dropped(
    worker: Worker,
) -> None:
    await worker.work()
    await worker.hint("nowhere", 'W/"1"')
    await worker.work(600)
    assert worker.calendars.asked["event"] == 4
    assert await worker.room("pending") == []


async def test_an_answer_in_the_mirrors_state_is_asked_for_again(worker: Worker) -> None:
    await worker.work()
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", TOMORROW))
    await worker.work()
    await worker.hint("e1", 'W/"newer"')
    await worker.work(1)
    worker.calendars.put(worker.mailbox, "e1", TOMORROW, subject="Changed")
    await worker.work(2)
    assert [subject for subject, _, _ in worker.told()] == ["Planning", "Changed"]


async def test_a_first_load_of_300_events_shows_progress_and_ends_with_a_notice(
    worker: Worker,
) -> None:
    for number in range(300):
        worker.calendars.put(worker.mailbox, f"e{number}", START + timedelta(hours=number))
    await worker.work()
    assert (await worker.room("loaded"), await worker.room("expected")) == (300, 300)
    assert [b.version for b in worker.platform.bookings()] == list(range(1, 301))
    assert worker.platform.keys[-1] == "room.synced"
    assert await worker.room("published_version") == 300


async def test_a_window_read_spares_the_hints_of_what_it_brought(worker: Worker) -> None:
    made = worker.calendars.put(worker.mailbox, "e1", TOMORROW)
    await worker.comparison.compare(worker.now)
    await worker.hint(made)
    await worker.work()
    assert worker.calendars.asked == {"view": 1}


async def test_a_series_follows_its_master_its_exception_and_a_cancelled_occurrence(
    worker: Worker,
) -> None:
    await worker.work()
    starts = [TOMORROW + timedelta(weeks=week) for week in range(3)]
    for place, start in enumerate(starts):
        worker.calendars.put(
            worker.mailbox, f"o{place}", start, kind="occurrence", master="m", original_start=start
        )
    await worker.hint(worker.calendars.put(worker.mailbox, "m", starts[0], kind="seriesMaster"))
    await worker.work()
    told = worker.platform.bookings()
    assert len(told) == 3
    assert len({b.series_id for b in told}) == 1
    worker.calendars.put(
        worker.mailbox, "o1", starts[1] + timedelta(hours=3), kind="exception", master="m",
        original_start=starts[1],
    )  # fmt: skip
    worker.calendars.remove(worker.mailbox, "o2")
    await worker.hint(worker.calendars.put(worker.mailbox, "m", starts[0], kind="seriesMaster"))
    await worker.work(5)
    later = worker.platform.bookings()[3:]
    assert [(b.id, b.status) for b in later] == [
        (told[1].id, "confirmed"),
        (told[2].id, "cancelled"),
    ]


async def test_a_deleted_series_takes_its_occurrences_along(worker: Worker) -> None:
    starts = [TOMORROW + timedelta(weeks=week) for week in range(3)]
    for place, start in enumerate(starts):
        worker.calendars.put(
            worker.mailbox, f"o{place}", start, kind="occurrence", master="m", original_start=start
        )
    await worker.work()
    for place in range(3):
        worker.calendars.remove(worker.mailbox, f"o{place}")
    await worker.hint("m", None)
    await worker.work(5)
    assert [b.status for b in worker.platform.bookings()[3:]] == ["cancelled"] * 3


async def test_private_all_day_and_free_events(worker: Worker) -> None:
    worker.calendars.put(worker.mailbox, "p", TOMORROW, subject="Doctor", sensitivity="private")
    midnight = datetime(2026, 3, 4, tzinfo=UTC)
    worker.calendars.put(worker.mailbox, "d", midnight, minutes=1440, isAllDay=True)
    worker.calendars.put(worker.mailbox, "f", TOMORROW, showAs="free")
    await worker.work()
    told = {b.subject: b for b in worker.platform.bookings()}
    assert set(told) == {"Private", "Planning"}
    assert (told["Planning"].all_day, told["Planning"].start) == (True, midnight)


async def test_what_a_window_read_lacks_is_removed_only_after_two_404(worker: Worker) -> None:
    worker.calendars.put(worker.mailbox, "gone", TOMORROW, subject="Gone")
    later = TOMORROW + timedelta(hours=1)
    worker.calendars.put(worker.mailbox, "there", later, subject="There")
    await worker.work()
    worker.calendars.remove(worker.mailbox, "gone")
    worker.calendars.hidden.add("there")
    await worker.work(61)
    assert len(worker.told()) == 2
    await worker.work(3)
    assert worker.told()[2:] == [("Gone", "cancelled", 3)]


async def test_the_brake_holds_an_emptied_calendar_until_three_reads_agree(worker: Worker) -> None:
    for number in range(10):
        worker.calendars.put(worker.mailbox, f"e{number}", TOMORROW + timedelta(hours=number))
    await worker.work()
    worker.calendars.mailboxes[worker.mailbox].clear()
    await worker.work(9 * 60)
    assert len(worker.told()) == 10
    assert await worker.room("jsonb_array_length(brake -> 'ids')") == 10
    await worker.work(3 * 60)
    assert [status for _, status, _ in worker.told()[10:]] == ["cancelled"] * 10
    assert await worker.room("brake") is None


async def test_removals_that_somebody_confirmed_wait_for_no_further_read(worker: Worker) -> None:
    for number in range(10):
        worker.calendars.put(worker.mailbox, f"e{number}", TOMORROW + timedelta(hours=number))
    await worker.work()
    worker.calendars.mailboxes[worker.mailbox].clear()
    await worker.work(2 * 60)
    assert len(worker.told()) == 10
    await worker.office.run(
        "update rooms set removals_confirmed_at = $2 where id = $1", worker.room_id, worker.now
    )
    await worker.work(30)
    assert [status for _, status, _ in worker.told()[10:]] == ["cancelled"] * 10
    assert await worker.room("brake") is None


async def test_a_throttled_room_rests_as_long_as_graph_asks(worker: Worker) -> None:
    await worker.work()
    worker.calendars.failures = [Throttled(retry_after=7.5, status=429)]
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", TOMORROW))
    await worker.work(7)
    assert worker.told() == []
    await worker.hint("e2", 'W/"x"')
    await worker.work(1)
    assert len(worker.told()) == 1


async def test_rejected_credentials_wait_for_new_ones(worker: Worker) -> None:
    worker.calendars.failures = [
        CredentialsRejected(aadsts=7000215, error="invalid_client", description="")
    ]
    worker.calendars.put(worker.mailbox, "e1", TOMORROW)
    await worker.work(30)
    assert worker.told() == []
    await worker.office.run("update integrations set revision = revision + 1")
    await worker.work()
    assert len(worker.told()) == 1
    assert len(worker.calendars.signed_in) == 2


async def test_a_forbidden_mailbox_is_said_once_and_recovers(worker: Worker) -> None:
    await worker.work()
    worker.calendars.failures = [Forbidden(status=403), Forbidden(status=403)]
    await worker.work(70)
    assert worker.platform.keys.count("room.unreachable") == 1
    assert await worker.room("problem") == "forbidden"
    await worker.work(40 * 60)
    assert worker.platform.keys.count("room.unreachable") == 1
    assert await worker.room("problem") is None


async def test_what_could_not_be_confirmed_is_sent_again_unchanged_and_in_order(
    worker: Worker,
) -> None:
    await worker.work()
    worker.platform.takes = len(worker.platform.bodies)
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", TOMORROW, subject="One"))
    await worker.work(1)
    assert worker.told() == []
    worker.platform.takes = None
    later = TOMORROW + timedelta(hours=1)
    await worker.hint(worker.calendars.put(worker.mailbox, "e2", later, subject="Two"))
    await worker.work(10)
    assert worker.told() == [("One", "confirmed", 1), ("Two", "confirmed", 2)]


async def test_a_room_switched_off_is_left_alone_and_read_when_it_is_on_again(
    worker: Worker,
) -> None:
    await worker.work()
    await worker.office.run("update integrations set enabled = false")
    await worker.comparison.compare(worker.now)
    await worker.hint(worker.calendars.put(worker.mailbox, "e1", TOMORROW))
    assert await worker.leases.due(worker.now, 10) == []
    await worker.office.run("update integrations set enabled = true")
    await worker.work()
    assert worker.told() == [("Planning", "confirmed", 1)]
