"""Who changed what, in words."""

from datetime import UTC, datetime
from uuid import uuid4

from portal.domain.accounts import AuditEntry
from portal.domain.audit_words import ids_in, more, what, who

MARA, ROOM, ANNEX = uuid4(), uuid4(), uuid4()
NAMES = {MARA: "mara@example.test", ROOM: "Aquarium", ANNEX: "Annex"}


def entry(action: str, subject: str, actor: str = f"user:{MARA}", **detail: object) -> AuditEntry:
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return AuditEntry(id=1, at=at, actor=actor, action=action, subject=subject, detail=detail)


def test_people_and_things_are_called_by_their_names() -> None:
    moved = entry("room.moved", f"room:{ROOM}", office_id=str(ANNEX))
    assert ids_in([moved]) == {MARA, ROOM, ANNEX}
    assert who(moved, NAMES) == "mara@example.test"
    assert what(moved, NAMES) == "moved the room Aquarium to another office"
    assert more(moved, NAMES) == "to Annex"


def test_who_is_not_a_person_is_named_by_what_they_are() -> None:
    assert who(entry("operator.called", "GET /api/rooms", "operator"), {}) == "The operator"
    assert who(entry("integration.ok", "x", "subscription-manager"), {}) == "The sync, by itself"
    assert who(entry("room.followed", "x", "portal"), {}) == "The portal, by itself"


def test_a_person_nobody_knows_any_more_and_an_unknown_action_are_shown_all_the_same() -> None:
    strange = entry("room.painted", f"room:{ROOM}")
    assert who(strange, {}) == "A person who is not known any more"
    assert what(strange, {}) == f"room.painted room:{ROOM}"


def test_switches_are_told_in_words_and_what_says_nothing_is_left_out() -> None:
    saved = entry(
        "integration.saved", "organisation:x", enabled=False, new_secret=True, tenant_id="t"
    )
    assert more(saved, {}) == "switched off, with a new secret"
    assert (
        more(entry("user.changed", f"user:{MARA}", role=None, password=True), {}) == "new password"
    )
    assert (
        more(entry("office.changed", "office:x", fields=["name", "time_zone"]), {})
        == "name, time zone"
    )


def test_a_name_with_braces_is_text() -> None:
    assert (
        what(entry("room.removed", f"room:{ROOM}"), {ROOM: "{0} {it}"})
        == "removed the room {0} {it}"
    )
