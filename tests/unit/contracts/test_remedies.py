import pytest

from contracts.events import IntegrationFailing
from contracts.remedies import remedy


@pytest.mark.parametrize(
    "code", ["AADSTS7000222", "AADSTS7000215", "secret_missing", "AADSTS1", None]
)
def test_every_refusal_says_what_to_do_and_that_nothing_is_lost(code: str | None) -> None:
    text = remedy(code)
    assert any(word in text for word in ("In Entra", "in Entra", "Press Test Settings"))
    assert text.endswith("Rooms and bookings are kept; everything resumes by itself.")
    assert len(text) <= next(
        each.max_length
        for each in IntegrationFailing.model_fields["text"].metadata
        if hasattr(each, "max_length")
    )
