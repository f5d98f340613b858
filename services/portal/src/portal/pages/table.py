"""What a page is: one line of the table, the checked visit it gets and what it may answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from ..domain.caller import Access, Acting, Person, Role
from ..domain.refusal import Reason, Refusal
from ..domain.wire import Body
from ..routes.problems import unacceptable

BodyT = TypeVar("BodyT", bound=Body)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person, checked: the ids of the path, the query, what a form said."""

    path: str
    given_person: Person | None
    ids: Mapping[str, UUID]
    query: Mapping[str, str]
    typed: Mapping[str, str] = field(repr=False)
    """The form's fields as typed in, for showing them again; the last one counts where a name repeats."""
    partial: bool
    """Asked for by a script that replaces a part of the page."""
    client: str
    away: str = field(default="", repr=False)
    """What this browser keeps while its person signs in at Microsoft."""

    @property
    def person(self) -> Person:
        """Who visits; the edge lets nobody else through than the page's access allows."""
        if self.given_person is None:
            raise Refusal(Reason.UNAUTHENTICATED, "Sign in first.")
        return self.given_person

    @property
    def by(self) -> Acting:
        """Who acts inside which organisation."""
        return Acting(self.person.organisation_id, self.person.actor, self.person.email)

    @property
    def administrator(self) -> bool:
        """Whether the visitor may change settings."""
        return self.person.role is Role.ADMINISTRATOR

    def form(self, model: type[BodyT], **more: Any) -> BodyT:
        """Return what was typed in, an empty field as if left out; raises Refusal naming the fields that are wrong."""
        given = {name: text for name, text in self.typed.items() if text.strip()}
        return checked(model, {**given, **more})

    def asked(self, model: type[BodyT]) -> BodyT:
        """Return the query, as `form`."""
        return checked(model, {name: text for name, text in self.query.items() if text.strip()})


def checked(model: type[BodyT], given: Mapping[str, Any]) -> BodyT:
    """Return the model of what is given; raises Refusal naming the fields that are wrong."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise unacceptable(error) from error


@dataclass(frozen=True, slots=True)
class View:
    """A template and what it shows; `refusal` is shown above it, beside the fields it names, and gives the status."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on to another page of ours, which says `say` once; `session` opens one with (token, seconds), `leave` ends it.

    With `away` the browser keeps that text while it is at Microsoft; an empty one is forgotten.
    """

    path: str
    say: str = ""
    session: tuple[str, int] | None = field(default=None, repr=False)
    leave: bool = False
    away: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """Something to download, or with `inline` to open."""

    name: str
    media: str
    content: bytes
    inline: bool = False


Answer = View | Redirect | File


@dataclass(frozen=True, slots=True)
class Page:
    """A page or a form of one; forms end in a Redirect, or in their page again with the refusal."""

    method: str
    path: str
    access: Access
    handle: Callable[[Visit], Awaitable[Answer]]
