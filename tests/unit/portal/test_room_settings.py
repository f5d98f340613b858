from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.room_settings import NOTHING_SEEN, Meeting, RoomSettings, settings_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(hours: float, organizer: str = "Ann", subject: str = "Plans", length: float = 1) -> Meeting:
    start = NOON + timedelta(hours=hours)
    return Meeting(subject, organizer, start, start + timedelta(hours=length))


@pytest.mark.parametrize(
    ("meetings", "expected"),
    [
        ([], NOTHING_SEEN),
        ([at(0)], RoomSettings("kept")),
        ([at(0, subject="  ")], NOTHING_SEEN),
        ([at(0, subject="Ann ")], NOTHING_SEEN),
        ([at(n, subject="Ann") for n in (0, 1, 2)], NOTHING_SEEN),
        (
            [at(0, subject="Ann"), at(1, "Bob", "Bob "), at(2, subject="Ann")],
            RoomSettings("replaced"),
        ),
        ([at(0, subject="Ann"), at(1, "Bob", "Bob"), at(2, subject="Ann"), at(3)], NOTHING_SEEN),
        ([at(0), at(1)], RoomSettings("kept")),
        ([at(0), at(0.5)], RoomSettings("kept", overlap=True)),
        ([at(0, length=5), at(1), at(3)], RoomSettings("kept", overlap=True)),
    ],
)
def test_the_meetings_of_a_room_prove_so_much_and_no_more(
    meetings: list[Meeting], expected: RoomSettings
) -> None:
    assert settings_of([meetings]) == expected


def test_meetings_of_two_rooms_do_not_overlap() -> None:
    assert settings_of([[at(0)], [at(0)]]) == RoomSettings("kept")


def test_one_room_that_breaks_the_product_is_told() -> None:
    replaces = [at(n, who, who) for n, who in enumerate(("Ann", "Bob", "Ann"))]
    assert settings_of([[at(0)], replaces]).subjects == "replaced"
