from datetime import datetime, timedelta
from uuid import UUID

import pytest

from contracts.commands import Cancel, Command, Resync
from contracts.events import Alternative
from sync_worker.domain.command import Key, accepted, booking_of, kind_of, rejected, unplaced

from .examples import BOOKING, HOUR, NOW, PLATFORM, ROOM, SECOND, asked, book, cancel, change


def test_the_id_of_a_result_never_changes() -> None:
    """Receivers know a repeat by it: were it another one after an update, they would see two results."""
    assert str(Key(PLATFORM, "c1").result_id()) == "026d6bc2-fe69-5496-b77f-68d6bbc016b4"


def test_each_command_has_a_result_id_of_its_own() -> None:
    keys = [Key(PLATFORM, "c1"), Key(PLATFORM, "c2"), Key("/clearooms/portal", "c1")]
    assert len({key.result_id() for key in keys}) == 3


@pytest.mark.parametrize(
    ("not_after", "expired"),
    [(None, False), (NOW + SECOND, False), (NOW, False), (NOW - SECOND, True)],
)
def test_a_command_expires_once_its_time_has_passed(
    not_after: datetime | None, *, expired: bool
) -> None:
    assert asked(book(not_after=not_after)).expired(NOW) is expired
    resync = Resync(room_id=ROOM, not_after=not_after)
    assert asked(resync).expired(NOW) is expired


@pytest.mark.parametrize(
    ("order", "kind", "booking_id", "sequence"),
    [
        (book(), "book", BOOKING, 1),
        (change(subject="New"), "change", BOOKING, 2),
        (cancel(), "cancel", BOOKING, 3),
        (Resync(room_id=ROOM), "resync", None, 0),
    ],
)
def test_each_order_says_what_it_is_and_what_it_is_about(
    order: Command, kind: str, booking_id: UUID | None, sequence: int
) -> None:
    one = asked(order)
    assert (kind_of(order), booking_of(order)) == (kind, booking_id)
    assert (one.booking_id, one.sequence) == (booking_id, sequence)


def test_an_accepted_command_names_itself_its_booking_and_its_room() -> None:
    result = accepted(asked(book()), ROOM)
    assert (result.outcome, result.reason, result.version) == ("accepted", None, None)
    assert (result.command_source, result.command_id) == (PLATFORM, "c1")
    assert (result.booking_id, result.room_id) == (BOOKING, ROOM)


def test_a_rejected_command_says_why_and_what_is_free_instead() -> None:
    free = Alternative(room_id=ROOM, start=NOW, end=NOW + HOUR)
    result = rejected(asked(book()), ROOM, "overlap", "Taken.", [free])
    assert (result.outcome, result.reason, result.text) == ("rejected", "overlap", "Taken.")
    assert result.alternatives == (free,)
    assert (result.booking_id, result.room_id) == (BOOKING, ROOM)


def test_a_rejected_command_may_have_no_room() -> None:
    order = Cancel(booking_id=BOOKING, sequence=1, reason="")
    result = rejected(asked(order), None, "unknown_booking", "None.")
    assert (result.booking_id, result.room_id, result.alternatives) == (BOOKING, None, ())


@pytest.mark.parametrize(
    ("waited", "not_after", "reason"),
    [
        (59 * SECOND, None, None),
        (60 * SECOND, None, "unknown_booking"),
        (SECOND, NOW, "expired"),
        (SECOND, NOW + 2 * SECOND, None),
    ],
)
def test_a_command_waits_a_minute_for_the_one_that_books(
    waited: timedelta, not_after: datetime | None, reason: str | None
) -> None:
    one = asked(cancel().model_copy(update={"not_after": not_after}))
    result = unplaced(one, NOW + waited)
    assert (result and result.reason) == reason
