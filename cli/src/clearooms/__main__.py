"""`clearooms`, also `python -m clearooms`."""

import logging
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from . import dead_letters, integrations, keys, organisations, rooms
from .explain import explain
from .failure import CODES, Failure
from .printing import err
from .status import status

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they would show variables, the token among them
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Runs a deployment of Clearooms Calendar Sync from outside, over the portal's REST interface.\n\n"
    "Needs PORTAL_URL and PORTAL_OPERATOR_TOKEN; AMQP_URL for dead letters alone. Any of them may be given as NAME_FILE."
    " Whatever is done is on record in the portal.",
    epilog=CODES.replace("\n", " ").strip(),
)
app.command(short_help="Is everything all right? Else what is wrong, and what to do.")(status)
app.command(short_help="What happened to a booking, in time order.")(explain)
app.add_typer(organisations.commands, name="organisations")
app.add_typer(integrations.commands, name="integrations")
app.add_typer(rooms.commands, name="rooms")
app.add_typer(dead_letters.commands, name="dead-letters")
app.add_typer(keys.commands, name="keys")


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"clearooms {version('clearooms')}\n")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command."""


def main() -> None:
    """Run the command; an expected failure ends it with one sentence, what to do, and its exit code."""
    logging.disable(
        logging.CRITICAL
    )  # libraries' own lines: what concerns the reader is said below
    try:
        app(prog_name="clearooms")
    except Failure as failure:
        err().print(f"{failure.text}\n{failure.todo}", markup=False)
        sys.exit(failure.code)


if __name__ == "__main__":
    main()
