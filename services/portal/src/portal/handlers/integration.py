"""The connection to the tenant: save, show, test."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from graphclient import Credentials, Graph
from graphclient.tenant import Tenant

from ..domain import integration as domain
from ..domain.caller import Acting
from ..domain.diagnosis import TestResult, diagnose
from ..domain.integration import (
    Integration,
    IntegrationChange,
    Outcome,
    Replacement,
    Saved,
    TestAsked,
)
from ..domain.refusal import Reason, Refusal, conflict, invalid, not_found
from ..domain.scope import scope_of
from ..domain.wire import looks_like_guid
from .probe import Questions, gather_evidence


class IntegrationRows(Protocol):
    """What is stored of integrations."""

    async def load(self, organisation_id: UUID) -> Saved | None:
        """Load it."""

    async def sealed_secret(self, organisation_id: UUID) -> bytes | None:
        """Load the sealed secret."""

    async def replace(
        self, organisation_id: UUID, new: Replacement, *, now: datetime, actor: str
    ) -> Saved:
        """Write the whole."""

    async def record_test(
        self, organisation_id: UUID, outcome: Outcome, *, revision: int, actor: str
    ) -> None:
        """Keep the outcome."""


class Sealing(Protocol):
    """Keeps client secrets unreadable at rest; `open` gives None for what no key opens."""

    def seal(self, organisation_id: UUID, plain: str) -> bytes:
        """Seal it."""

    def open(self, organisation_id: UUID, sealed: bytes) -> str | None:
        """Open it."""


class ImportedRooms(Protocol):
    """Which rooms the sync needs."""

    async def imported(self, organisation_id: UUID, tenant_id: UUID) -> set[UUID]:
        """List mailbox ids."""


class Integrations:
    """One integration per organisation; its secret goes in and to Entra, nowhere else."""

    def __init__(
        self,
        rows: IntegrationRows,
        graph: Graph,
        sealing: Sealing,
        rooms: ImportedRooms,
        webhook_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._graph = graph
        self._sealing = sealing
        self._rooms = rooms
        self._webhook_url = webhook_url or None
        self._clock = clock

    async def show(self, by: Acting) -> Integration:
        """Return what is saved."""
        return domain.shown(await self._saved(by), webhook_url=self._webhook_url)

    async def save(self, by: Acting, change: IntegrationChange) -> Integration:
        """Replace it; a new secret on a working one is tested first and refused when red."""
        old = await self._rows.load(by.organisation_id)
        plain = change.client_secret.get_secret_value() if change.client_secret else None
        if plain is None and (old is None or not old.secret_set):
            raise invalid("client_secret", "is needed the first time")
        outcome = None
        same_app = old is not None and (old.tenant_id, old.client_id) == (
            change.tenant_id,
            change.client_id,
        )
        if plain is not None and old is not None and domain.status_of(old) == "ok":
            credentials = Credentials(change.tenant_id, change.client_id, plain)
            result, outcome = await self._tried(by, credentials)
            if not result.ok:
                raise Refusal(
                    Reason.INVALID,
                    "The new secret does not work; the old one stays.",
                    test=result.model_dump(mode="json"),
                )
            if same_app and old.scope != "unknown":
                outcome = replace(outcome, scope=old.scope)  # another secret reaches as far
        saved = await self._rows.replace(
            by.organisation_id,
            Replacement(
                tenant_id=change.tenant_id,
                client_id=change.client_id,
                enabled=change.enabled,
                sealed_secret=(
                    self._sealing.seal(by.organisation_id, plain) if plain is not None else None
                ),
                secret_expires_at=change.secret_expires_at,
                keep_test=same_app and plain is None,
                outcome=outcome,
                based_on=old.revision if old else None,
            ),
            now=self._clock(),
            actor=by.actor,
        )
        return domain.shown(saved, webhook_url=self._webhook_url)

    async def test(self, by: Acting, asked: TestAsked) -> TestResult:
        """Test what is saved and keep the result."""
        saved = await self._saved(by)
        credentials = await self._credentials(by.organisation_id, saved)
        beyond = Questions(
            self._webhook_url or "", self._clock, asked.outside_mailbox, asked.write_probe
        )
        result, outcome = await self._tried(by, credentials, beyond)
        await self._rows.record_test(
            by.organisation_id, outcome, revision=saved.revision, actor=by.actor
        )
        return result

    async def tenant(self, organisation_id: UUID) -> tuple[UUID, Tenant]:
        """Return the directory's id and the way to it, for reading its rooms."""
        saved = await self._rows.load(organisation_id)
        if saved is None:
            raise conflict("There is no integration yet: save one first.")
        if not saved.enabled:
            raise conflict("The integration is switched off.")
        credentials = await self._credentials(organisation_id, saved)
        return saved.tenant_id, self._graph.tenant(credentials)

    async def _saved(self, by: Acting) -> Saved:
        saved = await self._rows.load(by.organisation_id)
        if saved is None:
            raise not_found("integration")
        return saved

    async def _credentials(self, organisation_id: UUID, saved: Saved) -> Credentials:
        sealed = await self._rows.sealed_secret(organisation_id)
        plain = self._sealing.open(organisation_id, sealed) if sealed is not None else None
        if plain is None:
            raise conflict("The stored client secret cannot be read any more: enter it again.")
        return Credentials(saved.tenant_id, saved.client_id, plain)

    async def _tried(
        self, by: Acting, credentials: Credentials, beyond: Questions | None = None
    ) -> tuple[TestResult, Outcome]:
        seen = await gather_evidence(
            self._graph.fresh_tenant(credentials),
            credentials.client_id,
            secret_is_guid=looks_like_guid(credentials.secret),
            imported=await self._rooms.imported(by.organisation_id, credentials.tenant_id),
            beyond=beyond,
        )
        now = self._clock()
        result = diagnose(
            seen, tenant_id=credentials.tenant_id, client_id=credentials.client_id, now=now
        )
        return result, Outcome(now, scope_of(seen), result.model_dump(mode="json"))
