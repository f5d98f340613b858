"""The decision tables of docs/sync-rules.md, as a test reads them."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parents[4] / "docs" / "sync-rules.md"
_DECIDES: Final = "→ "  # marks the columns that say what happens

Case = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: which cases it is about, and what becomes of them."""

    number: int
    when: Mapping[str, frozenset[str]]  # by dimension; one that is not named may be anything
    then: Mapping[str, str]

    def covers(self, case: Case) -> bool:
        """Whether it speaks about this case."""
        return all(case[name] in values for name, values in self.when.items())


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table; cells say `any`, one value, or several with `or` between them."""

    dimensions: tuple[str, ...]
    lines: tuple[Line, ...]

    def of(self, case: Case) -> list[Line]:
        """Every line that speaks about a case; there must be one."""
        return [line for line in self.lines if line.covers(case)]

    def words(self) -> set[tuple[str, str]]:
        """Every value that the table names, with its dimension."""
        return {
            (name, value)
            for line in self.lines
            for name, values in line.when.items()
            for value in values
        }


def table(heading: str) -> Table:
    """The table under this heading of the document."""
    _, found, rest = DOCUMENT.read_text().partition(f"\n## {heading}\n")
    assert found, f"docs/sync-rules.md has no heading {heading!r}"
    section = rest.partition("\n## ")[0].splitlines()
    rows = [_cells(line) for line in section if line.startswith("|")]
    header, _, *body = rows
    return Table(
        tuple(name for name in header if not name.startswith(_DECIDES)),
        tuple(_line(number, header, row) for number, row in enumerate(body, start=1)),
    )


def headings() -> list[str]:
    """The headings that have a table under them."""
    sections = DOCUMENT.read_text().split("\n## ")[1:]
    return [each.partition("\n")[0] for each in sections if "\n|---" in each]


def every(alphabet: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Every combination of these words."""
    for values in itertools.product(*alphabet.values()):
        yield dict(zip(alphabet, values, strict=True))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _line(number: int, header: list[str], cells: list[str]) -> Line:
    assert len(cells) == len(header), f"line {number} has {len(cells)} cells: {cells}"
    pairs = list(zip(header, cells, strict=True))
    return Line(
        number,
        {
            name: frozenset(cell.split(" or "))
            for name, cell in pairs
            if not name.startswith(_DECIDES) and cell != "any"
        },
        {name.removeprefix(_DECIDES): cell for name, cell in pairs if name.startswith(_DECIDES)},
    )
