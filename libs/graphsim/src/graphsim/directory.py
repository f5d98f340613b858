"""Users of a tenant (graph-calendar §6, §9)."""

from .access import Access
from .listing import Row, entity, missing, page, selected, wanted
from .mailboxes import Mailbox
from .tenants import Tenant
from .wire import Answer, Call

_ON_REQUEST = frozenset({"accountEnabled", "onPremisesSyncEnabled", "userType"})


class Directory:
    """The tenant-wide list of users."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def user(self, call: Call) -> Answer:
        """GET /users/{id or name}."""
        tenant = self._access.directory(call)
        key = call.segments[1]
        mailbox = self._access.found(tenant, key)
        if mailbox is None:
            raise missing(key)
        return entity(call, selected(call, _user(tenant, mailbox), _ON_REQUEST), "users")

    async def users(self, call: Call) -> Answer:
        """GET /users, with `$filter` by mail or userPrincipalName."""
        tenant = self._access.directory(call)
        asked = wanted(call, "mail", "userPrincipalName")
        users = [*tenant.mailboxes.values()] if asked is None else _matching(tenant, *asked)

        def show(one: Mailbox) -> Row:
            return selected(call, _user(tenant, one), _ON_REQUEST)

        return page(call, users, "users", show=show)

    async def mailbox_settings(self, call: Call) -> Answer:
        """GET /users/{id}/mailboxSettings: of all settings only what the mailbox is for (§9)."""
        mailbox = self._access.settings(call, call.segments[1])
        return entity(call, selected(call, {"userPurpose": mailbox.kind}), "mailboxSettings")


def _matching(tenant: Tenant, name: str, value: str) -> list[Mailbox]:
    known = tenant.by_address if name == "mail" else tenant.by_sign_in_name
    found = tenant.mailboxes[known[value]] if value in known else None
    # A former address still finds its mailbox, but is its mail no more.
    return [found] if found and str(_user(tenant, found)[name]).lower() == value else []


def _user(tenant: Tenant, mailbox: Mailbox) -> Row:
    return {
        "businessPhones": [],
        "displayName": mailbox.name,
        "givenName": None,
        "jobTitle": None,
        "mail": mailbox.address,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": None,
        "userPrincipalName": tenant.sign_in_names[mailbox.id],
        "id": str(mailbox.id),
        "accountEnabled": mailbox.kind == "user",
        "onPremisesSyncEnabled": True if mailbox.hosting == "on_premises" else None,
        "userType": "Member",
    }
