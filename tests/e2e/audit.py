"""What became of commands: results, events and writes held against what their senders wanted. Shares no code with the engine."""

from collections import defaultdict

from .bookers import GUEST, SOURCE, Bookers
from .office import Json, Office
from .platform import Ledger
from .processes import until
from .settled import bound
from .stack import Stack

MOST_WRITES = 3  # that take effect, per user edit (design §5.3)


async def all_answered(bookers: Bookers, ledger: Ledger) -> None:
    """Return when every command has a result; the caller's timeout bounds it."""

    async def answered() -> bool:
        return bookers.sent.keys() <= ledger.results(SOURCE).keys()

    await until(answered, 0.2)


def unanswered(bookers: Bookers, ledger: Ledger) -> set[str]:
    return bookers.sent.keys() - ledger.results(SOURCE).keys()


def wrong_results(bookers: Bookers, ledger: Ledger) -> list[str]:
    """Commands without one result, with two that differ, or refused though nothing stood against them."""
    found: list[str] = []
    results = ledger.results(SOURCE)
    for booking in bookers.bookings:
        for place, name in enumerate(booking.commands):
            about = f"command {place + 1} of {len(booking.commands)} for {booking.organizer}'s {booking.id}"
            told = [(each["id"], each["data"]) for each in results.get(name, [])]
            if not told:
                found.append(f"{about}: no result")
            elif any(each != told[0] for each in told):
                found.append(f"{about}: results differ: {told}")
            elif told[0][1]["outcome"] != "accepted":
                found.append(f"{about}: {told[0][1]['reason']} ({told[0][1]['text']})")
    strangers = results.keys() - bookers.sent.keys()
    return found + [f"a result for {name}, which nobody sent" for name in strangers]


async def wrong_events(bookers: Bookers, office: Office) -> list[str]:
    """Bookings that are not exactly one event in Outlook with the right time, or that are still there when cancelled."""
    found: list[str] = []
    events = await bound(office)
    copies: dict[str, list[Json]] = defaultdict(list)
    for room, mailbox in office.rooms.items():
        for row in await office.shown(mailbox):
            copies[row["ical_uid"]].append(row | {"room": room})
    calendars = {address: await office.shown(box) for address, box in office.calendars.items()}
    for booking in bookers.bookings:
        mine = events.pop(str(booking.id), [])
        if booking.cancelled:
            found += [f"{booking.id} is cancelled and still there"] * bool(mine)
            continue
        if len(mine) != 1:
            found.append(f"{booking.id} of {booking.organizer} is {len(mine)} events")
            continue
        start = f"{booking.start:%Y-%m-%dT%H:%M:%SZ}"
        in_room = [(row["room"], row["start"]) for row in copies[mine[0]["ical_uid"]]]
        if mine[0]["start"] != start or in_room != [(booking.room, start)]:
            found.append(f"{booking.id}: {mine[0]['start']}, {in_room}, not {start}")
        if booking.organizer != GUEST:
            own = [row["start"] for row in calendars[booking.organizer] if row["start"] == start]
            uids = [row["ical_uid"] for row in calendars[booking.organizer]]
            if not own or uids.count(mine[0]["ical_uid"]) != 1:
                found.append(f"{booking.id} is not once in its organiser's calendar")
        elif not any(each["address"] == GUEST for each in mine[0]["attendees"]):
            found.append(f"{booking.id}: its guest was not invited")
    return found + [f"{marker}: an event of a booking nobody made" for marker in events]


def wrong_bookings(bookers: Bookers, ledger: Ledger) -> list[str]:
    """Bookings whose newest message does not say what their makers wanted last."""
    kept = ledger.latest()
    found: list[str] = []
    for booking in bookers.bookings:
        message = kept.get(booking.subject)
        status = message["data"]["status"] if message is not None else "unknown"
        if status != ("cancelled" if booking.cancelled else "confirmed"):
            found.append(f"{booking.id} is {status} on the platform's queue")
    return found


async def wrong_writes(bookers: Bookers, office: Office) -> list[str]:
    """More events made than bookings, more than three effective writes per edit, fields that are none of our business."""
    report = await office.sim.call("GET", "/_sim/report")
    found = [f"guard: {violation}" for violation in report["guard_violations"]]
    if report["writes"].get("POST events", 0) != len(bookers.bookings):
        found.append(f"{report['writes']} for {len(bookers.bookings)} bookings")
    edits = {str(booking.id): len(booking.commands) for booking in bookers.bookings}
    living = {
        row["ical_uid"]: edits[marker]
        for marker, rows in (await bound(office)).items()
        for row in rows
        if marker in edits
    }
    # Of a cancelled event nobody knows any more whose it was: it may have cost as much as the most edited of them.
    most_cancelled = max((len(b.commands) for b in bookers.bookings if b.cancelled), default=0)
    spent: dict[str, int] = defaultdict(int)
    for key, times in report["writes_by_event"].items():
        spent[key.partition("|")[2]] += times
    for uid, times in spent.items():
        if times > MOST_WRITES * living.get(uid, most_cancelled):
            found.append(f"{times} writes for {living.get(uid, most_cancelled)} edits")
    return found


async def audited(bookers: Bookers, office: Office, stack: Stack) -> None:
    """Fails with everything that is not as it must be."""
    assert bookers.bookings, "nothing was booked, so nothing was proven"
    wrong = [
        *wrong_results(bookers, stack.ledger),
        *await wrong_events(bookers, office),
        *wrong_bookings(bookers, stack.ledger),
        *await wrong_writes(bookers, office),
        *stack.ledger.disorder(),
    ]
    assert not wrong, "\n".join(wrong[:20]) + f"\n({len(wrong)} in all)\n{stack.logs()}"
