import pytest

from servicekit.settings import SettingsInvalid
from subscription_manager.settings import Settings

NEEDED = {
    "DATABASE_URL": "postgresql://x",
    "AMQP_URL": "amqp://x",
    "CLIENT_STATE_KEYS": "k",
    "SECRET_KEYS": "s",
}


def test_without_a_webhook_the_rooms_are_polled() -> None:
    assert Settings.load(NEEDED).webhook_url == ""


@pytest.mark.parametrize(
    "origin", ["https://api.clearooms.com", "https://api.clearooms.com/", "http://127.0.0.1:8080"]
)
def test_the_webhook_is_an_origin(origin: str) -> None:
    assert Settings.load(NEEDED | {"WEBHOOK_URL": origin}).webhook_url == origin.rstrip("/")


@pytest.mark.parametrize(
    "text",
    ["api.clearooms.com", "https://", "https://a.test/graph", "https://a.test?x=1", "ftp://a.test"],
)
def test_anything_but_an_origin_is_refused_by_name(text: str) -> None:
    with pytest.raises(SettingsInvalid, match="WEBHOOK_URL"):
        Settings.load(NEEDED | {"WEBHOOK_URL": text})


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        Settings.load({key: value for key, value in NEEDED.items() if key != name})
