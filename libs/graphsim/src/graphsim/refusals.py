"""Entra's numbers: HTTP status, `error` and text of each way to be refused (graph-calendar §7.4).

Seen where §7.4 is silent: AzureAD/microsoft-authentication-library-for-dotnet#2746 (700023), #4951
(700024), -for-java#430 (50048), panva/openid-client#348 (50027),
Azure/azure-sdk-for-net#29007 (700027), #46762 (7000229), #23324 (50196), AzureAD/microsoft-identity-web
#2834 (1000502), Azure/azure-sdk-for-python#14241 (90033). The 401 of assertions is that of the older 50012
(AzureAD/azure-activedirectory-library-for-python#79).

HTTP status and `error` of 900144: MicrosoftDocs/azure-docs#43780, rootinc/laravel-azure-middleware#49; of
70003: AzureAD/azure-activedirectory-library-for-android#132. The status of 50027: GitLab's documentation of
secrets in Azure Key Vault. `error` and text of 50027, 90014, 700021, 5002723 and 5002738: answers of 2023-12 recorded in
AzureAD/microsoft-authentication-library-for-dotnet, MockHelpers.cs; `error` of 50196: azure-docs, breaking
changes of March 2019; of 1000502: AzureAD/microsoft-identity-web#2840. Of authorization codes, all `invalid_grant` as documented
(v2-oauth2-auth-code-flow) but 500112: uno.todo#180 (50011), AzureAD/microsoft-identity-web#2612 (54005),
OneDrive/onedrive-api-docs#618 (70000), snok/django-auth-adfs#245 (70008), CoasterKaty/PHPAzureADoAuth#18 (501481).
UNVERIFIED: what OTHER lists.
"""

from collections.abc import Mapping
from typing import NamedTuple, NoReturn

_DOCUMENTED = (
    "Review the documentation at "
    "https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
)


class _Row(NamedTuple):
    status: int
    error: str
    text: str


_BY_CODE = {
    50011: _Row(
        400,
        "invalid_request",
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
        "application '{app}'. Make sure the redirect URI sent in the request matches one added to your application in "
        "the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this.",
    ),
    50027: _Row(400, "invalid_request", "JWT token is invalid or malformed."),
    50048: _Row(
        401, "invalid_client", "Subject must match the issuer claim in the client assertion."
    ),
    50194: _Row(
        400,
        "invalid_request",
        "Application '{app}'({name}) is not configured as a multi-tenant application. Usage of the "
        "/common endpoint is not supported for such apps created after '10/15/2018'. Use a "
        "tenant-specific endpoint or configure the application to be multi-tenant.",
    ),
    50196: _Row(
        400,
        "invalid_grant",
        "The server terminated an operation because it encountered a client request loop. Please "
        "contact your app vendor.",
    ),
    53003: _Row(
        400,
        "access_denied",
        "Access has been blocked by Conditional Access policies. The access policy does not allow "
        "token issuance.",
    ),
    54005: _Row(
        400,
        "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh "
        "token.",
    ),
    70000: _Row(
        400,
        "invalid_grant",
        "Transmission data parser failure: Authorization Code is malformed or invalid.",
    ),
    70003: _Row(
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant}'.",
    ),
    70008: _Row(
        400,
        "invalid_grant",
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
        "authorization request for this user and resource.",
    ),
    70011: _Row(
        400,
        "invalid_scope",
        "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not "
        "valid.",
    ),
    90002: _Row(
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant.",
    ),
    90014: _Row(
        400,
        "invalid_request",
        "The required field '{field}' is missing from the credential. Ensure that you have all the "
        "necessary parameters for the login request.",
    ),
    90033: _Row(
        503,
        "temporarily_unavailable",
        "A transient error has occurred. Please try again.",
    ),
    90055: _Row(
        429,
        "invalid_request",
        "Server denied the request because there are too many requests.",
    ),
    500011: _Row(
        400,
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {tenant}. This "
        "can happen if the application has not been installed by the administrator of the tenant "
        "or consented to by any user in the tenant. You might have sent your authentication "
        "request to the wrong tenant.",
    ),
    500112: _Row(
        400,
        "invalid_client",
        "The reply address '{given}' does not match the reply address '{asked}' provided when requesting Authorization "
        "code.",
    ),
    501481: _Row(
        400,
        "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    ),
    700005: _Row(
        400,
        "invalid_grant",
        "The provided Authorization Code is intended to use against other tenant, thus rejected.",
    ),
    700016: _Row(
        400,
        "unauthorized_client",
        "Application with identifier '{app}' was not found in the directory '{tenant}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or "
        "consented to by any user in the tenant. You may have sent your authentication request to "
        "the wrong tenant.",
    ),
    700021: _Row(
        401,
        "invalid_client",
        f"Client assertion application identifier doesn't match 'client_id' parameter. {_DOCUMENTED}",
    ),
    700023: _Row(
        401,
        "invalid_client",
        f"Client assertion audience claim does not match Realm issuer. {_DOCUMENTED}",
    ),
    700024: _Row(
        401,
        "invalid_client",
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid "
        f"from {{since}}, expiry time of assertion {{until}}. {_DOCUMENTED}",
    ),
    700027: _Row(
        401,
        "invalid_client",
        "Client assertion contains an invalid signature. [Reason - {reason}, Thumbprint of key used "
        "by client: '{thumbprint}', {key}Please visit the Azure Portal, Graph Explorer or directly "
        "use MS Graph to see configured keys for app Id '{app}'.]",
    ),
    900023: _Row(
        400,
        "invalid_request",
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external "
        "domain.",
    ),
    900144: _Row(
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    1000502: _Row(
        401,
        "invalid_client",
        "The provided certificate is not within its specified validity window.",
    ),
    1002012: _Row(
        400,
        "invalid_scope",
        "The provided value for scope {scope} is not valid. Client credential flows must have a "
        "scope value with /.default suffixed to the resource identifier (application ID URI).",
    ),
    5002723: _Row(
        401,
        "invalid_client",
        "Invalid JWT token. No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor "
        "keyId specified in token header.",
    ),
    5002738: _Row(
        401,
        "invalid_client",
        "Invalid JWT token. '{algorithm}' is not a supported signature algorithm. Supported signing "
        "algorithms are: 'RS256,RS384,RS512'",
    ),
    7000112: _Row(400, "unauthorized_client", "Application '{app}'({name}) is disabled."),
    7000215: _Row(
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app '{app}'.",
    ),
    7000216: _Row(
        401,
        "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' "
        "grant type.",
    ),
    7000218: _Row(
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
    ),
    7000222: _Row(
        401,
        "invalid_client",
        "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to "
        "create new keys for your app: https://aka.ms/NewClientSecret, or consider using "
        "certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    7000229: _Row(
        401,
        "invalid_client",
        "The client application {app} is missing service principal in the tenant {tenant}. See "
        "instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    ),
    9001023: _Row(
        400,
        "invalid_request",
        "The grant type is not supported over the /common or /consumers endpoints. Please use the "
        "/organizations or tenant-specific endpoint.",
    ),
}


OTHER: Mapping[int, tuple[int, str]] = {
    50048: (400, "invalid_request"),
    50196: (429, "invalid_grant"),
    500112: (400, "invalid_grant"),
    700005: (400, "invalid_request"),
    700021: (400, "invalid_client"),
    1000502: (400, "invalid_client"),
    5002723: (400, "invalid_client"),
    5002738: (400, "invalid_request"),
}
"""The other HTTP status and `error` of what nobody has shown whole."""


class AadstsError(Exception):
    """Entra refuses, with one of its numbers."""

    def __init__(self, code: int, status: int, error: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.status = status
        self.error = error
        self.text = text


def plain(code: int) -> bool:
    """Whether the answer of this number is known and says no details."""
    return code in _BY_CODE and "{" not in _BY_CODE[code].text


def refusal(
    code: int, *, status: int | None = None, error: str | None = None, **named: object
) -> AadstsError:
    """The refusal of a number; raises KeyError for an unknown one or a missing detail."""
    row = _BY_CODE[code]
    return AadstsError(code, status or row.status, error or row.error, row.text.format(**named))


def refuse(
    code: int, *, status: int | None = None, error: str | None = None, **named: object
) -> NoReturn:
    """Raises the refusal of a number."""
    raise refusal(code, status=status, error=error, **named)
