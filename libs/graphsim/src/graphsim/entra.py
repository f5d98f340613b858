"""Entra's endpoints: discovery, keys, and tokens by client credentials (graph-calendar §7)."""

import asyncio
import re
from collections.abc import Mapping
from typing import NoReturn
from uuid import UUID, uuid4

from .faults import Faults
from .state import State
from .tenants import App, Tenant
from .tokens import Tokens
from .wire import Answer, Call, query_of

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class AadstsError(Exception):
    """Entra refuses, with one of its numbers."""

    def __init__(self, code: int, status: int, error: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.status = status
        self.error = error
        self.text = text


class Entra:
    """The sign-in service of all tenants of one simulator."""

    def __init__(self, state: State, tokens: Tokens, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._tokens = tokens

    async def handle(self, call: Call) -> Answer:
        """Answers any request outside `/v1.0` and `/_sim`."""
        fault = self._faults.strike(call.method, call.path)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        elif fault is not None:
            headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
            body = fault.body or {"error": "temporarily_unavailable"}
            return Answer(fault.status, body, headers, drop=fault.drop)
        return self._route(call)

    def _route(self, call: Call) -> Answer:
        tenant_name, *rest = call.segments or ("",)
        tail = "/".join(rest).lower()
        try:
            if tenant_name == "common" and tail == "discovery/instance":
                return self._instance(call)
            if tail.endswith(".well-known/openid-configuration"):
                return self._discovery(call, self._tenant(tenant_name, "invalid_tenant"))
            if tail in {"discovery/v2.0/keys", "discovery/keys"}:
                return Answer(200, self._tokens.jwks())
            if tail == "oauth2/v2.0/token" and call.method == "POST":
                return self._token(call, tenant_name)
        except AadstsError as error:
            return _error_answer(call, error)
        return Answer(404, {"error": "not_found", "error_description": call.path})

    def _instance(self, call: Call) -> Answer:
        asked = call.query.get("authorization_endpoint", "")
        # msal leaves the port out of what it sends; the tenant is the first segment of the path.
        parts = asked.split("/")
        tenant = parts[3] if len(parts) > 3 else "common"
        host = call.origin.partition("://")[2]
        return Answer(
            200,
            {
                "tenant_discovery_endpoint": (
                    f"{call.origin}/{tenant}/v2.0/.well-known/openid-configuration"
                ),
                "api-version": call.query.get("api-version", "1.1"),
                "metadata": [
                    {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
                ],
            },
        )

    def _discovery(self, call: Call, tenant: Tenant) -> Answer:
        base = f"{call.origin}/{tenant.id}"
        return Answer(
            200,
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token", "token"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "userinfo_endpoint": f"{call.origin}/oidc/userinfo",
                "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid"],
                "tenant_region_scope": "EU",
                "cloud_instance_name": call.origin.partition("://")[2],
                "cloud_graph_host_name": "graph.windows.net",
                "msgraph_host": call.origin.partition("://")[2],
            },
        )

    def _token(self, call: Call, tenant_name: str) -> Answer:
        form = query_of(call.body.decode("utf-8", "replace"))
        if tenant_name in {"common", "organizations"}:
            _refuse(50194, 400, "invalid_request", "Application is not configured as multi-tenant.")
        tenant = self._tenant(tenant_name, "invalid_request")
        app = _app(tenant, form)
        scope = form.get("scope", "")
        if not scope.endswith("/.default"):
            _refuse(
                1002012,
                400,
                "invalid_scope",
                f"The provided value for scope {scope} is not valid. Client credential flows must "
                "have a scope value with /.default suffixed to the resource identifier "
                "(application ID URI).",
            )
        if scope != "https://graph.microsoft.com/.default":
            _refuse(
                500011,
                400,
                "invalid_resource",
                f"The resource principal named {scope.removesuffix('/.default')} was not found in "
                f"the tenant named {tenant.domain}.",
            )
        self._check_secret(app, form, call)
        if app.blocked_by_policy:
            _refuse(
                53003,
                400,
                "access_denied",
                "Access has been blocked by Conditional Access policies.",
            )
        return Answer(
            200,
            {
                "token_type": "Bearer",
                "expires_in": self._tokens.seconds,
                "ext_expires_in": self._tokens.seconds,
                "access_token": self._tokens.issue(tenant, app, call.now),
            },
        )

    def _tenant(self, name: str, error: str) -> Tenant:
        tenant = self._state.tenant_named(name)
        if tenant is not None:
            return tenant
        if not _GUID.fullmatch(name) and not _DOMAIN.fullmatch(name):
            _refuse(
                900023,
                400,
                "invalid_request",
                f"Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid "
                "external domain.",
            )
        raise AadstsError(
            90002,
            400,
            error,
            f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are "
            "signing into the correct cloud. Check with your subscription administrator, this may "
            "happen if there are no active subscriptions for the tenant.",
        )

    def _check_secret(self, app: App, form: Mapping[str, str], call: Call) -> None:
        given = form.get("client_secret")
        if given is None:
            _refuse(
                7000216,
                401,
                "invalid_client",
                "'client_assertion', 'client_secret' or 'request' is required for the "
                "'client_credentials' grant type.",
            )
        matching = next((secret for secret in app.secrets if secret.value == given), None)
        if matching is None:
            _refuse(
                7000215,
                401,
                "invalid_client",
                "Invalid client secret provided. Ensure the secret being sent in the request is "
                "the client secret value, not the client secret ID, for a secret added to app "
                f"'{app.client_id}'.",
            )
        if matching.ends is not None and call.now >= matching.ends:
            _refuse(
                7000222,
                401,
                "invalid_client",
                f"The provided client secret keys for app '{app.client_id}' are expired. Visit the "
                "Azure portal to create new keys for your app: https://aka.ms/NewClientSecret.",
            )


def _app(tenant: Tenant, form: Mapping[str, str]) -> App:
    try:
        app = tenant.apps.get(UUID(form.get("client_id", "")))
    except ValueError:
        app = None
    if app is None:
        _refuse(
            700016,
            400,
            "unauthorized_client",
            f"Application with identifier '{form.get('client_id', '')}' was not found in the "
            f"directory '{tenant.domain}'. This can happen if the application has not been "
            "installed by the administrator of the tenant or consented to by any user in the "
            "tenant. You may have sent your authentication request to the wrong tenant.",
        )
    if app.disabled:
        _refuse(
            7000112,
            400,
            "unauthorized_client",
            f"Application '{app.client_id}'({app.name}) is disabled.",
        )
    return app


def _refuse(code: int, status: int, error: str, text: str) -> NoReturn:
    raise AadstsError(code, status, error, text)


def _error_answer(call: Call, error: AadstsError) -> Answer:
    stamp = call.now.strftime("%Y-%m-%d %H:%M:%SZ")
    trace = str(uuid4())
    correlation = call.headers.get("client-request-id") or str(uuid4())
    return Answer(
        error.status,
        {
            "error": error.error,
            "error_description": (
                f"AADSTS{error.code}: {error.text} Trace ID: {trace} "
                f"Correlation ID: {correlation} Timestamp: {stamp}"
            ),
            "error_codes": [error.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={error.code}",
        },
    )
