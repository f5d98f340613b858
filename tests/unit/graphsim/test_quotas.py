"""graph-notifications §8.2: what an app may ask in a tenant and over all."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from graphsim.options import Options
from graphsim.quotas import (
    REAUTHORIZATIONS,
    SUBSCRIPTION_LISTS,
    SUBSCRIPTION_READS,
    SUBSCRIPTION_WRITES,
    Quota,
    Quotas,
)
from graphsim.wire import Call, Principal, Refused

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
APP = UUID(int=1)


def _call(tenant: int = 1, now: datetime = NOW, query: dict[str, str] | None = None) -> Call:
    call = Call("GET", "/", (), query or {}, {}, b"", "https://x", now)
    call.principal = Principal(UUID(int=tenant), APP, frozenset(), now)
    return call


def _refused(quotas: Quotas, quota: Quota, call: Call) -> Refused | None:
    try:
        quotas.take(call, quota)
    except Refused as refused:
        return refused
    return None


@pytest.mark.parametrize(
    ("quota", "in_tenant", "in_all"),
    [
        (SUBSCRIPTION_WRITES, 500, 2_000),
        (REAUTHORIZATIONS, 1_000, 4_000),
        (SUBSCRIPTION_READS, 500, 2_000),
        (SUBSCRIPTION_LISTS, 25, 40),
    ],
)
def test_each_kind_has_its_limits_in_20_seconds_8_2(
    quota: Quota, in_tenant: int, in_all: int
) -> None:
    quotas = Quotas(Options())
    allowed = {
        tenant: sum(_refused(quotas, quota, _call(tenant)) is None for _ in range(in_tenant + 1))
        for tenant in range(5)
    }
    assert allowed[0] == in_tenant
    assert in_all - 10 <= sum(allowed.values()) <= in_all
    refused = _refused(quotas, quota, _call(0, NOW + timedelta(seconds=5)))
    assert refused is not None
    assert (refused.status, refused.code) == (429, "TooManyRequests")
    assert refused.headers == {"Retry-After": "15"}
    assert _refused(quotas, quota, _call(0, NOW + timedelta(seconds=20))) is None


@pytest.mark.parametrize("limit", [2, 5])
def test_an_app_has_one_limit_over_all_tenants_in_either_reading_8_2(limit: int) -> None:
    quotas = Quotas(Options(calls_per_10_seconds=limit))
    for tenant in range(limit):
        quotas.count(_call(tenant))
    with pytest.raises(Refused, match="retry again"):
        quotas.count(_call())
    quotas.count(_call(now=NOW + timedelta(seconds=10)))


@pytest.mark.parametrize(("limit", "passed"), [(None, 6), (3, 3)])
def test_places_may_have_a_limit_of_their_own_8_2(limit: int | None, passed: int) -> None:
    quotas, call = Quotas(Options(places_per_second=limit)), _call()
    call.segments = ("places", "microsoft.graph.room")
    made = 0
    with suppress(Refused):
        for _ in range(6):
            quotas.count(call)
            made += 1
    assert made == passed
    quotas.count(_call())


@pytest.mark.parametrize(("users", "units"), [(49, 3_500), (50, 5_000), (500, 5_000), (501, 8_000)])
def test_a_directory_has_resource_units_by_its_size_8_2(users: int, units: int) -> None:
    quotas = Quotas(Options())
    for _ in range(units // 2):
        assert "x-ms-throttle-scope" not in quotas.read_directory(_call(), 2, users)
    with pytest.raises(Refused) as raised:
        quotas.read_directory(_call(), 2, users)
    assert raised.value.headers == {
        "Retry-After": "10",
        "x-ms-resource-unit": "2",
        "x-ms-throttle-limit-percentage": "1.0",
        "x-ms-throttle-scope": f"Tenant_Application/Read/{APP}/{UUID(int=1)}",
        "x-ms-throttle-information": "ResourceUnitLimitExceeded",
    }


def test_the_share_of_the_limit_is_told_from_eight_tenths_8_2() -> None:
    quotas = Quotas(Options())
    told = [quotas.read_directory(_call(), 100, 10) for _ in range(35)]
    shares = [one.get("x-ms-throttle-limit-percentage") for one in told]
    assert shares[:27] == [None] * 27
    assert shares[27] == "0.8"
    assert shares[-1] == "1.0"


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ({}, "2"),
        ({"$select": "id"}, "1"),
        ({"$top": "19"}, "1"),
        ({"$top": "20"}, "2"),
        ({"$expand": "x"}, "3"),
        ({"$select": "id", "$top": "1"}, "1"),
    ],
)
def test_a_read_costs_by_what_it_asks_8_2(query: dict[str, str], cost: str) -> None:
    headers = Quotas(Options()).read_directory(_call(query=query), 2, 10)
    assert headers["x-ms-resource-unit"] == cost


def test_without_throttling_nothing_is_refused() -> None:
    quotas = Quotas(Options(throttle=False))
    assert all(_refused(quotas, SUBSCRIPTION_LISTS, _call()) is None for _ in range(50))
