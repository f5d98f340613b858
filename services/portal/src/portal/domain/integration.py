"""The connection of an organisation to its tenant: what is saved, and what its state is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr

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


PastedSecret = Annotated[SecretStr, Field(max_length=256), AfterValidator(_pasted)]


class IntegrationChange(Body):
    """The whole integration; the secret is kept when it is left out."""

    enabled: bool
    tenant_id: Guid
    client_id: Guid
    client_secret: PastedSecret | None = None
    secret_expires_at: Time | None = None


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
    tested_at: datetime | None
    test_ok: bool | None
    test_causes: tuple[str, ...]
    scope: Scope
    failing_since: datetime | None
    failing_code: str | None
    failing_revision: int | None
    watched_expiry: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished test, as stored."""

    at: datetime
    scope: Scope
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a PUT leaves behind; `sealed_secret` None keeps the old one, `outcome` None means untested."""

    tenant_id: UUID
    client_id: UUID
    enabled: bool
    sealed_secret: bytes | None = field(repr=False)
    secret_expires_at: datetime | None
    keep_test: bool
    outcome: Outcome | None
    based_on: int | None


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
    """The resource; expiry as Graph told it, else as typed in."""
    return Integration(
        enabled=saved.enabled,
        tenant_id=saved.tenant_id,
        client_id=saved.client_id,
        secret_set=saved.secret_set,
        secret_expires_at=saved.watched_expiry or saved.secret_expires_at,
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
                f" ({saved.failing_code or 'no code'}). Press Test Settings for the cause."
            )
        case "failing":
            return f"The last test failed: {', '.join(saved.test_causes)}."
