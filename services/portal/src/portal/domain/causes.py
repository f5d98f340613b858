"""Every cause that Test Settings can name, with the steps to fix it and how to tell it from its neighbours."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from .evidence import CALENDARS
from .wire import Resource


class Code(StrEnum):
    """Stable names; `docs/diagnosis.md` explains each."""

    WRONG_TENANT = "wrong_tenant"
    WRONG_CLIENT = "wrong_client"
    SECRET_ID_PASTED = "secret_id_pasted"  # noqa: S105 — the name of a cause
    WRONG_SECRET = "wrong_secret"  # noqa: S105 — the name of a cause
    SECRET_EXPIRED = "secret_expired"  # noqa: S105 — the name of a cause
    WRONG_CERTIFICATE = "wrong_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CONSENT_MISSING = "consent_missing"
    CONSENT_TOO_NEW = "consent_too_new"
    PERMISSION_DELEGATED = "permission_delegated"
    PERMISSION_NOT_ADDED = "permission_not_added"
    ROOM_OUTSIDE_SCOPE = "room_outside_scope"
    SCOPE_TOO_WIDE = "scope_too_wide"
    MAILBOX_UNSUPPORTED = "mailbox_unsupported"
    APP_DISABLED = "app_disabled"
    ACCESS_BLOCKED = "access_blocked"
    NO_ROOMS_YET = "no_rooms_yet"
    WEBHOOK_UNREACHABLE = "webhook_unreachable"
    SUBSCRIPTION_REFUSED = "subscription_refused"
    TOO_MANY_SUBSCRIPTIONS = "too_many_subscriptions"
    WRITE_REFUSED = "write_refused"
    THROTTLED = "throttled"
    GRAPH_UNREACHABLE = "graph_unreachable"
    GRAPH_REFUSED = "graph_refused"
    UNRECOGNISED = "unrecognised"


class Cause(Resource):
    """One explanation that the evidence leaves open."""

    code: Code
    text: str
    fix: list[str]
    how_to_tell: str


_FRESH_VALUE = (
    "In Entra → App registrations → your app → Certificates & secrets, create a new client secret."
)
_COPY_VALUE = "Copy its Value (shown only once), not its Secret ID, paste it here and save."
_API_PERMISSIONS = "In Entra → App registrations → your app → API permissions"
_KEEP_LIMITED = (
    "If calendars are to be limited to rooms (RBAC for Applications), leave Calendars.ReadWrite out: "
    "the scope script grants it in Exchange instead."
)
_ADD = f"{_API_PERMISSIONS}, add {{missing}} under Microsoft Graph → Application permissions."
_GRANT = "Press “Grant admin consent”; a Global Administrator or Privileged Role Administrator can."

_CAUSES: Mapping[Code, tuple[str, tuple[str, ...], str]] = MappingProxyType(
    {
        Code.WRONG_TENANT: (
            "The Tenant ID is not that of the directory in which the app is registered.",
            (
                "In Entra → Overview, copy the Tenant ID.",
                "Compare it with the Directory (tenant) ID on the app registration's overview page.",
                "Save the right one and test again.",
            ),
            "The Tenant ID here differs from the Directory (tenant) ID on the app registration's overview page.",
        ),
        Code.WRONG_CLIENT: (
            "The Client ID is not that of an app in this directory.",
            (
                (
                    "In Entra → App registrations → your app → Overview, copy the Application (client) ID; "
                    "the Object ID next to it is another number."
                ),
                "Save it and test again.",
            ),
            "The Tenant ID matches the directory, but no app registration in it has this Application (client) ID.",
        ),
        Code.SECRET_ID_PASTED: (
            "The Client Secret is the Secret ID, not the Secret Value.",
            (_FRESH_VALUE, _COPY_VALUE),
            "A Secret ID is a GUID of 36 characters with hyphens; a Secret Value is about 40 characters and no GUID.",
        ),
        Code.WRONG_SECRET: (
            "The Client Secret is not one of this app's: mistyped, cut short, of another app, or deleted in Entra.",
            (_FRESH_VALUE, _COPY_VALUE),
            "Entra compares values only: it does not tell a deleted secret from a mistyped one.",
        ),
        Code.SECRET_EXPIRED: (
            "The Client Secret has expired.",
            (_FRESH_VALUE, _COPY_VALUE),
            "Certificates & secrets shows its end date in the past.",
        ),
        Code.WRONG_CERTIFICATE: (
            "The certificate is not one of this app's, or its private key is another one's.",
            (
                (
                    "In Entra → App registrations → your app → Certificates & secrets → Certificates, compare "
                    "the thumbprint with the one shown here; upload the certificate if it is missing."
                ),
                "Paste the certificate together with the private key that it was made with, and save.",
            ),
            "The thumbprint here is not in the list, or the private key does not belong to that certificate.",
        ),
        Code.CERTIFICATE_EXPIRED: (
            "The certificate is outside its period of validity.",
            (
                "Make a new certificate and upload it in Entra → your app → Certificates & secrets → Certificates.",
                "Paste it with its private key and save.",
            ),
            "Certificates & secrets shows its end date in the past, or its start date in the future.",
        ),
        Code.CONSENT_MISSING: (
            "Admin consent has not been granted for {missing}.",
            (
                f"{_API_PERMISSIONS}, check that {{missing}} is listed with type Application.",
                _GRANT,
                "Wait a minute and test again.",
                _KEEP_LIMITED,
            ),
            "API permissions lists {missing} with type Application, and its status is not “Granted”.",
        ),
        Code.PERMISSION_DELEGATED: (
            "{missing} was added with type Delegated (or not at all) instead of Application.",
            (
                _ADD,
                _GRANT,
                "Test again. The delegated entry may be removed.",
                _KEEP_LIMITED,
            ),
            "API permissions shows type Delegated beside {missing}, or does not list it.",
        ),
        Code.PERMISSION_NOT_ADDED: (
            "{missing} is not among the app's permissions, neither as Application nor as Delegated.",
            (_ADD, _GRANT, "Test again.", _KEEP_LIMITED),
            "API permissions does not list {missing}.",
        ),
        Code.CONSENT_TOO_NEW: (
            "{missing} was granted a moment ago, and new sign-ins do not show it yet.",
            ("Wait some minutes and test again. Nothing needs to be changed.",),
            "API permissions shows the green “Granted” beside {missing}.",
        ),
        Code.ROOM_OUTSIDE_SCOPE: (
            "The app's access is limited to chosen mailboxes, and a room that it needs is not among them (yet).",
            (
                (
                    "In Exchange Online PowerShell, run Test-ServicePrincipalAuthorization for the room, or "
                    "Test-ApplicationAccessPolicy where an older application access policy limits the app."
                ),
                "Add the room to the scope or to the policy's group; a change may take two hours.",
            ),
            (
                "Somebody has made a management scope or an application access policy for this app, and the "
                "cmdlet answers that the room is not in it."
            ),
        ),
        Code.SCOPE_TOO_WIDE: (
            "The mailbox named as outside can be read, although no consent for calendars shows.",
            (
                "In Exchange Online PowerShell, look at Get-ManagementRoleAssignment for this app.",
                "Give every assignment a scope that holds the rooms alone; a change may take two hours.",
                "Test again with the same mailbox.",
            ),
            "Test-ServicePrincipalAuthorization for that mailbox shows InScope True.",
        ),
        Code.MAILBOX_UNSUPPORTED: (
            "None of the rooms tried has a mailbox in Exchange Online: on-premises, unlicensed or inactive.",
            (
                "Check in the Exchange admin center that the room mailboxes are cloud mailboxes.",
                "Rooms on on-premises Exchange cannot be connected.",
            ),
            "The Exchange admin center does not list the rooms under Resources, or shows them as synced.",
        ),
        Code.APP_DISABLED: (
            "The app is disabled in this directory.",
            (
                "In Entra → Enterprise applications → your app → Properties, set “Enabled for users to sign-in” to Yes.",
                "Test again.",
            ),
            "The property “Enabled for users to sign-in” is No.",
        ),
        Code.ACCESS_BLOCKED: (
            "A Conditional Access policy for workload identities blocks the app.",
            (
                "In Entra → Conditional Access, find the policy in the sign-in logs of service principals.",
                "Exclude this app, or allow the address it comes from.",
            ),
            "The service principal sign-in log shows a failure with the policy's name.",
        ),
        Code.NO_ROOMS_YET: (
            "The credentials work, but the tenant lists no room mailbox.",
            (
                "Create room mailboxes in the Exchange admin center → Resources.",
                "New rooms take up to 24 hours (in the field up to 48) to be listed; test again later.",
                "Rooms hidden from address lists may never be listed: show them there.",
            ),
            "The Exchange admin center shows no room under Resources, or only rooms newer than two days.",
        ),
        Code.WEBHOOK_UNREACHABLE: (
            "Microsoft cannot reach our webhook address, so changes in Outlook would show late.",
            (
                "Compare the Webhook URL that is shown with the address that is published in DNS.",
                (
                    "The network team lets Microsoft's requests through to that host without sign-in, "
                    "challenge page or redirect, under a certificate of a public authority."
                ),
                "Test again.",
            ),
            "Until it is mended rooms are read at intervals, and nothing is lost.",
        ),
        Code.SUBSCRIPTION_REFUSED: (
            "Microsoft refuses change notifications for a room whose calendar the app may read.",
            (
                (
                    "Grant Calendars.Read (Application) beside Calendars.ReadWrite; where access is limited "
                    "to rooms, assign the role “Application Calendars.Read” under the same scope."
                ),
                "A change may take two hours; test again then.",
            ),
            "Microsoft asks for Calendars.Read here and need not accept Calendars.ReadWrite in its place.",
        ),
        Code.TOO_MANY_SUBSCRIPTIONS: (
            "The room's mailbox has as many subscriptions as Microsoft allows (1,000, of all apps together).",
            (
                "Find the other apps that watch this room and end their subscriptions.",
                "Test again; subscriptions nobody renews end within a week.",
            ),
            "Other apps follow the same room, and Calendars.Read is granted to ours.",
        ),
        Code.WRITE_REFUSED: (
            "Microsoft refuses to write into a room's calendar that the app may read.",
            (
                (
                    "Where access is limited to rooms, assign the role “Application Calendars.ReadWrite”, "
                    "not only “Application Calendars.Read”."
                ),
                "Otherwise wait an hour after consent, and test again.",
            ),
            "Get-ManagementRoleAssignment for this app shows “Application Calendars.Read” alone.",
        ),
        Code.THROTTLED: (
            "Microsoft asks us to slow down, so the test could not finish.",
            ("Wait a few minutes and test again. Nothing needs to be changed.",),
            "The answer was 429, or its equivalent from Entra.",
        ),
        Code.GRAPH_UNREACHABLE: (
            "Microsoft did not answer, so the test could not finish.",
            (
                "Test again in a few minutes; look at the Microsoft 365 service health.",
                "If it lasts, the operator checks that this service may reach Microsoft Graph and Entra.",
            ),
            "Nothing was said about the credentials: no answer came, or one of a service in trouble.",
        ),
        Code.GRAPH_REFUSED: (
            "Microsoft Graph refuses a call although the token carries the permission for it.",
            (
                "If consent was granted within the last hour, wait and test again.",
                "If it lasts, send the diagnosis to the operator: it holds the code and the request id.",
            ),
            "The permission is granted in Entra and the refusal remains after an hour.",
        ),
        Code.UNRECOGNISED: (
            "Microsoft refuses for a reason that we do not know.",
            (
                "Look an AADSTS code up at https://login.microsoftonline.com/error.",
                "Send the diagnosis to the operator: it holds the code and the request id.",
            ),
            "The code in the diagnosis is Microsoft's.",
        ),
    }
)


def cause(code: Code, *, missing: tuple[str, ...] = ()) -> Cause:
    """The cause in words; `missing` names the permissions it is about."""
    text, fix, how_to_tell = _CAUSES[code]
    names = ", ".join(missing)
    steps = [step for step in fix if step != _KEEP_LIMITED or CALENDARS in missing]
    return Cause(
        code=code,
        text=text.replace("{missing}", names),
        fix=[step.replace("{missing}", names) for step in steps],
        how_to_tell=how_to_tell.replace("{missing}", names),
    )
