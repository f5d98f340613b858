"""`clearooms explain`: what happened to a booking, in the order of time."""

from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

import typer

from .failure import WRONG_USE, Failure, NotThere, refused
from .naming import organisation
from .portal import Portal, open_portal
from .printing import AsJson, print_json, print_table, say
from .story import kind_of, words


def explain(
    booking: Annotated[
        str, typer.Argument(help="Id of the booking, of a series, or of what was refused.")
    ],
    of: Annotated[
        str | None,
        typer.Option(
            "--organisation",
            "-o",
            help="Id or name of its organisation; else each is asked, and the search is on record in each.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what happened to a booking: commands, hints, reads, writes, versions and results in time order.

    Ids, times and codes of the last 30 days; never subjects, names or addresses.
    """
    booking_id = _id(booking)
    with open_portal() as portal:
        owner, history = _found(portal, booking_id, of)
    if as_json:
        print_json({"booking_id": booking_id, "organisation_id": owner["id"], "items": history})
        return
    say(f"{booking_id} of {owner['name']}")
    print_table(
        ("TIME", "WHAT", "VERSION", "", "ROOM"),
        [
            (
                _instant(each["at"]), kind_of(each["entry"]), each["version"], words(each),
                each["room_id"],
            )
            for each in history
        ],
        empty="Nothing is on record any more: lines are kept 30 days.",
    )  # fmt: skip


def _id(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError as error:
        raise Failure(
            f"{text} is no id of a booking.",
            "It is a UUID: the platform and GET /api/rooms/{id}/bookings show it.",
            WRONG_USE,
        ) from error


def _found(
    portal: Portal, booking_id: str, of: str | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    owners = [organisation(portal, of)] if of else list(portal.items("/api/organisations"))
    for owner in owners:
        path = f"/api/bookings/{booking_id}/history"
        with suppress(NotThere):
            return owner, list(portal.items(path, organisation=owner["id"]))
    raise refused(
        f"{owners[0]['name']} has no booking {booking_id}."
        if of
        else f"No organisation has a booking {booking_id}.",
        "Look at the id. Lines are kept 30 days; one that never reached us is in no line.",
    )


def _instant(at: str) -> str:
    """To the millisecond: order is the point here."""
    whole, _, part = at.removesuffix("Z").partition(".")
    return f"{whole.replace('T', ' ')}.{part[:3]:0<3}"
