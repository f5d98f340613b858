from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError

from servicekit.settings import ServiceSettings, SettingsInvalid, describe, load


class Settings(ServiceSettings):
    """Of a service that exists here only."""

    database_url: SecretStr = Field(description="Postgres DSN")
    keys: SecretStr = Field(SecretStr("1,2"), description="numbers")
    poll_seconds: int = Field(60, ge=5, description="how often")


def numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def test_a_name_is_the_field_in_capitals_and_everything_else_is_ignored() -> None:
    settings = load(Settings, {"DATABASE_URL": "postgres://x", "POLL_SECONDS": "7", "HOME": "/"})
    assert settings.database_url.get_secret_value() == "postgres://x"
    assert settings.poll_seconds == 7
    assert settings.log_level == "info"


def test_any_name_may_come_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("postgres://y\n")
    settings = Settings.load({"DATABASE_URL_FILE": str(tmp_path / "dsn")})
    assert settings.database_url.get_secret_value() == "postgres://y"


@pytest.mark.parametrize(
    ("environ", "name", "reason"),
    [
        ({}, "DATABASE_URL", "missing"),
        ({"DATABASE_URL": ""}, "DATABASE_URL", "missing"),
        ({"DATABASE_URL": "x", "DATABASE_URL_FILE": "/y"}, "DATABASE_URL", "twice"),
        ({"DATABASE_URL_FILE": "/nowhere"}, "DATABASE_URL", "cannot be read"),
        ({"DATABASE_URL": "x", "POLL_SECONDS": "4"}, "POLL_SECONDS", "greater than or equal to 5"),
        ({"DATABASE_URL": "x", "POLL_SECONDS": "canary"}, "POLL_SECONDS", "integer"),
        ({"DATABASE_URL": "x", "LISTEN": "8080"}, "LISTEN", "host:port"),
        ({"DATABASE_URL": "x", "LOG_FORMAT": "xml"}, "LOG_FORMAT", "'json' or 'console'"),
    ],
)
def test_a_bad_setting_is_named_with_its_reason_and_without_its_value(
    environ: dict[str, str], name: str, reason: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load(Settings, environ)
    assert refused.value.name == name
    assert reason in refused.value.reason
    assert "canary" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_setting_follows_its_file_but_its_first_value_must_be_good(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("3,4")
    settings = load(Settings, {"DATABASE_URL": "x", "KEYS_FILE": str(path)})
    assert settings.live("keys", numbers).value() == [3, 4]
    path.write_text("canary")
    settings = load(Settings, {"DATABASE_URL": "x", "KEYS_FILE": str(path)})
    with pytest.raises(SettingsInvalid, match="KEYS") as refused:
        settings.live("keys", numbers)
    assert "canary" not in str(refused.value)


def test_help_lists_every_setting_with_default_and_meaning() -> None:
    text = describe(Settings)
    for field, known in Settings.model_fields.items():
        assert f"  {field.upper()} (" in text
        assert (known.description or "-") in text
    assert "DATABASE_URL (required)" in text
    assert "POLL_SECONDS (default 60)" in text


def test_settings_do_not_change_and_do_not_show_secrets() -> None:
    settings = load(Settings, {"DATABASE_URL": "canary"})
    with pytest.raises(ValidationError):
        settings.poll_seconds = 9  # type: ignore[misc] # the refusal is what is tested
    assert "canary" not in repr(settings)
