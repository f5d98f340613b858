"""Signing in with Microsoft is set up whole, or the one wrong setting is named."""

from pathlib import Path

import pytest

from portal.settings import Settings, microsoft_registration
from servicekit.settings import SettingsInvalid

GIVEN = {
    "DATABASE_URL": "postgresql://login@127.0.0.1:1/none",
    "AMQP_URL": "amqp://127.0.0.1:1/",
    "SECRET_KEYS": "s1:x",
    "PORTAL_URL": "https://rooms.example",
    "OIDC_ISSUER": "https://login.microsoftonline.com/organizations/v2.0",
    "OIDC_CLIENT_ID": "AAAAAAAA-0000-4000-8000-000000000002",
    "OIDC_CLIENT_SECRET": "canary~secret",
}


def test_three_settings_make_a_registration() -> None:
    made = microsoft_registration(Settings.load(GIVEN))
    assert made is not None
    assert (made.issuer, made.client_id, made.secret()) == (
        GIVEN["OIDC_ISSUER"], "aaaaaaaa-0000-4000-8000-000000000002", "canary~secret",
    )  # fmt: skip
    assert "canary" not in repr(made)


def test_none_of_them_is_no_registration() -> None:
    without = {name: text for name, text in GIVEN.items() if not name.startswith("OIDC_")}
    assert microsoft_registration(Settings.load(without)) is None


def test_the_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from~file\n")
    environ = GIVEN | {"OIDC_CLIENT_SECRET": "", "OIDC_CLIENT_SECRET_FILE": str(file)}
    made = microsoft_registration(Settings.load(environ))
    assert made is not None
    assert made.secret() == "from~file"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("OIDC_ISSUER", "", "is missing"),
        ("OIDC_CLIENT_ID", "", "is missing"),
        ("OIDC_CLIENT_SECRET", "", "is missing"),
        ("OIDC_ISSUER", "https://evil.example/organizations/v2.0", "login.microsoftonline.com"),
        ("OIDC_ISSUER", "http://login.microsoftonline.com/organizations/v2.0", "https://"),
        ("OIDC_ISSUER", "https://login.microsoftonline.com/organizations", "/organizations/v2.0"),
        ("OIDC_CLIENT_ID", "our-app", "GUID"),
        ("PORTAL_URL", "", "https://"),
        ("PORTAL_URL", "http://rooms.example", "https://"),
    ],
)
def test_what_is_missing_or_wrong_is_named_in_one_line(name: str, text: str, said: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        microsoft_registration(Settings.load(GIVEN | {name: text}))
    assert refused.value.name == name
    assert said in refused.value.reason
    assert "\n" not in str(refused.value)
    assert "canary" not in str(refused.value)


def test_this_machine_may_go_without_tls() -> None:
    assert microsoft_registration(Settings.load(GIVEN | {"PORTAL_URL": "http://127.0.0.1:8080"}))
