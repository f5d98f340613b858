import pytest

from webhook_ingress.domain.validation import TokenTooLong, validation_token


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ("validationToken=abc", b"abc"),
        ("VALIDATIONTOKEN=abc", b"abc"),
        ("a=b&validationtoken=x%3A+y%20z&c=d", b"x: y z"),
        (
            "validationToken=Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+1",
            b"Validation: Testing client application reachability for subscription Request-Id: 1",
        ),
        ("validationToken=%2B%25%26%3D", b"+%&="),
        ("validationToken=a=b", b"a=b"),
        ("validationToken=%C3%A9%FF%00", b"\xc3\xa9\xff\x00"),
        ("validationToken=100%", b"100%"),
        ("validationToken=%3Cscript%3E", b"<script>"),
        ("validationToken=", b""),
        ("validationToken", b""),
        ("validationToken=first&validationToken=second", b"first"),
        ("other=1", None),
        ("xvalidationToken=1", None),
    ],
)
def test_the_token_is_decoded_byte_for_byte(query: str, token: bytes | None) -> None:
    assert validation_token(query) == token


def test_the_limit_counts_decoded_bytes() -> None:
    assert validation_token("validationToken=" + "%41" * 4096) == b"A" * 4096
    with pytest.raises(TokenTooLong):
        validation_token("validationToken=" + "A" * 4097)
