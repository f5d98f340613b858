import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from graphclient.applications import Application, KeyCredential, PasswordCredential

from ..graphsim.credentials import credential

END = datetime(2027, 1, 31, 10, tzinfo=UTC)
OURS = credential("ours")
PEM = OURS.private_pem + OURS.pem


def registered(*secrets: PasswordCredential, keys: tuple[KeyCredential, ...] = ()) -> Application:
    return Application(UUID(int=1), list(secrets), list(keys))


def test_a_secret_is_known_by_its_hint_and_the_earliest_of_several_counts() -> None:
    later, other = END + timedelta(days=9), END - timedelta(days=9)
    app = registered(
        PasswordCredential(later, "q8~"),
        PasswordCredential(END, "q8~"),
        PasswordCredential(other, "zz~"),
        PasswordCredential(None, "q8~"),
        PasswordCredential(other, None),
    )
    assert app.expiry("q8~rest") == END
    assert app.expiry("xx~rest") is None


@pytest.mark.parametrize(
    "identifier",
    [base64.b64encode(OURS.sha1).decode(), OURS.sha1.hex(), OURS.sha1.hex().upper()],
)
def test_a_certificate_is_known_by_its_thumbprint(identifier: str) -> None:
    strangers = (KeyCredential(END - timedelta(days=1), None), KeyCredential(END, "no base64!"))
    app = registered(
        PasswordCredential(END, PEM[:3]), keys=(*strangers, KeyCredential(END, identifier))
    )
    assert app.expiry(PEM) == END
    assert registered(keys=strangers).expiry(PEM) is None
