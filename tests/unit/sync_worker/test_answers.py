from typing import Any
from uuid import UUID

import pytest

from sync_worker.domain.answers import Watch, contents_of, gone_of, verdict
from sync_worker.domain.booking import Row, unbound_id
from sync_worker.domain.intent import Intent

from .examples import BOOKING, HOUR, NOW, content, intent, row

DIRECT: dict[str, Any] = {"path": "direct", "mailbox": "the room's"}
UNBOUND: dict[str, Any] = {"event_id": unbound_id(BOOKING)}
GONE: dict[str, Any] = {"removed_at": NOW, "answer": "cancelled"}
MOVED: dict[str, Any] = {"starts": NOW + 5 * HOUR}


@pytest.mark.parametrize(
    ("step", "shown", "expected"),
    [
        ("create", None, "waiting"),
        ("create", row(**UNBOUND, answer="pending"), "waiting"),
        ("create", row(**UNBOUND), "waiting"),  # whatever it says, the room's copy was not seen
        ("create", row(answer="pending"), "waiting"),
        ("create", row(), "accepted"),
        ("create", row(answer="tentative"), "accepted"),
        ("create", row(conflicted=True), "accepted"),
        ("create", row(**MOVED), "accepted"),  # its organiser moved it since, the room said yes
        ("create", row(**GONE), "declined"),
        ("create", row(**GONE, **UNBOUND), "declined"),
        ("change", None, "waiting"),
        ("change", row(), "accepted"),
        ("change", row(answer="tentative"), "accepted"),
        ("change", row(answer="pending"), "waiting"),
        ("change", row(**MOVED), "waiting"),  # still the old time
        ("change", row(**GONE), "declined"),
        ("restore", row(), "accepted"),
        ("restore", row(**MOVED), "waiting"),
        ("restore", row(**GONE), "declined"),
    ],
)
def test_the_rooms_copy_shows_its_answer(step: str, shown: Row | None, expected: str) -> None:
    assert verdict(intent(step=step), shown) == expected


def test_what_we_wrote_is_known_per_booking_and_what_we_took_away_is_not() -> None:
    intents = [
        intent(1),
        intent(1, step="change", content=content(NOW)),
        intent(2, step="restore", content=content(NOW + 9 * HOUR)),
        *(intent(3, step=step) for step in ("cancel", "delete", "decline", "invite")),
    ]
    assert contents_of(intents) == {
        UUID(int=1): (content(), content(NOW)),
        UUID(int=2): (content(NOW + 9 * HOUR),),
    }
    assert contents_of([]) == {}


SLOT: dict[str, Any] = {"event_id": "unknown", "starts": NOW + HOUR, "ends": NOW + 2 * HOUR}
OTHER_SLOT: dict[str, Any] = {**SLOT, "ends": NOW + 3 * HOUR}
FOUND: dict[str, Any] = {"by_answer": False}


def kept_back(one: Intent, **sighting: Any) -> bool:
    seen = {**SLOT, "row_id": None, "cancelled": False, **sighting}
    event_id, starts, ends = (seen.pop(name) for name in ("event_id", "starts", "ends"))
    return Watch((one,)).keeps_back(event_id, starts, ends, **seen)


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (intent(), True),  # perhaps ours: the outcome is not known
        (intent(**DIRECT), True),
        (intent(stage="written"), False),
        (intent(stage="guarding"), False),
        (intent(stage="guarding", **FOUND), True),  # perhaps the twin that comes late
        (intent(stage="guarding", **FOUND, **DIRECT), True),
        *((intent(step=step), False) for step in ("change", "restore", "invite")),
        *((intent(step=step), False) for step in ("cancel", "delete", "decline")),
    ],
)
def test_an_unknown_event_in_the_slot_waits_while_it_may_be_ours(
    one: Intent, *, kept: bool
) -> None:
    assert kept_back(one) is kept
    assert not kept_back(one, ends=NOW + 3 * HOUR)
    assert not kept_back(one, starts=NOW)
    assert not kept_back(one, row_id=UUID(int=9))


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (intent(**DIRECT, event_id="e"), True),
        (intent(**DIRECT, event_id="e", stage="written"), True),  # the second look decides
        (intent(**DIRECT, event_id="e", stage="guarding"), False),
        (intent(**DIRECT, event_id="e", stage="guarding", **FOUND), False),
        (intent(event_id="e", stage="written"), False),
    ],
)
def test_what_we_wrote_into_the_room_waits_for_the_second_look(one: Intent, *, kept: bool) -> None:
    assert kept_back(one, event_id="e", starts=NOW) is kept


@pytest.mark.parametrize("stage", ["open", "written", "guarding"])
def test_a_twin_on_its_way_out_is_not_published(stage: str) -> None:
    one = intent(step="delete", stage=stage, event_id="e")
    assert kept_back(one, event_id="e")
    assert kept_back(one, event_id="e", row_id=UUID(int=9))
    assert not kept_back(one, event_id="e", cancelled=True)
    assert not kept_back(one, event_id="another")


def test_removing_a_twin_keeps_back_the_twin_and_not_its_booking() -> None:
    twin = intent(step="delete", command=None, event_id="twin", **DIRECT)
    assert kept_back(twin, event_id="twin")
    assert not kept_back(twin, event_id="e1", row_id=BOOKING)


def test_one_intent_in_doubt_is_enough() -> None:
    doubt = Watch((intent(1, stage="written"), intent(2)))
    assert doubt.keeps_back(**SLOT, row_id=None, cancelled=False)
    assert not doubt.keeps_back(**OTHER_SLOT, row_id=None, cancelled=False)
    assert not Watch(()).keeps_back(**SLOT, row_id=None, cancelled=False)


def test_what_is_known_not_to_be_a_twin_waits_no_longer_and_others_do() -> None:
    guarding = intent(1, stage="guarding", **FOUND)
    asked = Watch((guarding,), {(guarding.id, "unknown")})
    assert not asked.keeps_back(**SLOT, row_id=None, cancelled=False)
    assert asked.keeps_back(**{**SLOT, "event_id": "later"}, row_id=None, cancelled=False)
    both = Watch((guarding, intent(2)), {(guarding.id, "unknown")})
    assert both.keeps_back(**SLOT, row_id=None, cancelled=False)  # it may be the other's


@pytest.mark.parametrize(
    ("one", "stays"),
    [
        (intent(step="change", stage="written"), True),
        (intent(step="restore", stage="written"), True),
        (intent(step="create", stage="written"), False),
        (intent(step="change", stage="open"), False),
        (intent(step="change", stage="written", **DIRECT), False),
        (intent(step="cancel", stage="written"), False),
        (intent(2, step="change", stage="written"), False),
    ],
)
def test_a_booking_whose_change_the_room_may_have_declined_keeps_its_row(
    one: Intent, *, stays: bool
) -> None:
    expected = [UUID(int=3)] if stays else [BOOKING, UUID(int=3)]
    assert gone_of([BOOKING, UUID(int=3)], [one], {}) == expected
