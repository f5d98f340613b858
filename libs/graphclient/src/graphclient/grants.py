"""What an app asks for and what it was granted, as the directory shows it, somewhat late (graph-calendar §6.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

import msgspec

from .errors import NotFound
from .paging import Listing, decode, pages
from .protocol import Request, literal
from .transport import Wire

_MOST_PAGES = 20

_NAMES: Final = MappingProxyType(
    {
        UUID("ef54d2bf-783f-4e0f-bca1-3210c0444d99"): "Calendars.ReadWrite",
        UUID("7ab1d382-f21e-4acd-a863-ba3e13f7da61"): "Directory.Read.All",
        UUID("913b9306-0ce1-42b8-9137-6a7df690a760"): "Place.Read.All",
        UUID("1ec239c2-d7c9-4623-a91a-a9775856bb36"): "Calendars.ReadWrite",
        UUID("06da0dbc-49e2-44d2-8312-53f166ab848a"): "Directory.Read.All",
        UUID("cb8f45a0-5c2e-4ea1-b803-84b870a7d7ec"): "Place.Read.All",
    }
)
"""The guide's permissions by id: as app role, then as delegated scope (graph-calendar §6.2)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a registration lists, by name: as Application and as Delegated."""

    application: frozenset[str]
    delegated: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grants:
    """The guide's permissions by name; `asked` is None where the registration is in another directory."""

    granted: frozenset[str]
    delegated: frozenset[str]
    asked: Asked | None


class _Principal(msgspec.Struct, frozen=True, gc=False):
    id: UUID


class _Assignment(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    app_role_id: UUID


class _Delegated(msgspec.Struct, frozen=True, gc=False):
    scope: str | None = None


class _Access(msgspec.Struct, frozen=True, gc=False):
    id: UUID
    type: Literal["Role", "Scope"]


class _Resource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_access: list[_Access] = []


class _Application(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    required_resource_access: list[_Resource] = []


_principals = msgspec.json.Decoder(Listing[_Principal])
_assignments = msgspec.json.Decoder(Listing[_Assignment])
_delegated = msgspec.json.Decoder(Listing[_Delegated])
_applications = msgspec.json.Decoder(Listing[_Application])


async def principal_id(wire: Wire, client_id: UUID) -> UUID:
    """The object id of the app's service principal in this tenant; NotFound if there is none."""
    same = f"appId eq {literal(str(client_id))}"
    url = wire.service.url("servicePrincipals", _filter=same, _select="id")
    found = decode(_principals, (await wire.read(Request("GET", url))).body).value
    if not found:
        raise NotFound("the tenant has no service principal of this app")
    return found[0].id


async def grants(wire: Wire, client_id: UUID) -> Grants:
    """What the app was granted and what it asks for; takes Directory.Read.All."""
    principal = await principal_id(wire, client_id)
    return Grants(
        granted=await _granted(wire, principal),
        delegated=await _delegated_to(wire, principal),
        asked=await _asked(wire, client_id),
    )


async def _granted(wire: Wire, principal: UUID) -> frozenset[str]:
    url = wire.service.url("servicePrincipals", str(principal), "appRoleAssignments")
    found: set[UUID] = set()
    async for rows, _ in pages(
        wire, Request("GET", url), _assignments, lambda row: row.app_role_id, most=_MOST_PAGES
    ):
        found.update(row.app_role_id for row in rows)
    return _named(found)


async def _delegated_to(wire: Wire, principal: UUID) -> frozenset[str]:
    same = f"clientId eq {literal(str(principal))}"
    url = wire.service.url("oauth2PermissionGrants", _filter=same)
    found: set[str] = set()
    async for rows, _ in pages(
        wire, Request("GET", url), _delegated, lambda row: row.scope, most=_MOST_PAGES
    ):
        found.update(name for row in rows for name in (row.scope or "").split())
    return frozenset(found & set(_NAMES.values()))


async def _asked(wire: Wire, client_id: UUID) -> Asked | None:
    same = f"appId eq {literal(str(client_id))}"
    url = wire.service.url("applications", _filter=same, _select="id,requiredResourceAccess")
    found = decode(_applications, (await wire.read(Request("GET", url))).body).value
    if not found:
        return None
    listed = [each for one in found[0].required_resource_access for each in one.resource_access]
    return Asked(
        application=_named(each.id for each in listed if each.type == "Role"),
        delegated=_named(each.id for each in listed if each.type == "Scope"),
    )


def _named(ids: Iterable[UUID]) -> frozenset[str]:
    return frozenset(_NAMES[each] for each in ids if each in _NAMES)
