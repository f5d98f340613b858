"""The Graph resources we use, and of them only the fields we use. Unknown fields are ignored."""

from datetime import UTC, datetime, tzinfo
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]

EVENT_SELECT = (
    "subject,start,end,organizer,iCalUId,type,seriesMasterId,originalStart,originalStartTimeZone,"
    "originalEndTimeZone,isAllDay,isCancelled,showAs,sensitivity,responseStatus"
)
"""Everything of an event that is ever asked for; `id` and `@odata.etag` come by themselves (design §1, law 2)."""

RICH_SELECT = EVENT_SELECT + ",lastModifiedDateTime"
"""The same where notifications bring events along: which of two states is the later one."""


class DateTimeTimeZone(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A wall-clock time without offset and the zone it is meant in; answers say UTC unless asked otherwise."""

    date_time: str
    time_zone: str = "UTC"

    def instant(self) -> datetime:
        """The same moment in UTC, cut to microseconds; ValueError for what is no time or no known zone."""
        parsed = datetime.fromisoformat(self.date_time)
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=_zone(self.time_zone))
        return parsed.astimezone(UTC)

    @classmethod
    def at(cls, moment: datetime, time_zone: str) -> Self:
        """The moment as that zone's clock shows it, cut to seconds; ValueError for no known zone.

        In UTC where that clock shows the same time twice, as it is set back: alone it would not say which is meant.
        """
        wall = moment.astimezone(_zone(time_zone))
        if wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset():
            wall, time_zone = moment.astimezone(UTC), "UTC"
        return cls(wall.replace(tzinfo=None).isoformat(timespec="seconds"), time_zone)

    @classmethod
    def wall(cls, moment: datetime, time_zone: str) -> Self:
        """The moment as that zone's clock shows it, whatever the clock; ValueError for no known zone."""
        shown = moment.astimezone(_zone(time_zone)).replace(tzinfo=None)
        return cls(shown.isoformat(timespec="seconds"), time_zone)


def _zone(name: str) -> tzinfo:
    if name.upper() in {"UTC", "ETC/UTC", "GMT"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"no such time zone: {name}") from error


class EmailAddress(msgspec.Struct, frozen=True, gc=False):
    """A person or mailbox as a meeting names it."""

    name: str | None = None
    address: str | None = None


class Recipient(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Who organises a meeting; rooms and deleted people may lack either part."""

    email_address: EmailAddress | None = None

    @property
    def name(self) -> str:
        """The display name, empty where there is none."""
        return (self.email_address.name if self.email_address else None) or ""

    @property
    def address(self) -> str | None:
        """The SMTP address, None where there is none."""
        return (self.email_address.address if self.email_address else None) or None


class ResponseStatus(msgspec.Struct, frozen=True, gc=False):
    """The mailbox owner's answer to the meeting."""

    response: str | None = None


class Event(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """An event within the one minimal `$select`: content of law 2, identity and status, nothing else."""

    id: str
    etag: str = msgspec.field(name="@odata.etag")
    type: str
    start: DateTimeTimeZone
    end: DateTimeTimeZone
    subject: str | None = None
    organizer: Recipient | None = None
    ical_uid: str | None = msgspec.field(default=None, name="iCalUId")
    series_master_id: str | None = None
    original_start: Instant | None = None
    original_start_time_zone: str | None = None
    original_end_time_zone: str | None = None
    is_all_day: bool | None = None
    is_cancelled: bool | None = None
    show_as: str | None = None
    sensitivity: str | None = None
    response_status: ResponseStatus | None = None
    modified_at: Instant | None = msgspec.field(default=None, name="lastModifiedDateTime")

    @property
    def response(self) -> str:
        """`none`, `organizer`, `accepted`, `tentativelyAccepted`, `declined` or `notResponded`."""
        return (self.response_status.response if self.response_status else None) or "none"


class Written(msgspec.Struct, frozen=True, gc=False):
    """What is read of the answer to a write, which shows the whole event (design §1, law 2)."""

    id: str
    etag: str = msgspec.field(name="@odata.etag")
    ical_uid: str | None = msgspec.field(default=None, name="iCalUId")


class ExtendedProperty(msgspec.Struct, frozen=True, gc=False):
    """A named value that an app keeps with an event."""

    id: str
    value: str | None = None


class Marking(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """Whether an event carries our marker, and who organises it: no content."""

    response_status: ResponseStatus | None = None
    properties: list[ExtendedProperty] = msgspec.field(
        default_factory=list, name="singleValueExtendedProperties"
    )

    @property
    def organized_here(self) -> bool:
        """Whether the mailbox it was read from organises it."""
        return self.response_status is not None and self.response_status.response == "organizer"

    def value(self, name: str) -> str | None:
        """The value of a property, whose name Graph may spell in another case; None where there is none."""
        return next((one.value for one in self.properties if one.id.lower() == name.lower()), None)


class Page(msgspec.Struct, frozen=True, gc=False):
    """Events of a calendar view that no earlier page of this read had; `last` ends the read."""

    events: list[Event]
    last: bool


class Room(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """A room mailbox as the tenant's places list it."""

    id: str
    email_address: str
    kind: str | None = msgspec.field(default=None, name="@odata.type")
    display_name: str | None = None
    place_id: str | None = None
    capacity: int | float | str | None = None
    building: str | None = None
    floor_number: int | float | str | None = None
    floor_label: str | None = None

    @property
    def mailbox_id(self) -> UUID | None:
        """The directory object id of the mailbox, which survives renames; None where Graph gave none."""
        try:
            return UUID(self.place_id or "")
        except ValueError:
            return None

    @property
    def seats(self) -> int | None:
        """The capacity as a number; an older revision of Graph writes it as text."""
        try:
            return int(float(self.capacity)) if self.capacity is not None else None
        except (ValueError, OverflowError):
            return None

    @property
    def floor(self) -> str | None:
        """The floor's label, else its number."""
        if self.floor_label:
            return self.floor_label
        return str(self.floor_number) if self.floor_number is not None else None


class User(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """A directory account."""

    id: UUID
    user_principal_name: str | None = None
    mail: str | None = None
    display_name: str | None = None
    account_enabled: bool | None = None
    on_premises_sync_enabled: bool | None = None


class Subscription(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """A live subscription; the list call gives no `client_state` (graph-notifications §2.4)."""

    id: str
    expires_at: Instant = msgspec.field(name="expirationDateTime")
    resource: str | None = None
    change_type: str | None = None
    client_state: str | None = None
    notification_url: str | None = None
    lifecycle_notification_url: str | None = None
    encryption_certificate_id: str | None = None

    @property
    def certificate_id(self) -> str | None:
        """For which certificate it is rich; Graph writes an unset one as null or as an empty text."""
        return self.encryption_certificate_id or None
