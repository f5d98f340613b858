"""What a route is: one line of the table from which serving, rights and the description follow."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from ..domain.caller import Access, Acting, Caller, Person
from ..domain.refusal import Reason, Refusal
from ..domain.wire import Body


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked: who, in which organisation, with which ids, query and body."""

    given_caller: Caller | None
    organisation_id: UUID | None
    ids: Mapping[str, UUID]
    query: Any
    body: Any
    client: str

    @property
    def caller(self) -> Caller:
        """Who calls; the edge lets nobody else through than the route's access allows."""
        if self.given_caller is None:
            raise Refusal(Reason.UNAUTHENTICATED, "A bearer token is needed.")
        return self.given_caller

    @property
    def by(self) -> Acting:
        """Who acts inside which organisation."""
        caller = self.caller
        organisation_id = (
            caller.organisation_id if isinstance(caller, Person) else self.organisation_id
        )
        if organisation_id is None:
            raise Refusal(
                Reason.INVALID, "The operator names the organisation in the header X-Organisation."
            )
        email = caller.email if isinstance(caller, Person) else None
        return Acting(organisation_id, caller.actor, email)


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that is a file: `media` for the description, at most `most` bytes; `too_large` says what to do about more."""

    media: tuple[str, ...]
    most: int
    too_large: str


@dataclass(frozen=True, slots=True)
class Route:
    """`answer` None means 204; `inside` means that the call belongs to one organisation; `later` is sent with 202 instead.

    An `answer` of Document is a file of the kind `media`, one of Picture says its kind itself.
    With `upload` the body is handed on as bytes; else a body has at most `most_body` of them.
    With `many` the body may also be a list of bodies, answered by one `many` with 200.
    """

    method: str
    path: str
    access: Access
    handle: Callable[[Call], Awaitable[BaseModel | None]]
    summary: str
    answer: type[BaseModel] | None = None
    body: type[Body] | None = None
    query: type[Body] | None = None
    status: int = 200
    inside: bool = True
    later: type[BaseModel] | None = None
    media: str = "application/json"
    many: type[BaseModel] | None = None
    upload: Upload | None = None
    most_body: int = 64 * 1024
