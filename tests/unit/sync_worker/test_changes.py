from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.booking import MOST_SEEN_ETAGS, Row
from sync_worker.domain.changes import Changes, Seen, apply

from .examples import HOUR, NOW, sighting


def seen(event_id: str = "e1", etag: str = "1", **fields: object) -> Seen:
    return Seen(sighting(event_id, etag, **fields), (etag,))


def applied(rows: dict[object, Row], *events: Seen, version: int = 0) -> Changes:
    changes = apply(rows.values(), events, [], version, NOW)
    rows.update((row.id, row) for row in changes.rows)
    return changes


def test_a_new_event_is_told_with_the_next_version() -> None:
    changes = applied({}, seen(), version=7)
    assert [(row.version, row.status) for row in changes.told] == [(8, "confirmed")]
    assert changes.version == 8


def test_the_same_state_again_changes_nothing() -> None:
    rows: dict[object, Row] = {}
    applied(rows, seen())
    assert applied(rows, seen(), version=1).rows == ()


def test_another_etag_with_the_same_content_is_remembered_and_not_told() -> None:
    rows: dict[object, Row] = {}
    applied(rows, seen(etag="1"))
    changes = applied(rows, seen(etag="2"), version=1)
    assert (changes.told, [row.etag for row in changes.quiet]) == ((), ["2"])
    assert changes.quiet[0].knows("1")


def test_only_the_newest_etags_are_remembered() -> None:
    rows: dict[object, Row] = {}
    for number in range(20):
        applied(rows, seen(etag=str(number)), version=1)
    [row] = rows.values()
    assert row.seen_etags == tuple(str(number) for number in range(20 - MOST_SEEN_ETAGS, 20))


def test_what_never_occupied_the_room_is_kept_and_not_told() -> None:
    rows: dict[object, Row] = {}
    assert applied(rows, seen(showAs="free")).told == ()
    told = applied(rows, seen(etag="2"), version=0).told
    assert [(row.version, row.status) for row in told] == [(1, "confirmed")]


def test_a_cancelled_meeting_keeps_the_subject_it_had() -> None:
    rows: dict[object, Row] = {}
    applied(rows, seen())
    [row] = applied(rows, seen(etag="2", isCancelled=True, subject="Canceled: X"), version=1).told
    assert (row.subject, row.status, row.removed_at) == ("Planning", "cancelled", NOW)


def test_a_removed_event_goes_on_counting_when_it_comes_back() -> None:
    rows: dict[object, Row] = {}
    applied(rows, seen())
    gone = apply(rows.values(), [], [row.id for row in rows.values()], 1, NOW)
    assert [(row.status, row.version) for row in gone.told] == [("cancelled", 2)]
    again = apply(gone.rows, [seen(etag="3")], [], 2, NOW)
    assert [(row.status, row.version, row.removed_at) for row in again.told] == [
        ("confirmed", 3, None)
    ]
    assert apply(gone.rows, [], [gone.rows[0].id], 2, NOW).rows == ()


def test_a_single_meeting_that_becomes_a_series_is_cancelled_and_its_master_never_told() -> None:
    rows: dict[object, Row] = {}
    applied(rows, seen())
    changes = applied(rows, seen(etag="2", type="seriesMaster"), version=1)
    assert [(row.kind, row.status) for row in changes.told] == [("master", "cancelled")]
    assert applied({}, seen("m", type="seriesMaster")).told == ()


def test_an_event_id_that_moves_to_another_occurrence_removes_the_first() -> None:
    rows: dict[object, Row] = {}
    first: dict[str, Any] = {"type": "occurrence", "seriesMasterId": "m", "originalStart": NOW}
    applied(rows, seen("o", **first))
    second = seen("o", "2", **(first | {"originalStart": NOW + HOUR}))
    changes = applied(rows, second, version=1)
    assert [row.status for row in changes.told] == ["cancelled", "confirmed"]
    assert len({row.event_id for row in rows.values()}) == 2


def test_what_frees_the_room_is_told_first() -> None:
    rows: dict[object, Row] = {}
    applied(rows, seen("a"), seen("b"))
    changes = apply(
        rows.values(),
        [seen("a", "2", subject="New"), seen("b", "2", isCancelled=True)],
        [],
        2,
        NOW,
    )
    assert [row.status for row in changes.told] == ["cancelled", "confirmed"]


def test_a_booking_of_ours_keeps_its_id_and_subject() -> None:
    [outlooks] = applied({}, seen()).rows
    ours = replace(
        outlooks,
        id=sighting("other").id,
        origin="clearooms",
        subject="Ours",
        organizer_mailbox="mara@x.test",
        organizer_event_id="in Mara's calendar",
    )
    changes = apply([ours], [seen(etag="2", subject="Mara Lind")], [], 1, NOW)
    assert [(row.id, row.subject) for row in changes.rows] == [(ours.id, "Ours")]


reads = st.lists(
    st.tuples(
        st.sampled_from("abcde"),
        st.integers(0, 5),
        st.sampled_from(["accepted", "declined", "notResponded", "tentativelyAccepted"]),
    ),
    max_size=30,
)


@given(reads)
def test_versions_rise_without_gaps_and_repeats_change_nothing(
    history: list[tuple[str, int, str]],
) -> None:
    rows: dict[object, Row] = {}
    version = 0
    for name, etag, response in history:
        once = seen(name, f"{etag}{response}", responseStatus={"response": response})
        changes = applied(rows, once, version=version)
        told = [row.version for row in changes.told]
        assert told == list(range(version + 1, changes.version + 1))
        version = changes.version
        assert applied(rows, once, version=version).rows == ()


@given(reads, st.randoms())
def test_the_same_reads_of_different_events_converge_in_any_order(
    history: list[tuple[str, int, str]], random: object
) -> None:
    last = {name: seen(name, str(etag), responseStatus={"response": response})
            for name, etag, response in history}  # fmt: skip
    one, other = list(last.values()), list(last.values())
    random.shuffle(other)  # type: ignore[attr-defined] # hypothesis hands out a Random

    def content(order: list[Seen]) -> set[tuple[object, ...]]:
        rows: dict[object, Row] = {}
        for place, each in enumerate(order):
            applied(rows, each, version=place)
        return {(row.id, row.etag, *row.told()) for row in rows.values()}

    assert content(one) == content(other)


def test_the_time_of_a_row_is_that_of_its_last_told_change() -> None:
    rows: dict[object, Row] = {}
    applied(rows, seen())
    later = apply(rows.values(), [seen(etag="2")], [], 1, NOW + timedelta(minutes=5))
    assert [row.changed_at for row in later.quiet] == [NOW]
