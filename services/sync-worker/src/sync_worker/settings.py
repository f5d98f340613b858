"""What an operator may set for the worker (design §4.2)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from graphclient import check_cloud
from servicekit.settings import ServiceSettings


class WorkerSettings(ServiceSettings):
    """Settings of `python -m sync_worker`."""

    database_url: SecretStr = Field(description="PostgreSQL DSN")
    amqp_url: SecretStr = Field(description="RabbitMQ URL")
    graph_url: str = Field(
        "https://graph.microsoft.com/v1.0", description="root of Microsoft Graph"
    )
    entra_url: str = Field(
        "https://login.microsoftonline.com", description="root of Entra", validate_default=True
    )
    graph_ca_file: Path | None = Field(None, description="extra CA bundle for the two above")
    secret_keys: SecretStr = Field(description="id:base64,… : keys that open stored secrets")
    notification_cert: SecretStr = Field(
        SecretStr(""),
        description="PEM certificates of rich notifications, the first for new subscriptions; empty = none",
    )
    notification_key: SecretStr = Field(
        SecretStr(""),
        description="PEM private keys, without a passphrase, of the certificates in NOTIFICATION_CERT",
    )
    sync_window_days: int = Field(
        190, ge=1, le=1800, description="how far ahead calendars are read"
    )
    reconcile_minutes: int = Field(
        60, ge=1, le=1440, description="how often every room is read as a whole"
    )
    poll_seconds: int = Field(
        60, ge=5, le=3600, description="how often a room without subscription is read"
    )
    sync_mode: Literal["live", "observe"] = Field(
        "live", description="observe: read and publish, never write to Graph"
    )

    @field_validator("entra_url")
    @classmethod
    def _same_cloud(cls, text: str, info: ValidationInfo) -> str:
        check_cloud(info.data["graph_url"], text)
        return text
