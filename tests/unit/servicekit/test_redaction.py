import json
from typing import Any

import pytest
from pydantic import SecretStr

from servicekit.redaction import redact

CANARY = "canary7f3a"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
STATE = "v1.k1." + "A" * 75 + "." + "B" * 22


def redacted(**event: Any) -> str:
    return json.dumps(redact(None, "info", dict(event)))


@pytest.mark.parametrize(
    "key",
    [
        "secret",
        "client_secret",
        "clientSecret",
        "access_token",
        "Authorization",
        "clientState",
        "client_state",
        "subject",
        "organizer",
        "attendees",
        "email",
        "password",
        "Set-Cookie",
        "secret_keys",
    ],
)
def test_a_key_that_names_a_secret_or_a_person_is_hidden(key: str) -> None:
    assert CANARY not in redacted(**{key: CANARY})
    assert CANARY not in redacted(deep={"list": [{key: CANARY}]})


@pytest.mark.parametrize(
    ("text", "canary"),
    [
        (f"Authorization: Bearer {CANARY}{CANARY}", CANARY),
        (f"got {JWT} back", "eyJhdWQ"),
        (f"state {STATE} refused", "AAAA"),
        (f"amqp://user:{CANARY}@broker:5672/", CANARY),
        (f"client_secret={CANARY}&grant_type=x", CANARY),
        (f'{{"client_secret": "{CANARY}"}}', CANARY),
        (f"no mailbox {CANARY}@contoso.example here", CANARY),
    ],
)
def test_a_secret_or_an_address_inside_any_text_is_hidden(text: str, canary: str) -> None:
    assert canary not in redacted(event=text)
    assert canary not in redacted(detail=["x", {"y": text}])
    assert canary not in redacted(error=ValueError(text))


def test_secret_strings_and_bytes_are_hidden_under_any_key() -> None:
    text = redacted(a=SecretStr(CANARY), b=CANARY.encode(), c=(SecretStr(CANARY),))
    assert CANARY not in text
    assert "<10 bytes>" in text


def test_facts_about_a_secret_and_plain_values_stay() -> None:
    event = {
        "secret_expires_at": "2027-01-01",
        "subscription_id": "3b0d",
        "room": "r1",
        "count": 3,
        "token_count": 2,
        "ok": True,
        "nothing": None,
    }
    assert json.loads(redacted(**event)) == event
