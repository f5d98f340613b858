from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from demo import forms
from demo.rooms import ImportedRoom
from demo.tenant import BERLIN, PEOPLE

ROOM = ImportedRoom(UUID(int=1), UUID(int=2), BERLIN.rooms[0], BERLIN)
WHEN: dict[str, Any] = {"day": "2026-11-23", "start": "10:00", "minutes": 45}
GUEST = {"name": "Gina", "email": "gina@elsewhere.example"}


def test_a_booking_is_sent_in_utc_with_its_id_and_organiser() -> None:
    asked = {**WHEN, "booking_id": "b", "subject": " Roadmap ", "organizer": GUEST}
    assert forms.booking(asked, ROOM) == {
        "booking_id": "b",
        "start": "2026-11-23T09:00:00Z",
        "end": "2026-11-23T09:45:00Z",
        "subject": "Roadmap",
        "organizer": GUEST,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"organizer": None},
        {"organizer": {"name": "Gina", "email": ""}},
        {"subject": "  "},
        {"minutes": 0},
        {"start": "late"},
        {"day": "soon"},
    ],
)
def test_a_booking_that_cannot_be_made_is_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(forms.BadRequest, match=r"\.$"):
        forms.booking({**WHEN, "subject": "Roadmap", "organizer": GUEST, **wrong}, ROOM)


def test_a_change_sends_only_what_was_changed() -> None:
    assert forms.change({"version": 7, "subject": "New"}, ROOM) == {
        "base_version": 7,
        "subject": "New",
    }
    assert forms.change({"version": 7, **WHEN}, ROOM) == {
        "base_version": 7,
        "start": "2026-11-23T09:00:00Z",
        "end": "2026-11-23T09:45:00Z",
    }


def test_a_meeting_directly_in_the_rooms_calendar_has_no_organiser() -> None:
    asked = {**WHEN, "subject": "Roadmap"}
    assert forms.meeting({**asked, "direct": True}, ROOM).organizer is None
    by_ada = forms.meeting({**asked, "organizer": PEOPLE[0].address}, ROOM)
    assert by_ada.organizer == PEOPLE[0].address
    with pytest.raises(forms.BadRequest):
        forms.meeting({**asked, "organizer": GUEST["email"]}, ROOM)


def test_a_wall_time_that_was_shown_is_the_offices() -> None:
    assert forms.wall("2026-11-23T10:00", ROOM) == datetime(2026, 11, 23, 9, tzinfo=UTC)
