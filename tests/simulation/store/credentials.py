"""The sealed secret of an organisation, and whether the manager found it to work."""

from datetime import datetime
from uuid import UUID

from subscription_manager.store import RETRY_CREDENTIALS

from .database import ModelDatabase
from .tables import Tables, Watch


class CredentialStore:
    """The worker's: reads `credentials`, which the portal writes."""

    def __init__(self, database: ModelDatabase) -> None:
        self._database = database

    async def sealed_secrets(self, organisation_id: UUID) -> list[bytes]:
        """The envelope, and while it may still be needed the one before it; newest first, none without any."""
        async with self._database as tables:
            return _sealed(tables, organisation_id)


class ManagerCredentialStore:
    """The manager's, which says in `credential_watch` what came of them."""

    def __init__(self, database: ModelDatabase) -> None:
        self._database = database

    async def sealed_secrets(self, organisation_id: UUID) -> list[bytes]:
        """The envelope, and while it may still be needed the one before it; newest first, none without any."""
        async with self._database as tables:
            return _sealed(tables, organisation_id)

    async def rejected(
        self, organisation_id: UUID, revision: int, code: str, now: datetime
    ) -> None:
        """Nothing of this organisation is claimed before an hour has passed, unless its revision changes."""
        async with self._database as tables:
            integration = tables.integrations.get(organisation_id)
            if integration is None or integration.revision != revision:
                return
            watch = tables.credential_watch.setdefault(organisation_id, Watch(organisation_id))
            watch.failing_since = watch.failing_since or now
            watch.failing_code, watch.failing_revision = code, revision
            watch.retry_at = now + RETRY_CREDENTIALS
            watch.said = "failing"
            tables.heard("credential_watch")

    async def accepted(self, organisation_id: UUID, now: datetime) -> None:
        """The credentials work again."""
        async with self._database as tables:
            watch = tables.credential_watch.get(organisation_id)
            if watch is not None:
                watch.failing_since = watch.failing_code = None
                watch.failing_revision = watch.retry_at = None
                watch.said = "ok"
            tables.heard("credential_watch")


def _sealed(tables: Tables, organisation_id: UUID) -> list[bytes]:
    held = tables.credentials.get(organisation_id)
    known = (held.sealed_secret, held.sealed_former) if held is not None else ()
    return [sealed for sealed in known if sealed is not None]
