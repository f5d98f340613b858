"""Short histories of one room for defences that chance meets too rarely, each with what must be true at its end."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from yarl import URL

from contracts.commands import Cancel, Change, Resync
from graphclient.client_state import seal
from graphsim.wire import Call

from ..agents import GUEST as _GUEST
from ..crashes import perform
from ..crashes_scripts import CALM, SCRIPTS, Script, Stage, booked, founded, until
from ..history import Outcome
from ..ledger import Affair, Edit
from ..switches import Switches
from ..view import View
from ..world import KEYS

_SOON = 60.0  # virtual seconds
_STRANGE = "AAMkStrange"
_SLOW: Final = replace(CALM, reconcile_minutes=600.0, poll_seconds=36_000.0)


def lives(script: Script) -> Callable[[int, Switches], Outcome]:
    """A script as a history: seed 1 without a crash, 2 with a worker's death at its first step, and so on."""

    def live(seed: int, _: Switches) -> Outcome:
        ending = perform(script, "worker0", (seed - 1,) if seed > 1 else ())
        return Outcome(seed, "", ending.violations, ending.faults, 0, (), 0.0, ())

    return live


def crashing(name: str) -> Callable[[int, Switches], Outcome]:
    """One of the scripts that crash at every call."""
    return lives(next(each for each in SCRIPTS if each.name == name))


async def _series(stage: Stage) -> None:
    series_id = stage.book_series(stage.slot(9), "FREQ=WEEKLY;COUNT=3")
    await stage.answered()
    stage.send(Cancel(booking_id=series_id, sequence=2, reason="No longer needed", scope="series"))


def _writes(stage: Stage) -> int:
    return sum(stage.world.cloud.simulator.writes.by_kind.values())


async def _deaf(stage: Stage) -> None:
    """Founded, and from now on no notification arrives."""
    await founded(stage)
    await stage.world.cloud.control("POST", "defects", {"kind": "vanished", "times": None})


async def _taken(stage: Stage) -> None:
    await stage.book_in_outlook("member", stage.slot(9))
    await asyncio.sleep(30)
    stage.book("member", stage.slot(9))


def _nothing_written(stage: Stage, _: View) -> Iterator[str]:
    if _writes(stage):
        yield f"O9: {_writes(stage)} writes for a slot that is known to be taken"


async def _both_at_once(stage: Stage) -> None:
    stage.book("member", stage.slot(9))
    stage.book("member", stage.slot(9))


def _one_written(stage: Stage, _: View) -> Iterator[str]:
    if _writes(stage) > 1:
        yield f"O9: {_writes(stage)} writes for a slot that was promised already"


async def _unseen(stage: Stage) -> None:
    watch = stage.world.cloud.before

    async def before(who: str, call: Call) -> None:
        if _GUEST[0] in call.body.decode():
            stage.notes.append(f"O9: a guest was bothered by {call.method}")
        if watch is not None:
            await watch(who, call)

    stage.world.cloud.before = before
    await stage.book_in_outlook("member", stage.slot(9))
    await asyncio.sleep(10)
    stage.book("guest", stage.slot(9))
    await stage.answered()
    stage.send(Resync(room_id=stage.room()))  # nobody is told of anything


def _gave_way(stage: Stage, view: View) -> Iterator[str]:
    affair = stage.world.ledger.affairs[1]
    result = view.result_of(affair.booked)
    if result is None or result.reason != "overlap":
        yield f"O7: {affair.tag} was booked over somebody's meeting"
    yield from stage.notes


async def _guest(stage: Stage) -> None:
    stage.book("guest", stage.slot(9))
    await stage.calm()
    rows = await stage.people.calendar(stage.world.offices[0].rooms[stage.room()])
    invited = {each["address"] for row in rows for each in row["attendees"]}
    stage.notes += [] if invited else ["O3: the guest was never invited"]


def _noted(stage: Stage, _: View) -> Iterator[str]:
    yield from stage.notes


async def _private(stage: Stage) -> None:
    affair = stage.affair("outlook", "member", stage.slot(9))
    body = {
        "subject": "Secret plan",
        "sensitivity": "private",
        "start": f"{stage.slot(9).start:%Y-%m-%dT%H:%M:%S}",
        "end": f"{stage.slot(9).end:%Y-%m-%dT%H:%M:%S}",
    }
    stage.world.ledger.affairs.remove(affair)
    await stage.world.cloud.control("POST", f"mailboxes/{affair.mailbox}/meetings", body)
    await asyncio.sleep(60)
    told = {each.subject for each in stage.world.platform.told.values()}
    stage.notes += [f"O8: the platform was told {each!r}" for each in told if "Secret" in each]
    stage.notes += [] if told else ["witness: nothing was told"]
    [row] = await stage.people.calendar(affair.mailbox)
    await stage.world.cloud.control(
        "DELETE", f"mailboxes/{affair.mailbox}/meetings/{row['event_id']}"
    )


async def _pending(stage: Stage) -> None:
    await stage.book_in_outlook("member", stage.slot(9))
    await asyncio.sleep(60)
    told = [each for each in stage.world.platform.told.values() if each.status == "pending"]
    leaked = [each.subject for each in told if each.subject != each.organizer.name]
    stage.notes += [f"O8: a pending meeting was told as {each!r}" for each in leaked]
    stage.notes += [] if told else ["witness: the room answered at once"]


async def _out_of_turn(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    known = stage.known(affair)
    affair.sequence = 2
    stage.change(affair, stage.slot(14))  # with number 3
    await stage.calm()
    late = stage.slot(16)
    stage.late = stage.send(
        Change(booking_id=known.id, sequence=2, base_version=9_999, start=late.start, end=late.end)
    )


def _superseded(stage: Stage, view: View) -> Iterator[str]:
    if view.platform.results[stage.late].reason != "superseded":
        yield "O11: an older command undid a newer one"


async def _resynced(stage: Stage) -> None:
    await stage.book_in_outlook("member", stage.slot(9))
    await asyncio.sleep(10)
    stage.send(Resync(room_id=stage.room()))
    await stage.answered()
    await asyncio.sleep(_SOON)
    stage.notes += [] if stage.world.platform.newest else ["O1: a resync found nothing"]


async def _missed(stage: Stage) -> None:
    affair = await stage.book_in_outlook("member", stage.slot(9))
    await asyncio.sleep(10)
    await stage.world.cloud.control("DELETE", "defects")
    body = {"room": str(affair.mailbox), "event": "missed"}
    await stage.world.cloud.control("POST", "lifecycle", body)
    await asyncio.sleep(_SOON)
    stage.notes += [] if stage.world.platform.newest else ["O1: `missed` was ignored"]


async def _aged(stage: Stage) -> None:
    await asyncio.sleep(_SOON)
    listed = await stage.world.cloud.control("GET", "subscriptions")
    granted = max(_expiry(each) for each in listed["items"])
    await asyncio.sleep((granted - stage.world.clock()).total_seconds() - 300)
    listed = await stage.world.cloud.control("GET", "subscriptions")
    late = [each for each in listed["items"] if _expiry(each) <= granted]
    stage.notes += [f"O9: {len(late)} subscriptions are about to lapse"] if late else []


def _expiry(shown: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(shown["expirationDateTime"])


async def _alien(stage: Stage) -> None:
    world = stage.world
    office = world.offices[0]
    item = {
        "subscriptionId": str(UUID(int=7)),
        "tenantId": str(uuid4()),
        "clientState": seal(KEYS, stage.room(), office.tenant_id, office.client_id),
        "changeType": "updated",
        "resource": f"Users/{office.rooms[stage.room()]}/Events/{_STRANGE}",
        "resourceData": {"id": _STRANGE, "@odata.type": "#Microsoft.Graph.Event"},
    }
    await world.ingress.receive(
        URL("https://ingress.test/"), json.dumps({"value": [item]}).encode()
    )
    await asyncio.sleep(_SOON)
    read = [each.what for each in world.journal.lines if _STRANGE in each.what]
    stage.notes += [f"O8: another tenant had us call {each}" for each in read]


async def _throttled(stage: Stage) -> None:
    world = stage.world
    mailbox = str(world.offices[0].rooms[stage.room()])
    match = {"method": "GET", "path": f"/users/{mailbox}"}
    await world.cloud.control("POST", "faults", {"match": match, "status": 429, "retry_after": 40})
    await stage.book_in_outlook("member", stage.slot(9))
    await asyncio.sleep(90)
    calls = [each for each in world.journal.lines if each.who == "worker0" and mailbox in each.what]
    refused = next(each for each in calls if " 429" in each.what)
    early = [each for each in calls if refused.at < each.at < refused.at + 39]
    stage.notes += [f"O12: asked again after {each.at - refused.at:.0f} s" for each in early]


async def _emptied(stage: Stage) -> None:
    world = stage.world
    for hour in range(7, 17):
        await stage.book_in_outlook("member", stage.slot(hour))
    await asyncio.sleep(60)
    mailbox = world.offices[0].rooms[stage.room()]
    for path, how in (
        (f"/users/{mailbox}/calendarView", {"status": 200, "body": {"value": []}}),
        (
            f"/users/{mailbox}/events",
            {"status": 404, "body": {"error": {"code": "ErrorItemNotFound"}}},
        ),
    ):
        match = {"method": "GET", "path": path, "until": 50}
        await world.cloud.control("POST", "faults", {"match": match, "times": None, **how})
    stage.send(Resync(room_id=stage.room()))
    await asyncio.sleep(50)
    gone = [each for each in world.platform.told.values() if each.status == "cancelled"]
    stage.notes += [f"O1: {len(gone)} bookings removed by one glance"] if gone else []


async def _foreign_cancelled(stage: Stage) -> None:
    affair = await stage.book_in_outlook("guest", stage.slot(9))
    await asyncio.sleep(30)
    stage.cancel(affair)


async def _unheard(stage: Stage) -> None:
    """Somebody takes an hour in Outlook, and nobody is told of that."""
    control = stage.world.cloud.control
    await control("POST", "defects", {"kind": "vanished", "times": None})
    await stage.book_in_outlook("member", stage.slot(14))
    await asyncio.sleep(10)
    await control("DELETE", "defects")


def _before_patch(stage: Stage, number: int, act: Callable[[], Awaitable[None]]) -> None:
    """Let somebody act the moment before this PATCH arrives."""
    watch, seen = stage.world.cloud.before, itertools.count(1)

    async def before(who: str, call: Call) -> None:
        if call.method == "PATCH" and "subscriptions" not in call.path and next(seen) == number:
            await act()
        if watch is not None:
            await watch(who, call)

    stage.world.cloud.before = before


async def _put_back(stage: Stage) -> None:
    await _unheard(stage)
    stage.change(stage.world.ledger.affairs[0], stage.slot(14))


def _never_gone(stage: Stage, _: View) -> Iterator[str]:
    affair = stage.world.ledger.affairs[0]
    told = stage.world.platform.told.values()
    if any(each.id == affair.booking_id and each.status == "cancelled" for each in told):
        yield f"O4: {affair.tag} was told as cancelled"


async def _put_back_late(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    await _unheard(stage)
    _before_patch(stage, 2, lambda: _moved_by_organiser(stage, affair))
    stage.change(affair, stage.slot(14))


async def _moved_on(stage: Stage) -> None:
    await _unheard(stage)
    affair = stage.book("member", stage.slot(14))
    await until(lambda: bool(_writes(stage)), every=0.05)
    await _moved_by_organiser(stage, affair)


async def _moved_by_organiser(stage: Stage, affair: Affair) -> None:
    """In their own calendar, whatever the room says."""
    mailbox, _ = stage.world.offices[0].members[affair.address]
    [row] = await stage.people.calendar(mailbox)
    done = Edit(stage.world.time(), "outlook", affair.name, stage.slot(16))
    theirs = replace(affair, mailbox=mailbox)
    assert await stage.people.edit_in_outlook(theirs, done, row["event_id"])
    if done not in affair.edits:
        affair.edits.append(done)


async def _moved_unheard(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    await stage.world.cloud.control("POST", "defects", {"kind": "vanished", "times": None})
    await stage.in_outlook(affair, when=stage.slot(16))
    await asyncio.sleep(5)
    await stage.world.cloud.control("DELETE", "defects")
    stage.change(affair, stage.slot(14))


async def _renamed(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    await stage.world.cloud.control("POST", "defects", {"kind": "vanished", "times": None})
    await stage.in_outlook(affair, when=stage.slot(16))
    await asyncio.sleep(5)
    await stage.world.cloud.control("DELETE", "defects")
    stage.rename(affair, "B0 v2")


async def _guest_booked(stage: Stage) -> None:
    await founded(stage)
    stage.book("guest", stage.slot(9))
    await stage.calm()
    await asyncio.sleep(100)


async def _changed_slowly(stage: Stage) -> None:
    await stage.world.cloud.control(
        "POST",
        "faults",
        {"match": {"method": "PATCH", "path": "/users/"}, "lag": 20, "times": None},
    )
    stage.change(stage.world.ledger.affairs[0], stage.slot(14))


def _never_back(stage: Stage, _: View) -> Iterator[str]:
    told = sorted(stage.world.platform.told.items(), key=lambda each: each[0][2])
    times = [each.start for _, each in told]
    if sorted(times) != times:
        yield "O3: a time that was given up was told again"


async def _moved_meanwhile(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    _before_patch(stage, 1, lambda: stage.in_outlook(affair, when=stage.slot(16)))
    stage.change(affair, stage.slot(14))


async def _moved_before(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    seen = stage.known(affair)
    await stage.in_outlook(affair, when=stage.slot(16))
    await asyncio.sleep(30)
    stage.change(affair, stage.slot(14), base=seen.version)


def _outlook_won(_: Stage, view: View) -> Iterator[str]:
    if not any(each.reason == "stale" for each in view.platform.results.values()):
        yield "O3: what Outlook changed meanwhile was overwritten"


async def _twice_from_one_version(stage: Stage) -> None:
    [affair] = stage.world.ledger.affairs
    seen = stage.known(affair)
    stage.change(affair, stage.slot(14))
    await stage.calm()
    stage.change(affair, stage.slot(16), base=seen.version)


async def _cancelled_slowly(stage: Stage) -> None:
    stage.cancel(stage.world.ledger.affairs[0])


def _stays_gone(stage: Stage, _: View) -> Iterator[str]:
    gone: dict[UUID, int] = {}
    for (_room, booking, version), told in sorted(
        stage.world.platform.told.items(), key=lambda each: each[0][2]
    ):
        if told.status == "cancelled":
            gone[booking] = version
        elif booking in gone:
            yield f"O4: {booking} came back after it was told as cancelled"


async def _unanswered(stage: Stage) -> None:
    address = next(iter(stage.world.offices[0].members)).partition("@")[0]
    for fault in (
        {"match": {"method": "POST", "path": f"/users/{address}"}, "drop": True, "when": "after"},
        {
            "match": {"method": "GET", "path": f"/users/{address}", "until": 20},
            "status": 503,
            "times": None,
        },
    ):
        await stage.world.cloud.control("POST", "faults", fault)
    stage.book("member", stage.slot(9))


def _none_invented(stage: Stage, view: View) -> Iterator[str]:
    wanted = {each.booking_id for each in view.ledger.affairs}
    for room_id, booking, _ in stage.world.platform.told:
        if booking not in wanted:
            yield f"O5: {booking} was told of in {room_id}, and nobody wanted it"


async def _booked_deaf(stage: Stage) -> None:
    stage.book("member", stage.slot(9))


async def _declined_deaf(stage: Stage) -> None:
    await stage.book_in_outlook("member", stage.slot(9))
    await asyncio.sleep(10)
    stage.book("member", stage.slot(9))


def _overlap_told(_: Stage, view: View) -> Iterator[str]:
    if any(each.reason != "overlap" for each in view.platform.results.values()):
        yield "O7: a slot that was taken was not refused as taken"


def _all_accepted(_: Stage, view: View) -> Iterator[str]:
    refused = [each for each in view.platform.results.values() if each.outcome != "accepted"]
    yield from (f"O11: {each.command_id} was refused as {each.reason}" for each in refused)


TAKEN: Final = Script("taken", _taken, founded, _nothing_written)
BOTH_AT_ONCE: Final = Script("both at once", _both_at_once, founded, _one_written)
UNSEEN: Final = Script("a meeting that nobody saw", _unseen, _deaf, _gave_way, _SLOW)
GUEST: Final = Script("a guest", _guest, founded, _noted)
PRIVATE: Final = Script("private", _private, founded, _noted)
PENDING: Final = Script("pending", _pending, founded, _noted)
OUT_OF_TURN: Final = Script("out of turn", _out_of_turn, booked, _superseded)
RESYNCED: Final = Script("resynced", _resynced, _deaf, _noted, _SLOW)
MISSED: Final = Script("missed", _missed, _deaf, _noted, _SLOW)
AGED: Final = Script(
    "aged", _aged, founded, _noted, replace(_SLOW, compare_seconds=3_600, look_seconds=600)
)
ALIEN: Final = Script("alien", _alien, founded, _noted)
THROTTLED: Final = Script("throttled", _throttled, founded, _noted)
EMPTIED: Final = Script("emptied", _emptied, founded, _noted, _SLOW)
FOREIGN_CANCELLED: Final = Script("foreign cancelled", _foreign_cancelled, founded, _all_accepted)

PUT_BACK: Final = Script("put back", _put_back, booked, _never_gone)
PUT_BACK_LATE: Final = Script("put back late", _put_back_late, booked)
MOVED_ON: Final = Script(
    "moved on",
    _moved_on,
    founded,
    _all_accepted,
    replace(CALM, cloud=CALM.cloud | {"appear_seconds": 5.0}),
)
MOVED_UNHEARD: Final = Script("moved unheard", _moved_unheard, booked, _outlook_won)
RENAMED: Final = Script("renamed", _renamed, booked)
CHANGED_SLOWLY: Final = Script("changed slowly", _changed_slowly, _guest_booked, _never_back)
MOVED_MEANWHILE: Final = Script("moved meanwhile", _moved_meanwhile, booked, _outlook_won)
MOVED_BEFORE: Final = Script("moved before", _moved_before, booked, _outlook_won)
TWICE: Final = Script("twice from one version", _twice_from_one_version, booked, _all_accepted)
CANCELLED_SLOWLY: Final = Script(
    "cancelled slowly", _cancelled_slowly, booked, _stays_gone,
    replace(CALM, cloud=CALM.cloud | {"read_lag": 20.0}),
)  # fmt: skip
ANSWERED_LATE: Final = Script("unanswered", _unanswered, founded, _none_invented)
BOOKED_DEAF: Final = Script("booked deaf", _booked_deaf, _deaf, _all_accepted, _SLOW)
DECLINED_DEAF: Final = Script("declined deaf", _declined_deaf, _deaf, _overlap_told, _SLOW)
DEAF_SERIES: Final = Script(
    "a series that nobody tells of",
    _series,
    _deaf,
    switches=replace(_SLOW, cloud=_SLOW.cloud | {"ical_uid_per_occurrence": True}),
)
LIKE_ITS_MASTER: Final = replace(DEAF_SERIES, switches=_SLOW)
"""Open: `own_work.row_shown` takes an occurrence for its master where both have one iCalUId, and so for a stranger's."""

STORIES: Final = (
    TAKEN, BOTH_AT_ONCE, UNSEEN, GUEST, PRIVATE, PENDING, OUT_OF_TURN, RESYNCED, MISSED, AGED, ALIEN,
    THROTTLED, EMPTIED, FOREIGN_CANCELLED, PUT_BACK, PUT_BACK_LATE, MOVED_ON, MOVED_UNHEARD, MOVED_MEANWHILE,
    MOVED_BEFORE, TWICE, CANCELLED_SLOWLY, ANSWERED_LATE, RENAMED, CHANGED_SLOWLY, BOOKED_DEAF, DECLINED_DEAF,
)  # fmt: skip
