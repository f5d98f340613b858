from pathlib import Path

from graphclient.client_state import ClientStateKeys
from pgstore import SecretBox
from standalone.keys import kept_keys, kept_token


def test_a_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = kept_keys(folder, "secret-keys")
    assert kept_keys(folder, "secret-keys") == made
    assert kept_keys(folder, "client-state-keys") != made
    assert (folder / "secret-keys").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_a_made_key_is_one_that_the_services_take(tmp_path: Path) -> None:
    SecretBox.parse(kept_keys(tmp_path, "secret-keys"))
    ClientStateKeys.parse(kept_keys(tmp_path, "client-state-keys"))


def test_a_made_token_cannot_be_guessed(tmp_path: Path) -> None:
    assert len(kept_token(tmp_path, "token")) >= 40
