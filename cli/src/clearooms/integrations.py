"""`clearooms integrations`: an organisation's connection to its Microsoft 365 tenant."""

from typing import Annotated, Any

import typer

from .failure import NOT_WELL
from .naming import organisation
from .portal import Portal, open_portal
from .printing import AsJson, Yes, confirm, moment, print_facts, print_json, print_table, say

commands = typer.Typer(
    no_args_is_help=True, help="The connection to a tenant: show, test, switch on and off."
)
Name = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Its id or name.")]


@commands.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show what is saved, without secrets, and how it is."""
    with open_portal() as portal:
        found = _get(portal, organisation(portal, name)["id"])
    if as_json:
        print_json(found)
        return
    shown = found | {"secret_expires_at": moment(found["secret_expires_at"])}
    print_facts(shown.items())


@commands.command("test")
def try_out(name: Name, as_json: AsJson = False) -> None:
    """Test what is saved, as Test Settings does: ends with 1 when it is red, and says why and what to do."""
    with open_portal() as portal:
        found = organisation(portal, name)
        result = portal.call("POST", "/api/integration/test", organisation=found["id"], body={})
    if as_json:
        print_json(result)
    else:
        _print_test(result)
    if not result["ok"]:
        raise typer.Exit(NOT_WELL)


@commands.command()
def on(name: Name) -> None:
    """Switch it on: rooms are subscribed and read again, without loss."""
    with open_portal() as portal:
        _switch(portal, organisation(portal, name), enabled=True)


@commands.command()
def off(name: Name, yes: Yes = False) -> None:
    """Switch it off: subscriptions go, calls stop; rooms and bookings stay and it resumes without loss."""
    with open_portal() as portal:
        found = organisation(portal, name)
        confirm(f"This stops the sync of {found['name']}.", yes=yes)
        _switch(portal, found, enabled=False)


def _get(portal: Portal, organisation_id: str) -> dict[str, Any]:
    saved: dict[str, Any] = portal.call("GET", "/api/integration", organisation=organisation_id)
    return saved


def _switch(portal: Portal, found: dict[str, Any], *, enabled: bool) -> None:
    saved = _get(portal, found["id"])
    body = {"enabled": enabled} | {name: saved[name] for name in ("tenant_id", "client_id")}
    portal.call("PUT", "/api/integration", organisation=found["id"], body=body)
    say(f"The integration of {found['name']} is {'on' if enabled else 'off'}.")


def _print_test(result: dict[str, Any]) -> None:
    say("Connection successful." if result["ok"] else "Connection failed.")
    print_table(
        ("CHECK", "RESULT", "DETAIL"),
        [(each["name"], each["result"], each["detail"]) for each in result["checks"]],
        empty="",
    )
    for cause in result["causes"]:
        say(f"\n{cause['code']}: {cause['text']}")
        for number, step in enumerate(cause["fix"], start=1):
            say(f"  {number}. {step}")
        if cause.get("how_to_tell"):
            say(f"  How to tell: {cause['how_to_tell']}")
