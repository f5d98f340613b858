"""Every cause that Test Settings can name, with the steps to fix it and how to tell it from its neighbours."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from .wire import Resource


class Code(StrEnum):
    """Stable names; `docs/diagnosis.md` explains each."""

    WRONG_TENANT = "wrong_tenant"
    WRONG_CLIENT = "wrong_client"
    SECRET_ID_PASTED = "secret_id_pasted"  # noqa: S105 — the name of a cause
    WRONG_SECRET = "wrong_secret"  # noqa: S105 — the name of a cause
    SECRET_EXPIRED = "secret_expired"  # noqa: S105 — the name of a cause
    CONSENT_MISSING = "consent_missing"
    PERMISSION_DELEGATED = "permission_delegated"
    ROOM_OUTSIDE_SCOPE = "room_outside_scope"
    MAILBOX_UNSUPPORTED = "mailbox_unsupported"
    APP_DISABLED = "app_disabled"
    ACCESS_BLOCKED = "access_blocked"
    NO_ROOMS_YET = "no_rooms_yet"
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
        Code.CONSENT_MISSING: (
            "Admin consent has not been granted for {missing}.",
            (
                (
                    "In Entra → App registrations → your app → API permissions, check that {missing} "
                    "is listed with type Application."
                ),
                _GRANT,
                "Wait a minute and test again.",
            ),
            "API permissions lists {missing} with type Application, and its status is not “Granted”.",
        ),
        Code.PERMISSION_DELEGATED: (
            "{missing} was added with type Delegated (or not at all) instead of Application.",
            (
                (
                    "In Entra → App registrations → your app → API permissions, add {missing} under "
                    "Microsoft Graph → Application permissions."
                ),
                _GRANT,
                "Test again. The delegated entry may be removed.",
            ),
            "API permissions shows type Delegated beside {missing}, or does not list it.",
        ),
        Code.ROOM_OUTSIDE_SCOPE: (
            "Access is limited to chosen rooms (RBAC for Applications), and the room tried is not among them yet.",
            (
                "In Exchange Online PowerShell, run Test-ServicePrincipalAuthorization for a room of the scope.",
                "Add the room to the scope; a change may take two hours.",
            ),
            "Someone has made a management scope for this app; without one, consent or the permission type is the cause.",
        ),
        Code.MAILBOX_UNSUPPORTED: (
            "The rooms tried have no mailbox in Exchange Online: on-premises, unlicensed or inactive.",
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
            ),
            "The Exchange admin center shows no room under Resources, or only rooms newer than two days.",
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
            "Microsoft Graph refuses to list rooms although the token carries the permission.",
            (
                "If consent was granted within the last hour, wait and test again.",
                "If it lasts, send the diagnosis to the operator: it holds the code and the request id.",
            ),
            "The permission is granted in Entra and the refusal remains after an hour.",
        ),
        Code.UNRECOGNISED: (
            "Entra refuses the credentials for a reason that we do not know.",
            (
                "Look the code up at https://login.microsoftonline.com/error.",
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
    return Cause(
        code=code,
        text=text.replace("{missing}", names),
        fix=[step.replace("{missing}", names) for step in fix],
        how_to_tell=how_to_tell.replace("{missing}", names),
    )
