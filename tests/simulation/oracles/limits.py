"""O8, O9, O12: nobody hears of another organisation, at most three writes that take effect per edit, and nothing asked for beyond the minimum."""

from collections.abc import Iterator

from ..view import View

WRITES_PER_EDIT = 3


def exceeded(view: View) -> Iterator[str]:
    """Budgets that were overdrawn."""
    simulator = view.monitor.cloud.simulator
    commands = sum(
        1 for each in view.ledger.affairs for edit in each.edits if edit.side == "platform"
    )
    writes = sum(simulator.writes.by_kind.values())
    # What Graph took twice under one transactionId, because answers were lost, was made once more and must be taken away.
    made = [each.what for each in view.journal.lines if each.what.startswith("made ")]
    twins = len(made) - len(set(made))
    if writes > WRITES_PER_EDIT * commands + 2 * twins:
        yield f"O9: {writes} writes for {commands} commands"
    for office in view.offices:
        for room_id in office.rooms:
            if view.platform.organisations.get(room_id, {office.id}) != {office.id}:
                yield f"O8: room {room_id} was told of in another organisation"
    violations = simulator.guard.violations()
    if violations:
        yield f"O12: fields beyond the minimum were asked for: {violations}"
