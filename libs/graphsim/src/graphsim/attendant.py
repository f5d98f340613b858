"""Exchange's resource booking attendant: what a room answers to a meeting request (§2.6)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from .events import Appearance, Event, Override, on_day, whole
from .mailboxes import Mailbox
from .options import Options
from .processing import Processing
from .zones import to_wall

_LATER = timedelta(days=800)


class Verdict(StrEnum):
    """What becomes of a request in a room's calendar."""

    ACCEPT = "accept"
    TENTATIVE = "tentative"
    DECLINE = "decline"
    LEAVE = "leave"


def decide(
    request: Event, room: Mailbox, now: datetime, options: Options, *, outside: bool = False
) -> Verdict:
    """The room's answer to its copy of a request, `outside` if the organiser is not of the tenant."""
    rules = room.processing
    if request.cancelled or rules.automate != "AutoAccept":
        return Verdict.LEAVE
    if outside and not rules.process_external_meeting_messages:
        return Verdict.LEAVE
    wanted = _within(request, room, now)
    if not wanted and (request.recurrence is None or _goes_on(request, room, now)):
        return Verdict.DECLINE
    if _breaks_a_rule(request, wanted, room, now):
        return Verdict.DECLINE
    conflicts = _conflicts(wanted, room)
    if conflicts and not _bearable(request, len(conflicts), len(wanted), rules, options):
        return Verdict.DECLINE
    return Verdict.ACCEPT if rules.may_book(request.organizer.address) else Verdict.TENTATIVE


def decide_day(
    request: Event, day: date, room: Mailbox, now: datetime, *, outside: bool = False
) -> Verdict:
    """The room's answer to one changed day of a series that it holds already."""
    wanted, rules = on_day(request, day), room.processing
    if rules.automate != "AutoAccept" or (outside and not rules.process_external_meeting_messages):
        return Verdict.LEAVE
    fits = (
        wanted.starts_at <= _horizon(room, now)
        and _suits(wanted, room)
        and not _conflicts([wanted], room)
    )
    if not fits:
        return Verdict.DECLINE
    return Verdict.ACCEPT if rules.may_book(request.organizer.address) else Verdict.TENTATIVE


def fitted(request: Event, room: Mailbox, now: datetime) -> Event:
    """What the room keeps of a series it takes: nothing past its window, no day that collides."""
    if request.recurrence is None:
        return request
    wanted = _within(request, room, now)
    days = [one.day for one in wanted if one.day]
    recurrence = request.recurrence
    if _goes_on(request, room, now):
        recurrence = replace(recurrence, until=max(days), times=None)
    taken = {one.day for one in _conflicts(wanted, room) if one.day}
    return replace(request, recurrence=recurrence, cancelled_days=request.cancelled_days | taken)


def answered(
    request: Event, verdict: Verdict, rules: Processing, now: datetime, *, trailing_blank: bool
) -> Event:
    """The room's copy after an acceptance: answer, subject, privacy and body rewritten."""
    accepted = verdict is Verdict.ACCEPT
    pending = None if accepted else _pending(rules)
    overrides = {
        day: replace(
            _rewritten(one, request, rules, trailing_blank=trailing_blank),
            response=None,
            responded=None,
            show_as=pending or one.asked_show_as,
        )
        for day, one in request.overrides.items()
    }
    return replace(
        request,
        subject=_subject(request.subject, request, rules, trailing_blank=trailing_blank),
        overrides=overrides,
        response="accepted" if accepted else "tentativelyAccepted",
        responded=now,
        show_as=pending or request.asked_show_as,
        sensitivity="normal" if rules.remove_private_property else request.sensitivity,
        body="" if rules.delete_comments else request.body,
        has_attachments=request.has_attachments and not rules.delete_attachments,
    )


def answered_day(
    request: Event,
    day: date,
    verdict: Verdict,
    rules: Processing,
    now: datetime,
    *,
    trailing_blank: bool,
) -> Event:
    """The room's copy after an acceptance of one changed day."""
    accepted, one = verdict is Verdict.ACCEPT, request.overrides[day]
    reply = replace(
        _rewritten(one, request, rules, trailing_blank=trailing_blank),
        response="accepted" if accepted else "tentativelyAccepted",
        responded=now,
        show_as=one.asked_show_as if accepted else _pending(rules),
    )
    return replace(request, overrides={**request.overrides, day: reply})


def _pending(rules: Processing) -> str:
    return "tentative" if rules.tentative_pending_approval else "free"


def _subject(subject: str, request: Event, rules: Processing, *, trailing_blank: bool) -> str:
    kept = "" if rules.delete_subject else subject
    if not rules.add_organizer_to_subject:
        return kept
    return request.organizer.name + (" " if trailing_blank else "") + kept


def _rewritten(
    one: Override, request: Event, rules: Processing, *, trailing_blank: bool
) -> Override:
    subject, body = one.subject, one.body
    if subject is not None:
        subject = _subject(subject, request, rules, trailing_blank=trailing_blank)
    if body is not None and rules.delete_comments:
        body = ""
    return replace(one, subject=subject, body=body)


def _horizon(room: Mailbox, now: datetime) -> datetime:
    return now + timedelta(days=room.processing.booking_window_days)


def _within(request: Event, room: Mailbox, now: datetime) -> list[Appearance]:
    """What a request asks for inside the booking window; what is over asks for nothing."""
    horizon = _horizon(room, now)
    if request.recurrence is None:
        one = whole(request)
        return [one] if one.starts_at <= horizon else []
    days = room.instances(request, now - timedelta(days=1), horizon)
    return [one for one in days if one.starts_at <= horizon]


def _goes_on(request: Event, room: Mailbox, now: datetime) -> bool:
    horizon = _horizon(room, now)
    beyond = room.instances(request, horizon, horizon + _LATER)
    return any(one.starts_at > horizon for one in beyond)


def _breaks_a_rule(
    request: Event, wanted: Sequence[Appearance], room: Mailbox, now: datetime
) -> bool:
    rules, series = room.processing, request.recurrence is not None
    return (
        (series and not rules.allow_recurring_meetings)
        or (series and rules.enforce_scheduling_horizon and _goes_on(request, room, now))
        or not all(_suits(one, room) for one in wanted)
    )


def _suits(wanted: Appearance, room: Mailbox) -> bool:
    rules = room.processing
    holds = not rules.enforce_capacity or _people(wanted) <= (room.place.capacity or 0)
    return holds and _short_enough(wanted, rules) and _during_work(wanted, rules)


def _short_enough(wanted: Appearance, rules: Processing) -> bool:
    return wanted.end - wanted.start <= timedelta(minutes=rules.maximum_duration_minutes)


def _during_work(wanted: Appearance, rules: Processing) -> bool:
    if not rules.schedule_only_during_work_hours:
        return True
    start = to_wall(wanted.starts_at, rules.work_zone)
    end = to_wall(wanted.ends_at, rules.work_zone)
    return (
        start.strftime("%A").lower() in rules.work_days
        and start.time() >= rules.work_begins
        and end <= datetime.combine(start.date(), rules.work_ends)
    )


def _people(wanted: Appearance) -> int:
    return 1 + sum(1 for one in wanted.attendees if one.kind != "resource")


def _bearable(
    request: Event, conflicts: int, wanted: int, rules: Processing, options: Options
) -> bool:
    if request.recurrence is None:
        return False
    kept = (
        conflicts <= rules.maximum_conflict_instances,
        conflicts * 100 <= rules.conflict_percentage_allowed * wanted,
    )
    return all(kept) if options.conflict_limits == "each" else any(kept)


def _conflicts(wanted: Sequence[Appearance], room: Mailbox) -> list[Appearance]:
    if room.processing.allow_conflicts:
        return []
    return [one for one in wanted if _taken(one, room)]


def _taken(wanted: Appearance, room: Mailbox) -> bool:
    return any(
        other.event.key != wanted.event.key
        and not other.cancelled
        and not _asked_later(other, wanted)
        and other.show_as != "free"
        for other in room.window(wanted.starts_at, wanted.ends_at)
    )


def _asked_later(other: Appearance, wanted: Appearance) -> bool:
    # Requests for one slot are answered in the order of their arrival: the first must not yield to
    # one that waits behind it.
    return other.response == "notResponded" and other.event.key > wanted.event.key
