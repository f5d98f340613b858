"""Faults as tests order them."""

from graphsim.faults import Fault, Faults


def test_a_fault_counts_what_it_struck_and_stops() -> None:
    faults = Faults()
    faults.add(Fault.read(1, {"match": {"method": "post", "path": "/events$"}, "times": 2}))
    struck = [faults.strike("POST", "/users/a/events") for _ in range(3)]
    assert [one is not None for one in struck] == [True, True, False]
    assert faults.strike("GET", "/users/a/events") is None
    assert [one["fired"] for one in faults.report()] == [2]


def test_a_delay_lets_the_effect_and_the_answer_be() -> None:
    fault = Fault.read(1, {"delay": 2})
    assert (fault.when, fault.delay) == ("after", 2.0)
    faults = Faults()
    faults.add(fault)
    assert [(one["status"], one["delay"]) for one in faults.report()] == [(None, 2.0)]
