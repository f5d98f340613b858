"""`clearooms organisations`: the customers of the deployment."""

from pathlib import Path
from typing import Annotated

import typer

from .failure import WRONG_USE, Failure
from .naming import organisation
from .portal import open_portal
from .printing import AsJson, Yes, confirm, moment, print_json, print_table, say

commands = typer.Typer(no_args_is_help=True, help="Customers: list, create, delete.")


@commands.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the organisations, oldest first."""
    with open_portal() as portal:
        found = list(portal.items("/api/organisations"))
    if as_json:
        print_json(found)
        return
    print_table(
        ("ID", "NAME", "SINCE"),
        [(each["id"], each["name"], moment(each["created_at"])) for each in found],
        empty="There is none yet: clearooms organisations create NAME --administrator ADDRESS",
    )


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="What the organisation is called.")],
    administrator: Annotated[
        str, typer.Option(help="E-mail address with which its first administrator signs in.")
    ],
    password_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the administrator's first password, at least 12 characters. Without it you are asked."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an organisation with its first administrator, who then connects the tenant in the portal."""
    password = _password(password_file)
    body = {"name": name, "administrator": {"email": administrator, "password": password}}
    with open_portal() as portal:
        made = portal.call("POST", "/api/organisations", body=body)
    if as_json:
        print_json(made)
    else:
        say(f"Created {made['name']}: {made['id']}")


@commands.command()
def delete(
    name: Annotated[str, typer.Argument(metavar="ORGANISATION", help="Its id or name.")],
    yes: Yes = False,
) -> None:
    """End an organisation: nobody can sign in, its sync stops; Outlook stays as it is."""
    with open_portal() as portal:
        found = organisation(portal, name)
        confirm(f"This ends {found['name']} with all its rooms; it cannot be undone.", yes=yes)
        portal.call("DELETE", f"/api/organisations/{found['id']}")
    say(f"Ended {found['name']}.")


def _password(file: Path | None) -> str:
    if file is None:
        asked: str = typer.prompt(
            "First password", hide_input=True, confirmation_prompt=True, err=True
        )
        return asked
    try:
        return file.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, ValueError) as error:
        raise Failure(f"{file} cannot be read.", "Look at --password-file.", WRONG_USE) from error
