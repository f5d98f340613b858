"""Exchange's resource booking attendant: what a room answers to a meeting request (§2.6)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from .events import Appearance, Event, on_day, whole
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


def decide_day(request: Event, day: date, room: Mailbox, now: datetime) -> Verdict:
    """The room's answer to one changed day of a series that it holds already."""
    if room.processing.automate != "AutoAccept":
        return Verdict.LEAVE
    wanted = on_day(request, day)
    fits = (
        wanted.starts_at <= _horizon(room, now)
        and _short_enough(wanted, room.processing)
        and _during_work(wanted, room.processing)
        and not _conflicts([wanted], room)
    )
    return Verdict.ACCEPT if fits else Verdict.DECLINE


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
    subject, overrides = request.subject, request.overrides
    if rules.delete_subject:
        subject = ""
    if rules.add_organizer_to_subject:
        name = request.organizer.name + (" " if trailing_blank else "")
        subject = name if rules.delete_subject else name + subject
        overrides = {day: replace(one, subject=None) for day, one in overrides.items()}
    overrides = {day: replace(one, response=None) for day, one in overrides.items()}
    accepted = verdict is Verdict.ACCEPT
    pending = "tentative" if rules.tentative_pending_approval else "free"
    return replace(
        request,
        subject=subject,
        overrides=overrides,
        response="accepted" if accepted else "tentativelyAccepted",
        responded=now,
        show_as=request.asked_show_as if accepted else pending,
        sensitivity="normal" if rules.remove_private_property else request.sensitivity,
        body="" if rules.delete_comments else request.body,
        has_attachments=request.has_attachments and not rules.delete_attachments,
    )


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
        or not all(_short_enough(one, rules) and _during_work(one, rules) for one in wanted)
        or (rules.enforce_capacity and _people(request) > (room.place.capacity or 0))
    )


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


def _people(request: Event) -> int:
    return 1 + sum(1 for one in request.attendees if one.kind != "resource")


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
        and not other.event.cancelled
        and not _asked_later(other, wanted)
        and other.show_as != "free"
        for other in room.window(wanted.starts_at, wanted.ends_at)
    )


def _asked_later(other: Appearance, wanted: Appearance) -> bool:
    # Requests for one slot are answered in the order of their arrival: the first must not yield to
    # one that waits behind it.
    return other.response == "notResponded" and other.event.key > wanted.event.key
