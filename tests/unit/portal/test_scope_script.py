from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.scope_script import Variant, quoted, scope_script

CLIENT = UUID("22222222-0000-4000-8000-000000000002")
PRINCIPAL = UUID("33333333-0000-4000-8000-000000000003")
QUOTES = "'\u2018\u2019\u201a\u201b"


def read(literal: str) -> str:
    """What PowerShell makes of a string in single quotes: any two of its quotes together are one, a single one ends it."""
    assert literal[0] in QUOTES
    text, at = "", 1
    while literal[at] not in QUOTES or (literal[at + 1 : at + 2] and literal[at + 1] in QUOTES):
        step = 2 if literal[at] in QUOTES else 1
        text += literal[at]
        at += step
    assert at == len(literal) - 1, "something is left outside the string"
    return text


@given(st.text(st.sampled_from(QUOTES + 'ab@.$(;`"')))
def test_no_value_ends_its_string_early_or_is_expanded(text: str) -> None:
    assert read(quoted(text)) == text


def test_no_value_begins_a_new_line() -> None:
    assert quoted("a\nb\r\u2028c\x00") == "'abc'"


@pytest.mark.parametrize("variant", ["rooms", "rooms_and_staff"])
def test_the_script_names_every_room_and_tests_it(variant: Variant) -> None:
    made = scope_script(
        variant,
        client_id=CLIENT,
        principal_id=PRINCIPAL,
        mailboxes=["a@x.example", "o'hara'; Remove-Mailbox b #@x.example"],
    )
    assert made.rooms == 2
    assert "'a@x.example'" in made.script
    assert "'o''hara''; Remove-Mailbox b #@x.example'" in made.script
    assert f"$app = '{CLIENT}'" in made.script
    assert f"$principal = '{PRINCIPAL}'" in made.script
    for part in (
        "New-ServicePrincipal -AppId $app -ObjectId $principal",
        "'Application Calendars.ReadWrite'",
        "-CustomResourceScope $scope",
        "MemberOfGroup -eq",
        "Test-ServicePrincipalAuthorization -Identity $principal -Resource $room",
    ):
        assert part in made.script


def test_only_the_script_for_staff_reaches_peoples_mailboxes() -> None:
    scripts = [
        scope_script(variant, client_id=CLIENT, principal_id=PRINCIPAL, mailboxes=[]).script
        for variant in ("rooms", "rooms_and_staff")
    ]
    assert ["UserMailbox" in script for script in scripts] == [False, True]


def test_without_the_directory_the_script_asks_for_the_object_id() -> None:
    made = scope_script("rooms", client_id=CLIENT, principal_id=None, mailboxes=[])
    assert "$principal = Read-Host" in made.script
