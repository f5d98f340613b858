"""Microsoft is away for four hours of virtual time."""

from .outage import live
from .runner import processes

SEEDS = (1, 2, 3, 4)


def test_commands_wait_or_expire_and_nobody_is_told_twice() -> None:
    with processes() as pool:
        lived = list(pool.map(live, SEEDS))
    assert not [(each.seed, each.violations) for each in lived if each.violations]
    assert all(each.faults["outage"] > 1_000 for each in lived)
    assert all(each.faults["expired"] for each in lived)
    assert all(each.faults["waited"] for each in lived)
