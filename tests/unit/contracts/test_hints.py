import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from contracts import Undecodable
from contracts.hints import (
    ChangeHint,
    LifecycleHint,
    decode_changes,
    decode_lifecycle,
    encode_hint,
    join_hints,
)

GOLDEN = Path(__file__).parent / "golden"
ROOM = UUID("3f8e2b14-97a5-4c0d-b1e6-7c4a8d2f5b91")
TENANT = UUID("7c0e0000-0000-4000-8000-000000000001")
AT = datetime(2026, 11, 23, 9, 12, 45, 120000, tzinfo=UTC)
CHANGES = [
    ChangeHint(ROOM, TENANT, "AAMkADk0AAA=", 'W/"DwAAAB"', AT),
    ChangeHint(ROOM, TENANT, "AAMkADk1AAA=", None, AT),
]
LIFECYCLE = [LifecycleHint(ROOM, TENANT, "3b0d0c0e-6c1e-4f35-9a0b-7a6f1d2e9c11", "missed", AT)]


def test_changes_keep_their_wire_format_in_both_directions() -> None:
    body = join_hints([encode_hint(hint) for hint in CHANGES])
    frozen = (GOLDEN / "change_hints.json").read_bytes()
    assert json.loads(body) == json.loads(frozen)
    assert decode_changes(frozen) == CHANGES


def test_lifecycle_hints_keep_their_wire_format_in_both_directions() -> None:
    body = join_hints([encode_hint(hint) for hint in LIFECYCLE])
    frozen = (GOLDEN / "lifecycle_hints.json").read_bytes()
    assert json.loads(body) == json.loads(frozen)
    assert decode_lifecycle(frozen) == LIFECYCLE


def test_nothing_joined_is_an_empty_list() -> None:
    assert decode_changes(join_hints([])) == []


GOOD = encode_hint(CHANGES[0]).decode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"\xef\xbb\xbf[]",
        b"[" * 100_000,
        b"\xff\xfe",
        b'[{"room":"x"}]',
        f"[{GOOD.replace('AAMkADk0AAA=', '')}]".encode(),
        f"[{GOOD.replace('AAMkADk0AAA=', chr(92) + 'u0000')}]".encode(),
        f"[{GOOD.replace('AAMkADk0AAA=', chr(92) + 'ud800')}]".encode(),
        f"[{GOOD.replace('AAMkADk0AAA=', 'A' * 1025)}]".encode(),
        f"[{GOOD.replace('AAMkADk0AAA=', 'A' + chr(92) + 'n')}]".encode(),
        f"[{GOOD.replace('2026-11-23T09:12:45.120000Z', '2026-11-23T09:12:45')}]".encode(),
        b"[" + b",".join([GOOD.encode()] * 10_001) + b"]",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_anything_else_is_undecodable(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_changes(body)


def test_the_reason_names_the_field_and_not_its_value() -> None:
    canary = "canary-" + "x" * 2000
    with pytest.raises(Undecodable) as refused:
        decode_changes(f"[{GOOD.replace('AAMkADk0AAA=', canary)}]".encode())
    assert "event" in refused.value.reason
    assert "canary" not in refused.value.reason


def test_what_a_later_version_adds_is_ignored() -> None:
    longer = GOOD[:-1] + ',"later":{"a":[1]}}'
    assert decode_changes(f"[{longer}]".encode()) == [CHANGES[0]]
