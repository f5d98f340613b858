"""The connection to the tenant: save, show, test."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from graphclient import Certificate, Credentials, Graph, is_certificate
from graphclient.tenant import Tenant
from servicekit.outbound import AddressRefused

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
from ..domain.renewal import renewal_calendar
from ..domain.scope import scope_of
from ..domain.wire import Document, looks_like_guid
from .envelopes import Envelopes
from .probe import Questions, Telling, gather_evidence, nobody

_FORMER: Final = timedelta(days=1)  # by then all of Entra knows the new secret


class IntegrationRows(Protocol):
    """What is stored of integrations."""

    async def load(self, organisation_id: UUID) -> Saved | None:
        """Load it."""

    async def sealed_secrets(self, organisation_id: UUID) -> list[bytes]:
        """Load the sealed secrets, newest first."""

    async def replace(
        self, organisation_id: UUID, new: Replacement, *, now: datetime, actor: str
    ) -> Saved:
        """Write the whole."""

    async def record_test(
        self, organisation_id: UUID, outcome: Outcome, *, revision: int, actor: str
    ) -> None:
        """Keep the outcome."""


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
        envelopes: Envelopes,
        rooms: ImportedRooms,
        check_address: Callable[[str], Awaitable[None]],
        *,
        webhook_url: str,
        portal_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._graph = graph
        self._envelopes = envelopes
        self._check_address = check_address
        self._rooms = rooms
        self._webhook_url = webhook_url or None
        self._portal_url = portal_url
        self._clock = clock

    async def show(self, by: Acting) -> Integration:
        """Return what is saved."""
        return domain.shown(await self._saved(by), webhook_url=self._webhook_url)

    async def renewal(self, by: Acting) -> Document:
        """Return the calendar file that reminds of the secret's end."""
        saved = await self._saved(by)
        if saved.expires_at is None:
            raise conflict(
                "Nobody knows when the secret ends: let the app read the directory, or save secret_expires_at."
            )
        text = renewal_calendar(
            by.organisation_id,
            saved.expires_at,
            revision=saved.revision,
            portal_url=self._portal_url,
            now=self._clock(),
        )
        return Document(name="clearooms-renewal.ics", content=text)

    async def save(self, by: Acting, change: IntegrationChange) -> Integration:
        """Replace it; a new secret or certificate on a working one is tested first and refused when red."""
        old = await self._rows.load(by.organisation_id)
        plain = change.proof
        if plain is None and (old is None or not old.secret_set):
            raise invalid("client_secret", "is needed the first time, or a certificate")
        new = await self._replacement(by.organisation_id, change, old)
        if plain is not None and old is not None and domain.status_of(old) == "ok":
            credentials = Credentials(change.tenant_id, change.client_id, plain)
            result, outcome = await self._tried(by, credentials)
            if not result.ok:
                raise Refusal(
                    Reason.INVALID,
                    "The new secret or certificate does not work; the old one stays.",
                    test=result.model_dump(mode="json"),
                )
            same_app = (old.tenant_id, old.client_id) == (change.tenant_id, change.client_id)
            if same_app and old.scope != "unknown":
                outcome = replace(outcome, scope=old.scope)  # another secret reaches as far
            new = replace(new, outcome=outcome)
        saved = await self._rows.replace(by.organisation_id, new, now=self._clock(), actor=by.actor)
        return domain.shown(saved, webhook_url=self._webhook_url)

    async def switch(self, by: Acting, *, enabled: bool) -> Integration:
        """Switch it off or on; everything else stays as it is."""
        saved = await self._saved(by)
        change = IntegrationChange(
            enabled=enabled, tenant_id=saved.tenant_id, client_id=saved.client_id
        )
        return await self.save(by, change)

    async def _replacement(
        self, organisation_id: UUID, change: IntegrationChange, old: Saved | None
    ) -> Replacement:
        now, plain = self._clock(), change.proof
        certificate = Certificate.read(plain) if plain and is_certificate(plain) else None
        if certificate is not None and certificate.expires_at <= now:
            raise invalid("certificate", "has expired: upload a new one in Entra and paste that")
        chat = change.chat_webhook.get_secret_value() if change.chat_webhook else None
        if chat is not None:
            try:
                await self._check_address(chat)
            except AddressRefused as refused:
                raise invalid("chat_webhook", str(refused)) from refused
        same_app = old is not None and (old.tenant_id, old.client_id) == (
            change.tenant_id,
            change.client_id,
        )
        seal = self._envelopes.seal
        return Replacement(
            tenant_id=change.tenant_id,
            client_id=change.client_id,
            enabled=change.enabled,
            sealed_secret=seal(organisation_id, plain, "client_secret") if plain else None,
            former_until=now + _FORMER if same_app else None,
            secret_expires_at=certificate.expires_at if certificate else change.secret_expires_at,
            certificate_thumbprint=certificate.thumbprint if certificate else None,
            sealed_chat_webhook=seal(organisation_id, chat, "chat_webhook") if chat else None,
            keep_chat_webhook=change.keeps_chat_webhook,
            keep_test=same_app and plain is None,
            outcome=None,
            based_on=old.revision if old else None,
            delivery=change.delivery,
        )

    async def test(self, by: Acting, asked: TestAsked, tell: Telling = nobody) -> TestResult:
        """Test what is saved and keep the result; `tell` hears of each step."""
        saved = await self._saved(by)
        credentials = await self._credentials(by.organisation_id, saved)
        beyond = Questions(
            self._webhook_url or "", self._clock, asked.outside_mailbox, asked.write_probe
        )
        result, outcome = await self._tried(by, replace(credentials, spare=None), beyond, tell)
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
        sealed = await self._rows.sealed_secrets(organisation_id)
        newest, spare, *_ = (
            *(self._envelopes.open(organisation_id, each, "client_secret") for each in sealed),
            None,
            None,
        )
        if newest is None:
            raise conflict("The stored client secret cannot be read any more: enter it again.")
        return Credentials(saved.tenant_id, saved.client_id, newest, spare)

    async def _tried(
        self,
        by: Acting,
        credentials: Credentials,
        beyond: Questions | None = None,
        tell: Telling = nobody,
    ) -> tuple[TestResult, Outcome]:
        seen = await gather_evidence(
            self._graph.fresh_tenant(credentials),
            credentials.client_id,
            secret_is_guid=looks_like_guid(credentials.secret),
            imported=await self._rooms.imported(by.organisation_id, credentials.tenant_id),
            beyond=beyond,
            tell=tell,
        )
        now = self._clock()
        result = diagnose(
            seen, tenant_id=credentials.tenant_id, client_id=credentials.client_id, now=now
        )
        return result, Outcome(now, scope_of(seen), result.model_dump(mode="json"))
