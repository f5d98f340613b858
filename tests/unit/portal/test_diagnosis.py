from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from portal.domain.causes import Code, cause
from portal.domain.diagnosis import causes_of, diagnose
from portal.domain.evidence import (
    Calendars,
    CalendarsTried,
    CallRefused,
    Evidence,
    GrantsRead,
    NotTried,
    Rooms,
    RoomsListed,
    Throttled,
    Token,
    TokenGranted,
    TokenRefused,
    Unreachable,
    Validated,
    WroteAndUndid,
)
from portal.domain.scope import scope_of

ALL = frozenset({"Calendars.ReadWrite", "Directory.Read.All", "Place.Read.All"})
NO_CALENDARS = frozenset({"Directory.Read.All", "Place.Read.All"})
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TENANT = UUID("11111111-0000-4000-8000-000000000001")
CLIENT = UUID("22222222-0000-4000-8000-000000000002")


OPENED = CalendarsTried(opened=2)


def seen(
    token: Token,
    rooms: Rooms | None = None,
    calendars: Calendars | None = None,
    *,
    secret_is_guid: bool = False,
) -> Evidence:
    return Evidence(
        token,
        rooms=rooms or NotTried(),
        calendars=calendars or NotTried(),
        secret_is_guid=secret_is_guid,
    )


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
        (700027, ["wrong_certificate"]),
        (1000502, ["certificate_expired"]),
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
    limited = seen(TokenGranted(NO_CALENDARS), RoomsListed(3), OPENED)
    assert codes(limited) == []
    assert scope_of(limited) == "rooms"


def test_a_refused_calendar_without_the_role_leaves_three_causes_open() -> None:
    refused = seen(TokenGranted(NO_CALENDARS), RoomsListed(3), CalendarsTried(opened=0, refused=3))
    assert codes(refused) == ["consent_missing", "permission_delegated", "room_outside_scope"]


def test_rooms_without_a_cloud_mailbox_say_nothing_about_consent() -> None:
    unusable = seen(
        TokenGranted(NO_CALENDARS), RoomsListed(1), CalendarsTried(opened=0, unusable=1)
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
    assert [check.name for check in result.checks][:3] == ["token", "permissions", "consent"]


def test_a_green_test_tells_how_many_rooms_there_are() -> None:
    evidence = Evidence(
        TokenGranted(ALL), rooms=RoomsListed(8), calendars=OPENED, webhook=Validated(removed=True)
    )
    result = diagnose(evidence, tenant_id=TENANT, client_id=CLIENT, now=NOW)
    assert (result.ok, result.rooms) == (True, 8)
    results = {check.name: check.result for check in result.checks}
    assert {name for name, outcome in results.items() if outcome == "unknown"} == {
        "write",
        "room_subjects",
        "room_conflicts",
    }
    assert "fail" not in results.values()


def test_a_test_event_that_stays_is_said_with_when_and_where_to_look() -> None:
    evidence = Evidence(
        TokenGranted(ALL),
        rooms=RoomsListed(8),
        calendars=OPENED,
        write=WroteAndUndid(removed=False, at=NOW),
    )
    checks = diagnose(evidence, tenant_id=TENANT, client_id=CLIENT, now=NOW).checks
    write = next(check for check in checks if check.name == "write")
    assert write.result == "fail"
    assert "2026-11-23 09:00 UTC" in write.detail
    assert "delete it in Outlook" in write.detail


def test_each_permission_is_named_with_its_own_cause() -> None:
    grants = GrantsRead(
        granted=frozenset(),
        delegated=frozenset(),
        asked_application=frozenset({"Place.Read.All"}),
        asked_delegated=frozenset({"Calendars.ReadWrite"}),
    )
    token = TokenGranted(frozenset({"Directory.Read.All"}))
    told = {each.code: each.text for each in causes_of(Evidence(token, grants=grants))}
    assert "Place.Read.All" in told[Code.CONSENT_MISSING]
    assert "Calendars" not in told[Code.CONSENT_MISSING]
    assert "Calendars.ReadWrite" in told[Code.PERMISSION_DELEGATED]


@pytest.mark.parametrize("code", list(Code))
def test_every_cause_says_how_to_fix_and_how_to_tell_it(code: Code) -> None:
    told = cause(code, missing=("Place.Read.All",))
    assert told.text
    assert told.fix
    assert told.how_to_tell
    assert "{" not in " ".join([told.text, *told.fix, told.how_to_tell])


def test_every_cause_is_in_the_table_of_the_documentation() -> None:
    table = (Path(__file__).parents[3] / "docs" / "diagnosis.md").read_text(encoding="utf-8")
    assert [code for code in Code if f"`{code}`" not in table.partition("## ")[0]] == []
