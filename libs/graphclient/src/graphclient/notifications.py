"""What Graph posts to a webhook, read without trusting it (graph-notifications §4.1 and §6). Pure."""

from typing import Annotated, TypeVar
from uuid import UUID

import msgspec

from .errors import Malformed

T = TypeVar("T")

_MOST_ITEMS = 5_000  # a genuine item has 300 bytes and more, a delivery at most 1 MiB
_MOST_TOKENS = 64  # one per app and tenant in a delivery
_LONGEST_TOKEN = 8_192
_LONGEST_ID = 1024  # event ids have 150 to 200 characters
_STANDING = frozenset({"created", "updated"})
_LIFECYCLE_EVENTS = {
    name.lower(): name for name in ("missed", "subscriptionRemoved", "reauthorizationRequired")
}


class Change(msgspec.Struct, frozen=True, gc=False):
    """An event was created, updated or deleted; ids are case-sensitive, the etag may be missing."""

    event_id: str
    etag: str | None
    change_type: str


Base64 = Annotated[
    str, msgspec.Meta(min_length=4, max_length=16_384, pattern=r"^[A-Za-z0-9+/]+={0,2}\Z")
]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[ -~]+\Z")]


class EncryptedContent(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What Graph encloses of an event, as it came; an event within our `$select` has 2 KiB at most (§5.2)."""

    data: Base64
    data_key: Base64
    data_signature: Base64
    encryption_certificate_id: Name
    encryption_certificate_thumbprint: Name


class Item(msgspec.Struct, frozen=True, gc=False):
    """One notification: a change, a lifecycle event, or neither where it makes no sense to us.

    Nothing in it is trustworthy before the `client_state` was opened and its tenant compared; with `encrypted` not
    even then, until the delivery's validation tokens are judged. `content` is None where it has no usable shape.
    """

    subscription_id: str = ""
    tenant_id: UUID | None = None
    client_state: str | None = None
    change: Change | None = None
    lifecycle: str | None = None
    encrypted: bool = False
    content: EncryptedContent | None = None


class _ResourceData(msgspec.Struct, gc=False):
    id: str | None = None
    etag: str | None = msgspec.field(default=None, name="@odata.etag")


class _WireItem(msgspec.Struct, gc=False, rename="camel"):
    subscription_id: str | None = None
    tenant_id: UUID | None = None
    client_state: str | None = None
    change_type: str | None = None
    lifecycle_event: str | None = None
    resource: str | None = None
    resource_data: _ResourceData | None = None
    encrypted_content: msgspec.Raw = msgspec.Raw()


class _Collection(msgspec.Struct, gc=False):
    value: list[_WireItem]


class _LooseCollection(msgspec.Struct, gc=False):
    value: list[msgspec.Raw]


class _Tokens(msgspec.Struct, gc=False, rename="camel"):
    validation_tokens: (
        Annotated[
            list[Annotated[str, msgspec.Meta(max_length=_LONGEST_TOKEN)]],
            msgspec.Meta(max_length=_MOST_TOKENS),
        ]
        | None
    ) = None


_collection = msgspec.json.Decoder(_Collection)
_loose_collection = msgspec.json.Decoder(_LooseCollection)
_wire_item = msgspec.json.Decoder(_WireItem)
_content = msgspec.json.Decoder(EncryptedContent)
_tokens = msgspec.json.Decoder(_Tokens)


def parse(body: bytes) -> list[Item]:
    """The items of a changeNotificationCollection in their order; raises Malformed for any other body.

    An item of an unexpected shape becomes an empty Item: it must not take its neighbours with it.
    """
    try:
        return [_item(wire) for wire in _bounded(_collection.decode(body).value)]
    except msgspec.ValidationError:
        return [_loose_item(raw) for raw in _loose_items(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the delivery is not JSON") from error


def validation_tokens(body: bytes) -> list[str]:
    """The tokens beside a delivery's items, none where the member is absent or null; raises Malformed."""
    try:
        return _tokens.decode(body).validation_tokens or []
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the validation tokens are no short list of short texts") from error


def _bounded(items: list[T]) -> list[T]:
    if len(items) > _MOST_ITEMS:
        raise Malformed("the delivery holds more items than genuine ones fit in")
    return items


def _loose_items(body: bytes) -> list[msgspec.Raw]:
    try:
        return _bounded(_loose_collection.decode(body).value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the delivery is not a collection of notifications") from error


def _loose_item(raw: msgspec.Raw) -> Item:
    try:
        return _item(_wire_item.decode(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Item()


def _item(wire: _WireItem) -> Item:
    change: Change | None = None
    lifecycle: str | None = None
    if wire.lifecycle_event:
        lifecycle = _LIFECYCLE_EVENTS.get(wire.lifecycle_event.lower(), wire.lifecycle_event)
    elif wire.change_type:
        change = _change(wire, wire.change_type)
    encrypted = bytes(wire.encrypted_content) not in {b"", b"null"}
    return Item(
        subscription_id=wire.subscription_id or "",
        tenant_id=wire.tenant_id,
        client_state=wire.client_state,
        change=change,
        lifecycle=lifecycle,
        encrypted=encrypted,
        content=_enclosed(wire.encrypted_content) if encrypted else None,
    )


def _enclosed(raw: msgspec.Raw) -> EncryptedContent | None:
    try:
        return _content.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _change(wire: _WireItem, change_type: str) -> Change | None:
    data = wire.resource_data
    event_id = data.id if data is not None and data.id else _event_in_path(wire.resource)
    if not event_id or len(event_id) > _LONGEST_ID:
        return None
    # The etag of a deletion, or of a kind that is not known and may be one, says nothing: it may be the state that was deleted.
    etag = data.etag if data is not None and change_type.lower() in _STANDING else None
    return Change(event_id, etag if etag and len(etag) <= _LONGEST_ID else None, change_type)


def _event_in_path(resource: str | None) -> str | None:
    """The event's id in `Users/{id}/Events/{id}` or `users('{id}')/events('{id}')`, whatever the casing."""
    if not resource:
        return None
    parent, _, last = resource.rpartition("/")
    if last[:8].lower() == "events('" and last.endswith("')"):
        return last[8:-2]
    return last if parent.rpartition("/")[2].lower() == "events" else None
