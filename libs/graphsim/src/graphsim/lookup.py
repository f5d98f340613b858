"""How a call names an event and wants to see it: ids, time zone, id form (graph-calendar §1.2)."""

from urllib.parse import quote
from zoneinfo import ZoneInfo

from .events import Appearance
from .mailboxes import Mailbox
from .options import Options
from .views import Lens
from .wire import Call, Refused
from .zones import UnknownZone, zone

_GONE = "The specified object was not found in the store."


def named(mailbox: Mailbox, text: str) -> Appearance:
    """What an id shows in a mailbox; raises Refused for a foreign id and for what is gone."""
    read = mailbox.mint.read(text)
    if read is None and mailbox.knew(text):
        raise Refused(404, "ErrorItemNotFound", _GONE)
    if read is None:
        raise Refused(400, "ErrorInvalidIdMalformed", "Id is malformed.")
    ref, immutable = read
    found = mailbox.at(mailbox.resolve(ref, immutable=immutable))
    if found is None:
        raise Refused(404, "ErrorItemNotFound", _GONE)
    return found


def lens_of(call: Call, mailbox: Mailbox, options: Options) -> Lens:
    """How a call's preferences look at a mailbox; raises Refused for an unknown zone."""
    name = call.prefer.get("outlook.timezone", "UTC")
    known_zone(name)
    immutable = call.prefer.get("idtype", "").lower() == "immutableid"
    return Lens(mailbox, options, name, immutable)


def known_zone(name: str) -> ZoneInfo:
    """The zone of a name that a client sent; raises Refused (graph-calendar §2.7)."""
    try:
        return zone(name)
    except UnknownZone:
        raise Refused(
            400,
            "TimeZoneNotSupportedException",
            f"A valid TimeZone value must be specified. The following TimeZone value is not "
            f"supported: '{name}'.",
        ) from None


def applied(call: Call) -> dict[str, str]:
    """The header that confirms what a call preferred."""
    name = call.prefer.get("outlook.timezone")
    return {"Preference-Applied": f'outlook.timezone="{name}"'} if name else {}


def context(call: Call, what: str) -> str:
    """The `@odata.context` of an answer about one user's things."""
    return f"{call.origin}/v1.0/$metadata#users('{quote(call.segments[1])}')/{what}"
