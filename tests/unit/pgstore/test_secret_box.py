import base64
from uuid import UUID

import pytest

from pgstore import SecretBox, SecretKeysInvalid, SecretUnreadable

ORGANISATION = UUID(int=1)
OTHER = UUID(int=2)
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
BOX = SecretBox({"old": OLD})


def sealed(plain: str = "s3cret~Välue") -> bytes:
    return BOX.seal(plain, organisation_id=ORGANISATION, row_id=ORGANISATION, field="client_secret")


def test_what_is_sealed_opens_in_its_own_place() -> None:
    opened = BOX.open(
        sealed(), organisation_id=ORGANISATION, row_id=ORGANISATION, field="client_secret"
    )
    assert opened == "s3cret~Välue"


@pytest.mark.parametrize(
    ("organisation_id", "row_id", "field"),
    [
        (OTHER, ORGANISATION, "client_secret"),
        (ORGANISATION, OTHER, "client_secret"),
        (ORGANISATION, ORGANISATION, "chat_webhook"),
    ],
)
def test_an_envelope_moved_elsewhere_stays_shut(
    organisation_id: UUID, row_id: UUID, field: str
) -> None:
    with pytest.raises(SecretUnreadable):
        BOX.open(sealed(), organisation_id=organisation_id, row_id=row_id, field=field)


def test_no_changed_byte_goes_unnoticed() -> None:
    envelope = sealed("x")
    for at in range(len(envelope)):
        damaged = bytearray(envelope)
        damaged[at] ^= 1
        with pytest.raises(SecretUnreadable):
            BOX.open(
                bytes(damaged),
                organisation_id=ORGANISATION,
                row_id=ORGANISATION,
                field="client_secret",
            )


@pytest.mark.parametrize("cut", [0, 1, 2, 5, 17])
def test_a_truncated_envelope_stays_shut(cut: int) -> None:
    with pytest.raises(SecretUnreadable):
        BOX.open(
            sealed()[:cut],
            organisation_id=ORGANISATION,
            row_id=ORGANISATION,
            field="client_secret",
        )


def test_the_same_secret_never_looks_the_same_twice_and_shows_nothing_of_itself() -> None:
    first, second = sealed(), sealed()
    assert first != second
    assert b"s3cret" not in first


def test_the_first_key_seals_and_every_key_opens() -> None:
    rotated = SecretBox({"new": NEW, "old": OLD})
    place = {"organisation_id": ORGANISATION, "row_id": ORGANISATION}
    old = sealed("kept")
    assert rotated.open(old, **place, field="client_secret") == "kept"
    assert not old.startswith(rotated.prefix)
    new = rotated.seal("kept", **place, field="client_secret")
    assert new.startswith(rotated.prefix)
    assert rotated.newest == "new"
    with pytest.raises(SecretUnreadable, match="no key 'new'"):
        BOX.open(new, **place, field="client_secret")


def test_one_key_under_another_id_does_not_open() -> None:
    envelope = sealed().replace(b"old", b"odd", 1)
    with pytest.raises(SecretUnreadable):
        SecretBox({"odd": OLD}).open(
            envelope, organisation_id=ORGANISATION, row_id=ORGANISATION, field="client_secret"
        )


def test_keys_are_read_as_the_operator_writes_them() -> None:
    text = ",".join(
        f"{key_id}:{base64.b64encode(key).decode()}" for key_id, key in [("n", NEW), ("old", OLD)]
    )
    box = SecretBox.parse(text)
    assert box.newest == "n"
    place = {"organisation_id": ORGANISATION, "row_id": ORGANISATION}
    assert box.open(sealed("kept"), **place, field="client_secret") == "kept"


def test_a_key_whose_id_begins_like_another_ones_has_another_prefix() -> None:
    longer = SecretBox({"older": OLD})
    assert not longer.prefix.startswith(BOX.prefix)


@pytest.mark.parametrize(
    "text",
    ["", "k", "k:", "k:!!!", ":" + base64.b64encode(OLD).decode(), "k:c2hvcnQ=", "k:QUFB,k:QUFB"],
)
def test_keys_of_another_form_are_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SecretKeysInvalid) as refused:
        SecretBox.parse(text)
    encoded = text.partition(":")[2]
    assert not encoded or encoded not in str(refused.value)
