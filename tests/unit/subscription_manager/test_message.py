from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.events import IntegrationFailing, IntegrationSecretExpiring, decode_event
from subscription_manager.domain.message import Kind, Owed, event_of, pause_after, words_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def owed(kind: Kind, *, attempts: int = 1, number: int = 7) -> Owed:
    expiring = kind == "secret_expiring"
    return Owed(
        number,
        UUID(int=1),
        "chat",
        kind,
        NOW,
        "AADSTS7000222" if kind == "failing" else None,
        NOW + timedelta(days=7) if expiring else None,
        7 if expiring else None,
        attempts,
    )


def test_a_repeat_has_the_same_id_and_another_message_another_one() -> None:
    first, again = event_of(owed("ok")), event_of(owed("ok", attempts=2))
    assert first == again
    assert event_of(owed("ok", number=8)) != first


def test_a_message_carries_its_date_its_code_and_what_to_do() -> None:
    key, body = event_of(owed("secret_expiring"))
    data = decode_event(body).data
    assert key == "integration.secret_expiring"
    assert isinstance(data, IntegrationSecretExpiring)
    assert (data.days, data.expires_at) == (7, NOW + timedelta(days=7))
    key, body = event_of(owed("failing"))
    data = decode_event(body).data
    assert key == "integration.failing"
    assert isinstance(data, IntegrationFailing)
    assert (data.code, data.since) == ("AADSTS7000222", NOW)
    assert "expired" in data.text


def test_a_chat_is_told_in_words_with_the_way_to_the_portal() -> None:
    text = words_of(owed("secret_expiring"), "https://portal.test")
    assert "ends on 30 November 2026, in 7 days" in text
    assert text.endswith("https://portal.test")
    assert "create a new client secret" in words_of(owed("failing"), "")
    assert words_of(owed("ok"), "") == "The Office 365 integration works."


def test_a_chat_that_does_not_answer_is_asked_ever_more_rarely_for_a_day() -> None:
    pauses = [pause_after(owed("ok", attempts=nth), NOW) for nth in range(1, 14)]
    assert pauses[0] == timedelta(seconds=30)
    assert pauses == sorted(pauses, key=lambda pause: pause or timedelta(0))
    assert pauses[-1] == timedelta(hours=1)
    assert pause_after(owed("ok"), NOW + timedelta(days=1)) is None
