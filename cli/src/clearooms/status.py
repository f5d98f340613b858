"""`clearooms status`: is everything all right, and if not, what to do."""

from typing import Annotated, Any

import typer

from eventbus import LinkLost

from .dead_letters import counted
from .failure import NOT_WELL
from .naming import organisation
from .portal import Portal, open_portal
from .printing import AsJson, moment, print_json, print_table, say
from .settings import Settings


def status(
    of: Annotated[
        str | None,
        typer.Option("--organisation", "-o", help="Id or name of one organisation; else all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell in one line whether everything is all right; if not, what is wrong and what to do. Ends with 0 or 1."""
    with open_portal() as portal:
        owners = [organisation(portal, of)] if of else list(portal.items("/api/organisations"))
        seen = [
            {"id": each["id"], "name": each["name"], **_status(portal, each)} for each in owners
        ]
    letters, trouble = _dead_letters()
    ok = all(each["ok"] for each in seen) and not letters and trouble is None
    if as_json:
        print_json({"ok": ok, "organisations": seen, "dead_letters": letters, "broker": trouble})
    else:
        _print(seen, letters, trouble, ok=ok)
    if not ok:
        raise typer.Exit(NOT_WELL)


def _status(portal: Portal, owner: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = portal.call("GET", "/api/status", organisation=owner["id"])
    return found


def _dead_letters() -> tuple[int | None, str | None]:
    """How many there are, None where the broker is not named; and what keeps us from asking."""
    settings = Settings.from_environment()
    if settings.amqp_url.get_secret_value() in {"", "postgres"}:
        return None, None
    try:
        return counted(settings.broker()), None
    except LinkLost as error:
        return None, str(error)


def _print(
    seen: list[dict[str, Any]], letters: int | None, trouble: str | None, *, ok: bool
) -> None:
    rooms = sum(sum(each["rooms"].values()) for each in seen)
    size = f"{_many(len(seen), 'organisation')}, {_many(rooms, 'room')}"
    bad = [each for each in seen if not each["ok"]]
    if ok:
        say(f"All right: {size}.")
    else:
        parts = [
            *([f"{len(bad)} of {_many(len(seen), 'organisation')}"] if bad else []),
            *([_many(letters, "dead letter")] if letters else []),
            *(["the broker"] if trouble else []),
        ]
        say(f"Not all right: {', '.join(parts)}. In all {size}.")
    for each in seen:
        _print_troubles(each)
    if letters:
        say(f"\nwrong  {_many(letters, 'dead letter')}: messages that nobody could deal with.")
        say(
            "       To do: clearooms dead-letters list, mend the cause, clearooms dead-letters redrive."
        )
    if trouble:
        say(f"\nwrong  The broker does not answer: {trouble}")
        say("       To do: look at AMQP_URL, and whether RabbitMQ runs.")
    say("")
    print_table(
        ("ORGANISATION", "OK", "INTEGRATION", "ROOMS", "DUE SINCE", "LAG MS", "SECRET UNTIL"),
        [
            (
                each["name"], "yes" if each["ok"] else "NO", each["integration"] or "none",
                ", ".join(f"{count} {state}" for state, count in sorted(each["rooms"].items())) or "none",
                moment(each["waiting_since"]), each["lag_ms"], moment(each["secret_expires_at"]),
            )
            for each in sorted(seen, key=lambda each: (each["ok"], each["name"]))
        ],
        empty="There is no organisation yet: clearooms organisations create",
    )  # fmt: skip
    if letters is None and trouble is None:
        say("Dead letters were not looked at: AMQP_URL is not given.")


def _print_troubles(each: dict[str, Any]) -> None:
    for trouble in each["troubles"]:
        room = f", {trouble['room']}" if trouble["room"] else ""
        say(f"\n{trouble['severity']:6} {each['name']}{room}: {trouble['text']}")
        for step in trouble["what_to_do"]:
            say(f"       To do: {step}")
    more = each["troubles_in_all"] - len(each["troubles"])
    if more > 0:
        say(f"\n       {each['name']} has {more} more of these: clearooms rooms list.")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
