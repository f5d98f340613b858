from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from portal.domain.causes import Code, cause
from portal.domain.diagnosis import causes_of, diagnose, scope_of
from portal.domain.evidence import (
    Calendar,
    CalendarOpened,
    CallRefused,
    Evidence,
    MailboxUnusable,
    NotTried,
    Rooms,
    RoomsListed,
    Throttled,
    Token,
    TokenGranted,
    TokenRefused,
    Unreachable,
)

ALL = frozenset({"Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All"})
NO_CALENDARS = frozenset({"Directory.Read.All", "Place.Read.All"})
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TENANT = UUID("11111111-0000-4000-8000-000000000001")
CLIENT = UUID("22222222-0000-4000-8000-000000000002")


def seen(
    token: Token, rooms: Rooms | None = None, calendar: Calendar | None = None, **more: bool
) -> Evidence:
    return Evidence(token, rooms or NotTried(), calendar or NotTried(), **more)


def codes(evidence: Evidence) -> list[str]:
    return [each.code for each in causes_of(evidence)]


@pytest.mark.parametrize(
    ("aadsts", "expected"),
    [
        (90002, ["wrong_tenant"]),
        (900023, ["wrong_tenant"]),
        (700016, ["wrong_client", "wrong_tenant"]),
        (7000215, ["wrong_secret"]),
        (7000222, ["secret_expired"]),
        (7000112, ["app_disabled"]),
        (7000229, ["wrong_tenant", "consent_missing"]),
        (53003, ["access_blocked"]),
        (50196, ["throttled"]),
        (70011, ["unrecognised"]),
        (None, ["unrecognised"]),
    ],
)
def test_a_refusal_of_entra_names_exactly_the_causes_it_leaves_open(
    aadsts: int | None, expected: list[str]
) -> None:
    assert codes(seen(TokenRefused(aadsts, "invalid_client"))) == expected


def test_a_wrong_secret_of_guid_shape_is_the_secret_id() -> None:
    refused = seen(TokenRefused(7000215, "invalid_client"), secret_is_guid=True)
    assert codes(refused) == ["secret_id_pasted"]


def test_all_roles_and_some_rooms_are_green_and_tenant_wide() -> None:
    green = seen(TokenGranted(ALL), RoomsListed(8))
    assert codes(green) == []
    assert scope_of(green) == "tenant"


def test_no_roles_at_all_leave_consent_and_the_permission_type_open() -> None:
    found = causes_of(seen(TokenGranted(frozenset())))
    assert [each.code for each in found] == ["consent_missing", "permission_delegated"]
    assert "Calendars.ReadWrite, Directory.Read.All, Place.Read.All" in found[0].text


def test_only_what_is_missing_is_named() -> None:
    found = causes_of(seen(TokenGranted(ALL - {"Directory.Read.All"}), RoomsListed(2)))
    assert "Directory.Read.All" in found[0].text
    assert "Calendars.ReadWrite" not in found[0].text


def test_a_calendar_that_opens_without_a_calendars_role_proves_a_limited_grant() -> None:
    limited = seen(TokenGranted(NO_CALENDARS), RoomsListed(3), CalendarOpened())
    assert codes(limited) == []
    assert scope_of(limited) == "rooms"


def test_a_refused_calendar_without_the_role_leaves_three_causes_open() -> None:
    refused = seen(
        TokenGranted(NO_CALENDARS), RoomsListed(3), CallRefused(403, "ErrorAccessDenied")
    )
    assert codes(refused) == ["consent_missing", "permission_delegated", "room_outside_scope"]


def test_rooms_without_a_cloud_mailbox_say_nothing_about_consent() -> None:
    unusable = seen(
        TokenGranted(NO_CALENDARS), RoomsListed(1), MailboxUnusable("MailboxNotEnabledForRESTAPI")
    )
    assert codes(unusable) == ["mailbox_unsupported", "consent_missing", "permission_delegated"]


@pytest.mark.parametrize(
    ("rooms", "expected"),
    [
        (RoomsListed(0), ["no_rooms_yet"]),
        (CallRefused(403, "Forbidden"), ["graph_refused"]),
        (Throttled(10.0), ["throttled"]),
        (Unreachable(503), ["graph_unreachable"]),
    ],
)
def test_with_all_roles_the_room_list_decides(rooms: Rooms, expected: list[str]) -> None:
    assert codes(seen(TokenGranted(ALL), rooms)) == expected


@pytest.mark.parametrize(
    ("token", "expected"), [(Throttled(None), "throttled"), (Unreachable(), "graph_unreachable")]
)
def test_no_answer_says_nothing_about_the_credentials(token: Token, expected: str) -> None:
    assert codes(seen(token)) == [expected]


def test_the_diagnosis_carries_codes_and_request_ids() -> None:
    refused = seen(TokenRefused(7000222, "invalid_client", "request-1"))
    result = diagnose(refused, tenant_id=TENANT, client_id=CLIENT, now=NOW)
    assert not result.ok
    assert result.rooms is None
    for part in ("AADSTS7000222", "request-1", str(TENANT), str(CLIENT), "2026-11-23T09:00:00Z"):
        assert part in result.diagnosis
    assert [check.name for check in result.checks] == ["token", "permissions", "rooms", "calendar"]


def test_a_green_test_tells_how_many_rooms_there_are() -> None:
    green = seen(TokenGranted(ALL), RoomsListed(8))
    result = diagnose(green, tenant_id=TENANT, client_id=CLIENT, now=NOW)
    assert (result.ok, result.rooms) == (True, 8)
    assert {check.result for check in result.checks} == {"pass"}


@pytest.mark.parametrize("code", list(Code))
def test_every_cause_says_how_to_fix_and_how_to_tell_it(code: Code) -> None:
    told = cause(code, missing=("Place.Read.All",))
    assert told.text
    assert told.fix
    assert told.how_to_tell
    assert "{" not in " ".join([told.text, *told.fix, told.how_to_tell])


def test_every_cause_is_in_the_table_of_the_documentation() -> None:
    table = (Path(__file__).parents[3] / "docs" / "diagnosis.md").read_text(encoding="utf-8")
    assert [code for code in Code if f"| `{code}` |" not in table] == []
