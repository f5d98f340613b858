"""What benchmarks of the whole product ask of its processes."""

import os
from pathlib import Path
from typing import Any

from tests.e2e.office import Office
from tests.e2e.stack import Stack

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def at_share(ordered: list[float], share: float) -> float:
    """The quantile of an ordered list."""
    return ordered[int(len(ordered) * share)]


async def graph_token(stack: Stack, office: Office) -> dict[str, Any]:
    """An access token of the office's app at the simulator."""
    form = {
        "grant_type": "client_credentials",
        "client_id": str(office.client),
        "client_secret": office.secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    url = f"{stack.sim.origin}/{office.tenant}/oauth2/v2.0/token"
    async with stack.session.post(url, data=form, ssl=stack.sim.tls) as answer:
        granted: dict[str, Any] = await answer.json()
        return granted
