from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from subscription_manager.domain.sweep import Due, Orphans, Recorded, missing, orphans, strangers

from .rooms import DESIRED, NOW, ORGANISATION, ROOM, WEEK

DUE = Due(ORGANISATION, DESIRED.tenant_id, DESIRED.client_id)
MINUTE = timedelta(minutes=1)


def recorded(**changes: Any) -> Recorded:
    values: dict[str, Any] = {
        "room_id": ROOM,
        "client_id": DESIRED.client_id,
        "subscription_id": "S1",
        "expires_at": NOW + WEEK,
        "sealed_at": NOW - MINUTE,
        "in_doubt": False,
    }
    return Recorded(**(values | changes))


def test_what_the_list_lacks_is_missing_whatever_the_case_of_its_id() -> None:
    assert missing(["s2"], [recorded()], DUE, NOW) == [recorded()]
    assert missing(["s1"], [recorded()], DUE, NOW) == []


@pytest.mark.parametrize(
    "row",
    [
        recorded(subscription_id=None),
        recorded(sealed_at=NOW),
        recorded(expires_at=NOW),
        recorded(client_id=UUID(int=99)),
    ],
    ids=["none yet", "made since the list was begun", "lapsed", "another app's"],
)
def test_what_the_list_cannot_show_is_not_missing(row: Recorded) -> None:
    assert missing([], [row], DUE, NOW) == []


def test_a_stranger_is_what_no_row_knows() -> None:
    assert strangers(["s1", "s2"], [recorded(), recorded(subscription_id=None)]) == ["s2"]


def test_a_stranger_that_is_sealed_for_a_room_with_another_one_is_an_orphan() -> None:
    assert orphans({"s2": ROOM}, [recorded()]) == Orphans(("s2",), undecided=False)


def test_a_stranger_of_a_room_without_a_row_is_an_orphan() -> None:
    assert orphans({"s2": UUID(int=77)}, [recorded()]) == Orphans(("s2",), undecided=False)


def test_what_may_be_recorded_any_moment_is_left_alone_for_now() -> None:
    rows = [recorded(subscription_id=None, in_doubt=True)]

    assert orphans({"s2": ROOM}, rows) == Orphans((), undecided=True)


def test_what_was_recorded_meanwhile_is_no_orphan() -> None:
    assert orphans({"s1": ROOM}, [recorded()]) == Orphans((), undecided=False)
