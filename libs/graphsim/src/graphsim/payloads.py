"""Event bodies that clients send (graph-calendar §2.1, §2.2, §2.7): what they ask for.

Properties that the simulator does not keep are taken and forgotten, as Graph does with those it
does not let a client set; that `organizer` is among them is unproven (§2.2).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from . import properties
from .events import Appearance, Attendee, Event, Override, Person, Proposal, Value
from .meetings import Draft
from .recurrence import InvalidRecurrence, Recurrence
from .recurrence import read as read_recurrence
from .spans import Span, invalid
from .views import PROPERTIES
from .wire import Refused
from .zones import to_utc

Json = Mapping[str, Any]

_KINDS = (properties.SINGLE, properties.MULTI)
_OF_A_DAY = {"subject", "start", "end", "showAs", "attendees", "body", "location"}


def draft(raw: object) -> Draft:
    """The event that a POST asks for; raises Refused."""
    with _reading():
        sent = _known(raw)
        if "start" not in sent or "end" not in sent:
            raise invalid()
        span = Span.read(sent, None, all_day=bool(sent.get("isAllDay")))
        transaction_id = sent.get("transactionId")
        return Draft(
            start=span.start,
            end=span.end,
            zone=span.zone,
            recurrence=_recurrence(sent.get("recurrence"), span),
            transaction_id=None if transaction_id is None else str(transaction_id),
            **{"subject": "", **_plain(sent)},
        )


def changes(raw: object, event: Event) -> dict[str, Any]:
    """What a PATCH of a single event or a series changes of it; raises Refused."""
    with _reading():
        sent = _known(raw)
        changed = _plain(sent)
        held = span = Span(event.start, event.end, event.zone)
        if sent.keys() & {"start", "end", "isAllDay"}:
            span = Span.read(sent, held, all_day=changed.get("all_day", event.all_day))
        if span != held:
            changed |= {"start": span.start, "end": span.end, "zone": span.zone}
            if event.custom_zone:
                changed["custom_zone"] = False
        if "recurrence" in sent:
            changed["recurrence"] = _recurrence(sent["recurrence"], span)
        if "show_as" in changed:
            changed["asked_show_as"] = changed["show_as"]
        if "properties" in changed:
            changed["properties"] = properties.merged(event.properties, changed["properties"])
        return changed


def override(raw: object, one: Appearance) -> Override:
    """What a PATCH of one occurrence changes; raises Refused."""
    with _reading():
        sent = _known(raw)
        if beyond := sent.keys() - _OF_A_DAY:
            message = f"graphsim keeps no {min(beyond)} of one occurrence."
            raise Refused(501, "NotImplemented", message)
        changed = Override(**_plain(sent))
        if not sent.keys() & {"start", "end"}:
            return changed
        zone = one.event.zone
        span = Span.read(sent, Span(one.start, one.end, zone), all_day=one.event.all_day)
        span = span.within(zone)
        return replace(changed, start=span.start, end=span.end)


def proposal(raw: object) -> Proposal:
    """The `proposedNewTime` of an answer; raises Refused."""
    with _reading():
        if not isinstance(raw, Mapping):
            raise TypeError
        span = Span.read(raw, None, all_day=False)
        return Proposal(to_utc(span.start, span.zone), to_utc(span.end, span.zone))


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (AttributeError, KeyError, TypeError):
        raise _unreadable("A property of the request's body has not the expected type.") from None


def _known(raw: object) -> Json:
    if not isinstance(raw, Mapping):
        raise _unreadable("The request's body is not an event.")
    for name in raw:
        if name not in PROPERTIES and name not in _KINDS and "@odata." not in name:
            raise _unreadable(
                f"The property '{name}' does not exist on type 'microsoft.graph.event'."
            )
    return raw


def _plain(sent: Json) -> dict[str, Any]:
    """The sent fields that stand for themselves, by their name in an Event."""
    plain = {field: read(sent[name]) for name, (field, read) in _READERS.items() if name in sent}
    if kinds := [name for name in _KINDS if name in sent]:
        held = [one for name in kinds for one in sent[name]]
        plain["properties"] = dict(map(_property, held))
    return plain


def _recurrence(raw: Json | None, span: Span) -> Recurrence | None:
    try:
        return read_recurrence(raw, span.start.date(), span.zone) if raw else None
    except InvalidRecurrence:
        raise invalid() from None


def _attendees(raw: list[Json]) -> tuple[Attendee, ...]:
    found = {}
    for one in raw:
        address = str(one["emailAddress"]["address"])
        person = Person(str(one["emailAddress"].get("name") or address), address)
        found[address.lower()] = Attendee(person, _attendee_type(one.get("type") or "required"))
    return tuple(found.values())


def _property(raw: Json) -> tuple[str, Value]:
    name, value = str(raw["id"]), raw["value"]
    if not properties.is_id(name):
        raise invalid()
    return name, tuple(map(str, value)) if isinstance(value, list) else str(value)


def _one_of(kind: str, *names: str) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        if raw not in names:
            message = f"Cannot convert the literal to the expected type 'microsoft.graph.{kind}'."
            raise _unreadable(message)
        return str(raw)

    return read


def _unreadable(message: str) -> Refused:
    return Refused(400, "RequestBodyRead", message)


_attendee_type = _one_of("attendeeType", "required", "optional", "resource")
_show_as = _one_of(
    "freeBusyStatus", "unknown", "free", "tentative", "busy", "oof", "workingElsewhere"
)
_sensitivity = _one_of("sensitivity", "normal", "personal", "private", "confidential")
_READERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "subject": ("subject", lambda raw: str(raw or "")),
    "body": ("body", lambda raw: str(raw.get("content") or "")),
    "isAllDay": ("all_day", bool),
    "allowNewTimeProposals": ("allows_proposals", bool),
    "showAs": ("show_as", _show_as),
    "sensitivity": ("sensitivity", _sensitivity),
    "location": ("location", lambda raw: str(raw.get("displayName") or "")),
    "attendees": ("attendees", _attendees),
}
