import pytest

from servicekit.settings import SettingsInvalid, describe
from webhook_ingress.settings import Settings


@pytest.mark.parametrize("missing", ["AMQP_URL", "CLIENT_STATE_KEYS"])
def test_both_settings_are_needed(missing: str) -> None:
    given = {"AMQP_URL": "amqp://x", "CLIENT_STATE_KEYS": "k1:AAAA"}
    del given[missing]
    with pytest.raises(SettingsInvalid, match=missing):
        Settings.load(given)


def test_the_ingress_knows_no_database() -> None:
    assert "DATABASE" not in describe(Settings)
