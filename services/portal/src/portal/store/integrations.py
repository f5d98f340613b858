"""Integrations and their sealed credentials."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pgstore import Connection, Database

from ..domain.diagnosis import TestResult
from ..domain.integration import Outcome, Replacement, Saved
from ..domain.refusal import conflict, invalid, not_found
from ..domain.trials import RunningTest, Trial
from .audit import record

_SAVED = """
    select i.tenant_id, i.client_id, i.enabled, i.delivery, i.revision, i.tested_at, i.test_result,
           c.sealed_secret is not null as secret_set, c.expires_at as secret_expires_at,
           c.certificate_thumbprint, c.sealed_chat_webhook is not null as chat_webhook_set,
           w.failing_since, w.failing_code, w.failing_revision, w.expires_at as watched_expiry, w.watched_revision
    from integrations i
    left join credentials c on c.organisation_id = i.organisation_id
    left join credential_watch w on w.organisation_id = i.organisation_id
    where i.organisation_id = $1 and i.removed_at is null
"""


class IntegrationStore:
    """Rows of `integrations` and `credentials`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, organisation_id: UUID) -> Saved | None:
        """The integration as saved, with what the manager saw."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            return await _load(connection, organisation_id)

    async def sealed_secrets(self, organisation_id: UUID) -> list[bytes]:
        """What proves the app, sealed, and while it may still be needed the one before it; newest first."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select sealed_secret, sealed_former from credentials where organisation_id = $1",
                organisation_id,
            )
        return [sealed for sealed in row or () if sealed is not None]

    async def replace(
        self, organisation_id: UUID, new: Replacement, *, now: datetime, actor: str
    ) -> Saved:
        """Write the whole integration; refuses when it is no longer the revision it was based on."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            # One writer at a time per organisation, also for the first PUT that finds no row to lock.
            await connection.execute(
                "select 1 from organisations where id = $1 for update", organisation_id
            )
            old = await _load(connection, organisation_id)
            if (old.revision if old else None) != new.based_on:
                raise conflict("The integration was changed meanwhile: look at it again.")
            await _check_rooms(connection, organisation_id, new.tenant_id)
            await _write(connection, organisation_id, new, now)
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="integration.saved",
                subject=f"organisation:{organisation_id}",
                detail={
                    "enabled": new.enabled,
                    "delivery": new.delivery,
                    "tenant_id": str(new.tenant_id),
                    "client_id": str(new.client_id),
                    "new_secret": new.sealed_secret is not None,
                    "certificate": new.certificate_thumbprint,
                    "chat_webhook": None
                    if new.keep_chat_webhook
                    else new.sealed_chat_webhook is not None,
                },
            )
            saved = await _load(connection, organisation_id)
        assert saved is not None  # noqa: S101 - written in this transaction
        return saved

    async def record_test(
        self, organisation_id: UUID, outcome: Outcome, *, revision: int, actor: str
    ) -> None:
        """Keep the outcome, unless the integration has changed since it was tested."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            await connection.execute(
                "update integrations set tested_at = $2, test_result = $3"
                " where organisation_id = $1 and revision = $4 and removed_at is null",
                organisation_id,
                outcome.at,
                {"scope": outcome.scope, "result": dict(outcome.result)},
                revision,
            )
            await record(
                connection,
                organisation_id,
                at=outcome.at,
                actor=actor,
                action="integration.tested",
                subject=f"organisation:{organisation_id}",
                detail={"ok": outcome.result["ok"]},
            )

    async def begin_test(
        self, organisation_id: UUID, run: RunningTest, *, dead_before: datetime
    ) -> bool:
        """Mark that a test begins; refuses where nothing is saved, False while another one runs."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select test_result -> 'running' as running from integrations"
                " where organisation_id = $1 and removed_at is null for update",
                organisation_id,
            )
            if row is None:
                raise not_found("integration")
            other = _trial(row["running"])
            if other and other.problem is None and other.run.started_at > dead_before:
                return False
            await connection.execute(
                "update integrations set test_result = coalesce(test_result, '{}') || $2"
                " where organisation_id = $1",
                organisation_id,
                {"running": _stored(Trial(run))},
            )
        return True

    async def note_test(self, organisation_id: UUID, trial: Trial) -> None:
        """Keep how far this very test is, unless it has ended or the integration was saved anew."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            stored = _stored(trial)
            await connection.execute(
                "update integrations set test_result = test_result || $3 where organisation_id = $1"
                " and removed_at is null and test_result -> 'running' ->> 'started_at' = $2",
                organisation_id,
                stored["started_at"],
                {"running": stored},
            )

    async def last_test(
        self, organisation_id: UUID
    ) -> tuple[Trial | None, datetime | None, TestResult | None]:
        """What runs or broke off, and when the last one ended with what."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select tested_at, test_result from integrations"
                " where organisation_id = $1 and removed_at is null",
                organisation_id,
            )
        if row is None:
            return None, None, None
        kept: Mapping[str, Any] = row["test_result"] or {}
        result = TestResult.model_validate(kept["result"]) if "result" in kept else None
        return _trial(kept.get("running")), row["tested_at"], result


def _stored(trial: Trial) -> dict[str, Any]:
    return {**trial.run.model_dump(mode="json"), "problem": trial.problem}


def _trial(stored: Mapping[str, Any] | None) -> Trial | None:
    if stored is None:
        return None
    run = {name: value for name, value in stored.items() if name != "problem"}
    return Trial(RunningTest.model_validate(run), stored["problem"])


async def _load(connection: Connection, organisation_id: UUID) -> Saved | None:
    row = await connection.fetchrow(_SAVED, organisation_id)
    if row is None:
        return None
    tested: Mapping[str, Any] = row["test_result"] or {}
    result: Mapping[str, Any] = tested.get("result", {})
    return Saved(
        tenant_id=row["tenant_id"],
        client_id=row["client_id"],
        enabled=row["enabled"],
        delivery=row["delivery"],
        revision=row["revision"],
        secret_set=row["secret_set"],
        secret_expires_at=row["secret_expires_at"],
        certificate_thumbprint=row["certificate_thumbprint"],
        chat_webhook_set=bool(row["chat_webhook_set"]),
        tested_at=row["tested_at"],
        test_ok=result.get("ok"),
        test_causes=tuple(cause["code"] for cause in result.get("causes", [])),
        scope=tested.get("scope", "unknown"),
        failing_since=row["failing_since"],
        failing_code=row["failing_code"],
        failing_revision=row["failing_revision"],
        watched_expiry=row["watched_expiry"],
        watched_revision=row["watched_revision"],
    )


async def _check_rooms(connection: Connection, organisation_id: UUID, tenant_id: UUID) -> None:
    strangers = await connection.fetchval(
        "select count(*) from rooms where organisation_id = $1 and tenant_id <> $2 and removed_at is null",
        organisation_id,
        tenant_id,
    )
    if strangers:
        raise invalid(
            "tenant_id", f"{strangers} rooms of another tenant are imported: remove them first"
        )


async def _write(
    connection: Connection, organisation_id: UUID, new: Replacement, now: datetime
) -> None:
    tested = (
        {"scope": new.outcome.scope, "result": dict(new.outcome.result)} if new.outcome else None
    )
    # The revision rises with every write: token caches and the manager compare it.
    await connection.execute(
        "insert into integrations (organisation_id, tenant_id, client_id, enabled, tested_at, test_result, delivery)"
        " values ($1, $2, $3, $4, $5, $6, coalesce($8, 'basic'))"
        " on conflict (organisation_id) do update set tenant_id = $2, client_id = $3, enabled = $4,"
        " revision = integrations.revision + 1, removed_at = null, delivery = coalesce($8, integrations.delivery),"
        " tested_at = case when $7 then integrations.tested_at else $5 end,"
        " test_result = case when $7 then integrations.test_result else $6 end",
        organisation_id,
        new.tenant_id,
        new.client_id,
        new.enabled,
        new.outcome.at if new.outcome else None,
        tested,
        new.keep_test,
        new.delivery,
    )
    await _write_credentials(connection, organisation_id, new, now)


async def _write_credentials(
    connection: Connection, organisation_id: UUID, new: Replacement, now: datetime
) -> None:
    if new.sealed_secret is not None:
        await connection.execute(
            "insert into credentials as c"
            " (organisation_id, sealed_secret, expires_at, certificate_thumbprint, updated_at)"
            " values ($1, $2, $3, $4, $5)"
            " on conflict (organisation_id) do update set sealed_secret = $2, expires_at = $3,"
            " certificate_thumbprint = $4, updated_at = $5, former_until = $6,"
            " sealed_former = case when $6::timestamptz is not null then c.sealed_secret end",
            organisation_id,
            new.sealed_secret,
            new.secret_expires_at,
            new.certificate_thumbprint,
            now,
            new.former_until,
        )
    elif new.secret_expires_at is not None:
        await connection.execute(
            "update credentials set expires_at = $2"
            " where organisation_id = $1 and certificate_thumbprint is null",
            organisation_id,
            new.secret_expires_at,
        )
    if not new.keep_chat_webhook:
        await connection.execute(
            "update credentials set sealed_chat_webhook = $2 where organisation_id = $1",
            organisation_id,
            new.sealed_chat_webhook,
        )
