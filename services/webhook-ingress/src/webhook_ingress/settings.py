"""What the ingress reads from the environment."""

from pydantic import Field, SecretStr

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of `python -m webhook_ingress`."""

    amqp_url: SecretStr = Field(description="URL of RabbitMQ")
    client_state_keys: SecretStr = Field(
        description="id:base64,id:base64… of 32 bytes or more: every key opens what it sealed; "
        "CLIENT_STATE_KEYS_FILE is read again when it changes"
    )
