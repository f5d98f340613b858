"""Why a room is missing from the tenant's list: exactly the reasons that Microsoft's answers leave open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from .wire import Body, Email, Resource, Time

LOOKS_AGAIN_AFTER: Final = timedelta(hours=1)


class MissingCode(StrEnum):
    """Stable names; `docs/diagnosis.md` explains each."""

    OUTSIDE_SCOPE = "outside_scope"
    ON_PREMISES = "on_premises"
    NO_LICENCE = "no_licence"
    TOO_NEW = "too_new"
    HIDDEN = "hidden"
    NOT_A_ROOM = "not_a_room"
    NO_SUCH_ADDRESS = "no_such_address"


class MissingAsked(Body):
    """The address of the room that is missed."""

    mailbox: Email


class MissingCause(Resource):
    """One reason that is left open."""

    code: MissingCode
    text: str
    fix: list[str]
    how_to_tell: str


class MissingRoom(Resource):
    """What is known of a missed room; `importable` by its `mailbox_id`, listed or not. It is worth asking again at `next_check_at`."""

    mailbox: str
    mailbox_id: UUID | None
    listed: bool
    imported: bool
    importable: bool
    causes: list[MissingCause]
    checked_at: Time
    next_check_at: Time | None


@dataclass(frozen=True, slots=True)
class Sought:
    """What Microsoft said of an address; `synced`: its account comes from an on-premises directory.

    `purpose` is what the mailbox is for, where that can be read; `place`: Microsoft shows it as a room when asked by id.
    """

    account: bool
    synced: bool = False
    listed: bool = False
    place: bool = False
    purpose: str | None = None
    calendar: Literal["opened", "refused", "unsupported", "none"] = "none"


def reasons(sought: Sought) -> tuple[MissingCode, ...]:
    """The reasons left open, those that must be mended first before the others; none for a room that can be imported."""
    if not sought.account:
        return (MissingCode.NO_SUCH_ADDRESS,)
    match sought.calendar:
        case "unsupported" if sought.synced:
            # A synced account alone does not say where its mailbox is (graph-calendar §9).
            return (MissingCode.ON_PREMISES, MissingCode.NO_LICENCE)
        case "unsupported":
            return (MissingCode.NO_LICENCE,)
        case "refused":
            return (MissingCode.OUTSIDE_SCOPE, *_unlisted(sought))
        case "opened":
            return _unlisted(sought)
        case "none":
            return (MissingCode.NO_LICENCE, MissingCode.TOO_NEW, MissingCode.NOT_A_ROOM)


def _unlisted(sought: Sought) -> tuple[MissingCode, ...]:
    """Why a mailbox of the cloud is not listed; nothing tells a new room from a hidden one (graph-calendar §3)."""
    if sought.listed:
        return ()
    if sought.purpose is not None and sought.purpose != "room":
        return (MissingCode.NOT_A_ROOM,)
    late = (MissingCode.TOO_NEW, MissingCode.HIDDEN)
    return late if sought.place or sought.purpose == "room" else (*late, MissingCode.NOT_A_ROOM)


_WORDS: Mapping[MissingCode, tuple[str, tuple[str, ...], str]] = MappingProxyType(
    {
        MissingCode.OUTSIDE_SCOPE: (
            "The app's access is limited to chosen mailboxes, and this one is not among them (yet).",
            (
                "Add the room to the scope: the scope script does it for the rooms it names.",
                "A change may take two hours.",
            ),
            "Test-ServicePrincipalAuthorization for the room shows InScope False.",
        ),
        MissingCode.ON_PREMISES: (
            "The mailbox is on an on-premises Exchange server.",
            (
                "Rooms on on-premises Exchange cannot be connected: move the mailbox to Exchange Online.",
            ),
            "The Exchange admin center shows the room under Contacts or as synced, not as a cloud mailbox.",
        ),
        MissingCode.NO_LICENCE: (
            "The account has no working mailbox in Exchange Online: no licence, inactive, or deleted.",
            (
                "A user account that serves as a room needs a licence with Exchange Online.",
                "Better: make it a room mailbox in the Exchange admin center; that needs no licence.",
            ),
            "Microsoft 365 admin center → the account → Licenses shows none with Exchange Online.",
        ),
        MissingCode.TOO_NEW: (
            "The room is new: Microsoft lists rooms up to 24 hours later, in the field up to 48.",
            ("Wait. We look again every hour; the room shows by itself.",),
            "Get-Mailbox for the room shows a WhenMailboxCreated less than two days ago.",
        ),
        MissingCode.HIDDEN: (
            "The room is hidden from address lists.",
            (
                "Exchange admin center → Resources → the room: switch “Hide from global address list” off.",
                "The change may take a day to show.",
            ),
            "Get-Mailbox for the room shows HiddenFromAddressListsEnabled True.",
        ),
        MissingCode.NOT_A_ROOM: (
            "The mailbox is not a room mailbox.",
            (
                "In Exchange Online PowerShell: Set-Mailbox -Identity … -Type Room.",
                "The change may take a day to show.",
            ),
            "Get-Mailbox for the address shows a RecipientTypeDetails other than RoomMailbox.",
        ),
        MissingCode.NO_SUCH_ADDRESS: (
            "The tenant's directory has no account of this address.",
            (
                "Compare the address with the primary one in the Exchange admin center; an alias does not count.",
                "Check that the room belongs to the connected tenant.",
            ),
            "The Exchange admin center finds no mailbox with this primary address.",
        ),
    }
)


def cause(code: MissingCode) -> MissingCause:
    """The reason in words."""
    text, fix, how_to_tell = _WORDS[code]
    return MissingCause(code=code, text=text, fix=list(fix), how_to_tell=how_to_tell)
