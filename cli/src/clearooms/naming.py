"""From what a person types to the thing they mean: an id, or a name; with near names when there is none."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from .failure import refused
from .portal import Portal


def chosen(kind: str, asked: str, things: Sequence[dict[str, Any]], *names: str) -> dict[str, Any]:
    """The one whose `id` or one of these fields is this, whatever its case; raises Failure."""
    wanted = asked.strip().lower()
    found = [
        each
        for each in things
        if wanted in {str(each.get(name, "")).lower() for name in ("id", *names)}
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(each.get("id") or each.get(names[0])) for each in found)
        raise refused(f"There are {len(found)} {kind}s called {asked}.", f"Give an id: {ids}.")
    known = {str(each[name]).lower(): str(each[name]) for each in things for name in names}
    near = [known[each] for each in get_close_matches(wanted, known, n=3, cutoff=0.5)]
    todo = (
        f"Near it: {', '.join(near)}."
        if near
        else f"There are {len(things)}: list them."
        if things
        else f"There is no {kind} at all yet."
    )
    raise refused(f"There is no {kind} {asked}.", todo)


def organisation(portal: Portal, asked: str) -> dict[str, Any]:
    """The organisation of this id or name; raises Failure."""
    return chosen("organisation", asked, list(portal.items("/api/organisations")), "name")
