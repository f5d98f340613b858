"""Who may touch what: roles, RBAC for Applications, access policies (graph-calendar §2.8, §10)."""

from datetime import timedelta
from itertools import pairwise

from .applications import App
from .mailboxes import Mailbox
from .options import Options
from .state import State
from .tenants import Tenant
from .wire import Call, Refused

_CALENDARS = frozenset({"Calendars.Read", "Calendars.ReadWrite"})
_DIRECTORY = frozenset({"Directory.Read.All", "User.Read.All"})
_SETTINGS = frozenset({"MailboxSettings.Read", "MailboxSettings.ReadWrite"})
_PLACES = frozenset({"Place.Read.All", "Place.ReadWrite.All"})
_NO_MAILBOX = {
    "older": "REST API is not yet supported for this mailbox.",
    "newer": "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
}
_BLOCKED = {
    "short": "Access to OData is disabled.",
    "long": (
        "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy "
        "settings."
    ),
}
_NO_PERMISSIONS = "The token contains no permissions, or permissions can not be understood."
_DENIED = "Access is denied. Check credentials and try again."


class Access:
    """Answers who the caller is and whether a call is allowed; raises Refused where it is not."""

    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def options(self) -> Options:
        """How this simulator reads what is unproven."""
        return self._state.options

    def tenant(self, call: Call) -> Tenant:
        """The caller's tenant."""
        tenant = self._state.tenants.get(call.caller.tenant)
        if tenant is None:
            raise Refused(401, "InvalidAuthenticationToken", "The token's tenant is unknown.")
        return tenant

    def app(self, call: Call) -> App | None:
        """The caller's application as Exchange knows it by now (§10)."""
        then = call.now - timedelta(seconds=self._state.options.exchange_lag)
        return self.tenant(call).app_as_of(call.caller.app, then)

    def places(self, call: Call) -> Tenant:
        """The tenant, to a caller who may list places."""
        if not call.caller.roles:
            message = "Either scp or roles claim need to be present in the token."
            raise Refused(403, "AccessDenied", message)
        if not call.caller.roles & _PLACES:
            raise Refused(403, "ErrorAccessDenied", _DENIED)
        return self.tenant(call)

    def directory(self, call: Call, accepted: frozenset[str] = _DIRECTORY) -> Tenant:
        """The tenant, to a caller who holds one of the roles that the read takes."""
        if not call.caller.roles & accepted:
            raise Refused(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            )
        return self.tenant(call)

    def calendar(self, call: Call, key: str, *, write: bool = False) -> Mailbox:
        """The mailbox of an id or address, to a caller who may use the calendar that the path names."""
        tenant = self.tenant(call)
        app = self.app(call)
        wanted = frozenset({"Calendars.ReadWrite"}) if write else _CALENDARS
        granted = bool(call.caller.roles & wanted)
        scope = app.scope if app else None
        if not granted and scope is None and not call.caller.roles:
            raise self._roleless()
        mailbox = self.found(tenant, key)
        if not granted and (scope is None or mailbox is None or mailbox.id not in scope):
            raise Refused(403, "ErrorAccessDenied", _DENIED)
        if mailbox is None or mailbox.hosting == "none":
            raise self._unknown(key)
        if app and app.access_policy is not None and mailbox.id not in app.access_policy:
            raise Refused(403, "ErrorAccessDenied", _BLOCKED[self._state.options.policy_refusal])
        if mailbox.hosting != "cloud":
            raise self._unsupported()
        _check_containers(call, mailbox)
        return mailbox

    def settings(self, call: Call, key: str) -> Mailbox:
        """The mailbox of an id or address, to a caller who may read mailbox settings (§9)."""
        tenant = self.tenant(call)
        if not call.caller.roles:
            raise self._roleless()
        if not call.caller.roles & _SETTINGS:
            raise Refused(403, "ErrorAccessDenied", _DENIED)
        mailbox = self.found(tenant, key)
        if mailbox is None or mailbox.hosting == "none":
            raise self._unknown(key)
        if mailbox.hosting != "cloud":
            raise self._unsupported()
        return mailbox

    def found(self, tenant: Tenant, key: str) -> Mailbox | None:
        """The mailbox of an object id or a sign-in name, and of an address where that resolves."""
        by_address = self._state.options.addresses_resolve
        return tenant.user(key) or (tenant.mailbox(key) if by_address else None)

    def _roleless(self) -> Refused:
        if self._state.options.roleless_status == 403:
            return Refused(403, "ErrorAccessDenied", _DENIED)
        return Refused(401, "NoPermissionsInAccessToken", _NO_PERMISSIONS)

    def _unsupported(self) -> Refused:
        """Of MailboxNotSupportedForRESTAPI only the older text was seen (§2.8)."""
        code = self._state.options.unsupported_mailbox
        known = code == "MailboxNotEnabledForRESTAPI"
        text = self._state.options.unsupported_text if known else "older"
        return Refused(404, code, _NO_MAILBOX[text])

    def _unknown(self, key: str) -> Refused:
        if self._state.options.unknown_user == "ResourceNotFound":
            return Refused(404, "ResourceNotFound", "Resource could not be discovered.")
        return Refused(404, "ErrorInvalidUser", f"The requested user '{key}' is invalid.")


def _check_containers(call: Call, mailbox: Mailbox) -> None:
    """Whether the calendar and the group that a path names are this mailbox's (§1.1)."""
    for name, given in pairwise(call.segments[2:6]):
        match name.lower():
            case "calendars":
                known = mailbox.mint.regular_container()
            case "calendargroups":
                known = mailbox.mint.regular_group()
            case _:
                continue
        if given != known:
            raise Refused(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def signed_in_user() -> Refused:
    """An application has no `/me` (§2.8, §11)."""
    return Refused(401, "NoPermissionsInAccessToken", _NO_PERMISSIONS)
