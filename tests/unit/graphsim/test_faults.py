"""graph-calendar §1.8, graph-notifications §10: faults as tests order them."""

from datetime import UTC, datetime

import pytest

from graphsim.clock import Clock
from graphsim.faults import Fault, Faults

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
EVENTS = ("POST", "/users/a/events", "")


def armed(body: object, seed: int = 0) -> tuple[Faults, Clock]:
    clock = Clock(stands_at=NOON)
    faults = Faults(clock, seed)
    faults.add(body)
    return faults, clock


def struck(faults: Faults, times: int) -> list[bool]:
    return [faults.strike(*EVENTS) is not None for _ in range(times)]


def test_a_fault_counts_what_it_struck_and_stops() -> None:
    faults, _ = armed({"match": {"method": "post", "path": "/events$"}, "times": 2})
    assert struck(faults, 3) == [True, True, False]
    assert faults.strike("GET", "/users/a/events") is None
    assert [one["fired"] for one in faults.report()] == [2]


def test_a_delay_lets_the_effect_and_the_answer_be() -> None:
    faults, _ = armed({"delay": 2})
    assert [(one.when, one.delay) for one in faults.all] == [(None, 2.0)]
    assert [(one["status"], one["delay"]) for one in faults.report()] == [(None, 2.0)]


def test_the_nth_matching_call_is_struck_and_no_other() -> None:
    faults, _ = armed({"match": {"nth": 3, "path": "/events"}})
    faults.strike("GET", "/places")
    assert struck(faults, 5) == [False, False, True, False, False]
    assert [(one["met"], one["fired"]) for one in faults.report()] == [(3, 1)]


def test_a_share_of_calls_depends_on_the_seed_alone() -> None:
    body = {"match": {"share": 0.25}, "times": None}
    runs = [struck(armed(body, seed)[0], 400) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    assert 70 < sum(runs[0]) < 130


def test_a_fault_strikes_within_its_time_on_the_clock_only() -> None:
    faults, clock = armed({"match": {"from": 60, "until": 120}, "times": None})
    seen = []
    for _ in range(3):
        seen += struck(faults, 1)
        clock.advance(60)
    assert seen == [False, True, False]


def test_a_fault_of_one_tenant_spares_the_others() -> None:
    faults, _ = armed({"match": {"tenant": "T-1"}, "times": None})
    assert faults.strike("GET", "/places", "t-2") is None
    assert faults.strike("GET", "/places", "") is None
    assert faults.strike("GET", "/places", "t-1") is not None
    assert faults.strike("POST", "/t-1/oauth2/v2.0/token") is not None


def test_what_only_graph_has_does_not_strike_where_tokens_are_issued() -> None:
    for body in ({"lag": 1}, {"page": "endless"}, {"latency": 1, "lag": 1}):
        faults, _ = armed(body)
        assert faults.strike("POST", "/t-1/oauth2/v2.0/token") is None
        assert faults.strike("GET", "/places", "t-1") is not None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"match": {"nth": 0}}, "$.match.nth"),
        ({"match": {"pat": "x"}}, "pat"),
        ({"match": {"path": "("}}, "$.match.path"),
        ({"match": {"share": 2}}, "$.match.share"),
        ({"times": "twice"}, "$.times"),
        ({"status": 1000}, "$.status"),
        ({"when": "never"}, "$.when"),
        ({"page": "odd"}, "$.page"),
        ({"delay": 1, "status": 500}, "$.delay"),
        ({"lag": 1, "drop": True}, "$.lag"),
        ({"match": {"path": "/oauth2/v2.0/token"}, "page": "endless"}, "$.page"),
        ({"match": {"path": "/common/discovery/keys"}, "page": "partial"}, "$.page"),
        ({"match": {"path": r"\.well-known"}, "lag": 1}, "$.lag"),
        ([], "Expected `object`"),
    ],
)
def test_a_wrong_fault_is_refused_by_the_name_of_its_field(body: object, named: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        Fault.read(1, body, NOON)
    assert named in str(refused.value)
