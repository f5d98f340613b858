"""What the ingress reads from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of `python -m webhook_ingress`."""

    amqp_url: SecretStr = Field(description="URL of RabbitMQ")
    client_state_keys: SecretStr = Field(
        description="id:base64,id:base64… of 32 bytes or more: every key opens what it sealed; "
        "CLIENT_STATE_KEYS_FILE is read again when it changes"
    )
    entra_url: str = Field(
        "https://login.microsoftonline.com",
        description="root of Entra, asked for its signing keys when a rich notification comes",
    )
    graph_ca_file: Path | None = Field(None, description="extra CA bundle for Entra")
