"""The connection of an organisation to its tenant: what is saved, and what its state is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, model_validator

from contracts.remedies import remedy
from graphclient.certificate import Certificate

from .scope import Scope
from .wire import Body, Email, Guid, Resource, Time, looks_like_guid

Status = Literal["off", "untested", "ok", "failing"]


def _pasted(secret: SecretStr) -> SecretStr:
    plain = secret.get_secret_value().strip()
    if looks_like_guid(plain):
        raise ValueError(
            "this is the Secret ID (a GUID); paste the secret's Value, shown only once when it is made"
        )
    if not plain or any(ord(letter) < 33 or ord(letter) == 127 for letter in plain):
        raise ValueError("must be the secret's Value, without spaces or line breaks")
    return SecretStr(plain)


def _certificate(pem: SecretStr) -> SecretStr:
    Certificate.read(pem.get_secret_value())
    return pem


def _chat_address(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise ValueError("must be the https:// address that the chat shows for an incoming webhook")
    return url


PastedSecret = Annotated[SecretStr, Field(max_length=256), AfterValidator(_pasted)]
PastedCertificate = Annotated[SecretStr, Field(max_length=32_768), AfterValidator(_certificate)]
ChatAddress = Annotated[SecretStr, Field(max_length=2_048), AfterValidator(_chat_address)]


class IntegrationChange(Body):
    """The whole integration; what proves the app, the chat's address and `delivery` are kept when they are left out.

    `certificate` is PEM, with its private key; `chat_webhook` null takes the address away.
    """

    enabled: bool
    tenant_id: Guid
    client_id: Guid
    client_secret: PastedSecret | None = None
    certificate: PastedCertificate | None = None
    secret_expires_at: Time | None = None
    chat_webhook: ChatAddress | None = None
    delivery: Literal["basic", "rich"] | None = None

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if self.client_secret is not None and self.certificate is not None:
            raise ValueError("send a client_secret or a certificate, not both")
        return self

    @property
    def proof(self) -> str | None:
        """The new secret's value or the new certificate's PEM; None keeps the old one."""
        given = self.client_secret or self.certificate
        return given.get_secret_value() if given is not None else None

    @property
    def keeps_chat_webhook(self) -> bool:
        """Whether nothing was said about the chat."""
        return "chat_webhook" not in self.model_fields_set


class TestAsked(Body):
    """Test Settings tests what is saved; `outside_mailbox` should be out of reach, `write_probe` writes and undoes."""

    __test__ = False  # pytest: a body, not a test case

    outside_mailbox: Email | None = None
    write_probe: bool = False


class Integration(Resource):
    """What is saved, without the secret; `status` is derived."""

    enabled: bool
    tenant_id: UUID
    client_id: UUID
    secret_set: bool
    secret_expires_at: Time | None
    certificate_thumbprint: str | None
    chat_webhook_set: bool
    webhook_url: str | None
    delivery: Literal["basic", "rich"]
    scope: Scope
    status: Status
    status_detail: str


@dataclass(frozen=True, slots=True)
class Saved:
    """An integration as stored, with what the manager has seen of its credentials."""

    tenant_id: UUID
    client_id: UUID
    enabled: bool
    delivery: Literal["basic", "rich"]
    revision: int
    secret_set: bool
    secret_expires_at: datetime | None
    certificate_thumbprint: str | None
    chat_webhook_set: bool
    tested_at: datetime | None
    test_ok: bool | None
    test_causes: tuple[str, ...]
    scope: Scope
    failing_since: datetime | None
    failing_code: str | None
    failing_revision: int | None
    watched_expiry: datetime | None
    watched_revision: int | None

    @property
    def expires_at(self) -> datetime | None:
        """When the secret ends: as Graph or the certificate tells, else as typed in; None if nobody knows."""
        seen = self.watched_expiry if self.watched_revision == self.revision else None
        return seen or self.secret_expires_at


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished test, as stored."""

    at: datetime
    scope: Scope
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a PUT leaves behind; `sealed_secret` None keeps the old one, `outcome` None means untested.

    `former_until`: how long the secret that is replaced may still be used, None for not at all.
    """

    tenant_id: UUID
    client_id: UUID
    enabled: bool
    sealed_secret: bytes | None = field(repr=False)
    former_until: datetime | None
    secret_expires_at: datetime | None
    certificate_thumbprint: str | None
    sealed_chat_webhook: bytes | None = field(repr=False)
    keep_chat_webhook: bool
    keep_test: bool
    outcome: Outcome | None
    based_on: int | None
    delivery: Literal["basic", "rich"] | None = None  # None keeps the old one


def status_of(saved: Saved) -> Status:
    """Off, or what was seen last: the manager's refusal of this very revision, else the last test."""
    if not saved.enabled:
        return "off"
    if is_failing(saved):
        return "failing"
    if saved.test_ok is None:
        return "untested"
    return "ok" if saved.test_ok else "failing"


def is_failing(saved: Saved) -> bool:
    """Whether the credentials of this revision were refused while syncing."""
    return saved.failing_since is not None and (
        saved.failing_revision is None or saved.failing_revision >= saved.revision
    )


def shown(saved: Saved, *, webhook_url: str | None) -> Integration:
    """The resource."""
    return Integration(
        enabled=saved.enabled,
        tenant_id=saved.tenant_id,
        client_id=saved.client_id,
        secret_set=saved.secret_set,
        secret_expires_at=saved.expires_at,
        certificate_thumbprint=saved.certificate_thumbprint,
        chat_webhook_set=saved.chat_webhook_set,
        webhook_url=webhook_url,
        delivery=saved.delivery,
        scope=saved.scope,
        status=status_of(saved),
        status_detail=_detail(saved),
    )


def _detail(saved: Saved) -> str:
    match status_of(saved):
        case "off":
            return "Switched off: no calls, rooms and bookings are kept."
        case "untested":
            return "Saved, not tested yet: press Test Settings."
        case "ok":
            return f"Connection successful at {saved.tested_at:%Y-%m-%dT%H:%M:%SZ}."
        case "failing" if is_failing(saved):
            return (
                f"Microsoft refuses the credentials since {saved.failing_since:%Y-%m-%dT%H:%M:%SZ}"
                f" ({saved.failing_code or 'no code'}). {remedy(saved.failing_code)}"
            )
        case "failing":
            return f"The last test failed: {', '.join(saved.test_causes)}."
