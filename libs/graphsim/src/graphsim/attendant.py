"""Exchange's resource booking attendant: what a room answers to a meeting request (§2.6)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from .events import Appearance, Event, on_day
from .mailboxes import Mailbox, Processing


class Verdict(StrEnum):
    """What becomes of a request in a room's calendar."""

    ACCEPT = "accept"
    TENTATIVE = "tentative"
    DECLINE = "decline"
    LEAVE = "leave"


def decide(request: Event, room: Mailbox, now: datetime) -> Verdict:
    """The room's answer to its copy of a request, from its settings and its calendar."""
    rules = room.processing
    if request.cancelled or rules.automate != "AutoAccept":
        return Verdict.LEAVE
    if request.length > timedelta(minutes=rules.maximum_duration_minutes):
        return Verdict.DECLINE
    if request.recurrence and not rules.allow_recurring_meetings:
        return Verdict.DECLINE
    horizon = now + timedelta(days=rules.booking_window_days)
    if _past_horizon(request, room, horizon) and rules.enforce_scheduling_horizon:
        return Verdict.DECLINE
    if not rules.allow_conflicts and _too_many_conflicts(request, room, now, horizon):
        return Verdict.DECLINE
    return Verdict.ACCEPT if rules.all_book_in_policy else Verdict.TENTATIVE


def decide_day(request: Event, day: date, room: Mailbox) -> Verdict:
    """The room's answer to one changed day of a series that it holds already."""
    if room.processing.automate != "AutoAccept":
        return Verdict.LEAVE
    taken = not room.processing.allow_conflicts and _taken(on_day(request, day), room)
    return Verdict.DECLINE if taken else Verdict.ACCEPT


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
    return replace(
        request,
        subject=subject,
        overrides=overrides,
        response="accepted" if accepted else "tentativelyAccepted",
        responded=now,
        show_as=request.asked_show_as if accepted else "tentative",
        sensitivity="normal" if rules.remove_private_property else request.sensitivity,
        body="" if rules.delete_comments else request.body,
    )


def _past_horizon(request: Event, room: Mailbox, horizon: datetime) -> bool:
    if request.recurrence is None:
        return next(room.days_of(request, horizon, horizon)).starts_at > horizon
    beyond = room.instances(request, horizon, horizon + timedelta(days=800))
    return any(one.starts_at > horizon for one in beyond)


def _too_many_conflicts(request: Event, room: Mailbox, now: datetime, horizon: datetime) -> bool:
    wanted: list[Appearance] = (
        room.instances(request, now - timedelta(days=1), horizon)
        if request.recurrence
        else list(room.days_of(request, now, horizon))
    )
    conflicts = sum(1 for one in wanted if _taken(one, room))
    if not request.recurrence:
        return conflicts > 0
    rules = room.processing
    return (
        conflicts > rules.maximum_conflict_instances
        and conflicts * 100 > rules.conflict_percentage_allowed * len(wanted)
    )


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
