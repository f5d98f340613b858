"""Who may touch what: roles, RBAC for Applications, access policies (graph-calendar §2.8, §10)."""

from .applications import App
from .mailboxes import Mailbox
from .state import State
from .tenants import Tenant
from .wire import Call, Refused

_CALENDARS = frozenset({"Calendars.Read", "Calendars.ReadWrite"})
_DIRECTORY = frozenset({"Directory.Read.All", "User.Read.All"})
_PLACES = frozenset({"Place.Read.All", "Place.ReadWrite.All"})
_NO_MAILBOX = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."


class Access:
    """Answers who the caller is and whether a call is allowed; raises Refused where it is not."""

    def __init__(self, state: State) -> None:
        self._state = state

    def tenant(self, call: Call) -> Tenant:
        """The caller's tenant."""
        tenant = self._state.tenants.get(call.caller.tenant)
        if tenant is None:
            raise Refused(401, "InvalidAuthenticationToken", "The token's tenant is unknown.")
        return tenant

    def app(self, call: Call) -> App | None:
        """The caller's registration, None where it was deleted since."""
        return self.tenant(call).apps.get(call.caller.app)

    def places(self, call: Call) -> Tenant:
        """The tenant, to a caller who may list places."""
        if not call.caller.roles:
            message = "Either scp or roles claim need to be present in the token."
            raise Refused(403, "AccessDenied", message)
        if not call.caller.roles & _PLACES:
            raise Refused(
                403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
            )
        return self.tenant(call)

    def directory(self, call: Call) -> Tenant:
        """The tenant, to a caller who may read the directory."""
        if not call.caller.roles & _DIRECTORY:
            raise Refused(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            )
        return self.tenant(call)

    def calendar(self, call: Call, key: str, *, write: bool = False) -> Mailbox:
        """The mailbox of an id or address, to a caller who may use its calendar."""
        tenant = self.tenant(call)
        app = tenant.apps.get(call.caller.app)
        wanted = frozenset({"Calendars.ReadWrite"}) if write else _CALENDARS
        granted = bool(call.caller.roles & wanted)
        scope = app.scope if app else None
        if not granted and scope is None and not call.caller.roles:
            raise Refused(
                401,
                "NoPermissionsInAccessToken",
                "The token contains no permissions, or permissions can not be understood.",
            )
        mailbox = tenant.mailbox(key)
        if not granted and (scope is None or mailbox is None or mailbox.id not in scope):
            raise Refused(
                403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
            )
        if mailbox is None:
            raise Refused(404, "ErrorInvalidUser", f"The requested user '{key}' is invalid.")
        if app and app.access_policy is not None and mailbox.id not in app.access_policy:
            raise Refused(
                403,
                "ErrorAccessDenied",
                "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly "
                "AccessPolicy settings.",
            )
        if mailbox.hosting != "cloud":
            raise Refused(404, "MailboxNotEnabledForRESTAPI", _NO_MAILBOX)
        return mailbox
