"""Events as Graph shows them: every property, the asked-for ones, in the asked-for zone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from . import properties
from .events import Appearance, Attendee, occurrence_uid, on_day, series_uid
from .expansions import EXCEPTIONS, NOTHING, Expansion
from .ids import Ref
from .mailboxes import Mailbox
from .options import Options
from .recurrence import write as write_recurrence
from .zones import graph_time, instant_text, to_wall

CANARY = "CANARY-"
"""Begins every string of body, location and attendees: found anywhere else, it leaked."""

NEVER = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Lens:
    """How one request looks at a mailbox."""

    mailbox: Mailbox
    options: Options
    zone: str = "UTC"
    immutable: bool = False
    expansion: Expansion = NOTHING

    def id(self, ref: Ref) -> str:
        """The id in the form that the request asked for."""
        mint = self.mailbox.mint
        return mint.immutable(ref) if self.immutable else mint.regular(ref)


Property = Callable[[Appearance, Lens], object]


def _moment(wall: datetime, instant: datetime, one: Appearance, lens: Lens) -> dict[str, str]:
    if one.event.all_day and lens.options.all_day_keeps_date:
        return {"dateTime": graph_time(wall), "timeZone": lens.zone}
    shown = instant.replace(tzinfo=None) if lens.zone == "UTC" else to_wall(instant, lens.zone)
    return {"dateTime": graph_time(shown), "timeZone": lens.zone}


def _address(name: str, address: str) -> dict[str, dict[str, str]]:
    return {"emailAddress": {"name": name, "address": address}}


def _canary(what: str, one: Appearance) -> str:
    return f"{CANARY}{what}-{one.event.key}"


def _attendee(attendee: Attendee) -> dict[str, object]:
    when = instant_text(attendee.responded) if attendee.responded else NEVER
    shown: dict[str, object] = {
        "type": attendee.kind,
        "status": {"response": attendee.response, "time": when},
        **_address(attendee.person.name, attendee.person.address),
    }
    if attendee.proposed is not None:
        shown["proposedNewTime"] = {
            "start": _utc(attendee.proposed.start),
            "end": _utc(attendee.proposed.end),
        }
    return shown


def _utc(instant: datetime) -> dict[str, str]:
    return {"dateTime": graph_time(instant.replace(tzinfo=None)), "timeZone": "UTC"}


def _attendees(one: Appearance, _: Lens) -> list[object]:
    canary = _canary("attendee", one)
    hidden = {
        "type": "optional",
        "status": {"response": "none", "time": NEVER},
        **_address(canary, f"{canary}@canary.example"),
    }
    return [*(_attendee(each) for each in one.attendees), hidden]


def _text(one: Appearance) -> str:
    return f"{one.body} {_canary('body', one)}".strip()


def _location(one: Appearance, _: Lens) -> dict[str, object]:
    name = f"{one.location} {_canary('location', one)}".strip()
    return {"displayName": name, "locationType": "default", "uniqueIdType": "unknown"}


def _ical_uid(one: Appearance, lens: Lens) -> str:
    uid, per_day = one.event.ical_uid, lens.options.ical_uid_per_occurrence
    if one.event.lone_day is not None:
        return uid if per_day else series_uid(uid)
    return occurrence_uid(uid, one.day) if one.day and per_day else uid


def _lone_exception(one: Appearance, lens: Lens) -> bool:
    return one.event.lone_day is not None and lens.options.lone_day_type == "exception"


def _series_master_id(one: Appearance, lens: Lens) -> str | None:
    if one.day is not None:
        return lens.id(Ref(one.event.key, None, one.event.generation))
    if not _lone_exception(one, lens):
        return None
    # The same for all days of a series, and no item of this mailbox has it.
    digits = series_uid(one.event.ical_uid)[-15:]
    return lens.id(Ref(int(digits, 16) | 1 << 60))


def _response(one: Appearance, _: Lens) -> dict[str, str]:
    when = instant_text(one.responded) if one.responded else NEVER
    return {"response": one.response, "time": when}


def _recurrence(one: Appearance, _: Lens) -> dict[str, object] | None:
    if one.day is not None or one.event.recurrence is None:
        return None
    shown = one.event.recurrence
    if one.event.custom_zone:
        shown = replace(shown, zone=one.event.zone_shown)
    return write_recurrence(shown)


def _original_start(one: Appearance, lens: Lens) -> str | None:
    if one.original_start is None or (one.day is None and not _lone_exception(one, lens)):
        return None
    return instant_text(one.original_start)


def _constant(value: object) -> Property:
    return lambda _, __: value


PROPERTIES: Mapping[str, Property] = {
    "id": lambda one, lens: lens.id(one.ref),
    "createdDateTime": lambda one, _: instant_text(one.event.created),
    "lastModifiedDateTime": lambda one, _: instant_text(one.event.modified),
    "changeKey": lambda one, lens: lens.mailbox.mint.etag(one.event.change)[3:-1],
    "categories": _constant([]),
    "transactionId": lambda one, _: one.event.transaction_id,
    "originalStartTimeZone": lambda one, _: one.event.zone_shown,
    "originalEndTimeZone": lambda one, _: one.event.zone_shown,
    "iCalUId": _ical_uid,
    "reminderMinutesBeforeStart": _constant(15),
    "isReminderOn": _constant(value=False),
    "hasAttachments": lambda one, _: one.event.has_attachments,
    "subject": lambda one, _: one.subject,
    "bodyPreview": lambda one, _: _text(one)[:255],
    "importance": _constant("normal"),
    "sensitivity": lambda one, _: one.event.sensitivity,
    "isAllDay": lambda one, _: one.event.all_day,
    "isCancelled": lambda one, _: one.cancelled,
    "isOrganizer": lambda one, _: one.event.is_organizer,
    "responseRequested": _constant(value=True),
    "seriesMasterId": _series_master_id,
    "showAs": lambda one, _: one.show_as,
    "type": lambda one, lens: "exception" if _lone_exception(one, lens) else one.kind,
    "webLink": lambda one, _: f"https://outlook.example/{_canary('link', one)}",
    "onlineMeetingUrl": _constant(None),
    "isOnlineMeeting": _constant(value=False),
    "onlineMeetingProvider": _constant("unknown"),
    "allowNewTimeProposals": lambda one, _: one.event.allows_proposals,
    "isDraft": _constant(value=False),
    "hideAttendees": _constant(value=False),
    "originalStart": _original_start,
    "responseStatus": _response,
    "body": lambda one, _: {
        "contentType": "html",
        "content": f"<html><body>{_text(one)}</body></html>",
    },
    "start": lambda one, lens: _moment(one.start, one.starts_at, one, lens),
    "end": lambda one, lens: _moment(one.end, one.ends_at, one, lens),
    "location": _location,
    "locations": lambda one, lens: [_location(one, lens)],
    "recurrence": _recurrence,
    "attendees": _attendees,
    "organizer": lambda one, _: _address(one.event.organizer.name, one.event.organizer.address),
    "onlineMeeting": _constant(None),
}
ON_REQUEST: Mapping[str, Property] = {
    "cancelledOccurrences": lambda one, lens: [
        f"OID.{lens.id(Ref(one.event.key, None, one.event.generation))}.{day.isoformat()}"
        for day in sorted(one.event.cancelled_days)
    ],
}
"""Properties that come only when selected (graph-calendar §1.5)."""

_BY_LOWER = {name.lower(): name for name in (*PROPERTIES, *ON_REQUEST, EXCEPTIONS)}
_ALL = {**PROPERTIES, **ON_REQUEST}

Form = Literal["all"] | tuple[str, ...]


class UnknownProperty(ValueError):
    """A $select names something that events do not have."""


def select(names: Sequence[str]) -> tuple[str, ...]:
    """The properties a $select names, in Graph's spelling; raises UnknownProperty."""
    try:
        return tuple(dict.fromkeys(_BY_LOWER[name.strip().lower()] for name in names))
    except KeyError as error:
        raise UnknownProperty(str(error.args[0])) from None


def show(one: Appearance, lens: Lens, form: Form) -> dict[str, object]:
    """One event; `id` and etag come with every selection (graph-calendar §1.1)."""
    shown: dict[str, object] = {"@odata.etag": lens.mailbox.mint.etag(one.event.change)}
    for name in PROPERTIES if form == "all" else ("id", *form):
        if name != EXCEPTIONS:
            shown[name] = _ALL[name](one, lens)
    for kind, ids in (
        (properties.SINGLE, lens.expansion.single),
        (properties.MULTI, lens.expansion.multi),
    ):
        if ids and (held := properties.of_kind(one.event, kind, ids)):
            shown[kind] = held
    return shown


def exceptions(master: Appearance, lens: Lens, form: Form) -> list[dict[str, object]]:
    """A series' exceptions in the form of their own $select or else of the master's (§1.5).

    Raises UnknownProperty.
    """
    inside = lens.expansion.of_exceptions
    own, event = select(inside) if inside else form, master.event
    days = (on_day(event, day) for day in sorted(event.overrides))
    return [show(one, lens, own) for one in days if one.kind == "exception"]
