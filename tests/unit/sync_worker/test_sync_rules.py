"""docs/sync-rules.md holds: every combination of its words has one line, every line is used, and the code does what it says."""

from collections import Counter
from collections.abc import Mapping
from types import ModuleType
from typing import Final

import pytest

from .rules import (
    absence,
    answers,
    crossings,
    document,
    edits,
    emptied,
    flips,
    hints,
    orders,
    pairs,
    rivals,
    sightings,
)

FEWEST_CASES: Final = 4_500
_WROTE: Final = "we wrote"

TABLES: Final[Mapping[str, tuple[ModuleType, Mapping[str, str]]]] = {
    "Both sides edit one booking": (edits, {}),
    "A command books": (orders, {}),
    "Two commands want the room": (rivals, {}),
    "A command moves a booking onto another": (crossings, {}),
    "The room answers a new booking": (answers, {_WROTE: "a booking"}),
    "The room answers a change": (answers, {_WROTE: "a change of time"}),
    "The room answers what was put back": (answers, {_WROTE: "the old time again"}),
    "Graph shows an event": (sightings, {}),
    "A hint comes": (hints, {}),
    "Graph no longer shows an event": (absence, {}),
    "A calendar looks emptied": (emptied, {}),
    "Two bookings share time": (pairs, {}),
    "Somebody puts back what we wrote": (flips, {}),
}


def cases(rules: ModuleType, fixed: Mapping[str, str]) -> list[dict[str, str]]:
    """Every combination that can be."""
    alphabet = rules.ALPHABET | {name: (value,) for name, value in fixed.items()}
    return [case for case in document.every(alphabet) if rules.possible(case)]


@pytest.mark.parametrize("heading", TABLES)
async def test_every_combination_ends_as_its_one_line_of_the_table_says(heading: str) -> None:
    rules, fixed = TABLES[heading]
    table = document.table(heading)
    used: Counter[int] = Counter()
    wrong: list[str] = []
    for case in cases(rules, fixed):
        lines = table.of(case)
        if len(lines) != 1:
            wrong.append(f"{[line.number for line in lines]} speak about {case}")
            continue
        [line] = lines
        used[line.number] += 1
        became = await rules.decided(case)
        if became != line.then:
            wrong.append(f"line {line.number} says {dict(line.then)}, not {became}: {case}")
    assert not wrong, "\n".join(wrong[:10]) + f"\n({len(wrong)} in all)"
    assert {line.number for line in table.lines} == used.keys(), "a line that nothing comes to"


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_speaks_of_nothing_that_is_not_tried(heading: str) -> None:
    rules, fixed = TABLES[heading]
    table = document.table(heading)
    known = {(name, value) for name, values in rules.ALPHABET.items() for value in values}
    assert table.words() <= known
    assert set(table.dimensions) <= rules.ALPHABET.keys() - fixed.keys()


def test_every_table_of_the_document_is_tried() -> None:
    assert document.headings() == [*TABLES]


def test_thousands_of_combinations_are_tried() -> None:
    tried = sum(len(cases(rules, fixed)) for rules, fixed in TABLES.values())
    print(f"{tried} combinations in {len(TABLES)} tables")  # noqa: T201  # what the proof rests on
    assert tried >= FEWEST_CASES
