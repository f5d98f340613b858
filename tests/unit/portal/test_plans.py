from datetime import UTC, datetime
from uuid import UUID

from portal.domain.plans import PlanItem, report

AT = datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC)
BOOKING = UUID(int=7)


def item(action: str, **more: object) -> PlanItem:
    fields = {"booking_id": BOOKING, "command_id": "c1", "reason": "overlap", "text": "Taken."}
    return PlanItem.model_validate({"action": action, **fields, **more})


def test_the_text_counts_and_lists_what_would_be_done() -> None:
    items = [item("refuse"), item("create", command_id=None), item("wait", booking_id=None)]
    made = report(items, AT)
    assert (made.mode, made.generated_at, made.items) == ("observe", AT, items)
    assert made.text.splitlines() == [
        "As of 2026-03-02 08:00:05 UTC live mode would: create 1, refuse 1, wait 1.",
        f"- refuse (overlap): booking {BOOKING}, command c1: Taken.",
        f"- create (overlap): booking {BOOKING}: Taken.",
        "- wait (overlap): the room, command c1: Taken.",
    ]


def test_that_nothing_is_open_is_said_in_words() -> None:
    made = report([], AT)
    assert made.items == []
    assert "nothing would be written" in made.text


def test_without_a_plan_there_is_no_mode_and_the_text_says_why() -> None:
    made = report([item("create")], None)
    assert (made.mode, made.generated_at, made.items) == (None, None, [])
    assert "no plan" in made.text
