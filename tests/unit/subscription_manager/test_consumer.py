from collections.abc import Sequence
from datetime import datetime

import pytest

from contracts.hints import LifecycleHint, encode_hint, join_hints
from eventbus import Dead, Delivery, Done, Later, Outcome
from pgstore import DatabaseUnavailable
from subscription_manager.consumer import LifecycleConsumer

from .rooms import DESIRED, NOW, ROOM


class Notebook:
    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.noted: list[str] = []
        self.wakes = 0

    async def note(self, hints: Sequence[LifecycleHint], now: datetime) -> int:
        if self.away:
            raise DatabaseUnavailable("failover")
        self.noted += [hint.event for hint in hints]
        return 1

    def wake(self) -> None:
        self.wakes += 1

    async def take(self, body: bytes) -> Outcome:
        consumer = LifecycleConsumer(self, self.wake, lambda: NOW)
        return await consumer.handle(Delivery(body, "subscriptions.lifecycle", {}, 1))


def hints(*events: str) -> bytes:
    return join_hints(
        [encode_hint(LifecycleHint(ROOM, DESIRED.tenant_id, "s1", event, NOW)) for event in events]
    )


async def test_known_hints_become_rows_and_wake_the_scheduler() -> None:
    notebook = Notebook()

    assert await notebook.take(hints("missed", "somethingNew", "subscriptionRemoved")) == Done()
    assert notebook.noted == ["missed", "subscriptionRemoved"]
    assert notebook.wakes == 1


async def test_hints_of_unknown_kinds_alone_cost_nothing() -> None:
    notebook = Notebook(away=True)

    assert await notebook.take(hints("somethingNew")) == Done()


async def test_while_postgres_is_away_the_message_waits() -> None:
    notebook = Notebook(away=True)

    assert isinstance(await notebook.take(hints("missed")), Later)
    assert notebook.wakes == 0


@pytest.mark.parametrize("body", [b"", b"{}", b"[{}]", b"\xff"])
async def test_what_cannot_be_decoded_is_dead(body: bytes) -> None:
    assert isinstance(await Notebook().take(body), Dead)
