"""Applications, their service principals and what was granted to them (graph-calendar §6)."""

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid5

from .access import Access
from .applications import REGISTERED, App
from .listing import Row, entity, missing, page, selected, wanted
from .options import Options
from .permissions import NAMES, role_id, scope_id
from .tenants import Tenant
from .tokens import GRAPH_ID
from .wire import Answer, Call
from .zones import instant_text

_OWNED = frozenset({"Application.ReadWrite.OwnedBy"})
_READ = frozenset({"Application.Read.All", "Application.ReadWrite.All"})
_DIRECTORY = frozenset({"Directory.Read.All"})
_ALTERNATE_KEY = re.compile(r"(applications|servicePrincipals)\((appId='[^']*')\)", re.IGNORECASE)
_NO_END = "2299-12-31T00:00:00Z"


def keyed(segments: tuple[str, ...]) -> tuple[str, ...]:
    """A path's segments with `applications(appId='…')` cut in two: the list and the key."""
    match = _ALTERNATE_KEY.fullmatch(segments[0]) if segments else None
    return (match[1], match[2], *segments[1:]) if match else segments


class Registrations:
    """What the directory knows of applications; it shows changes late where Options say so."""

    def __init__(self, access: Access, options: Options) -> None:
        self._access = access
        self._options = options

    async def applications(self, call: Call) -> Answer:
        """GET /applications: those registered here, so none for an app of another tenant (§6.1)."""
        rows = self._applications(call, self._access.directory(call, _READ | _OWNED | _DIRECTORY))
        return page(call, _matching(call, rows, "appId", "displayName"), "applications")

    async def application(self, call: Call) -> Answer:
        """GET /applications/{object id} or /applications(appId='…')."""
        directory = _DIRECTORY if self._options.directory_reads_one_application else frozenset()
        rows = self._applications(call, self._access.directory(call, _READ | _OWNED | directory))
        return _one(call, rows, "applications")

    async def principals(self, call: Call) -> Answer:
        """GET /servicePrincipals, Microsoft Graph's own among them (§6.2)."""
        rows = self._principals(call, self._access.directory(call, _READ | _DIRECTORY))
        return page(call, _matching(call, rows, "appId", "displayName"), "servicePrincipals")

    async def principal(self, call: Call) -> Answer:
        """GET /servicePrincipals/{id} or /servicePrincipals(appId='…')."""
        rows = self._principals(call, self._access.directory(call, _READ | _DIRECTORY))
        return _one(call, rows, "servicePrincipals")

    async def role_assignments(self, call: Call) -> Answer:
        """GET /servicePrincipals/{id}/appRoleAssignments: the granted application permissions."""
        tenant = self._access.directory(call, _READ | _DIRECTORY)
        app = self._principal(call, tenant)
        rows = [_assignment(tenant, app, name) for name in app.roles]
        return page(call, [selected(call, one) for one in rows], "appRoleAssignments")

    async def delegated_grants(self, call: Call) -> Answer:
        """GET /oauth2PermissionGrants: the delegated permissions granted to all (§6.2)."""
        tenant = self._access.directory(call, _DIRECTORY)
        rows = [_delegated(tenant, app) for app in self._installed(call, tenant) if app.delegated]
        return page(call, _matching(call, rows, "clientId"), "oauth2PermissionGrants")

    def _as_of(self, call: Call, tenant: Tenant) -> list[App]:
        return tenant.apps_as_of(call.now - timedelta(seconds=self._options.directory_lag))

    def _installed(self, call: Call, tenant: Tenant) -> list[App]:
        return [app for app in self._as_of(call, tenant) if app.installed]

    def _applications(self, call: Call, tenant: Tenant) -> list[Row]:
        everything = bool(call.caller.roles & (_READ | _DIRECTORY))
        return [
            self._application(tenant, app)
            for app in self._as_of(call, tenant)
            if not app.registered_elsewhere and (everything or app.client_id == call.caller.app)
        ]

    def _principals(self, call: Call, tenant: Tenant) -> list[Row]:
        ours = [_principal(tenant, app) for app in self._installed(call, tenant)]
        return [*ours, _graph(tenant)]

    def _principal(self, call: Call, tenant: Tenant) -> App:
        for app in self._installed(call, tenant):
            if _is_named(call, tenant.principal_id(app.client_id), app.client_id):
                return app
        raise missing(call.segments[1])

    def _application(self, tenant: Tenant, app: App) -> Row:
        return {
            "id": str(app.object_id),
            "appId": str(app.client_id),
            "createdDateTime": instant_text(REGISTERED),
            "displayName": app.name,
            "publisherDomain": tenant.domain,
            "signInAudience": "AzureADMultipleOrgs" if app.multi_tenant else "AzureADMyOrg",
            "requiredResourceAccess": _required(app),
            "passwordCredentials": [
                {
                    "customKeyIdentifier": None,
                    "displayName": one.name,
                    "endDateTime": instant_text(one.ends) if one.ends else _NO_END,
                    "hint": one.value[:3] if self._options.secret_hints else None,
                    "keyId": one.key_id,
                    "secretText": None,
                    "startDateTime": instant_text(one.starts),
                }
                for one in app.secrets
            ],
            "keyCredentials": [
                {
                    "customKeyIdentifier": b64encode(bytes.fromhex(one.thumbprint)).decode(),
                    "displayName": one.name,
                    "endDateTime": instant_text(one.ends),
                    "key": None,
                    "keyId": one.key_id,
                    "startDateTime": instant_text(one.starts),
                    "type": "AsymmetricX509Cert",
                    "usage": "Verify",
                }
                for one in app.certificates
            ],
        }


def _required(app: App) -> list[Row]:
    ids: dict[str, Callable[[str], str]] = {"Role": role_id, "Scope": scope_id}
    access = [{"id": ids[kind](name), "type": kind} for name, kind in app.asked_for()]
    return [{"resourceAppId": GRAPH_ID, "resourceAccess": access}] if access else []


def _principal(tenant: Tenant, app: App) -> Row:
    return {
        "id": str(tenant.principal_id(app.client_id)),
        "accountEnabled": not app.disabled,
        "appDisplayName": app.name,
        "appId": str(app.client_id),
        "appOwnerOrganizationId": None if app.registered_elsewhere else str(tenant.id),
        "displayName": app.name,
        "servicePrincipalType": "Application",
        # A set of its own, apart from the registration's (§6.1).
        "passwordCredentials": [],
        "keyCredentials": [],
    }


def _graph(tenant: Tenant) -> Row:
    return {
        "id": _graph_id(tenant),
        "accountEnabled": True,
        "appDisplayName": "Microsoft Graph",
        "appId": GRAPH_ID,
        "displayName": "Microsoft Graph",
        "servicePrincipalType": "Application",
        "appRoles": [{"id": role_id(name), "value": name} for name in NAMES],
        "oauth2PermissionScopes": [{"id": scope_id(name), "value": name} for name in NAMES],
    }


def _graph_id(tenant: Tenant) -> str:
    return str(tenant.principal_id(UUID(GRAPH_ID)))


def _assignment(tenant: Tenant, app: App, role: str) -> Row:
    principal = tenant.principal_id(app.client_id)
    return {
        "id": str(uuid5(principal, role)),
        "deletedDateTime": None,
        "appRoleId": role_id(role),
        "createdDateTime": instant_text(REGISTERED),
        "principalDisplayName": app.name,
        "principalId": str(principal),
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": _graph_id(tenant),
    }


def _delegated(tenant: Tenant, app: App) -> Row:
    principal = tenant.principal_id(app.client_id)
    return {
        "clientId": str(principal),
        "consentType": "AllPrincipals",
        "id": str(uuid5(principal, "delegated")),
        "principalId": None,
        "resourceId": _graph_id(tenant),
        "scope": " ".join(app.delegated),
    }


def _matching(call: Call, rows: list[Row], *names: str) -> list[Row]:
    match wanted(call, *names):
        case (name, value):
            rows = [one for one in rows if str(one[name]).lower() == value]
        case None:
            pass
    return [selected(call, one) for one in rows]


def _one(call: Call, rows: list[Row], what: str) -> Answer:
    for row in rows:
        if _is_named(call, row["id"], row["appId"]):
            return entity(call, selected(call, row), what)
    raise missing(call.segments[1])


def _is_named(call: Call, object_id: object, app_id: object) -> bool:
    return call.segments[1].lower() in {str(object_id), f"appid='{app_id}'"}
