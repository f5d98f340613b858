"""Accounts in the tenant's directory."""

from uuid import UUID

import msgspec

from .errors import NotFound
from .models import User
from .paging import Listing, decode
from .protocol import Request, literal
from .transport import Wire

_SELECT = "id,userPrincipalName,mail,displayName,accountEnabled,onPremisesSyncEnabled"


class _Settings(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    user_purpose: str | None = None


_settings = msgspec.json.Decoder(_Settings)
_user = msgspec.json.Decoder(User)
_users = msgspec.json.Decoder(Listing[User])


async def user(wire: Wire, id_or_address: str) -> User:
    """The account of this object id, sign-in name or mail address; NotFound if there is none.

    A mailbox's address need not be its sign-in name, so an address that names nobody is looked up as mail.
    """
    try:
        url = wire.service.url("users", id_or_address, _select=_SELECT)
        return decode(_user, (await wire.read(Request("GET", url))).body)
    except NotFound:
        if "@" not in id_or_address:
            raise
        same = f"mail eq {literal(id_or_address)}"
        url = wire.service.url("users", _filter=same, _select=_SELECT)
        found = decode(_users, (await wire.read(Request("GET", url))).body).value
        if len(found) != 1:
            raise
        return found[0]


async def mailbox_purpose(wire: Wire, mailbox: UUID) -> str | None:
    """What the mailbox is for: `user`, `room`, `shared` …; takes MailboxSettings.Read (graph-calendar §9)."""
    url = wire.service.url("users", str(mailbox), "mailboxSettings", _select="userPurpose")
    answer = await wire.read(Request("GET", url, mailbox=str(mailbox)))
    return decode(_settings, answer.body).user_purpose
