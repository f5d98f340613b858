"""The banner on every page of an administrator."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.domain.alerts import alert_of

from .test_integration import NOW, SAVED


@pytest.mark.parametrize(
    ("days", "tone", "words"),
    [
        (61, None, ""),
        (60, "soon", "ends in 60 days, on 22 January 2027"),
        (15, "soon", "in 15 days"),
        (14, "wrong", "in 14 days"),
        (1, "wrong", "in 1 day,"),
        (0.5, "wrong", "in less than a day"),
        (-2, "wrong", "ended on 21 November 2026"),
    ],
)
def test_it_warns_from_sixty_days_on_and_is_urgent_from_fourteen(
    days: float, tone: str | None, words: str
) -> None:
    alert = alert_of(replace(SAVED, secret_expires_at=NOW + timedelta(days=days)), NOW)

    assert (alert.tone if alert else None) == tone
    assert words in (alert.text if alert else "")


def test_a_refusal_outweighs_the_end_and_an_integration_that_is_off_is_silent() -> None:
    failing = replace(SAVED, secret_expires_at=NOW, failing_since=NOW)

    alert = alert_of(failing, NOW)

    assert alert is not None
    assert "refuses" in alert.text
    assert alert_of(replace(failing, enabled=False), NOW) is None


def test_a_certificate_is_called_one() -> None:
    ends = replace(SAVED, secret_expires_at=NOW, certificate_thumbprint="AB")

    alert = alert_of(ends, NOW)

    assert alert is not None
    assert alert.text.startswith("The certificate ended")
