"""What the subscription manager reads from the environment."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from graphclient import check_cloud
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of `python -m subscription_manager`."""

    database_url: SecretStr = Field(
        description="Postgres DSN of a login that may become clearooms_manager"
    )
    amqp_url: SecretStr = Field(description="URL of RabbitMQ")
    graph_url: str = Field("https://graph.microsoft.com/v1.0", description="Microsoft Graph")
    entra_url: str = Field(
        "https://login.microsoftonline.com", description="Microsoft Entra", validate_default=True
    )
    graph_ca_file: Path | None = Field(None, description="extra CA bundle for the two above")
    webhook_url: str = Field(
        "", description="public origin of the ingress, without a path; empty = poll only"
    )
    portal_url: str = Field(
        "", description="public origin of the portal, for links in chat messages"
    )
    client_state_keys: SecretStr = Field(
        description="id:base64,id:base64… of 32 bytes or more: the first seals, all open"
    )
    notification_cert: SecretStr = Field(
        SecretStr(""),
        description="PEM certificates of rich notifications, the first for new subscriptions; empty = none",
    )
    secret_keys: SecretStr = Field(
        description="id:base64,id:base64… of 32 bytes: the first encrypts, all decrypt"
    )

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
