"""graph-calendar §11.2, graph-notifications §11: the named sets of options, complete, valid, and in the documentation as they are."""

import json
import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from graphsim import Options
from graphsim.option_sets import SWITCHES
from graphsim.slowness import ERAS

DOCS = Path(__file__).parents[3] / "docs" / "graphsim.md"

SETTINGS = {
    "seed",
    "appear_seconds",
    "notify_delay",
    "latency",
    "allow_http",
    "token_seconds",
    "subscriptions_per_mailbox",
    "subscriptions_per_page",
    "publisher_key_hours",
    "posts_at_once",
    "delivery_hours",
    "validation_seconds",
    "throttle",
}
"""Options that are no reading of an unproven fact: how a run is set up, and documented numbers."""


def test_every_option_is_a_switch_of_the_sets_or_a_plain_setting() -> None:
    names = {one.name for one in fields(Options)}
    assert SWITCHES.keys() | SETTINGS == names
    assert not SWITCHES.keys() & SETTINGS


@pytest.mark.parametrize("name", ["documented", "observed", "worst"])
def test_a_set_holds_values_that_the_options_take(name: str) -> None:
    place = ["documented", "observed", "worst"].index(name)
    options: Options = getattr(Options, name)(seed=5)
    whole = asdict(options)
    wanted = {switch: values[place] for switch, values in SWITCHES.items()}
    del wanted["delivery_era"], whole["delivery_era"]
    assert whole.items() >= wanted.items()
    assert Options.read({"set": name, "seed": 5}) == options
    assert asdict(Options.read({**wanted, "seed": 5})).items() >= wanted.items()


def test_what_the_defaults_show_is_named_where_it_differs_from_the_observed() -> None:
    observed = Options.observed()
    different = {name for name in SWITCHES if getattr(Options(), name) != getattr(observed, name)}
    assert different == {"concurrency_status", "exchange_lag", "lifecycle_has_resource"}


def test_an_override_goes_before_the_set() -> None:
    assert Options.worst(read_lag=1.0).read_lag == 1.0
    assert Options.read({"read_lag": 2, "set": "worst"}).read_lag == 2


@pytest.mark.parametrize("name", ERAS)
def test_an_era_is_chosen_by_its_name(name: str) -> None:
    assert Options.read({"delivery_era": name}).delivery_era == ERAS[name]
    assert Options.read({"delivery_era": asdict(ERAS[name])}).delivery_era == ERAS[name]


def test_an_unknown_era_is_refused_by_the_name_of_the_option() -> None:
    with pytest.raises(ValueError, match=r"\$\.delivery_era"):
        Options.read({"delivery_era": "ERA_1999"})


def _documented() -> dict[str, tuple[str, ...]]:
    section = DOCS.read_text().partition("\n## Option sets\n")[2].partition("\n## ")[0]
    rows = [
        [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in section.splitlines()
    ]
    return {row[0]: tuple(row[1:]) for row in rows if len(row) == 4}


def shown(name: str, value: Any) -> str:
    """A value as the table has it: JSON, the texts and the eras by name."""
    if name == "delivery_era":
        return f"ERA_{'2026' if value == Options().delivery_era else '2022'}"
    if name == "challenge_text":
        return "the one seen" if value == Options().challenge_text else "one with + & % / ? #"
    return value if isinstance(value, str) else json.dumps(value)


def test_the_table_in_the_documentation_has_every_switch_and_its_values() -> None:
    documented = _documented()
    for name, values in SWITCHES.items():
        assert documented[name] == tuple(shown(name, one) for one in values)
