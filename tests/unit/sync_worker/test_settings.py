import pytest

from servicekit.settings import SettingsInvalid, load
from sync_worker.settings import WorkerSettings

NEEDED = {"DATABASE_URL": "postgresql://x", "AMQP_URL": "amqp://x", "SECRET_KEYS": "k:x"}


def test_defaults_are_those_of_the_design() -> None:
    settings = load(WorkerSettings, NEEDED)
    assert settings.sync_window_days == 190
    assert (settings.reconcile_minutes, settings.poll_seconds) == (60, 60)
    assert settings.sync_mode == "live"


@pytest.mark.parametrize(
    ("name", "value"),
    [("SYNC_WINDOW_DAYS", "0"), ("SYNC_WINDOW_DAYS", "1900"), ("SYNC_MODE", "dry"), ("POLL_SECONDS", "x")],
)  # fmt: skip
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        load(WorkerSettings, NEEDED | {name: value})


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_value_is_named(name: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        load(WorkerSettings, {key: value for key, value in NEEDED.items() if key != name})


def test_graph_and_entra_of_two_clouds_are_refused_with_what_goes_together() -> None:
    with pytest.raises(SettingsInvalid, match=r"ENTRA_URL.*login\.microsoftonline\.us"):
        load(WorkerSettings, NEEDED | {"GRAPH_URL": "https://graph.microsoft.us/v1.0"})
