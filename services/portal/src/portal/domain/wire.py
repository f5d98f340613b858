"""What every JSON object of the REST interface has in common."""

import re
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from contracts.fields import Instant

T = TypeVar("T")

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


class Body(BaseModel):
    """What a caller sends: unknown fields are refused, nothing is guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Resource(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(Resource):
    """A file to download, sent as it is; its kind is its route's."""

    name: str
    content: str


class Picture(Resource):
    """A picture to be shown, sent as it is and so that nothing in it can come alive; `mark` names its content."""

    media: str
    content: bytes
    mark: str


class Page(Resource, Generic[T]):
    """A list; `next` is the path of the following page while there is one."""

    items: list[T]
    next: str | None = None


def _no_control(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be an e-mail address, such as mara@example.com")
    return text


def _lower(text: str) -> str:
    return text.lower()


def looks_like_guid(text: str) -> bool:
    """Whether the text has a GUID's shape: 36 characters with hyphens."""
    return _GUID.fullmatch(text.strip()) is not None


def _guid(value: object) -> object:
    if isinstance(value, str):
        if not looks_like_guid(value):
            raise ValueError("must be a GUID: 36 characters with hyphens, as Entra shows it")
        return UUID(value.strip())
    return value


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_no_control),
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=320),
    AfterValidator(_address),
    AfterValidator(_no_control),
    AfterValidator(_lower),
]
Guid = Annotated[UUID, BeforeValidator(_guid)]
Time = Instant
