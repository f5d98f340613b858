"""Test Settings against planted faults over HTTPS: each is answered with exactly the set that docs/diagnosis.md names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .diagnosis_cloud import SECRET, press
from .diagnosis_plants import HEALTHY, PLANTS

_DOCUMENT = (Path(__file__).parents[2] / "docs" / "diagnosis.md").read_text(encoding="utf-8")


def _table(heading: str) -> Iterator[tuple[str, set[str], str]]:
    """Rows of the table below a heading: the words, the codes or checks, and the scope."""
    section = _DOCUMENT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and not set(cells[0]) <= {"-", " "}:
            yield cells[0], set(re.findall(r"`(\w+)`", cells[1])), cells[2].strip("`")


FAULTS = list(_table("Planted faults"))[1:]
SHAPES = list(_table("Healthy tenants"))[1:]


def test_the_tables_and_what_is_planted_are_the_same() -> None:
    assert [words for words, _, _ in FAULTS] == list(PLANTS)
    assert [words for words, _, _ in SHAPES] == list(HEALTHY)
    assert len(FAULTS) >= 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulators' keys, made once."""
    return tmp_path_factory.mktemp("cloud")


@pytest.mark.parametrize(("words", "named", "scope"), FAULTS, ids=[row[0] for row in FAULTS])
async def test_a_planted_fault_is_answered_with_exactly_the_causes_it_leaves_open(
    words: str, named: set[str], scope: str, folder: Path
) -> None:
    pressed = await press(PLANTS[words], folder)

    assert pressed.codes == named, pressed.result.diagnosis
    assert pressed.scope == scope, pressed.result.diagnosis
    assert not pressed.result.ok
    assert (pressed.subscriptions, pressed.events) == (0, 0)
    assert pressed.violations == []
    assert SECRET not in pressed.result.model_dump_json()
    assert "@" not in pressed.result.diagnosis


@pytest.mark.parametrize(("words", "failing", "scope"), SHAPES, ids=[row[0] for row in SHAPES])
async def test_a_healthy_tenant_is_green(
    words: str, failing: set[str], scope: str, folder: Path
) -> None:
    pressed = await press(HEALTHY[words], folder)

    assert pressed.result.ok, pressed.result.diagnosis
    assert pressed.failing == failing, pressed.result.diagnosis
    assert pressed.result.rooms == HEALTHY[words].many or not HEALTHY[words].many
    assert pressed.scope == scope, pressed.result.diagnosis
    assert (pressed.subscriptions, pressed.events) == (0, 0)
    assert pressed.violations == []
    assert SECRET not in pressed.result.model_dump_json()
