import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from graphclient import Certificate, CertificateUnusable, is_certificate

from ..graphsim.credentials import credential

OURS, OTHER = credential("ours"), credential("other")


def pem_of(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None
) -> str:
    lock = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock
    ).decode()


@pytest.mark.parametrize(
    "text",
    [
        OURS.private_pem + OURS.pem,
        OURS.pem + "Bag Attributes\r\n" + OURS.private_pem.replace("\n", "\r\n"),
        OTHER.pem + OURS.pem + OURS.private_pem,  # a chain, in any order
    ],
)
def test_thumbprint_and_end_are_read_from_the_certificate_that_the_key_belongs_to(
    text: str,
) -> None:
    assert is_certificate(text)
    read = Certificate.read(text)
    assert read.thumbprint == OURS.sha1.hex().upper()
    assert read.expires_at == OURS.certificate.not_valid_after_utc
    assert OURS.private_pem not in repr(read)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (OURS.pem, "needs one BEGIN PRIVATE KEY"),
        (OURS.private_pem, "BEGIN CERTIFICATE"),
        ("", "needs one"),
        (OURS.private_pem + OTHER.pem, "belongs to another certificate"),
        (OURS.private_pem + OTHER.private_pem + OURS.pem, "needs one"),
        (pem_of(OURS.private, b"pass") + OURS.pem, "without one"),
        (pem_of(ec.generate_private_key(ec.SECP256R1())) + OURS.pem, "must be RSA"),
        (
            pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)) + OURS.pem,  # noqa: S505 -- too short on purpose
            "2048 bits",
        ),
        (OURS.private_pem.replace("M", "N", 3) + OURS.pem, "cannot be read"),
        (OURS.private_pem + OURS.pem.replace("M", "N", 3), "cannot be read"),
        (OURS.private_pem + OURS.pem + "x" * 40_000, "too long"),
    ],
)
def test_what_entra_would_not_take_is_refused_with_what_to_do(text: str, told: str) -> None:
    with pytest.raises(CertificateUnusable, match=told) as refused:
        Certificate.read(text)
    assert OURS.private_pem.splitlines()[1] not in str(refused.value)
