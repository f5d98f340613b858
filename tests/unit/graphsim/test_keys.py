"""graph-calendar §7.3: signing keys and their turns."""

from pathlib import Path

from graphsim.keys import Keys


def test_a_turn_brings_a_new_key_and_the_old_one_stays_published() -> None:
    keys = Keys(None)
    first, second = keys.after(0), keys.after(1)
    assert first.id != second.id
    assert [one.id for one in keys.published(1)] == [first.id, second.id]
    assert keys.named(first.id) is first
    assert keys.named("unknown") is None


def test_after_a_restart_the_newest_key_signs_and_all_are_known(tmp_path: Path) -> None:
    before = Keys(tmp_path / "token-key.pem")
    old, new = before.after(0).id, before.after(1).id
    after = Keys(tmp_path / "token-key.pem")
    assert after.after(0).id == new
    assert [one.id for one in after.published(0)] == [old, new]
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_key_is_shown_with_its_certificate() -> None:
    key = Keys(None).after(0)
    shown = key.shown("https://login.example/t/v2.0")
    assert shown.keys() == {"kty", "use", "kid", "x5t", "n", "e", "x5c", "issuer"}
    assert (shown["kid"], shown["x5t"], shown["e"]) == (key.id, key.id, "AQAB")
