from pathlib import Path

import pytest

from portal.settings import microsoft_registration
from servicekit.settings import SettingsInvalid, describe, load
from standalone.settings import Settings, with_kept_keys


def test_nothing_needs_to_be_set_with_the_embedded_database(tmp_path: Path) -> None:
    settings = with_kept_keys(load(Settings, {"DATA_DIR": str(tmp_path)}))
    assert settings.is_embedded
    assert settings.amqp_url.get_secret_value() == "postgres"
    assert settings.secret_keys.get_secret_value() == (tmp_path / "secret-keys").read_text().strip()
    assert with_kept_keys(load(Settings, {"DATA_DIR": str(tmp_path)})) == settings


@pytest.mark.parametrize("name", ["CLIENT_STATE_KEYS", "SECRET_KEYS", "PORTAL_OPERATOR_TOKEN"])
def test_another_database_needs_every_key_and_the_missing_one_is_named(
    tmp_path: Path, name: str
) -> None:
    environ = {
        "DATABASE_URL": "postgresql://owner@db/clearooms",
        "DATA_DIR": str(tmp_path),
        "CLIENT_STATE_KEYS": "a:b",
        "SECRET_KEYS": "a:b",
        "PORTAL_OPERATOR_TOKEN": "t",
    }
    del environ[name]
    with pytest.raises(SettingsInvalid, match=f"^{name}: is missing"):
        with_kept_keys(load(Settings, environ))
    assert list(tmp_path.iterdir()) == []


def test_people_may_sign_in_with_microsoft_here_too() -> None:
    environ = {
        "PORTAL_URL": "http://127.0.0.1:8080",
        "OIDC_ISSUER": "https://login.microsoftonline.com/organizations/v2.0",
        "OIDC_CLIENT_ID": "aaaaaaaa-0000-4000-8000-000000000002",
        "OIDC_CLIENT_SECRET": "s",
    }
    assert microsoft_registration(load(Settings, environ))
    with pytest.raises(SettingsInvalid, match=r"^OIDC_CLIENT_SECRET: is missing"):
        microsoft_registration(load(Settings, environ | {"OIDC_CLIENT_SECRET": ""}))


def test_given_keys_are_not_replaced(tmp_path: Path) -> None:
    settings = with_kept_keys(load(Settings, {"DATA_DIR": str(tmp_path), "SECRET_KEYS": "mine:x"}))
    assert settings.secret_keys.get_secret_value() == "mine:x"
    assert not (tmp_path / "secret-keys").exists()


@pytest.mark.parametrize("url", ["https://api.clearooms.com/graph", "api.clearooms.com", "ftp://x"])
def test_a_webhook_url_that_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="WEBHOOK_URL"):
        load(Settings, {"WEBHOOK_URL": url})


def test_help_names_every_setting_and_where_keys_are_kept() -> None:
    text = describe(Settings)
    for name in ("DATABASE_URL", "AMQP_URL", "CLIENT_STATE_KEYS", "WEBHOOK_URL", "DATA_DIR"):
        assert f"  {name} (" in text
    assert "0600" in text
