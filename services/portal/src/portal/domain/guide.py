"""The setup guide: every fact of it, for the page and for the PDF."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from .evidence import CALENDARS
from .wire import Body, Guid

APP_NAME: Final = "Clearooms Calendar Sync"


@dataclass(frozen=True, slots=True)
class Permission:
    """One application permission of Microsoft Graph, and what it is used for."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Value:
    """What we ask for, what Entra calls it and where it shows it."""

    ours: str
    entras: str
    where: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step; one `in_entra` is ticked by hand, the others are seen here. `link` is where it is done."""

    key: str
    title: str
    lines: tuple[str, ...]
    in_entra: bool = False
    link: tuple[str, str] | None = None


PERMISSIONS: Final = (
    Permission(
        CALENDARS,
        "Reads the rooms' calendars and writes bookings made here."
        " Of an event only subject, start, end and organiser are ever requested.",
    ),
    Permission(
        "Directory.Read.All",
        "Tells which permissions are granted, when the secret ends, and what an address is when a room is missing.",
    ),
    Permission(
        "Place.Read.All",
        "Lists the room mailboxes with their names, capacities, buildings and floors.",
    ),
)
USER_READ: Final = (
    "User.Read with type Delegated, which Microsoft adds by itself, is harmless and unused:"
    " leave it or remove it."
)

VALUES: Final = (
    Value("Client ID", "Application (client) ID", "Overview of the app; not the Object ID"),
    Value(
        "Client Secret",
        "Value of the client secret",
        "Certificates & secrets, once, right after it is made; not the Secret ID, which is a GUID",
    ),
    Value("Tenant ID", "Directory (tenant) ID", "Overview of the app"),
)

STEPS: Final = (
    Step(
        "register",
        "Register the app",
        (
            "Open the Microsoft Entra admin center (entra.microsoft.com) → App registrations → New registration.",
            f"Name it “{APP_NAME}” and choose “Accounts in this organizational directory only” (single tenant).",
            "Leave the redirect URI empty and press Register. The overview that opens shows the Client ID and the Tenant ID.",
        ),
        in_entra=True,
    ),
    Step(
        "secret",
        "Make a client secret and copy its Value",
        (
            "In the app: Certificates & secrets → Client secrets → New client secret. It lives 24 months at most.",
            "Copy the Value at once: Entra shows it only now. If it is lost, make a new one. The Secret ID is not needed.",
        ),
        in_entra=True,
    ),
    Step(
        "permissions",
        "Add three application permissions",
        (
            "In the app: API permissions → Add a permission → Microsoft Graph → Application permissions, not Delegated.",
            f"Tick {PERMISSIONS[0].name}, {PERMISSIONS[1].name} and {PERMISSIONS[2].name}, then press Add permissions.",
            USER_READ,
        ),
        in_entra=True,
    ),
    Step(
        "consent",
        "Grant admin consent",
        (
            "API permissions → “Grant admin consent”. A Global Administrator or Privileged Role Administrator can.",
            "Each of the three then shows “Granted”. If you are neither, send one of them the message below.",
        ),
        in_entra=True,
    ),
    Step(
        "saved",
        "Enter the three values here",
        ("Paste Client ID, Client Secret and Tenant ID, then press Save. The secret is never shown again.",),
        link=("/settings/apps/office-365", "Office 365 Integration"),
    ),
    Step(
        "tested",
        "Press Test Settings",
        ("Every check is listed. If one fails, it says why and how to mend it.",),
        link=("/settings/apps/office-365#test", "Test Settings"),
    ),
    Step(
        "office",
        "Add an office",
        ("A name, a time zone and opening hours: rooms belong to an office.",),
        link=("/settings/offices", "Offices"),
    ),
    Step(
        "room",
        "Import the rooms",
        (
            "Choose the office, then + Import beside each room. Its bookings are loaded, then it stays live.",
            "A new room takes up to 24 hours (in the field up to 48) until Microsoft lists it.",
        ),
        link=("/settings/meeting-rooms", "Meeting Rooms"),
    ),
)  # fmt: skip

LIMITED: Final = (
    (
        f"Consent to {PERMISSIONS[1].name} and {PERMISSIONS[2].name} only. {CALENDARS} must not be consented in Entra:"
        " that would outweigh the limit."
    ),
    "Save the three values and import the rooms; their calendars stay out of reach for now.",
    (
        "Under Office 365 Integration → How far the app reaches, copy the PowerShell for these rooms. An Exchange"
        " administrator runs it (RBAC for Applications). A changed scope may take two hours."
    ),
    "Press Test Settings, and under Options name a mailbox that must be out of reach: its refusal proves the limit.",
)
HYBRID: Final = (
    "Rooms on on-premises Exchange (hybrid) cannot be connected: Microsoft Graph does not reach their calendars."
    " Such a room says so here instead of failing. Move its mailbox to Exchange Online first."
)
NETWORK: Final = (
    "Microsoft sends notifications to the Webhook URL's host. Let them pass without sign-in, challenge page or redirect."
    " There is nothing to configure in Microsoft 365: we register the address ourselves."
)


class GuideAsked(Body):
    """What the message for the Global Administrator names while nothing is saved."""

    tenant_id: Guid | None = None
    client_id: Guid | None = None


def consent_link(entra_url: str, tenant_id: UUID, client_id: UUID) -> str:
    """Where a whole directory consents (Microsoft's daemon quickstart: /adminconsent?client_id=…)."""
    return f"{entra_url.rstrip('/')}/{tenant_id}/adminconsent?{urlencode({'client_id': client_id})}"


def consent_message(entra_url: str, tenant_id: UUID | None, client_id: UUID | None) -> str:
    """Text for a Global Administrator who has never heard of us; what is not known is a gap to fill in."""
    steps = [
        line for step in STEPS if step.in_entra and step.key != "consent" for line in step.lines
    ]
    grant = [
        f"Open entra.microsoft.com → App registrations → All applications → {APP_NAME} → API permissions.",
        f"Check that {', '.join(each.name for each in PERMISSIONS)} are listed with type Application.",
        "Press “Grant admin consent”. Each of the three then shows “Granted”.",
    ]
    made = client_id is not None
    lines = [
        "Hello,",
        "",
        (
            f"please {'grant admin consent for an app' if made else 'register an app and grant it admin consent'} in our"
            " Microsoft Entra directory, so that room bookings in Outlook and Clearooms stay in step."
        ),
        "",
        f"App name: {APP_NAME}",
        f"Directory (tenant) ID: {tenant_id or '(Entra → Overview → Tenant ID)'}",
        f"Application (client) ID: {client_id or '(shown when the app is registered)'}",
        "",
        *(f"{number}. {line}" for number, line in enumerate(grant if made else steps + grant, 1)),
    ]
    if tenant_id is not None and client_id is not None:
        lines += [
            "",
            (
                f"Instead, you may open {consent_link(entra_url, tenant_id, client_id)} and accept. If Microsoft then says that"
                " no reply address is registered, that is because the app has no redirect URI; API permissions shows whether"
                " consent was granted."
            ),
        ]
    if not made:
        lines += [
            "",
            (
                "Then I need three values: the Application (client) ID, the Directory (tenant) ID and the secret's Value."
                " Please send the Value by a safe way."
            ),
        ]
    lines += [
        "",
        "What the permissions are for:",
        *(f"- {each.name}: {each.why}" for each in PERMISSIONS),
    ]
    return "\n".join([*lines, "", "Thank you!"])
