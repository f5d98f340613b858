"""An organisation's secrets, sealed for the place they are kept in."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

import structlog

from pgstore import SecretBox, SecretUnreadable

log = structlog.get_logger()

Field = Literal["client_secret", "chat_webhook"]


class Envelopes:
    """Seals with the newest key, opens with all; the keys may change while it is used."""

    def __init__(self, box: Callable[[], SecretBox]) -> None:
        self._box = box

    @property
    def newest(self) -> str:
        """The id of the key that seals now."""
        return self._box().newest

    @property
    def prefix(self) -> bytes:
        """How everything begins that the newest key has sealed."""
        return self._box().prefix

    def seal(self, organisation_id: UUID, plain: str, field: Field) -> bytes:
        """Seal it for this organisation's row."""
        return self._box().seal(
            plain, organisation_id=organisation_id, row_id=organisation_id, field=field
        )

    def open(self, organisation_id: UUID, sealed: bytes, field: Field) -> str | None:
        """Open it; None for what no key opens."""
        try:
            return self._box().open(
                sealed, organisation_id=organisation_id, row_id=organisation_id, field=field
            )
        except SecretUnreadable:
            log.warning("secret_unreadable", organisation=str(organisation_id), field=field)
            return None
