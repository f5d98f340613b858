"""`clearooms rooms`: an organisation's rooms."""

from typing import Annotated, Any, Final

import typer

from .failure import REFUSED, WRONG_USE, Failure
from .naming import chosen, organisation
from .portal import Portal, open_portal
from .printing import (
    AsJson,
    OfOrganisation,
    Yes,
    confirm,
    moment,
    print_facts,
    print_json,
    print_table,
    say,
)

commands = typer.Typer(
    no_args_is_help=True,
    help="Rooms of an organisation: list, show, import, remove, have them read again.",
)
Named = Annotated[str, typer.Argument(metavar="ROOM", help="Its id, name or address.")]
_AT_ONCE: Final = 100  # of the 500 that one request takes, so that something shows meanwhile


@commands.command("list")
def list_all(of: OfOrganisation, as_json: AsJson = False) -> None:
    """List the imported rooms with their state."""
    with open_portal() as portal:
        found = _rooms(portal, organisation(portal, of)["id"])
    if as_json:
        print_json(found)
        return
    print_table(
        ("ID", "NAME", "ADDRESS", "STATE", "LAST CHANGE", "LAG MS", "HELD"),
        [
            (
                each["id"], each["name"], each["mailbox"], each["state"],
                moment(each["last_change_at"]), each["lag_ms"], each["held_removals"],
            )
            for each in found
        ],
        empty=f"No room is imported: clearooms rooms importable --organisation {of}",
    )  # fmt: skip


@commands.command()
def show(room: Named, of: OfOrganisation, as_json: AsJson = False) -> None:
    """Show how a room's sync is, what is wrong and what to do."""
    with open_portal() as portal:
        owner, found = _room(portal, of, room)
        health = portal.call("GET", f"/api/rooms/{found['id']}/health", organisation=owner)
    if as_json:
        print_json(found | {"health": health})
        return
    say(f"{found['name']} <{found['mailbox']}>: {health['text']}")
    for step in health["what_to_do"]:
        say(f"  To do: {step}")
    progress = found["progress"]
    print_facts(
        [
            ("id", found["id"]),
            ("mailbox id", found["mailbox_id"]),
            ("state", health["state"]),
            ("loaded", f"{progress['loaded']} of {progress['expected'] or '?'}"),
            ("last change", moment(health["last_change_at"])),
            ("lag, p95 in ms", health["lag_ms"]),
            ("last read as a whole", moment(health["last_reconcile_at"])),
            ("subscription until", moment(health["subscription_expires_at"])),
            ("removals held back", health["held_removals"]),
        ]
    )


@commands.command()
def importable(of: OfOrganisation, as_json: AsJson = False) -> None:
    """List the tenant's room mailboxes as Microsoft lists them now; new ones take up to two days."""
    with open_portal() as portal:
        found = _importable(portal, organisation(portal, of)["id"])
    if as_json:
        print_json(found)
        return
    print_table(
        ("ADDRESS", "NAME", "CAPACITY", "IMPORTED"),
        [
            (each["mailbox"], each["name"], each["capacity"], "yes" if each["imported"] else "no")
            for each in found
        ],
        empty="The tenant lists no room mailbox.",
    )


@commands.command("import")
def import_(
    of: OfOrganisation,
    office: Annotated[str, typer.Option(help="Id or name of the office they are in.")],
    mailboxes: Annotated[
        list[str] | None, typer.Argument(metavar="[ADDRESS]...", help="Room mailboxes.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every room mailbox that is not imported yet.")
    ] = False,
) -> None:
    """Import room mailboxes; an imported one again within 30 days keeps its id and bookings."""
    if every == bool(mailboxes):
        raise Failure(
            "Nothing says which rooms.", "Give their addresses, or --all; not both.", WRONG_USE
        )
    with open_portal() as portal:
        owner = organisation(portal, of)["id"]
        offices = list(portal.items("/api/offices", organisation=owner))
        place = chosen("office", office, offices, "name")
        listed = _importable(portal, owner)
        wanted = (
            [each for each in listed if not each["imported"]]
            if every
            else [
                chosen("room mailbox", each, listed, "mailbox", "name") for each in mailboxes or ()
            ]
        )
        left = 0
        for first in range(0, len(wanted), _AT_ONCE):
            part = wanted[first : first + _AT_ONCE]
            body = [{"mailbox_id": each["mailbox_id"], "office_id": place["id"]} for each in part]
            made = portal.call("POST", "/api/rooms", organisation=owner, body=body)["items"]
            for each, became in zip(part, made, strict=True):
                if became["room"] is None:
                    left += 1
                    say(f"Not imported: {each['name']}: {became['problem']}")
                else:
                    say(f"Imported {each['name']}: {became['room']['id']}")
    if not wanted:
        say("Every room of the tenant is imported.")
    if left:
        raise Failure(
            f"{left} of {len(wanted)} rooms were not imported.", "The reasons are above.", REFUSED
        )


@commands.command()
def remove(room: Named, of: OfOrganisation, yes: Yes = False) -> None:
    """Stop syncing a room: Outlook stays as it is, past bookings are kept 30 days."""
    with open_portal() as portal:
        owner, found = _room(portal, of, room)
        confirm(f"This stops the sync of {found['name']} <{found['mailbox']}>.", yes=yes)
        portal.call("DELETE", f"/api/rooms/{found['id']}", organisation=owner)
    say(f"Removed {found['name']}.")


@commands.command()
def resync(room: Named, of: OfOrganisation) -> None:
    """Have a room's calendar read again as a whole."""
    with open_portal() as portal:
        owner, found = _room(portal, of, room)
        portal.call("POST", f"/api/rooms/{found['id']}/resync", organisation=owner)
    say(f"{found['name']} will be read again; clearooms rooms show tells when it was.")


@commands.command("confirm-removals")
def confirm_removals(room: Named, of: OfOrganisation, yes: Yes = False) -> None:
    """Say that removals held back are right: somebody has looked in Outlook. Each is asked for once more before it is believed."""
    with open_portal() as portal:
        owner, found = _room(portal, of, room)
        confirm(f"{found['held_removals']} meetings of {found['name']} may go.", yes=yes)
        portal.call("POST", f"/api/rooms/{found['id']}/removals/confirm", organisation=owner)
    say(f"Confirmed; {found['name']} is read again now.")


def _rooms(portal: Portal, owner: str) -> list[dict[str, Any]]:
    return list(portal.items("/api/rooms", organisation=owner))


def _importable(portal: Portal, owner: str) -> list[dict[str, Any]]:
    return list(portal.items("/api/rooms/importable", organisation=owner))


def _room(portal: Portal, of: str, asked: str) -> tuple[str, dict[str, Any]]:
    owner = organisation(portal, of)["id"]
    return owner, chosen("room", asked, _rooms(portal, owner), "name", "mailbox")
