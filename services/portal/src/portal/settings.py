"""What the portal reads from the environment."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from graphclient import Registration, check_cloud, check_issuer
from servicekit.settings import ServiceSettings, SettingsInvalid

from .domain.wire import looks_like_guid

_SHORTEST_TOKEN = 20

OIDC_ISSUER: Final = (
    "where people sign in with Microsoft: ENTRA_URL and /organizations/v2.0, or a tenant's id in place of"
    " organizations; empty = with a password only"
)
OIDC_CLIENT_ID: Final = "client id of the operator's registration for it, never a customer's"
OIDC_CLIENT_SECRET: Final = "its client secret"  # noqa: S105 -- a description


class Settings(ServiceSettings):
    """Settings of `python -m portal`."""

    database_url: SecretStr = Field(
        description="Postgres DSN of a login that may become clearooms_portal"
    )
    amqp_url: SecretStr = Field(description="URL of RabbitMQ")
    graph_url: str = Field("https://graph.microsoft.com/v1.0", description="Microsoft Graph")
    entra_url: str = Field(
        "https://login.microsoftonline.com", description="Microsoft Entra", validate_default=True
    )
    graph_ca_file: Path | None = Field(None, description="extra CA bundle for the two above")
    secret_keys: SecretStr = Field(
        description="id:base64,id:base64… of 32 bytes: the first encrypts, all decrypt"
    )
    webhook_url: str = Field(
        "", description="public origin of the ingress, shown to administrators; empty = poll only"
    )
    portal_url: str = Field("", description="public origin of the portal")
    portal_operator_token: SecretStr = Field(
        SecretStr(""),
        description="bearer token of the operator, who alone creates organisations; empty = nobody",
    )

    oidc_issuer: str = Field("", description=OIDC_ISSUER)
    oidc_client_id: str = Field("", description=OIDC_CLIENT_ID)
    oidc_client_secret: SecretStr = Field(SecretStr(""), description=OIDC_CLIENT_SECRET)

    @field_validator("entra_url")
    @classmethod
    def _same_cloud(cls, text: str, info: ValidationInfo) -> str:
        check_cloud(info.data["graph_url"], text)
        return text

    @field_validator("webhook_url", "portal_url")
    @classmethod
    def _origin(cls, text: str) -> str:
        parts = urlsplit(text)
        if text and (
            parts.scheme not in {"http", "https"}
            or not parts.netloc
            or parts.path not in {"", "/"}
            or parts.query
        ):
            raise ValueError("must be an origin such as https://api.clearooms.com, without a path")
        return text.rstrip("/")

    @field_validator("portal_operator_token")
    @classmethod
    def _long(cls, token: SecretStr) -> SecretStr:
        if 0 < len(token.get_secret_value()) < _SHORTEST_TOKEN:
            raise ValueError(f"must have at least {_SHORTEST_TOKEN} characters")
        return token


def microsoft_registration(settings: ServiceSettings) -> Registration | None:
    """Through what people sign in with Microsoft, the secret read again as its file changes; None where nothing is set.

    For settings with `oidc_issuer`, `oidc_client_id`, `oidc_client_secret`, `entra_url` and `portal_url`. Raises
    SettingsInvalid.
    """
    issuer, client_id, entra_url, portal_url = (
        settings.live(name, str).value()
        for name in ("oidc_issuer", "oidc_client_id", "entra_url", "portal_url")
    )
    secret = settings.live("oidc_client_secret", str)
    given = {
        "OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": client_id, "OIDC_CLIENT_SECRET": secret.value(),
    }  # fmt: skip
    if not any(given.values()):
        return None
    for name, text in given.items():
        if not text:
            raise SettingsInvalid(name, "is missing: the three OIDC_… come together or not at all")
    try:
        check_issuer(issuer, entra_url)
    except ValueError as error:
        raise SettingsInvalid("OIDC_ISSUER", str(error)) from error
    if not looks_like_guid(client_id):
        raise SettingsInvalid(
            "OIDC_CLIENT_ID", "must be a GUID: 36 characters with hyphens, as Entra shows it"
        )
    portal = urlsplit(portal_url)
    # Entra itself takes http for this machine alone.
    if portal.scheme != "https" and portal.hostname not in {"localhost", "127.0.0.1"}:
        raise SettingsInvalid(
            "PORTAL_URL", "must be https://…, for people come back to it from Microsoft"
        )
    return Registration(issuer, client_id.strip().lower(), secret.value)
