"""Who asks, and what each kind of caller may do."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person may do inside their organisation."""

    ADMINISTRATOR = "administrator"
    MEMBER = "member"


class Access(StrEnum):
    """Who may call a route."""

    ANYONE = "anyone"
    MEMBER = "member"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in user of one organisation."""

    organisation_id: UUID
    user_id: UUID
    role: Role
    token_hash: bytes
    email: str = field(repr=False)

    @property
    def actor(self) -> str:
        """As the audit names them."""
        return f"user:{self.user_id}"


@dataclass(frozen=True, slots=True)
class Operator:
    """The deployment's operator; inside an organisation when the call names one."""

    organisation_id: UUID | None = None

    @property
    def actor(self) -> str:
        """As the audit names them."""
        return "operator"


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody at work inside one organisation; `actor` as the audit names them, `email` None for the operator."""

    organisation_id: UUID
    actor: str
    email: str | None = field(default=None, repr=False)


Caller = Person | Operator


def allows(access: Access, caller: Caller) -> bool:
    """Whether the caller may use a route; the operator may use any."""
    match caller:
        case Operator():
            return True
        case Person(role=Role.ADMINISTRATOR):
            return access is not Access.OPERATOR
        case Person():
            return access in {Access.ANYONE, Access.MEMBER}
