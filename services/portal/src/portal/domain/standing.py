"""The organisation's standing in a sentence, and the step that comes next."""

from dataclasses import dataclass
from typing import Literal

from .status import OrganisationStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """`step` is a path and its words, for administrators; None where there is nothing to do."""

    tone: Literal["good", "wait", "wrong", "off"]
    title: str
    text: str
    step: tuple[str, str] | None = None


_INTEGRATION = "/settings/apps/office-365"


def standing_of(status: OrganisationStatus, *, offices: int) -> Standing:  # noqa: PLR0911 — one text per standing
    """What is true now; trouble comes before progress, and nothing is all right before rooms are live."""
    rooms, live = sum(status.rooms.values()), status.rooms.get("live", 0)
    polled, loading = status.rooms.get("polling", 0), status.rooms.get("loading", 0)
    match status.integration:
        case None:
            return Standing(
                "off",
                "Not connected",
                "Microsoft 365 is not connected yet. It takes about ten minutes: register an app in Entra, paste"
                " three values, press Test Settings, choose the rooms.",
                (f"{_INTEGRATION}/guide", "Start the setup guide"),
            )
        case "off":
            return Standing(
                "off",
                "Switched off",
                "The integration is switched off: nothing is read or written. Rooms and bookings are kept.",
                (_INTEGRATION, "Switch it on"),
            )
        case "untested" if not rooms:
            return Standing(
                "wait",
                "Connecting",
                "The connection is saved and not tested yet.",
                (f"{_INTEGRATION}#test", "Press Test Settings"),
            )
        case _:
            pass
    if not status.ok:
        return Standing(
            "wrong",
            "Needs attention",
            "Something is wrong; what it is and what helps is listed below.",
            (f"{_INTEGRATION}#test", "Test the connection")
            if status.integration == "failing"
            else None,
        )
    if not rooms and not offices:
        return Standing(
            "wait",
            "Connecting",
            "Microsoft 365 answers. Next comes an office: rooms belong to one.",
            ("/settings/offices", "Add an office"),
        )
    if not rooms:
        return Standing(
            "wait",
            "Connecting",
            "Microsoft 365 answers. Next, choose the rooms to connect.",
            ("/settings/meeting-rooms", "Import rooms"),
        )
    if loading:
        return Standing(
            "wait",
            "Connecting",
            f"{loading} of {rooms} rooms {'is' if loading == 1 else 'are'} loading existing bookings."
            " Each goes live by itself.",
        )
    if polled:
        return Standing(
            "good",
            "All right",
            f"{live} of {rooms} rooms are live; {polled} {'is' if polled == 1 else 'are'} read at intervals,"
            " so changes show later there.",
        )
    return Standing(
        "good",
        "All right",
        "The room is live: changes show within seconds."
        if rooms == 1
        else f"{live} of {rooms} rooms are live: changes show within seconds.",
    )
