"""What people read: tables on stdout, remarks on stderr; and JSON for machines."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .failure import NOT_WELL, Failure

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of a table.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: it is meant.")]
OfOrganisation = Annotated[
    str, typer.Option("--organisation", "-o", help="Id or name of the organisation.")
]


def out() -> Console:
    """Where answers go. A pipe gets whole lines: nothing is cut or wrapped to a terminal's width."""
    width = None if sys.stdout.isatty() else 400
    return Console(width=width, highlight=False, soft_wrap=True)


def err() -> Console:
    """Where remarks and errors go."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table, or this sentence where there is nothing."""
    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(_cell(each) for each in row))
    if table.row_count:
        out().print(table)
    else:
        err().print(escape(empty))


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """One fact on each line."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, fact in facts:
        table.add_row(name.replace("_", " "), _cell(fact))
    out().print(table)


def _cell(value: object) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case _:
            return escape(str(value))


def say(text: str) -> None:
    """An answer of one line."""
    out().print(escape(text))


def confirm(text: str, *, yes: bool) -> None:
    """Go on if it is meant; raises Failure where nobody says so."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(f"{text} Nobody is there to confirm it.", "Add --yes.", NOT_WELL)
    if not typer.confirm(text + " Go on?", err=True):
        raise Failure("Not confirmed.", "Nothing was done.", NOT_WELL)


def moment(at: str | None) -> str | None:
    """A time of an answer, to the second."""
    return None if at is None else f"{at[:19].replace('T', ' ')}Z"
