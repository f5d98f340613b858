"""Entries that the services take, whatever their kind."""

import pytest
from typer.testing import CliRunner

from clearooms.keys import commands
from graphclient.client_state import ClientStateKeys
from pgstore import SecretBox


def made(*arguments: str) -> str:
    ended = CliRunner().invoke(commands, ["new", *arguments])
    assert ended.exit_code == 0, ended.output
    return ended.output.strip()


def test_an_entry_is_taken_by_those_who_seal_with_it() -> None:
    one, other = made("client-state"), made("client-state", "--id", "k-2026_11")
    assert ClientStateKeys.parse(f"{one},{other}").first == one.partition(":")[0]
    SecretBox.parse(f"{made('secret')},{made('secret')}")


@pytest.mark.parametrize("key_id", ["a:b", "", "a,b", "x" * 25, "ä"])
def test_an_id_that_would_break_the_setting_is_refused(key_id: str) -> None:
    ended = CliRunner().invoke(commands, ["new", "secret", f"--id={key_id}"])
    assert ended.exit_code == 2
