"""Organisations, their people and sessions, as the REST interface shows them."""

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from .caller import Role
from .wire import Body, Email, Name, Resource, Time


def _long_enough(password: SecretStr) -> SecretStr:
    if len(password) < _SHORTEST:
        raise ValueError(f"must have at least {_SHORTEST} characters")
    if len(password) > _LONGEST:
        raise ValueError(f"must have at most {_LONGEST} characters")
    return password


_SHORTEST: Final = 12
_LONGEST: Final = 200
Password = Annotated[
    SecretStr,
    AfterValidator(_long_enough),
    Field(json_schema_extra={"minLength": _SHORTEST, "maxLength": _LONGEST}),
]


class FirstAdministrator(Body):
    """Who may sign in first."""

    email: Email
    password: Password


class NewOrganisation(Body):
    """A customer and their first administrator."""

    name: Name
    administrator: FirstAdministrator


class Organisation(Resource):
    """A customer of ours."""

    id: UUID
    name: str
    created_at: Time


class NewUser(Body):
    """Someone who may sign in; without a password with Microsoft alone, where that is set up."""

    email: Email
    password: Password | None = None
    role: Role = Role.MEMBER


class UserChange(Body):
    """Any of these; a new password or role ends the user's sessions."""

    role: Role | None = None
    password: Password | None = None


class User(Resource):
    """Someone who may sign in; `microsoft` once they have with Microsoft."""

    id: UUID
    email: str
    role: Role
    created_at: Time
    microsoft: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """What a sign-in is checked against."""

    organisation_id: UUID
    password_hash: str = field(repr=False)
    user: User


class SignIn(Body):
    """What a session is opened with."""

    email: Email
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class Session(Resource):
    """A bearer token, shown this once."""

    token: str
    expires_at: Time
    organisation_id: UUID
    user: User


class AuditEntry(Resource):
    """Who changed what; `detail` holds ids and switches, never secrets."""

    id: int
    at: Time
    actor: str
    action: str
    subject: str
    detail: dict[str, object]


class OperatorNote(Body):
    """What the operator is about to do to messages of the broker, named by what `clearooms dead-letters list` shows."""

    action: Literal[
        "dead_letters.show_asked", "dead_letters.redrive_asked", "dead_letters.drop_asked"
    ]
    messages: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]],
        Field(min_length=1, max_length=1000),
    ]


class AuditAsked(Body):
    """Entries older than the id `before`, newest first."""

    before: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
