"""A second look right after a write into the room's own calendar, where nobody else checks (design §5.3, §5.4)."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid5

from contracts.identity import NAMESPACE
from graphclient.errors import Changed

from ..domain.absence import Lacking
from ..domain.alternatives import Slot
from ..domain.booking import SHOWS_WITHIN, Row, with_past
from ..domain.changes import Seen
from ..domain.command import accepted
from ..domain.expected import expected
from ..domain.intent import YIELD_WITHIN, Intent
from ..domain.mirror import Sighting
from ..domain.work import Effects
from .copies import alive
from .desk import Desk
from .errands import removal
from .looking import look, slots_of
from .undoing import refuse


async def second_look(
    desk: Desk, intent: Intent, shown: Sighting | None = None, replaced: str | None = None
) -> Intent | None:
    """Right after a direct write: alone in its slot it is confirmed, else it gives way; what is to be written next.

    `shown` is the event as the write left it, or as it was found; `replaced` the etag that the write did away with.
    Raises GraphError.
    """
    held = desk.held
    row = _direct_row(desk, intent, replaced)
    is_series = row.kind == "master"
    slot = intent.content.occupied if shown is None else shown.occupied
    if is_series:
        slot = Slot(max(slot.starts, held.window().start), held.window().end)
        held.mirrored.series.bind(row.event_id, row.id)
    seen = await look(desk, slot)
    ours = [each for each in seen if row.event_id in _names(each)]
    slots = [each.sighting.occupied for each in ours] if is_series else [slot]
    rest = [each for each in seen if row.event_id not in _names(each)]
    in_the_way = [
        each
        for each in rest
        if each.sighting.answer != "cancelled"
        and any(slot.overlaps(each.sighting.occupied) for slot in slots)
    ]
    now = held.clock()
    gone: list[Intent] = []
    if not intent.moves or (intent.step == "change" and intent.command is None):
        in_the_way = []  # what was changed in Outlook stands, `conflicted` if need be
    made = intent if intent.step == "create" else held.errands.making(row.series_id or row.id)
    if in_the_way and made is not None and not made.by_answer:
        stands = {row.event_id, row.master_id}
        twins = [each for each in await alive(desk, made) if each.id not in stands]
        ids = {each.id for each in twins}
        gone = [removal(replace(made, event_id=each.id), now) for each in twins]
        in_the_way = [each for each in in_the_way if not ids.intersection(_names(each))]
        if in_the_way and all(_may_be_gone(each, intent, made, now) for each in in_the_way):
            raise Changed(
                "in the way may be a twin that we took away, and a look that lags shows it"
            )
    if in_the_way:
        return await refuse(desk, intent, "overlap", in_the_way, row.past_etags)
    if is_series:  # first, so that its occurrences are known as ours
        if len(ours) < len(slots_of(desk, intent)):
            # The look lagged, and no hint brings them: its etag is known.
            held.owe([Lacking(event=row.event_id, ask_at=now + SHOWS_WITHIN)])
        await held.commit([], [], rows=[row])
    effects = Effects(intents=(intent.ended(now), *gone))
    asked = held.errands.command(intent.command)
    if asked is not None and intent.step != "restore":
        result = accepted(asked, held.claim.room_id)
        effects |= held.errands.decision(asked, result, now)
    address = held.errands.address
    asks = intent.content.organizer_email.lower()
    is_room = address is not None and asks == address.mailbox.lower()  # it need not invite itself
    following = _invitation(intent, desk) if intent.step == "create" and not is_room else None
    if following is not None:
        effects |= Effects(intents=(following,))
    known = ours if is_series else [] if shown is None else [Seen(shown)]
    await held.commit([], [], rows=[row], effects=effects, known=known)
    return following


def _may_be_gone(seen: Seen, intent: Intent, made: Intent, now: datetime) -> bool:
    """Whether it looks like a twin of the booking that we took away lately; `made` is the intent that made both."""
    one, content = seen.sighting, intent.content
    if not content.at_same_time(one.starts, one.ends):
        return False
    if intent is not made:  # what its people changed in the twin goes where the twin is
        return made.may_lag(now)
    return one.subject == content.subject and now - intent.created_at < SHOWS_WITHIN


def _names(seen: Seen) -> tuple[str, str | None]:
    return seen.sighting.event_id, seen.sighting.master_id


def _invitation(intent: Intent, desk: Desk) -> Intent:
    now = desk.held.clock()
    return Intent(
        id=uuid5(NAMESPACE, f"{intent.id}/invite"),
        booking_id=intent.booking_id,
        command=None,
        step="invite",
        path="direct",
        mailbox=intent.mailbox,
        content=intent.content,
        created_at=now,
        due_at=now,
        event_id=intent.event_id,
        etag=intent.etag,
        ical_uid=intent.ical_uid,
        attempts=1,
    )


def _direct_row(desk: Desk, intent: Intent, replaced: str | None) -> Row:
    """The row of a booking in the room's own calendar, once its slot is surely ours."""
    row = expected(intent, desk.held.mirrored.rows.get(intent.booking_id), desk.held.clock())
    etags = tuple(etag for etag in (intent.etag,) if etag and etag not in row.seen_etags)
    content = intent.content
    return replace(
        row,
        event_id=intent.event_id or row.event_id,
        etag=intent.etag or row.etag,
        past_etags=with_past(row, intent.etag or row.etag, replaced),
        written_at=desk.held.clock(),
        seen_etags=(*row.seen_etags, *etags),
        starts=content.starts if intent.moves else row.starts,
        ends=content.ends if intent.moves else row.ends,
        subject=content.subject,
        answer="confirmed",
        yields_until=desk.held.clock() + YIELD_WITHIN
        if intent.step == "create"
        else row.yields_until,
    )
