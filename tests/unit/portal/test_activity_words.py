"""What happened to a booking, in words."""

import pytest

from portal.domain.activity_words import Detail, words


@pytest.mark.parametrize(
    ("entry", "detail", "text", "tone"),
    [
        ("booking.confirmed", {}, "Confirmed", "good"),
        ("booking.confirmed", {"read": "hint"}, "Confirmed (seen in Outlook)", "good"),
        ("booking.conflicted", {}, "Double booked", "wrong"),
        (
            "command.received",
            {"kind": "book", "source": "/clearooms/portal"},
            "Asked to book in the portal",
            "off",
        ),
        (
            "command.received",
            {"kind": "cancel", "source": "platform"},
            "Asked to cancel it by the platform",
            "off",
        ),
        (
            "command.rejected",
            {"reason": "overlap"},
            "The request was refused: the room is taken then",
            "wrong",
        ),
        ("command.rejected", {}, "The request was refused", "wrong"),
        ("command.rejected", {"reason": "new_one"}, "The request was refused: new_one", "wrong"),
        (
            "create.written",
            {"path": "organizer", "attempts": 1},
            "Making the event in the organiser's calendar: written",
            "off",
        ),
        (
            "change.open",
            {"path": "direct", "attempts": 3},
            "Changing the event in the room's own calendar: begun, attempt 3",
            "off",
        ),
        ("event.read", {"because_of": "hint"}, "The event was read", "off"),
        (
            "event.read",
            {"because_of": "calendar"},
            "The event was seen in a read of the whole calendar",
            "off",
        ),
        ("conflict.found", {"kind": "overlap"}, "Overlaps another booking", "wrong"),
        ("conflict.cleared", {"kind": "overlap"}, "Over: overlaps another booking", "good"),
        ("booking.invented", {}, "booking.invented", "off"),
        ("something.else", {}, "something.else", "off"),
    ],
)
def test_each_entry_is_told_in_words_and_an_unknown_one_as_it_is_called(
    entry: str, detail: Detail, text: str, tone: str
) -> None:
    assert words(entry, detail) == (text, tone)
