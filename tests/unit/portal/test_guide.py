"""The setup guide's facts, its message and its PDF."""

import re
import zlib
from datetime import UTC, datetime
from uuid import UUID

from portal.domain import guide
from portal.domain.evidence import NEEDED
from portal.domain.guide_pdf import guide_pdf

TENANT, CLIENT = UUID(int=1), UUID(int=2)
ENTRA = "https://login.microsoftonline.com"


def written(pdf: bytes) -> str:
    """What can be selected in the PDF: the strings of its content streams."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    shown = b"".join(zlib.decompress(each) for each in streams if each[:1] == b"x")
    texts = re.findall(rb"\((.*?)(?<!\\)\) Tj", shown, re.DOTALL)
    return " ".join(each.decode("latin-1").replace("\\", "") for each in texts)


def test_the_guide_asks_for_exactly_the_permissions_that_the_test_checks() -> None:
    assert [each.name for each in guide.PERMISSIONS] == list(NEEDED)


def test_the_message_names_app_tenant_and_client_and_links_to_consent() -> None:
    message = guide.consent_message(ENTRA, TENANT, CLIENT)

    assert f"App name: {guide.APP_NAME}" in message
    assert f"{ENTRA}/{TENANT}/adminconsent?client_id={CLIENT}" in message
    assert "Register" not in message


def test_the_message_has_the_steps_to_register_while_there_is_no_app() -> None:
    message = guide.consent_message(ENTRA, TENANT, None)

    assert "New registration" in message
    assert "adminconsent?" not in message
    assert "safe way" in message


def test_the_pdf_says_what_the_page_says_in_text_that_can_be_selected() -> None:
    message = guide.consent_message(ENTRA, TENANT, CLIENT)

    text = written(guide_pdf(message, "https://api.example", datetime(2026, 11, 26, tzinfo=UTC)))

    for part in [
        *(each.name for each in guide.PERMISSIONS),
        *(step.title for step in guide.STEPS),
        *(value.entras for value in guide.VALUES),
        "https://api.example",
        str(TENANT),
    ]:
        assert part in text, part
