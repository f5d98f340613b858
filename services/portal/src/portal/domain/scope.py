"""How far the app reaches: all mailboxes of the tenant, or chosen ones (graph-calendar §10)."""

from typing import Literal

from .evidence import (
    CALENDARS,
    CalendarsTried,
    Evidence,
    OutsideOpened,
    OutsideRefused,
    TokenGranted,
    WroteAndUndid,
    reads_everywhere,
)

Scope = Literal["tenant", "rooms", "unknown"]


def scope_of(evidence: Evidence) -> Scope:
    """The scope as far as the evidence shows it."""
    if not isinstance(evidence.token, TokenGranted):
        return "unknown"
    everywhere = reads_everywhere(evidence.token.roles)
    match evidence.calendars, evidence.outside:
        case CalendarsTried(opened=opened), OutsideRefused() if opened:
            return "rooms"
        case _, OutsideOpened():
            return "tenant" if everywhere else "unknown"
        case CalendarsTried(opened=0), _:
            return "unknown"
        case CalendarsTried(refused=refused), _:
            # Of a token that opens calendars everywhere, some are refused: an application access policy.
            return "tenant" if everywhere and not refused else "rooms"
        case _:
            return "tenant" if CALENDARS in evidence.token.roles else "unknown"


def proven(evidence: Evidence, roles: frozenset[str]) -> bool:
    """Whether calendars are granted although the token does not say so: in Exchange, limited to some mailboxes."""
    if isinstance(evidence.write, WroteAndUndid):
        return True
    opened = isinstance(evidence.calendars, CalendarsTried) and evidence.calendars.opened > 0
    return opened and not reads_everywhere(roles)
