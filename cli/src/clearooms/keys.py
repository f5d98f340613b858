"""`clearooms keys`: entries for the services' keys, and how they are replaced while everything runs."""

import base64
import re
import secrets
from collections import Counter
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from .portal import open_portal
from .printing import AsJson, print_json, print_table, say

commands = typer.Typer(
    no_args_is_help=True,
    help="Keys that seal: make an entry, see the steps of a rotation and how far it is.",
)

_BYTES: Final = 32


class Which(StrEnum):
    """What the keys seal."""

    CLIENT_STATE = "client-state"
    SECRET = "secret"  # noqa: S105 - names what the keys seal


Kind = Annotated[
    Which,
    typer.Argument(help="client-state: CLIENT_STATE_KEYS; secret: SECRET_KEYS.", show_choices=True),
]

_STEPS: Final = {
    Which.CLIENT_STATE: (
        "Make an entry: clearooms keys new client-state.",
        "Add it LAST to CLIENT_STATE_KEYS of webhook-ingress and subscription-manager: all can open with it now.",
        "When every replica has read it, move it FIRST everywhere: new subscriptions are sealed with it.",
        "Subscriptions sealed by older keys are replaced over a day: wait until only the new key is counted below.",
        "Remove the old entry everywhere.",
    ),
    Which.SECRET: (
        "Make an entry: clearooms keys new secret.",
        "Add it LAST to SECRET_KEYS of portal, sync-worker and subscription-manager: all can open with it now.",
        "When every replica has read it, move it FIRST everywhere: it encrypts, and what older keys encrypted is encrypted anew.",
        "Wait until nothing is left below.",
        "Remove the old entry everywhere, and from your vault once no backup needs it.",
    ),
}


@commands.command()
def new(
    which: Kind,
    id: Annotated[  # noqa: A002 - the help says --id
        str | None,
        typer.Option(help="Id of the key, up to 24 letters, digits, - or _; else a random one."),
    ] = None,
) -> None:
    """Make an entry ID:BASE64 for CLIENT_STATE_KEYS or SECRET_KEYS and print it, nothing else: keep it secret."""
    key_id = f"k{secrets.token_hex(4)}" if id is None else id
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,24}", key_id):
        raise typer.BadParameter("1 to 24 letters, digits, - or _", param_hint="--id")
    say(f"{key_id}:{base64.b64encode(secrets.token_bytes(_BYTES)).decode()}")


@commands.command()
def rotation(which: Kind, as_json: AsJson = False) -> None:
    """Show the steps of replacing a key while everything runs, and how far it is."""
    with open_portal() as portal:
        statuses = [
            portal.call("GET", "/api/status", organisation=each["id"])
            for each in portal.items("/api/organisations")
        ]
    state = _client_state(statuses) if which is Which.CLIENT_STATE else _secret(statuses)
    if as_json:
        print_json({"steps": list(_STEPS[which]), **state})
        return
    for number, step in enumerate(_STEPS[which], start=1):
        say(f"{number}. {step}")
    say("")
    if which is Which.CLIENT_STATE:
        print_table(
            ("KEY", "SUBSCRIPTIONS"),
            list(state["sealed_by"].items()),
            empty="No subscription is sealed yet.",
        )
    elif state["newest"] is None:
        say("How far it is, is not known: this portal does not tell.")
    else:
        say(
            f"{state['newest']} encrypts; {state['remaining']} organisations still have something of another key."
        )


def _client_state(statuses: list[dict[str, Any]]) -> dict[str, Any]:
    sealed: Counter[str] = Counter()
    for each in statuses:
        sealed.update(each["client_state_keys"])
    return {"sealed_by": dict(sealed.most_common())}


def _secret(statuses: list[dict[str, Any]]) -> dict[str, Any]:
    """Every organisation's status tells the same of the whole deployment."""
    told = [each["secret_keys"] for each in statuses if each.get("secret_keys")]
    last: dict[str, Any] = told[-1] if told else {"newest": None, "remaining": None}
    return {name: last[name] for name in ("newest", "remaining")}
