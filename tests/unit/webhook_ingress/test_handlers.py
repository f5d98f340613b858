import asyncio
import json
import time
from collections import Counter

import pytest
from structlog.testing import capture_logs

from contracts.hints import join_hints
from eventbus import Coalescer, NotConfirmed
from graphclient.client_state import ClientStateKeys
from webhook_ingress.domain.outcomes import ItemOutcome
from webhook_ingress.handlers import MOST_OBJECTS, Reception

from .outbox import KEYS, STATE, RememberingBus, change, clock, delivery, lifecycle


class Desk:
    """A reception on a remembering bus, and what it counted."""

    def __init__(self) -> None:
        self.bus = RememberingBus()
        self.keys = KEYS
        self.counted: Counter[ItemOutcome] = Counter()
        self.reception = Reception(
            Coalescer(lambda body: self.bus.publish("changes", "q", body), join_hints),
            Coalescer(lambda body: self.bus.publish("lifecycle", "q", body), join_hints),
            lambda: self.keys,
            clock,
            self._count,
        )

    def _count(self, outcome: ItemOutcome, number: int) -> None:
        self.counted[outcome] += number


async def test_both_kinds_of_one_delivery_go_to_their_exchanges() -> None:
    desk = Desk()
    body = delivery(change("A"), lifecycle("missed"), change("B"), change(clientState="x"))
    assert await desk.reception.receive(body) == "accepted"
    assert {exchange for exchange, _, _ in desk.bus.confirmed} == {"changes", "lifecycle"}
    assert sorted(desk.bus.events()) == ["A", "B", "missed"]
    assert desk.counted == {"change": 2, "lifecycle": 1, "forged": 1}


async def test_nothing_authentic_is_accepted_without_a_word_to_the_broker() -> None:
    desk = Desk()
    desk.bus.refusal = NotConfirmed("away")
    assert await desk.reception.receive(delivery(change(clientState="x"))) == "accepted"
    assert await desk.reception.receive(b'{"value":[]}') == "accepted"
    assert desk.counted == {"forged": 1}


async def test_nothing_is_accepted_before_the_confirm() -> None:
    desk = Desk()
    desk.bus.gate.clear()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        receiving = tasks.create_task(desk.reception.receive(delivery(change())))
        await desk.bus.asked.wait()
        assert not receiving.done()
        desk.bus.gate.set()
    assert receiving.result() == "accepted"


@pytest.mark.parametrize("items", [[change()], [lifecycle()], [change(), lifecycle()]])
async def test_what_is_not_confirmed_is_not_accepted_and_not_counted(
    items: list[dict[str, object]],
) -> None:
    desk = Desk()
    desk.bus.refusal = NotConfirmed("refused")
    assert await desk.reception.receive(delivery(*items)) == "unconfirmed"
    assert desk.counted == {}


async def test_an_outage_is_logged_once_at_either_end() -> None:
    desk = Desk()
    desk.bus.refusal = NotConfirmed("away")
    with capture_logs() as logs:
        for _ in range(3):
            await desk.reception.receive(delivery(change()))
        desk.bus.refusal = None
        for _ in range(3):
            await desk.reception.receive(delivery(change()))
    assert [entry["event"] for entry in logs] == ["not_confirmed", "confirmed_again"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"value":1}',
        b'{"value":null}',
        b'{"value":[}',
        b'{"value":[]} trailing',
        b'\xef\xbb\xbf{"value":[]}',
        '{"value":[]}'.encode("utf-16"),
        b'{"value":["\\ud800"]}',
        b'{"value":["\x00"]}',
        b'{"value":' + b"[" * 100_000,
        b'{"value":' + b'{"a":' * 10_000,
        b'{"value":[' + b"{}," * MOST_OBJECTS + b"{}]}",
        b'{"value":[' + b"1," * 500_000 + b"1]}",
        b'{"value":[' + b"{}," * 5_000 + b"{}]}",
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_what_is_no_collection_is_malformed(body: bytes) -> None:
    assert await Desk().reception.receive(body) == "malformed"


@pytest.mark.parametrize(
    "body",
    [
        b'{"value":["\xff"]}',
        b'{"value":[1e308,-1e400,{"clientState":1e400}]}',
        b'{"value":[[[[]]],null,"x",{"value":{}}]}',
        b'{"value":[{"clientState":"a","clientState":"b"}],"value":[]}',
        b'{"value":[],"validationTokens":[' + b",".join([b'"x"'] * 10_000) + b"]}",
    ],
    ids=lambda body: repr(body[:30]),
)
async def test_strange_items_of_a_real_collection_are_dropped(body: bytes) -> None:
    desk = Desk()
    assert await desk.reception.receive(body) == "accepted"
    assert desk.bus.confirmed == []


async def test_of_duplicate_members_only_one_is_ever_believed() -> None:
    desk = Desk()
    good = delivery(change("LAST")).decode()
    doubled = good.replace('"clientState":', '"clientState":"forged","clientState":', 1)
    assert await desk.reception.receive(doubled.encode()) == "accepted"
    assert desk.bus.events() == ["LAST"]


async def test_a_withdrawn_key_opens_nothing_any_more_although_its_seals_were_seen() -> None:
    desk = Desk()
    assert await desk.reception.receive(delivery(change("A"))) == "accepted"
    desk.keys = ClientStateKeys.parse("k2:" + "A" * 43 + "=")
    assert await desk.reception.receive(delivery(change("B"))) == "accepted"
    assert desk.bus.events() == ["A"]
    assert desk.counted["forged"] == 1


@pytest.mark.parametrize(
    "item",
    [
        "null",
        "1",
        '""',
        "{}",
        "[]",
        json.dumps({"clientState": STATE[:-1] + "#"}),
        json.dumps(change()),
    ],
    ids=lambda item: str(item)[:16],
)
async def test_no_body_of_1_mib_keeps_the_loop_busy_for_long(item: str) -> None:
    desk = Desk()
    body = f'{{"value":[{",".join([item] * ((1024 * 1024 - 20) // (len(item) + 1)))}]}}'.encode()
    assert len(body) <= 1024 * 1024
    began = time.process_time()
    await desk.reception.receive(body)
    assert time.process_time() - began < 0.5  # measured: 35 ms at most; unbounded it was 2.6 s
