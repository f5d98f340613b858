"""Calls that wait for their turns, on a clock that only the waiting moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

import pytest

from graphclient import Subscription, Throttled
from subscription_manager.domain.pacing import PROCESS_SPACING, Lane
from subscription_manager.handlers import PacedTenants, Tenant

from ...simulation.loop import run
from .rooms import DESIRED, NOW, ORGANISATION, WEEK


def on_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run the test on a loop whose time jumps."""

    @wraps(test)
    def played(**given: object) -> None:
        run(test.__name__, lambda: test(**given))

    return played


@dataclass
class Scene:
    """Turns, tenant and clock."""

    free: dict[Lane, datetime] = field(default_factory=lambda: {"call": NOW, "list": NOW})
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    pages: int = 1
    error: Throttled | None = None
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def clock(self) -> datetime:
        return NOW + timedelta(seconds=asyncio.get_running_loop().time() - self.began)

    async def turn(
        self, organisation_id: UUID, lane: Lane, now: datetime, spacing: timedelta, most: timedelta
    ) -> datetime | None:
        assert organisation_id == ORGANISATION
        if self.free[lane] > now + most:
            return None
        turn = max(self.free[lane], now)
        self.free[lane] = turn + spacing
        return turn

    async def hold_up(self, organisation_id: UUID, lane: Lane, until: datetime) -> None:
        self.free[lane] = max(self.free[lane], until)

    async def tenant(self, organisation_id: UUID, tenant_id: UUID, client_id: UUID) -> Tenant:
        return cast("Tenant", self)

    async def delete_subscription(self, subscription_id: str) -> None:
        self.asked.append((subscription_id, self.clock()))
        if self.error is not None:
            raise self.error

    async def subscriptions(self) -> AsyncIterator[list[Subscription]]:
        for number in range(self.pages):
            self.asked.append((f"page {number}", self.clock()))
            yield [Subscription(id=str(number), expires_at=NOW + WEEK)]

    async def paced(self) -> Tenant:
        pace = PacedTenants(self, self, self.clock)
        return await pace.tenant(ORGANISATION, DESIRED.tenant_id, DESIRED.client_id)

    def pauses(self) -> list[float]:
        times = [at for _, at in self.asked]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]


@on_virtual_time
async def test_calls_begun_together_are_made_one_after_another() -> None:
    scene = Scene()
    tenant = await scene.paced()

    async with asyncio.TaskGroup() as calls:
        for number in range(5):
            calls.create_task(tenant.delete_subscription(str(number)))

    assert len(scene.asked) == 5
    assert all(pause > 0.045 for pause in scene.pauses())


@on_virtual_time
async def test_a_process_spares_its_ingress_though_every_tenant_would_let_it_go() -> None:
    scene = Scene()
    pace = PacedTenants(scene, scene, scene.clock)
    began = asyncio.get_running_loop().time()

    for _ in range(7):
        scene.free["call"] = NOW
        await pace.wait(ORGANISATION, "call")

    assert asyncio.get_running_loop().time() - began >= 6 * PROCESS_SPACING - 0.005


@on_virtual_time
async def test_each_page_of_the_list_waits_for_a_turn_of_its_own() -> None:
    scene = Scene(pages=2)
    scene.free["call"] = NOW + timedelta(days=1)  # the other lane's business
    tenant = await scene.paced()

    found = [each.id async for page in tenant.subscriptions() for each in page]

    assert found == ["0", "1"]
    assert scene.pauses()[0] > 1.4


@on_virtual_time
async def test_who_would_have_to_wait_long_is_told_so_and_takes_no_turn() -> None:
    scene = Scene()
    scene.free["call"] = NOW + timedelta(minutes=1)
    tenant = await scene.paced()

    with pytest.raises(Throttled) as caught:
        await tenant.delete_subscription("x")

    assert caught.value.retry_after == 5.0
    assert scene.asked == []
    assert scene.free["call"] == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(("told", "seconds"), [(77.5, 77.5), (None, 10.0)])
@on_virtual_time
async def test_what_one_call_is_told_to_wait_holds_up_all_of_the_tenant(
    told: float | None, seconds: float
) -> None:
    scene = Scene(error=Throttled(retry_after=told, status=429))
    tenant = await scene.paced()

    with pytest.raises(Throttled):
        await tenant.delete_subscription("x")

    assert scene.free["call"] >= NOW + timedelta(seconds=seconds)
    assert scene.free["list"] == NOW
