"""What one history draws from its seed: the cloud's readings, the faults, the size of the world."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any, Literal

from .ledger import Organiser

BEGINNINGS = tuple(
    datetime(2026, month, day, 6, tzinfo=UTC)
    for month, day in ((3, 2), (3, 16), (3, 23), (9, 21), (10, 12), (10, 26))
)
"""After each of them but few days pass until clocks change somewhere."""
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "UTC")
Upheaval = Literal["switched_off", "room_removed", "offboarded"]
UPHEAVALS: tuple[Upheaval, ...] = ("switched_off", "room_removed", "offboarded")
FORMS = ("integer", "fraction", "date", "absent", "zero")
_LARGE = 1 / 8
"""Of all histories; the others have the smallest world that the promises are about, and idle processes that look seldom."""
EVERYBODY: tuple[Organiser, ...] = ("member", "member", "member", "guest", "room")


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry of the simulator's fault list, and its name in our counts."""

    kind: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Switches:
    """One history's circumstances; times in virtual seconds."""

    begins: datetime
    zone: str
    """Of all offices."""
    rooms: tuple[int, ...]
    """How many each organisation has."""
    workers: int
    edits: int
    minutes: float
    """How long people edit and faults strike."""
    cloud: dict[str, Any]
    """Options of the simulator."""
    look_seconds: float
    compare_seconds: float
    reconcile_minutes: float
    poll_seconds: float
    subscriptions: bool
    """Whether Graph is given a webhook at all; else rooms are polled."""
    contention: float
    """How often somebody wants a slot that is taken."""
    adversary: bool
    impatience: float
    """How often a command may not be begun late."""
    whole_days: float
    """How often somebody books for whole days."""
    upheaval: Upheaval | None
    series: float
    """How often somebody books one."""
    changes_rooms: bool
    orders_too: bool
    """Whether people ask on the platform for what they have in Outlook already."""
    crashes: int
    freezes: int
    database_away: float
    """Chance of each call to the database to fail, before or after its effect."""
    message_duplicated: float
    message_held_back: float
    held_seconds: float
    confirm_lost: float
    broker_blocked: bool
    outage: bool
    hints_lost: bool
    """Every notification is lost without a word while faults strike."""
    posted_again: float
    """Chance of each POST of notifications to come ten times."""
    subscription_removed: bool
    defects: tuple[dict[str, Any], ...] = ()
    faults: tuple[Fault, ...] = field(default=())
    organisers: tuple[Organiser, ...] = EVERYBODY
    """Of whom each that books is one."""
    people: int = 4
    """How many of each organisation book."""
    all_day_series: float = 0.0
    """How often whoever books for whole days does so again and again."""
    guest_series: float = 0.0
    """How often a guest, or somebody in the room's own calendar, books a series."""
    hasty: float = 0.0
    """How often whoever has booked on the platform cancels before they can have heard of it."""
    regret: float = 0.0
    """How often somebody cancels in Outlook what the platform has not heard of yet."""
    pauses: int = 0
    """How often a worker stands still in the middle of what it does, for longer than its lease."""
    drains: int = 0
    """How often a worker is told to end (SIGTERM) and started again."""


def draw(seed: int) -> Switches:
    """The circumstances of a seed; about a quarter of all histories have one kind of fault or none."""
    random = Random(f"{seed}/switches")  # noqa: S311 -- repeatable by seed
    calm = random.random() < 0.25
    likely = 0.08 if calm else 0.4

    def maybe() -> bool:
        return random.random() < likely

    large, changes_rooms = random.random() < _LARGE, random.random() < 0.15
    minutes = random.choice((3, 4, 5, 8) if large else (3, 3, 4, 5))
    hints_lost = random.random() < likely / 3
    unsubscribed = maybe()
    defects = tuple(_defects(random, likely))
    late = any(each["kind"] == "late" for each in defects)
    # What comes too late or is lost without a word is found by the next reconcile alone, which must come before quiet is due.
    often = hints_lost or unsubscribed or late or maybe()
    reconcile = random.choice((6, 10, 15)) if often else 60.0
    begins = random.choice(BEGINNINGS)
    chosen = Switches(
        begins=begins,
        zone=random.choice(ZONES),
        rooms=_rooms(random, large=large, changes_rooms=changes_rooms),
        workers=2 + (large and random.random() < 0.5),
        edits=20 + (random.randrange(8) if large else 0),
        minutes=minutes,
        cloud=_cloud(random),
        look_seconds=random.choice((2, 5, 10, 20) if large else (10, 15, 20, 30)),
        compare_seconds=random.choice((15, 30, 60) if large else (30, 60, 60)),
        reconcile_minutes=reconcile,
        poll_seconds=random.choice((30, 60, 120)),
        subscriptions=random.random() < 0.9,
        contention=random.choice((0.0, 0.1, 0.3)),
        adversary=random.random() < 0.1,
        impatience=random.choice((0.1, 0.5)) if random.random() < 0.2 else 0.0,
        whole_days=0.2 if random.random() < 0.2 else 0.0,
        upheaval=random.choice(UPHEAVALS) if random.random() < 0.15 else None,
        series=0.25 if random.random() < 0.2 else 0.0,
        changes_rooms=changes_rooms,
        orders_too=random.random() < 0.15,
        crashes=random.choice((1, 2, 4)) if maybe() else 0,
        freezes=random.choice((1, 2)) if maybe() else 0,
        database_away=random.choice((0.006, 0.025)) if maybe() else 0.0,
        message_duplicated=random.choice((0.06, 0.35)) if maybe() else 0.0,
        message_held_back=random.choice((0.1, 0.5)) if maybe() else 0.0,
        held_seconds=random.choice((5, 60, 300)),
        confirm_lost=random.choice((0.03, 0.12)) if maybe() else 0.0,
        broker_blocked=maybe(),
        outage=maybe(),
        hints_lost=hints_lost,
        posted_again=random.choice((0.1, 1.0)) if maybe() else 0.0,
        subscription_removed=unsubscribed,
        defects=defects,
        faults=tuple(_faults(random, likely, 60 * minutes, begins)),
    )
    # So is what a lagging read missed, or a refused delivery that Graph repeats hours later.
    astray = chosen.cloud["read_lag"] or chosen.crashes or chosen.freezes or chosen.broker_blocked
    if astray:
        chosen = replace(chosen, reconcile_minutes=min(reconcile, 15.0))
    return _widened(seed, chosen)


def _widened(seed: int, drawn: Switches) -> Switches:
    """What was added later, each drawn by chance of its own: in all other histories nothing is shifted."""

    def chance(name: str) -> Random:
        return Random(f"{seed}/{name}")  # noqa: S311 -- repeatable by seed

    whole, guests = chance("all-day series"), chance("guests' series")
    hasty, pauses, drains = chance("hasty"), chance("pauses"), chance("drains")
    all_days = whole.random() < 0.08
    return replace(
        drawn,
        whole_days=max(drawn.whole_days, 0.25) if all_days else drawn.whole_days,
        all_day_series=0.5 if all_days else 0.0,
        guest_series=0.3 if guests.random() < 0.08 else 0.0,
        hasty=0.3 if hasty.random() < 0.08 else 0.0,
        pauses=pauses.choice((1, 3)) if pauses.random() < 0.1 else 0,
        drains=drains.choice((1, 3)) if drains.random() < 0.1 else 0,
    )


def _rooms(random: Random, *, large: bool, changes_rooms: bool) -> tuple[int, ...]:
    """How many rooms each of two organisations has; three in all unless somebody has to find another one."""
    if large:
        return (random.choice((2, 3)),) * 2
    return (2, 2) if changes_rooms else random.choice(((1, 2), (2, 1)))


def _cloud(random: Random) -> dict[str, Any]:
    """Readings of what is not proven, each for itself."""
    one_of = random.choice
    return {
        "appear_seconds": one_of((0.3, 1.0, 5.0, 20.0)),
        "notify_delay": one_of((0.0, 0.5, 3.0, 20.0)),
        "read_lag": one_of((0.0, 0.0, 0.0, 2.0, 5.0)),
        "retry_after": one_of(FORMS),
        "concurrency_status": one_of((429, 503)),
        "room_echoes": random.random() < 0.7,
        "trailing_blank": random.random() < 0.5,
        "cancelled_shows_free": random.random() < 0.7,
        "ical_uid_per_occurrence": random.random() < 0.5,
        "exception_notifies": one_of(("exception", "master", "both")),
        "ids_change_on_accept": random.random() < 0.3,
        "duplicate_transaction_status": one_of((400, 409)),
        "transaction_memory_seconds": one_of((None, None, 0.0, 30.0)),
        "ignore_if_match": random.random() < 0.2,
        "room_copy_has_properties": random.random() < 0.2,
        "border_touches": random.random() < 0.2,
        "declined_stay": random.random() < 0.3,
        "deleting_declines": random.random() < 0.3,
        "addresses_resolve": random.random() < 0.8,
        "error_envelope": one_of(("innerError", "innererror")),
        "lifetime_minutes": one_of((10_080, 10_070, 4_230)),
        "duplicate_conflict": random.random() < 0.7,
        "unset_members": one_of(("null", "empty")),
        "validation_spaces": one_of(("%20", "+")),
        "etag_on_deleted": random.random() < 0.5,
        "lifecycle_has_resource": random.random() < 0.5,
        "resource_shape": one_of(("slashes", "parentheses", "tenant")),
        "expiry_offset": one_of(("Z", "+00:00", "+05:30")),
    }


def _defects(random: Random, likely: float) -> list[dict[str, Any]]:
    """What goes wrong with notifications."""
    drawn: list[dict[str, Any]] = []
    for kind, shares, seconds in (
        ("duplicated", (0.2, 1.0), 0),
        ("duplicated_late", (0.3,), 14_400),
        ("late", (0.1, 0.5), 14_400),
        ("lost", (0.1, 0.3), 0),
        ("reversed", (1.0,), 0),
        ("unknown_change_type", (0.1,), 0),
    ):
        if random.random() < likely / 2:
            defect: dict[str, Any] = {"kind": kind, "share": random.choice(shares), "times": None}
            if seconds:
                defect["seconds"] = random.choice((10, 120, 900, seconds))
            drawn.append(defect)
    return drawn


def _faults(random: Random, likely: float, until: float, begins: datetime) -> list[Fault]:
    """What goes wrong with calls of Graph."""
    drawn: list[Fault] = []

    def add(kind: str, method: str, share: float, **what: Any) -> None:
        match = {"method": method, "path": "/users/", "share": share, "until": until}
        drawn.append(Fault(kind, {"match": match, "times": None, **what}))

    if random.random() < likely:
        date = format_datetime(begins + timedelta(seconds=30), usegmt=True)
        wait = random.choice((1, 7, "0.5", date, None, 0))
        add("throttled", "*", random.choice((0.06, 0.25)), status=429, retry_after=wait)
    if random.random() < likely:
        add("unavailable", "*", random.choice((0.06, 0.25)), status=random.choice((500, 503, 504)))
    if random.random() < likely:
        add("unavailable_after_effect", "*", 0.12, status=random.choice((503, 504)), when="after")
    if random.random() < likely:
        add("answer_lost", "*", 0.12, drop=True, when="after")
    if random.random() < likely:
        add("connection_lost", "*", 0.12, drop=True, when="before")
    if random.random() < likely:
        add("answer_late", "*", 0.06, delay=random.choice((5, 17)))
    if random.random() < likely:
        add("strikes_late", "POST", 0.13, latency=random.choice((16, 40, 100)))
    if random.random() < likely / 2:
        add("seen_late", "*", 0.25, lag=random.choice((3, 20, 60)))
    return drawn
