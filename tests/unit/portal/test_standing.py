"""The overview's sentence: true from the first day on."""

from typing import Any

import pytest

from portal.domain.standing import standing_of
from portal.domain.status import OrganisationStatus


def status(integration: str | None, *, ok: bool = True, **rooms: int) -> OrganisationStatus:
    known: dict[str, Any] = {"integration": integration, "ok": ok, "rooms": rooms}
    return OrganisationStatus.model_construct(**known)


@pytest.mark.parametrize(
    ("seen", "offices", "title", "step"),
    [
        (status(None), 0, "Not connected", "/settings/apps/office-365/guide"),
        (status(None, live=0, ok=False), 0, "Not connected", "/settings/apps/office-365/guide"),
        (status("off", off=2), 1, "Switched off", "/settings/apps/office-365"),
        (status("untested"), 0, "Connecting", "/settings/apps/office-365#test"),
        (status("untested", live=2), 1, "All right", None),
        (status("failing", ok=False), 0, "Needs attention", "/settings/apps/office-365#test"),
        (status("ok", ok=False, live=1, unreachable=1), 1, "Needs attention", None),
        (status("ok"), 0, "Connecting", "/settings/offices"),
        (status("ok"), 1, "Connecting", "/settings/meeting-rooms"),
        (status("ok", live=1, loading=1), 1, "Connecting", None),
        (status("ok", live=1, polling=1), 1, "All right", None),
        (status("ok", live=2), 1, "All right", None),
    ],
)
def test_nothing_is_all_right_before_rooms_are_served(
    seen: OrganisationStatus, offices: int, title: str, step: str | None
) -> None:
    standing = standing_of(seen, offices=offices)

    assert standing.title == title
    assert (standing.step[0] if standing.step else None) == step
