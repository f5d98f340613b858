from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import ValidationError

from portal.domain.integration import IntegrationChange, Saved, shown, status_of

from ..graphsim.credentials import credential

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ID = UUID("11111111-0000-4000-8000-000000000001")
SAVED = Saved(
    tenant_id=ID,
    client_id=ID,
    enabled=True,
    delivery="basic",
    revision=3,
    secret_set=True,
    secret_expires_at=None,
    certificate_thumbprint=None,
    chat_webhook_set=False,
    tested_at=NOW,
    test_ok=True,
    test_causes=(),
    scope="tenant",
    failing_since=None,
    failing_code=None,
    failing_revision=None,
    watched_expiry=None,
    watched_revision=3,
)


def change(**fields: object) -> IntegrationChange:
    given = {"enabled": True, "tenant_id": str(ID), "client_id": str(ID), **fields}
    return IntegrationChange.model_validate(given)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "ok"),
        ({"test_ok": None}, "untested"),
        ({"test_ok": False}, "failing"),
        ({"enabled": False, "failing_since": NOW}, "off"),
        ({"failing_since": NOW, "failing_revision": 3}, "failing"),
        ({"failing_since": NOW, "failing_revision": None}, "failing"),
        ({"failing_since": NOW, "failing_revision": 2}, "ok"),
    ],
)
def test_the_status_is_the_last_thing_seen_of_this_revision(
    changed: dict[str, object], expected: str
) -> None:
    saved = replace(SAVED, **changed)  # type: ignore[arg-type] # a table of changes
    assert status_of(saved) == expected
    assert shown(saved, webhook_url=None).status_detail


def test_the_expiry_that_graph_told_wins_over_the_one_typed_in() -> None:
    later = NOW.replace(year=2027)
    saved = replace(SAVED, secret_expires_at=NOW, watched_expiry=later)
    assert shown(saved, webhook_url=None).secret_expires_at == later


def test_the_expiry_of_a_secret_since_replaced_counts_no_more() -> None:
    later = NOW.replace(year=2027)
    saved = replace(SAVED, watched_expiry=NOW, watched_revision=2, secret_expires_at=later)
    assert shown(saved, webhook_url=None).secret_expires_at == later


def test_refused_credentials_are_shown_with_what_to_do() -> None:
    saved = replace(SAVED, failing_since=NOW, failing_code="AADSTS7000222", failing_revision=3)
    told = shown(saved, webhook_url=None).status_detail
    assert "AADSTS7000222" in told
    assert "create a new client secret" in told
    assert "resumes by itself" in told


def test_a_secret_of_guid_shape_is_refused_with_the_reason() -> None:
    with pytest.raises(ValidationError, match="Secret ID"):
        change(client_secret="0a1b2c3d-0000-4000-8000-00000000abcd")


def test_a_secret_loses_the_spaces_it_was_pasted_with() -> None:
    pasted = change(client_secret=" abc8Q~value\n").client_secret
    assert pasted is not None
    assert pasted.get_secret_value() == "abc8Q~value"


@pytest.mark.parametrize("secret", ["", "   ", "two words", "line\nbreak", "x" * 257])
def test_what_cannot_be_a_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError):
        change(client_secret=secret)


@pytest.mark.parametrize(
    "text", ["contoso.onmicrosoft.com", "1111", "11111111000040008000000000000001", f"{{{ID}}}"]
)
def test_what_is_no_guid_is_no_tenant(text: str) -> None:
    with pytest.raises(ValidationError, match="GUID"):
        change(tenant_id=text)


def test_fields_nobody_knows_are_refused() -> None:
    with pytest.raises(ValidationError, match="graph_url"):
        change(graph_url="https://example.com")


def test_the_secret_shows_in_no_text_of_the_body() -> None:
    assert "abc8Q~value" not in repr(change(client_secret="abc8Q~value"))


def test_a_certificate_comes_with_its_key_and_in_the_secrets_place() -> None:
    held = credential()
    given = change(certificate=held.private_pem + held.pem)
    assert given.proof == held.private_pem + held.pem
    assert held.private_pem not in repr(given)
    with pytest.raises(ValidationError, match="BEGIN PRIVATE KEY"):
        change(certificate=held.pem)
    with pytest.raises(ValidationError, match="not both"):
        change(certificate=held.private_pem + held.pem, client_secret="abc8Q~value")


@pytest.mark.parametrize(
    "url",
    ["http://chat.test/x", "chat.test", "https://", "https://me@chat.test/x", "https://chat.test/#x", "https://chat.test/" + "x" * 2_048],
)  # fmt: skip
def test_a_chat_address_of_another_shape_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        change(chat_webhook=url)


def test_a_chat_address_is_kept_when_left_out_and_taken_away_by_null() -> None:
    assert change().keeps_chat_webhook
    assert not change(chat_webhook=None).keeps_chat_webhook
    assert "hooks" not in repr(change(chat_webhook="https://chat.test/hooks/1"))
