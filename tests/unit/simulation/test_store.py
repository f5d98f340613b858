"""The model's stores are called as the shipped ones are, and what a turn raises comes before or after the step."""

import inspect
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import subscription_manager.store as manager_sql
import sync_worker.store as worker_sql
from pgstore import DatabaseUnavailable
from tests.simulation import store as model

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ORGANISATION = UUID(int=2)


@pytest.mark.parametrize(
    ("shipped", "modelled"),
    [
        (worker_sql.CommandStore, model.CommandStore),
        (worker_sql.Comparison, model.Comparison),
        (worker_sql.CredentialStore, model.CredentialStore),
        (worker_sql.HintStore, model.HintStore),
        (worker_sql.LeaseStore, model.LeaseStore),
        (worker_sql.MirrorStore, model.MirrorStore),
        (worker_sql.OutgoingStore, model.OutgoingStore),
        (worker_sql.PlanStore, model.PlanStore),
        (worker_sql.SweepStore, model.SweepStore),
        (manager_sql.Store, model.SubscriptionStore),
        (manager_sql.CredentialStore, model.ManagerCredentialStore),
    ],
)
def test_the_models_methods_have_the_shipped_signatures(shipped: type, modelled: type) -> None:
    assert _signatures(modelled) == _signatures(shipped)


def _signatures(store: type) -> dict[str, Any]:
    public = {name: each for name, each in vars(store).items() if not name.startswith("_")}
    made = list(inspect.signature(store).parameters.values())[1:]  # after the database
    return {name: inspect.signature(each) for name, each in public.items()} | {"": made}


async def test_what_a_turn_raises_hides_whether_the_step_happened() -> None:
    turns: list[str] = []

    async def turn() -> None:
        turns.append("turn")
        if len(turns) in failing:
            raise DatabaseUnavailable

    database = model.ModelDatabase(turn=turn)
    portal, watch = model.Portal(database.tables), model.ManagerCredentialStore(database)
    portal.found(ORGANISATION, "Org", NOW)
    portal.integrate(
        ORGANISATION,
        tenant_id=ORGANISATION,
        client_id=ORGANISATION,
        enabled=True,
        sealed_secret=None,
        now=NOW,
    )
    failing = {1, 3}
    with pytest.raises(DatabaseUnavailable):
        await watch.rejected(ORGANISATION, 1, "code", NOW)
    assert database.tables.credential_watch == {}
    with pytest.raises(DatabaseUnavailable):
        await watch.rejected(ORGANISATION, 1, "code", NOW)
    assert database.tables.credential_watch[ORGANISATION].failing_since == NOW
