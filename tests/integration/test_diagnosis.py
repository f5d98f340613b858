"""Test Settings against planted faults over HTTPS: each is answered with exactly the set that docs/diagnosis.md names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .diagnosis_cloud import SECRET, Plant, press
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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The simulators' keys, made once; without the system's roots, whose loading is half the cost of a press."""
    made = tmp_path_factory.mktemp("cloud")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(made / "no-roots.pem"))
        yield made


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


async def test_a_subscription_that_cannot_be_deleted_is_said_to_end_by_itself(folder: Path) -> None:
    fault = {"match": {"method": "DELETE", "path": "^/subscriptions/"}, "times": None}
    pressed = await press(Plant(faults=(fault | {"status": 500},)), folder)

    webhook = next(each for each in pressed.result.checks if each.name == "webhook")
    assert (webhook.result, pressed.subscriptions) == ("pass", 1)
    assert "ends by itself within an hour" in webhook.detail


async def test_an_event_that_cannot_be_deleted_is_said_with_where_it_is(folder: Path) -> None:
    fault = {"match": {"method": "DELETE", "path": "/events/"}, "times": None}
    pressed = await press(Plant(write=True, faults=(fault | {"status": 500},)), folder)

    assert (pressed.failing, pressed.events) == ({"write"}, 1)
    write = next(each for each in pressed.result.checks if each.name == "write")
    assert "delete it in Outlook" in write.detail


async def test_an_event_that_changed_meanwhile_is_deleted_all_the_same(folder: Path) -> None:
    body = {"error": {"code": "ErrorIrresolvableConflict", "message": ""}}
    fault = {"match": {"method": "DELETE", "path": "/events/"}, "status": 412, "body": body}
    pressed = await press(Plant(write=True, faults=(fault,)), folder)

    assert (pressed.result.ok, pressed.failing, pressed.events) == (True, set(), 0)
