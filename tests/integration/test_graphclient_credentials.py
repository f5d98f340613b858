"""Secrets, certificates and the one before them: our client against the simulator over HTTPS (graph-calendar §6.1, §7)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graphclient import Credentials, CredentialsRejected, Graph, Tenant, open_graph

from ..unit.graphsim.credentials import credential
from .graphsim_cloud import CLIENT, SECRET, TENANT, Cloud, running_cloud

PEM = credential().private_pem + credential().pem
NEW = "n3w~secret"


@asynccontextmanager
async def opened(folder: Path, **app: Any) -> AsyncIterator[tuple[Cloud, Graph]]:
    async with running_cloud(folder) as cloud:
        await change(cloud, **app)
        origin = cloud.address.origin
        async with open_graph(f"{origin}/v1.0", origin, cloud.address.ca_file) as graph:
            yield cloud, graph


async def change(cloud: Cloud, **app: Any) -> None:
    body = {"tenant_id": str(TENANT), "apps": [{"client_id": str(CLIENT), **app}]}
    assert (await cloud.call("POST", "/_sim/tenants", body)).status < 300


def signing_in(graph: Graph, secret: str, spare: str | None = None) -> Tenant:
    return graph.tenant(Credentials(TENANT, CLIENT, secret, spare))


async def test_a_certificate_signs_in_without_any_secret(tmp_path: Path) -> None:
    async with opened(tmp_path, secrets=[], certificates=[credential().pem]) as (_, graph):
        assert "Calendars.ReadWrite" in await signing_in(graph, PEM).check_token()


async def test_a_certificate_that_entra_does_not_know_is_rejected_without_a_word_of_it(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as (_, graph):
        with pytest.raises(CredentialsRejected) as refused:
            await signing_in(graph, PEM).check_token()
    assert refused.value.aadsts == 700027
    assert "PRIVATE" not in refused.value.description
    with_key = Credentials(TENANT, CLIENT, PEM, PEM)
    assert "PRIVATE" not in repr(with_key)


async def test_while_entra_does_not_know_the_new_secret_the_one_before_it_works_on(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as (cloud, graph):
        assert await signing_in(graph, NEW, SECRET).check_token()
        with pytest.raises(CredentialsRejected):
            await signing_in(graph, NEW).check_token()
        await change(cloud, secrets=[{"value": NEW}])
        assert await signing_in(graph, NEW, "0ld~gone").check_token()
        with pytest.raises(CredentialsRejected) as refused:
            await signing_in(graph, "wr0ng", "0ld~gone").check_token()
    assert refused.value.aadsts == 7000215


async def test_the_end_of_the_secret_in_use_is_read_from_the_registration(tmp_path: Path) -> None:
    ends = "2027-01-31T10:00:00Z"
    secrets = [{"value": SECRET, "ends": ends}, {"value": NEW, "ends": "2028-01-31T10:00:00Z"}]
    async with opened(tmp_path, secrets=secrets, certificates=[credential().pem]) as (_, graph):
        app = await signing_in(graph, SECRET).application(CLIENT)
        assert app is not None
        assert app.expiry(SECRET) == datetime(2027, 1, 31, 10, tzinfo=UTC)
        assert app.expiry(PEM) == credential().certificate.not_valid_after_utc


async def test_an_app_of_another_tenant_has_no_registration_here(tmp_path: Path) -> None:
    async with opened(tmp_path, registered_elsewhere=True) as (_, graph):
        assert await signing_in(graph, SECRET).application(CLIENT) is None
