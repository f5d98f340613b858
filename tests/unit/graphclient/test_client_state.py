import base64
from uuid import UUID

import pytest

from graphclient.client_state import ClientStateKeys, open_state, seal

ROOM = UUID("11111111-1111-4111-8111-111111111111")
TENANT = UUID("22222222-2222-4222-8222-222222222222")
CLIENT = UUID("33333333-3333-4333-8333-333333333333")


def key(byte: bytes) -> str:
    return base64.b64encode(byte * 32).decode()


KEYS = ClientStateKeys.parse(f"new:{key(b'n')},old:{key(b'o')}")


def test_a_seal_opens_to_what_was_sealed_and_names_the_first_key() -> None:
    opened = open_state(KEYS, seal(KEYS, ROOM, TENANT, CLIENT))

    assert opened is not None
    assert (opened.room_id, opened.tenant_id, opened.client_id) == (ROOM, TENANT, CLIENT)
    assert opened.key_id == "new"


def test_a_seal_by_a_key_that_is_no_longer_first_still_opens() -> None:
    old = ClientStateKeys.parse(f"old:{key(b'o')}")

    opened = open_state(KEYS, seal(old, ROOM, TENANT, CLIENT))

    assert opened is not None
    assert opened.key_id == "old"


def test_two_seals_of_one_room_differ() -> None:
    assert seal(KEYS, ROOM, TENANT, CLIENT) != seal(KEYS, ROOM, TENANT, CLIENT)


def test_a_seal_under_the_longest_key_id_fits_graphs_limit() -> None:
    keys = ClientStateKeys.parse(f"{'k' * 24}:{key(b'k')}")

    assert len(seal(keys, ROOM, TENANT, CLIENT)) <= 128


def test_no_seal_opens_after_any_single_character_was_changed() -> None:
    text = seal(KEYS, ROOM, TENANT, CLIENT)

    for position, character in enumerate(text):
        other = "A" if character != "A" else "B"
        assert open_state(KEYS, text[:position] + other + text[position + 1 :]) is None


def test_a_seal_by_an_unknown_key_of_a_known_id_does_not_open() -> None:
    forged = seal(ClientStateKeys.parse(f"new:{key(b'x')}"), ROOM, TENANT, CLIENT)

    assert open_state(KEYS, forged) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "...",
        "v1",
        "v1.new",
        "v1.new.",
        "v1.new..",
        "v2.new.AAAA.AAAA",
        "v1.gone.AAAA.AAAA",
        "v1.new.AAAA.\N{LATIN SMALL LETTER E WITH ACUTE}",
        "v1.new." + "A" * 75 + "." + "A" * 22,
        "x" * 129,
        "\x00" * 20,
    ],
)
def test_what_we_did_not_seal_does_not_open(text: str) -> None:
    assert open_state(KEYS, text) is None


def test_a_seal_with_a_tail_or_a_cut_does_not_open() -> None:
    text = seal(KEYS, ROOM, TENANT, CLIENT)

    for changed in (
        text + "A",
        text + "=",
        text[:-1],
        text[1:],
        " " + text,
        text.replace("v1", "v1.v1"),
    ):
        assert open_state(KEYS, changed) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "an id"),
        ("justakey", "at least 32"),
        (f":{key(b'k')}", "an id"),
        (f"a.b:{key(b'k')}", "an id"),
        (f"{'k' * 25}:{key(b'k')}", "an id"),
        ("a:%%%", "not base64"),
        (f"a:{base64.b64encode(b'short').decode()}", "at least 32"),
        (f"a:{key(b'k')},a:{key(b'l')}", "twice"),
        (f"a:{key(b'k')},", "an id"),
    ],
)
def test_unusable_keys_are_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ClientStateKeys.parse(text)


def test_a_refusal_and_a_repr_never_repeat_key_material() -> None:
    secret = key(b"s")[:20]
    with pytest.raises(ValueError, match="at least 32") as caught:
        ClientStateKeys.parse(f"a:{secret}")

    assert secret not in str(caught.value)
    assert "ssss" not in repr(ClientStateKeys.parse(f"a:{key(b's')}"))
