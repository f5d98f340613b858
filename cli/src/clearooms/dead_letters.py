"""`clearooms dead-letters`: messages that nobody could deal with."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Annotated, Any, Final, TypeVar

import typer

from eventbus import DeadLetter, DeadLetters, LinkLost, open_dead_letters

from .failure import NOT_WELL, WRONG_USE, Failure, refused, unreachable
from .portal import open_portal
from .printing import AsJson, Yes, confirm, err, print_facts, print_json, print_table, say
from .settings import Settings

T = TypeVar("T")

commands = typer.Typer(
    no_args_is_help=True,
    help="Messages that could not be decoded or killed their consumer: look at them, send them back, drop them."
    " Needs AMQP_URL; what is shown with --payload, sent back or dropped is put on record in the portal first.",
)
Most = Annotated[
    int, typer.Option("--limit", min=1, max=1000, help="Take no more than the oldest so many.")
]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As the list shows them.")]
Every = Annotated[bool, typer.Option("--all", help="All of the oldest that --limit takes.")]

# What a CloudEvent says about itself, and of its data, which may hold content, only these ids.
_IDS: Final = ("room_id", "booking_id", "command_id")
_SAFE: Final = (
    "id",
    "source",
    "type",
    "subject",
    "time",
    "organisationid",
    "sequence",
    "traceparent",
)


@commands.command("list")
def list_all(most: Most = 100, as_json: AsJson = False) -> None:
    """List dead letters, the oldest first. They stay where they are; content is not shown."""
    found = _with(lambda letters: letters.look(most))
    if as_json:
        print_json([_summary(each) for each in found])
        return
    print_table(
        ("ID", "REASON", "QUEUE", "ATTEMPTS", "BYTES", "TYPE", "ABOUT"),
        [
            (
                each.id, each.reason, each.queue, each.attempts, len(each.body),
                summary.get("type"), summary.get("booking_id") or summary.get("subject"),
            )
            for each, summary in ((each, _summary(each)) for each in found)
        ],
        empty="There are none.",
    )  # fmt: skip


@commands.command()
def show(
    id: Annotated[str, typer.Argument(help="As the list shows it.")],  # noqa: A002 - the help says ID
    payload: Annotated[
        bool,
        typer.Option(
            "--payload", help="Show the body too; it may hold content, so it is on record."
        ),
    ] = False,
    most: Most = 1000,
    as_json: AsJson = False,
) -> None:
    """Show one: why and where it died, its headers and the ids it carries."""
    found = _chosen(_with(lambda letters: letters.look(most)), [id], every=False)[0]
    if payload:
        _note("show", [found])
    summary = _summary(found)
    if payload:
        summary["payload"] = found.body.decode(errors="replace")
    if as_json:
        print_json(summary)
    else:
        print_facts(summary.items())


@commands.command()
def redrive(ids: Ids = None, every: Every = False, most: Most = 1000, yes: Yes = False) -> None:
    """Send messages back to where they came from, once the cause is mended; what is not taken there stays here."""
    wanted = _chosen(_with(lambda letters: letters.look(most)), ids, every=every)
    confirm(f"{_many(wanted)} will be handled again.", yes=yes)
    _note("redrive", wanted)
    done = _with(lambda letters: letters.redrive({each.id for each in wanted}, most))
    stayed = [(letter, why) for letter, why in done if why is not None]
    say(f"Sent back {_many([letter for letter, why in done if why is None])}.")
    for letter, why in stayed:
        err().print(f"{letter.id} stays: {why}.")
    if stayed:
        raise typer.Exit(NOT_WELL)


@commands.command()
def drop(ids: Ids = None, every: Every = False, most: Most = 1000, yes: Yes = False) -> None:
    """Forget messages for good. A dropped command is never answered; a dropped hint is made good by the next whole read."""
    wanted = _chosen(_with(lambda letters: letters.look(most)), ids, every=every)
    confirm(f"{_many(wanted)} will be lost.", yes=yes)
    _note("drop", wanted)
    gone = _with(lambda letters: letters.drop({each.id for each in wanted}, most))
    say(f"Dropped {_many(gone)}.")


def counted(url: str) -> int:
    """How many there are; raises LinkLost."""
    return asyncio.run(_using(url, lambda letters: letters.count()))


def _with(use: Callable[[DeadLetters], Awaitable[T]]) -> T:
    url = Settings.from_environment().broker()
    try:
        return asyncio.run(_using(url, use))
    except LinkLost as error:
        raise unreachable(
            f"The broker does not do it: {error}",
            "Look at AMQP_URL, and whether RabbitMQ runs; what was not confirmed is still there.",
        ) from error


async def _using(url: str, use: Callable[[DeadLetters], Awaitable[T]]) -> T:
    async with open_dead_letters(url) as letters:
        return await use(letters)


def _chosen(
    found: Sequence[DeadLetter], ids: Collection[str] | None, *, every: bool
) -> list[DeadLetter]:
    if every == bool(ids):
        raise Failure("Nothing says which messages.", "Give ids, or --all; not both.", WRONG_USE)
    known = {each.id for each in found}
    for each in ids or ():
        if each not in known:
            raise refused(
                f"There is no dead letter {each} among the oldest {len(found)}.",
                "It may have been dealt with: clearooms dead-letters list.",
            )
    wanted = [each for each in found if every or each.id in (ids or ())]
    if not wanted:
        raise refused("There are no dead letters.", "Nothing is to be done.")
    return wanted


def _note(what: str, letters: Sequence[DeadLetter]) -> None:
    """On record before it is done."""
    ids = sorted({each.id for each in letters})
    body = {"action": f"dead_letters.{what}_asked", "messages": ids}
    with open_portal() as portal:
        portal.call("POST", "/api/operator/audit", body=body)


def _summary(letter: DeadLetter) -> dict[str, Any]:
    """Ids, types and headers: nothing that a person wrote."""
    return {
        "id": letter.id,
        "reason": letter.reason,
        "queue": letter.queue,
        "exchange": letter.exchange,
        "routing_key": letter.routing_key,
        "attempts": letter.attempts,
        "content_type": letter.content_type,
        "bytes": len(letter.body),
        "headers": dict(letter.headers),
        **_carried(letter.body),
    }


def _carried(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    if isinstance(document, dict) and "specversion" in document:
        data = document.get("data")
        ids = data if isinstance(data, dict) else {}
        named = {
            **{f"message_{name}" if name == "id" else name: document.get(name) for name in _SAFE},
            **{name: ids.get(name) for name in _IDS},
        }
        return {name: each for name, each in named.items() if isinstance(each, (str, int))}
    if isinstance(document, list):
        rooms = {
            str(each["room"]) for each in document if isinstance(each, dict) and "room" in each
        }
        return {"type": "hints", "subject": f"{len(document)} hints of {len(rooms)} rooms"}
    return {}


def _many(letters: Sequence[DeadLetter]) -> str:
    return "1 message" if len(letters) == 1 else f"{len(letters)} messages"
