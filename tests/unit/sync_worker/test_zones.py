import pytest

from sync_worker.domain.zones import iana_name


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("Europe/Paris", "Europe/Paris"),
        ("UTC", "UTC"),
        ("tzone://Microsoft/Custom", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("", "UTC"),
        (None, "UTC"),
    ],
)
def test_names_become_iana_names(name: str | None, iana: str) -> None:
    known = iana_name(name)
    assert known in {iana, f"Etc/{iana}"}
