"""The envelope of everything on `clearooms.*`: CloudEvents 1.0, structured JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import Undecodable
from .fields import NO_CONTROLS, Count, Instant

CONTENT_TYPE: Final = "application/cloudevents+json"
SOURCE: Final = "/clearooms/sync"
MOST_BYTES: Final = 256 * 1024

DataT = TypeVar("DataT", bound=BaseModel)
Reference = Annotated[str, Field(min_length=1, max_length=512, pattern=NO_CONTROLS)]


class CloudEvent(BaseModel, Generic[DataT]):
    """One message; attributes we do not know are legal CloudEvents extensions and ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=256, pattern=NO_CONTROLS)]
    source: Reference
    type: Reference
    subject: Reference | None = None
    time: Instant
    organisationid: UUID
    sequence: Annotated[
        Count | None, Field(description="events: the version; of one subject the highest is true")
    ] = None
    traceparent: Annotated[str | None, Field(max_length=256)] = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: DataT


class _Envelope(msgspec.Struct, kw_only=True, omit_defaults=True):
    specversion: str
    id: str
    source: str
    type: str
    subject: str | None = None
    time: datetime
    organisationid: UUID
    sequence: int | None = None
    traceparent: str | None = None
    datacontenttype: str
    data: msgspec.Raw


class _Typed(msgspec.Struct):
    type: str


_encoder: Final = msgspec.json.Encoder()
_typed: Final = msgspec.json.Decoder(_Typed)


def encode(
    data: BaseModel,
    *,
    type_: str,
    message_id: str,
    source: str,
    subject: str | None,
    time: datetime,
    organisation_id: UUID,
    sequence: int | None = None,
    traceparent: str | None = None,
) -> bytes:
    """The message body; ValueError if `time` carries no zone."""
    if time.tzinfo is None:
        raise ValueError("time needs a zone")
    return _encoder.encode(
        _Envelope(
            specversion="1.0",
            id=message_id,
            source=source,
            type=type_,
            subject=subject,
            time=time.astimezone(UTC),
            organisationid=organisation_id,
            sequence=sequence,
            traceparent=traceparent,
            datacontenttype="application/json",
            data=msgspec.Raw(data.model_dump_json().encode()),
        )
    )


def decode(body: bytes, known: Mapping[str, type[CloudEvent[Any]]]) -> CloudEvent[Any]:
    """The message, its data as the model that its `type` names; raises Undecodable."""
    if len(body) > MOST_BYTES:
        raise Undecodable(f"larger than {MOST_BYTES} bytes")
    try:
        kind = _typed.decode(body).type
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"not a CloudEvent: {type(error).__name__}") from error
    envelope = known.get(kind)
    if envelope is None:
        raise Undecodable("type: not one of ours")
    try:
        return envelope.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Undecodable(f"{where}: {first['msg']}") from error
