"""What a standalone reads: the services' settings under the same names, with defaults for one machine."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from graphclient import check_cloud
from portal.settings import OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_ISSUER
from servicekit.settings import ServiceSettings, SettingsInvalid

from .database import EMBEDDED
from .keys import kept_keys, kept_token

POSTGRES_BUS = "postgres"


def _user_folder() -> Path:
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "clearooms"


class Settings(ServiceSettings):
    """Every service in one process."""

    database_url: SecretStr = Field(
        SecretStr(EMBEDDED),
        description="DSN of the database's owner, who may create roles; embedded = the bundled server",
    )
    data_dir: Path = Field(
        _user_folder(),
        description="where the embedded server keeps its data and the keys made for it (mode 0600)",
    )
    amqp_url: SecretStr = Field(
        SecretStr(POSTGRES_BUS),
        description="URL of RabbitMQ; postgres = queue tables in the database",
    )
    graph_url: str = Field("https://graph.microsoft.com/v1.0", description="Microsoft Graph")
    entra_url: str = Field(
        "https://login.microsoftonline.com", description="Microsoft Entra", validate_default=True
    )
    graph_ca_file: Path | None = Field(None, description="extra CA bundle for the two above")
    webhook_url: str = Field(
        "",
        description="public origin at which Graph reaches LISTEN, without a path; empty = poll only",
    )
    client_state_keys: SecretStr = Field(
        SecretStr(""),
        description="id:base64,id:base64…: the first seals, all open; required unless the database is"
        " embedded, where a key is made once and kept in DATA_DIR",
    )
    secret_keys: SecretStr = Field(
        SecretStr(""),
        description="id:base64,id:base64… of 32 bytes: the first encrypts, all decrypt; made like"
        " CLIENT_STATE_KEYS",
    )
    notification_cert: SecretStr = Field(
        SecretStr(""),
        description="PEM certificates of rich notifications, the first for new subscriptions; empty = none",
    )
    notification_key: SecretStr = Field(
        SecretStr(""),
        description="PEM private keys, without a passphrase, of the certificates in NOTIFICATION_CERT",
    )
    portal_operator_token: SecretStr = Field(
        SecretStr(""),
        description="bearer token of the operator, who alone creates organisations; made like"
        " CLIENT_STATE_KEYS",
    )
    portal_url: str = Field("", description="public origin of the portal")
    oidc_issuer: str = Field("", description=OIDC_ISSUER)
    oidc_client_id: str = Field("", description=OIDC_CLIENT_ID)
    oidc_client_secret: SecretStr = Field(SecretStr(""), description=OIDC_CLIENT_SECRET)
    sync_window_days: int = Field(190, ge=1, le=730, description="how far ahead calendars are read")
    reconcile_minutes: int = Field(
        60, ge=1, description="how often each room is compared as a whole"
    )
    poll_seconds: int = Field(
        60, ge=5, description="how often rooms without a subscription are read"
    )
    sync_mode: Literal["live", "observe"] = Field("live", description="live or observe")

    @field_validator("entra_url")
    @classmethod
    def _same_cloud(cls, text: str, info: ValidationInfo) -> str:
        check_cloud(info.data["graph_url"], text)
        return text

    @field_validator("webhook_url")
    @classmethod
    def _origin(cls, text: str) -> str:
        parts = urlsplit(text)
        if text and (
            parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}
        ):
            raise ValueError("must be an origin such as https://api.clearooms.com, without a path")
        return text.rstrip("/")

    @property
    def is_embedded(self) -> bool:
        """Whether the bundled server is used."""
        return self.database_url.get_secret_value() == EMBEDDED


def with_kept_keys(settings: Settings) -> Settings:
    """Fill in the keys that an embedded database keeps for itself; raises `SettingsInvalid` for any other."""
    made = {
        "client_state_keys": kept_keys,
        "secret_keys": kept_keys,
        "portal_operator_token": kept_token,
    }
    filled = {}
    for field, make in made.items():
        given: SecretStr = getattr(settings, field)
        if given.get_secret_value():
            continue
        if not settings.is_embedded:
            raise SettingsInvalid(
                field.upper(), "is missing: only an embedded database keeps its own"
            )
        filled[field] = SecretStr(make(settings.data_dir, field.replace("_", "-")))
    return settings.model_copy(update=filled)
