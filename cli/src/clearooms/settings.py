"""What the command reads from the environment."""

import os
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from servicekit.settings import ServiceSettings, SettingsInvalid

from .failure import WRONG_USE, Failure


class Settings(ServiceSettings):
    """Where the deployment is, and who we are to it."""

    portal_url: str = Field("", description="public origin of the portal")
    portal_operator_token: SecretStr = Field(
        SecretStr(""), description="the operator's bearer token, as the portal has it"
    )
    amqp_url: SecretStr = Field(
        SecretStr(""), description="URL of RabbitMQ; for dead letters alone, else not needed"
    )

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read them; raises Failure."""
        try:
            return cls.load(os.environ)
        except SettingsInvalid as error:
            raise Failure(
                str(error), "Set it in the environment, or as a file.", WRONG_USE
            ) from error

    def portal(self) -> tuple[str, str]:
        """The portal's origin and the token; raises Failure."""
        if urlsplit(self.portal_url).scheme not in {"http", "https"}:
            raise Failure(
                "PORTAL_URL is missing, or no http(s) address.",
                "Set it to the portal's public origin, such as https://portal.example.com.",
                WRONG_USE,
            )
        token = self.portal_operator_token.get_secret_value()
        if not token:
            raise Failure(
                "PORTAL_OPERATOR_TOKEN is missing.",
                "Set it, or PORTAL_OPERATOR_TOKEN_FILE, to the token that the portal was given.",
                WRONG_USE,
            )
        return self.portal_url.rstrip("/"), token

    def broker(self) -> str:
        """The broker's address; raises Failure."""
        url = self.amqp_url.get_secret_value()
        if url == "postgres":
            raise Failure(
                "This deployment has no broker: its queues are tables of standalone.",
                "There is nothing to be seen from outside; look at standalone's log.",
                WRONG_USE,
            )
        if not url:
            raise Failure(
                "AMQP_URL is missing.",
                "Dead letters are kept by RabbitMQ: set AMQP_URL, or AMQP_URL_FILE, as the services have it.",
                WRONG_USE,
            )
        return url
