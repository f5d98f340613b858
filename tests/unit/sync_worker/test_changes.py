from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_worker.domain.booking import MOST_SEEN_ETAGS, Row, unbound_id
from sync_worker.domain.changes import Ours, Seen, apply
from sync_worker.domain.intent import Content
from sync_worker.domain.versions import Changes

from .examples import BOOKING, HOUR, NOW, content, row, sighting


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


OURS: dict[str, Any] = {"origin": "clearooms", "subject": "Ours", "ical_uid": "uid"}
IN_MARAS: dict[str, Any] = {
    "organizer_mailbox": "mara@x.test",
    "organizer_event_id": "in Mara's calendar",
}
UNBOUND: dict[str, Any] = {"event_id": unbound_id(BOOKING), "etag": "", "seen_etags": ()}
AT_ELEVEN: dict[str, Any] = {
    "start": {"dateTime": "2026-03-02T11:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2026-03-02T12:00:00.0000000", "timeZone": "UTC"},
}


def one_row(old: Row, each: Seen, *contents: Content, version: int = 5) -> Row:
    ours = Ours(contents={old.id: contents}) if contents else Ours()
    [after] = apply([old], [each], [], version, NOW, ours).rows
    return after


def test_a_booking_of_ours_keeps_its_id_and_subject() -> None:
    after = one_row(row(**OURS, **IN_MARAS), seen(etag="2", subject="Mara Lind"))
    assert (after.id, after.subject) == (BOOKING, "Ours")


def test_the_rooms_copy_of_a_booking_of_ours_is_known_by_its_ical_uid() -> None:
    waiting = row(**OURS, **IN_MARAS, **UNBOUND, answer="pending")
    after = one_row(waiting, seen("copy", iCalUId="uid", subject="Mara Lind"))
    assert (after.id, after.event_id, after.bound) == (BOOKING, "copy", True)
    assert (after.answer, after.subject, after.origin) == ("confirmed", "Ours", "clearooms")
    assert (after.organizer_mailbox, after.organizer_event_id) == tuple(IN_MARAS.values())
    assert after.version == 6


def test_an_ical_uid_binds_only_what_we_wrote_into_an_organisers_calendar() -> None:
    direct = row(**OURS)
    strange = seen("strange", iCalUId="uid")
    other = row(**OURS, **IN_MARAS, **UNBOUND)
    for old, each in [(direct, strange), (other, seen("strange", iCalUId="another uid"))]:
        after = one_row(old, each)
        assert (after.id, after.origin) == (each.sighting.id, "outlook")


def test_two_bookings_of_ours_without_an_ical_uid_are_not_mixed_up() -> None:
    fields = {**OURS, **IN_MARAS, "ical_uid": None}
    rows = [row(n, **{**fields, "event_id": unbound_id(UUID(int=n))}) for n in (1, 2)]
    [after] = apply(rows, [seen("strange")], [], 5, NOW).rows
    assert (after.id, after.origin) == (seen("strange").sighting.id, "outlook")


def test_a_row_written_by_us_is_told_even_if_nothing_was_read() -> None:
    made = row(version=0, **OURS, **IN_MARAS, **UNBOUND, answer="pending")
    changes = apply([], [], [], 5, NOW, Ours((made,)))
    assert [(each.id, each.version, each.status) for each in changes.told] == [
        (BOOKING, 6, "pending")
    ]
    assert apply(changes.rows, [], [], 6, NOW, Ours(changes.rows)).rows == ()


def test_the_copy_may_be_read_together_with_the_row_it_belongs_to() -> None:
    made = row(version=0, **OURS, **IN_MARAS, **UNBOUND, answer="pending")
    copy = seen("copy", iCalUId="uid")
    [after] = apply([], [copy], [], 5, NOW, Ours((made,))).told
    assert (after.id, after.event_id, after.version, after.status) == (
        BOOKING,
        "copy",
        6,
        "confirmed",
    )


DIRECT = row(**OURS, version=3, when_version=2, subject_version=2)
BY_ORGANIZER = replace(DIRECT, **IN_MARAS)
ELEVEN = content(NOW + 3 * HOUR)


@pytest.mark.parametrize(
    ("old", "fields", "contents", "when", "subject"),
    [
        # Nothing of it changed.
        (DIRECT, {"subject": "Ours"}, (), 2, 2),
        (DIRECT, {"subject": "Ours", "responseStatus": {"response": "tentativelyAccepted"}}, (), 2, 2),
        # Graph changed it: the version that this change gets.
        (DIRECT, {"subject": "Ours", **AT_ELEVEN}, (), 6, 2),
        (DIRECT, {"subject": "Theirs"}, (), 2, 6),
        (DIRECT, {"subject": "Theirs", **AT_ELEVEN}, (), 6, 6),
        (DIRECT, {"subject": "Ours", **AT_ELEVEN}, (content(),), 6, 2),  # not what we wrote
        # What we wrote, shown by Graph, is no edit of Graph's.
        (DIRECT, {"subject": "Ours", **AT_ELEVEN}, (ELEVEN,), 2, 2),
        (DIRECT, {"subject": "Ours", **AT_ELEVEN}, (content(), ELEVEN), 2, 2),
        (BY_ORGANIZER, {"subject": "Mara Lind", **AT_ELEVEN}, (ELEVEN,), 2, 2),
        # The organiser's booking keeps our subject, whatever the room made of it.
        (BY_ORGANIZER, {"subject": "Mara Lind"}, (), 2, 2),
        (BY_ORGANIZER, {"subject": "Mara Lind", **AT_ELEVEN}, (), 6, 2),
    ],
)  # fmt: skip
def test_each_field_knows_the_version_in_which_graph_changed_it_last(
    old: Row, fields: dict[str, Any], contents: tuple[Content, ...], when: int, subject: int
) -> None:
    after = one_row(old, seen(etag="2", **fields), *contents)
    assert (after.when_version, after.subject_version) == (when, subject)


def test_a_new_meeting_was_changed_by_graph_in_its_first_version() -> None:
    [after] = apply([], [seen()], [], 5, NOW).told
    assert (after.version, after.when_version, after.subject_version) == (6, 6, 6)


def test_a_booking_in_the_rooms_own_calendar_follows_the_subject_there_and_keeps_who_asked() -> (
    None
):
    room = {"emailAddress": {"name": "Room", "address": "room@x.test"}}
    after = one_row(DIRECT, seen(etag="2", subject="Theirs", organizer=room))
    assert (after.subject, after.organizer_name, after.organizer_email) == (
        "Theirs", "Mara Lind", "mara@x.test",
    )  # fmt: skip


def test_a_cancelled_booking_of_ours_changes_no_field() -> None:
    after = one_row(DIRECT, seen(etag="2", isCancelled=True, subject="Canceled: Ours"))
    assert (after.subject, after.subject_version, after.status) == ("Ours", 2, "cancelled")


def test_an_overlap_outlives_a_reading() -> None:
    after = one_row(row(conflicted=True, id=sighting().id), seen(etag="2"))
    assert (after.conflicted, after.status) == (True, "conflicted")


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


def test_our_own_subject_is_not_taken_for_an_edit_of_graphs() -> None:
    after = one_row(DIRECT, seen(etag="2", subject="New"), content(subject="New"))
    assert (after.subject, after.subject_version) == ("New", DIRECT.subject_version)


@pytest.mark.parametrize(
    ("wrote", "when", "subject"),
    [
        (None, 6, 6),
        (content(NOW + 3 * HOUR - timedelta(days=7), subject="New"), 2, 2),
        (content(NOW + 3 * HOUR - timedelta(days=7), subject="Other"), 2, 6),
        (content(NOW + 2 * HOUR - timedelta(days=7), subject="New"), 6, 2),
        (content(NOW + 3 * HOUR - timedelta(days=7), hours=2, subject="New"), 6, 2),
    ],
)
def test_what_we_wrote_into_a_whole_series_is_no_change_of_its_meetings_made_in_outlook(
    wrote: Content | None, when: int, subject: int
) -> None:
    meeting = row(
        kind="occurrence", master_id="m", version=3, when_version=2, subject_version=2
    )  # at nine
    shown = seen(
        etag="2", type="occurrence", seriesMasterId="m", subject="New",
        originalStart="2026-03-02T09:00:00Z", **AT_ELEVEN,
    )  # fmt: skip
    known = replace(meeting, id=shown.sighting.id)
    ours = Ours(wholes={} if wrote is None else {"m": (wrote,)})
    [after] = apply([known], [shown], [], 5, NOW, ours).rows
    assert (after.version, after.when_version, after.subject_version) == (6, when, subject)
