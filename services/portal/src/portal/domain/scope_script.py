"""The PowerShell that limits the app to chosen mailboxes: RBAC for Applications (graph-calendar §10)."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from .wire import Body, Resource

Variant = Literal["rooms", "rooms_and_staff"]

_QUOTES = "'\u2018\u2019\u201a\u201b"  # PowerShell takes each of them for a single quote
_GROUP = "Clearooms rooms"

_HEAD = """\
# Limits Clearooms Calendar Sync to chosen mailboxes (RBAC for Applications).
# Run it in PowerShell 7 as an Exchange administrator; it may be run again, for instance after more rooms were imported.
#Requires -Modules ExchangeOnlineManagement
$ErrorActionPreference = 'Stop'
"""

_BODY = """\
Connect-ExchangeOnline -ShowBanner:$false

# A mail-enabled security group holds the rooms; groups inside it are not followed.
if (-not (Get-DistributionGroup -Identity $group -ErrorAction SilentlyContinue)) {
    New-DistributionGroup -Name $group -Type Security -MemberJoinRestriction Closed | Out-Null
}
$members = @(Get-DistributionGroupMember -Identity $group -ResultSize Unlimited | ForEach-Object { "$($_.PrimarySmtpAddress)" })
foreach ($room in $rooms) {
    if ($members -notcontains $room) { Add-DistributionGroupMember -Identity $group -Member $room }
}

if (-not (Get-ServicePrincipal -Identity $principal -ErrorAction SilentlyContinue)) {
    New-ServicePrincipal -AppId $app -ObjectId $principal -DisplayName 'Clearooms Calendar Sync' | Out-Null
}
$name = (Get-DistributionGroup -Identity $group).DistinguishedName.Replace("'", "''")
"""

_FILTER: dict[Variant, str] = {
    "rooms": "$filter = \"MemberOfGroup -eq '$name'\"\n",
    "rooms_and_staff": (
        "# Staff: every person's mailbox, so that a booking lands in its organiser's own calendar.\n"
        "$filter = \"(MemberOfGroup -eq '$name') -or (RecipientTypeDetails -eq 'UserMailbox')\"\n"
    ),
}

_TAIL = """\
if (Get-ManagementScope -Identity $scope -ErrorAction SilentlyContinue) {
    Set-ManagementScope -Identity $scope -RecipientRestrictionFilter $filter
} else {
    New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter | Out-Null
}
# Reading beside writing: change notifications need not accept the one for the other.
foreach ($role in 'Application Calendars.ReadWrite', 'Application Calendars.Read') {
    if (-not (Get-ManagementRoleAssignment -RoleAssignee $principal -Role $role -ErrorAction SilentlyContinue)) {
        New-ManagementRoleAssignment -App $principal -Role $role -CustomResourceScope $scope | Out-Null
    }
}

# The test: InScope must be True for every room. A change may take two hours to reach Microsoft Graph.
foreach ($room in $rooms) {
    Test-ServicePrincipalAuthorization -Identity $principal -Resource $room | Format-Table RoleName, AllowedResourceScope, InScope
}
Write-Host 'Now remove Calendars.ReadWrite from the app in Entra (API permissions) if it is consented there:'
Write-Host 'a tenant-wide consent outweighs this scope. Then press Test Settings with a mailbox that must be out of reach.'
"""


class ScopeScriptAsked(Body):
    """`rooms_and_staff` lets bookings be made in their organisers' own calendars as well."""

    variant: Variant = "rooms"


class ScopeScript(Resource):
    """PowerShell to run as an Exchange administrator, for the rooms imported so far."""

    variant: Variant
    rooms: int
    script: str


def scope_script(
    variant: Variant, *, client_id: UUID, principal_id: UUID | None, mailboxes: Sequence[str]
) -> ScopeScript:
    """The script; without a principal's id, which the directory would tell, it asks for it."""
    rooms = ",\n".join(f"    {quoted(mailbox)}" for mailbox in mailboxes)
    principal = (
        quoted(str(principal_id))
        if principal_id is not None
        else "Read-Host 'Object ID of the app, from Entra → Enterprise applications (not App registrations)'"
    )
    values = (
        f"$app = {quoted(str(client_id))}\n"
        f"$principal = {principal}\n"
        f"$group = {quoted(_GROUP)}\n"
        f"$scope = {quoted(_GROUP if variant == 'rooms' else f'{_GROUP} and staff')}\n"
        f"$rooms = @(\n{rooms}\n)\n"
    )
    script = _HEAD + values + _BODY + _FILTER[variant] + _TAIL
    return ScopeScript(variant=variant, rooms=len(mailboxes), script=script)


def quoted(text: str) -> str:
    """The text as a PowerShell string in which nothing is expanded and nothing ends it early."""
    kept = "".join(letter for letter in text if letter.isprintable())
    return "'" + "".join(letter * 2 if letter in _QUOTES else letter for letter in kept) + "'"
