"""Commands as the portal makes them, and what the worker's refusals become."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID, uuid4

import pytest

from contracts.commands import Cancel, Change, Resync, decode_command
from contracts.events import Alternative, Booking, CommandResult, RejectionReason
from portal.domain.bookings import BookingCancellation, NewBooking
from portal.domain.caller import Acting
from portal.domain.commands import book, book_command_id, refused, sequence_at, unconfirmed
from portal.domain.refusal import Reason, Refusal
from portal.handlers.commands import Commands
from portal.handlers.results import Results
from portal.routes.problems import problem

NOW = datetime(2026, 11, 23, 8, 0, 0, 7, tzinfo=UTC)
NEW = NewBooking(start=NOW, end=NOW + timedelta(hours=1), subject="Planning")
MEMBER = Acting(uuid4(), "user:1", "mara.lind@x.example")


def test_the_same_booking_of_the_same_organisation_is_the_same_command() -> None:
    north, south, booking = uuid4(), uuid4(), uuid4()
    assert book_command_id(north, booking) == book_command_id(north, booking)
    others = {book_command_id(south, booking), book_command_id(north, uuid4())}
    assert book_command_id(north, booking) not in others


def test_the_sequence_rises_with_every_microsecond() -> None:
    later = NOW + timedelta(microseconds=1)
    assert sequence_at(later) - sequence_at(NOW) == 1
    assert sequence_at(NOW) == 1_795_420_800_000_007


def test_a_name_is_what_precedes_the_at_sign_as_far_as_it_fits() -> None:
    assert book(MEMBER, uuid4(), NEW, "UTC", NOW).organizer.name == "mara.lind"
    long = Acting(uuid4(), "user:1", "x" * 300 + "@x.example")
    assert book(long, uuid4(), NEW, "UTC", NOW).organizer.name == "x" * 256


@pytest.mark.parametrize("reason", get_args(RejectionReason))
def test_every_refusal_has_its_status_and_its_reason(reason: RejectionReason) -> None:
    other = Alternative(room_id=uuid4(), start=NOW, end=NOW + timedelta(hours=1))
    result = CommandResult(
        command_id="c",
        command_source="/here",
        outcome="rejected",
        reason=reason,
        text="Because.",
        alternatives=(other,),
    )
    refusal = refused(result)

    statuses = {"unknown_booking": 404, "room_unknown": 404, "invalid": 422}
    answer = problem(refusal)
    assert answer.status == statuses.get(reason, 409)
    assert refusal.detail == "Because."
    assert f'"reason":"{reason}"' in str(answer.text)
    assert str(other.room_id) in str(answer.text)


def test_a_refusal_without_words_gets_some() -> None:
    result = CommandResult(
        command_id="c", command_source="/here", outcome="rejected", reason="stale"
    )
    assert refused(result).detail
    assert '"alternatives":[]' in str(problem(refused(result)).text)


def test_what_was_not_confirmed_is_said_to_be_uncertain_and_how_to_repeat_it() -> None:
    booking = book(MEMBER, uuid4(), NEW, "UTC", NOW)
    told = {
        unconfirmed(booking): f"booking_id {NEW.booking_id} is safe",
        unconfirmed(
            Change(booking_id=uuid4(), sequence=1, base_version=1, subject="x")
        ): "Look at the booking",
        unconfirmed(Cancel(booking_id=uuid4(), sequence=1, reason="")): "safe",
        unconfirmed(Resync(room_id=uuid4())): "safe",
    }
    for refusal, advice in told.items():
        assert refusal.reason is Reason.UNAVAILABLE
        assert refusal.retry_after
        assert "may have arrived all the same" in refusal.detail
        assert advice in refusal.detail


class HastyWorker:
    """A bus whose consumer has answered before the confirm comes, and a house where nothing is stored."""

    def __init__(self, results: Results) -> None:
        self._results = results

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, *, content_type: str
    ) -> None:
        command = decode_command(body)
        result = CommandResult(
            command_id=command.id,
            command_source=command.source,
            outcome="rejected",
            reason="superseded",
            text="Too late.",
        )
        self._results.tell(command.organisationid, result)

    async def find(self, organisation_id: UUID, booking_id: UUID) -> Booking | None:
        return None

    async def last_result(
        self, organisation_id: UUID, booking_id: UUID, source: str, *, sequence: int
    ) -> CommandResult | None:
        return None

    async def time_zone(self, organisation_id: UUID, room_id: UUID) -> str:
        return "UTC"

    async def note_resync(
        self, organisation_id: UUID, room_id: UUID, *, now: datetime, actor: str
    ) -> None:
        return None


async def test_a_result_that_is_faster_than_the_confirm_is_not_missed() -> None:
    results = Results()
    house = HastyWorker(results)
    commands = Commands(house, house, house, results, lambda: NOW, seconds=0)
    with pytest.raises(Refusal) as refused_at_once:
        await commands.cancel(MEMBER, uuid4(), BookingCancellation())
    assert refused_at_once.value.detail == "Too late."
    assert results.waiting() == 0
