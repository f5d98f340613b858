import os
from pathlib import Path

from structlog.testing import capture_logs

from servicekit.live import Live


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def write(path: Path, text: str) -> None:
    """As Kubernetes does: a new file takes the old one's place."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, path)  # noqa: PTH105 — the atomic swap is the point


def test_a_changed_file_is_read_again_at_most_once_a_second(tmp_path: Path) -> None:
    path, seconds = tmp_path / "keys", Seconds()
    write(path, "1")
    live = Live("KEYS", int, "1", path, monotonic=seconds)
    write(path, "2\n")
    assert live.value() == 1
    seconds.now += 1.0
    assert live.value() == 2


def test_a_bad_new_file_keeps_the_last_good_value_and_is_reported_once(tmp_path: Path) -> None:
    path, seconds = tmp_path / "keys", Seconds()
    write(path, "1")
    live = Live("KEYS", int, "1", path, monotonic=seconds)
    write(path, "canary")
    with capture_logs() as logs:
        for _ in range(3):
            seconds.now += 1.0
            assert live.value() == 1
    assert [entry["event"] for entry in logs] == ["setting_refused"]
    assert "canary" not in repr(logs)
    write(path, "33")
    seconds.now += 1.0
    assert live.value() == 33


def test_a_file_that_is_gone_for_a_moment_changes_nothing(tmp_path: Path) -> None:
    path, seconds = tmp_path / "keys", Seconds()
    write(path, "1")
    live = Live("KEYS", int, "1", path, monotonic=seconds)
    path.unlink()
    seconds.now += 1.0
    assert live.value() == 1
    write(path, "4")
    seconds.now += 1.0
    assert live.value() == 4


def test_a_value_without_a_file_stays() -> None:
    assert Live("KEYS", int, "7", None).value() == 7
