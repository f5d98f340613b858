import re
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from graphclient.encryption import Certificates, Fault, NotOpened, PrivateKeys, open_event
from graphclient.models import Event
from graphclient.notifications import EncryptedContent

from .bad_contents import (
    BAD,
    ETAG,
    EVENT,
    Json,
    Make,
    b64,
    certificates,
    content,
    document,
    enclosed,
    pair,
    private_keys,
    wrapped,
)

ALL = certificates("ours", "next", "keyless")
KEYS = private_keys("ours", "next")
DOCUMENTED = {
    "data": "Vla4ajdtX6/+mMppBkC9LVzYW4MucGTVUPVGMrUe0atrhhplJdP0ZzkPGUYtMBHHIHh/o89okzD7VTCM8WR40o1"
    "EZvZMLOCtf+us6gjq1UR/3iIZr+aE2ynYzYrX6CnOta0+FW96i18srouXmHX+x6zMdl47QmkZI121EDveD5I=",
    "dataSignature": "3YJ7gEYxqU7EM2v6juzhjERoiM28TPpygNOdQliH2Is=",
}


def opened(wire: Json) -> Event:
    found = content(wire)
    if found is None:
        raise NotOpened("encoding")
    return open_event(found, ALL, KEYS, event_id=EVENT, etag=ETAG)


def test_an_event_is_opened_and_only_the_fields_of_the_select_are_left() -> None:
    event = opened(enclosed())
    assert (event.id, event.etag, event.subject) == (EVENT, ETAG, "Réunion ☕")
    assert event.modified_at is not None
    assert "never to be kept" not in repr(event)


def test_the_vector_of_the_reference_opens_as_far_as_it_is_an_event() -> None:
    certificate = pair().certificate
    found = EncryptedContent(
        DOCUMENTED["data"],
        b64(wrapped()),
        DOCUMENTED["dataSignature"],
        certificate.id,
        certificate.thumbprint,
    )
    with pytest.raises(NotOpened) as caught:
        open_event(found, ALL, KEYS, event_id=EVENT, etag=ETAG)
    assert caught.value.fault == "event"  # it decrypts, and has neither type nor times
    wrong = EncryptedContent(
        DOCUMENTED["data"],
        b64(wrapped(bytes(32))),
        DOCUMENTED["dataSignature"],
        certificate.id,
        certificate.thumbprint,
    )
    with pytest.raises(NotOpened) as caught:
        open_event(wrong, ALL, KEYS, event_id=EVENT, etag=ETAG)
    assert caught.value.fault == "signature"


def test_content_that_does_not_repeat_id_and_etag_is_of_the_notification() -> None:
    event = opened(enclosed(document(id=..., **{"@odata.etag": ...})))
    assert (event.id, event.etag) == (EVENT, ETAG)


def test_a_thumbprint_is_the_same_in_small_letters() -> None:
    wire = enclosed(encryptionCertificateThumbprint=pair().certificate.thumbprint.lower())
    assert opened(wire).id == EVENT


def test_what_an_older_certificate_was_used_for_is_opened_by_its_key() -> None:
    found = content(enclosed())
    assert found is not None
    for first, second in (("ours", "next"), ("next", "ours")):
        event = open_event(
            found,
            certificates(first, second),
            private_keys(second, first),
            event_id=EVENT,
            etag=ETAG,
        )
        assert event.id == EVENT


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_nothing_of_spoiled_content_is_used(make: Make) -> None:
    with pytest.raises(NotOpened) as caught:
        opened(make())
    assert "☕" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert opened(enclosed()).id == EVENT


def test_certificates_and_keys_are_read_from_one_text_each_the_first_certificate_being_the_new_one() -> (
    None
):
    both = certificates("next", "ours")
    assert both.first == pair("next").certificate
    assert set(both.by_id) == {pair("next").certificate.id, pair("ours").certificate.id}
    assert set(private_keys("ours", "next").by_public_key) == {
        one.public_key for one in both.by_id.values()
    }
    assert re.fullmatch(r"[0-9a-f]{64}", both.first.id)


@pytest.mark.parametrize(
    "text",
    ["", "no PEM", pair().key_pem, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
)
def test_a_text_without_a_usable_certificate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Certificates.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no PEM",
        pair().certificate_pem,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    ],
)
def test_a_text_without_a_usable_private_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        PrivateKeys.parse(text)


def test_a_weak_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="2048"):
        Certificates.parse(pair("weak", 1024).certificate_pem)


def test_no_key_shows_in_a_text_about_it() -> None:
    assert "PRIVATE" not in repr(KEYS)
    assert "MII" not in repr(ALL)


def test_the_command_of_the_handbook_makes_a_pair_that_fits(tmp_path: Path) -> None:
    handbook = Path(__file__).parents[3] / "docs" / "operations" / "rich.md"
    (command,) = re.findall(r"^(openssl req .+)$", handbook.read_text(), re.MULTILINE)
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    made = Certificates.parse((tmp_path / "notification.crt").read_text()).first
    keys = PrivateKeys.parse((tmp_path / "notification.key").read_text())
    assert made.public_key in keys.by_public_key


def test_every_reason_not_to_open_content_is_met() -> None:
    met: set[str] = set()
    for make in BAD.values():
        with pytest.raises(NotOpened) as caught:
            opened(make())
        met.add(caught.value.fault)
    assert met == set(get_args(Fault))
