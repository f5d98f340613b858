"""Entra's endpoints: discovery, keys, tokens by client credentials (graph-calendar §7), people who sign in."""

import re
from random import Random
from uuid import UUID

from .faults import Fault, Faults
from .grants import ClientCredentials, grant_type
from .loops import Loops
from .refusals import OTHER, AadstsError, plain, refusal, refuse
from .sign_ins import SHARED, SignIns
from .state import State
from .tenants import Tenant
from .tokens import Tokens
from .wire import Answer, Call, query_of

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_SHARED = frozenset({"common", "organizations", "consumers"})


class Entra:
    """The sign-in service of all tenants of one simulator."""

    def __init__(self, state: State, tokens: Tokens, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._tokens = tokens
        self._chance = Random(f"{state.options.seed}/entra")  # noqa: S311 -- repeatable by seed
        self._loops = Loops(state.options)
        self._credentials = ClientCredentials(state.options, tokens, self._chance)
        self._sign_ins = SignIns(state, tokens, self._credentials, self._chance)

    async def handle(self, call: Call) -> Answer:
        """Answers any request outside `/v1.0` and `/_sim`."""
        answer = await self._faults.answered(
            call, lambda: self._route(call), lambda fault: self.struck(call, fault)
        )
        if "client-request-id" in call.headers:
            answer.headers["client-request-id"] = call.headers["client-request-id"]
        answer.headers["x-ms-request-id"] = self._new_id()
        return answer

    def _route(self, call: Call) -> Answer:
        name, *rest = call.segments or ("",)
        tail = "/".join(rest).lower()
        try:
            if tail == "discovery/instance" and name == "common":
                return _instance(call)
            if tail in {
                "v2.0/.well-known/openid-configuration",
                ".well-known/openid-configuration",
            }:
                return self._discovery(call, name)
            if tail in {"discovery/v2.0/keys", "discovery/keys"}:
                return Answer(200, self._keys(call, name))
            answer = self._signing_in(call, name, tail)
            if answer is not None:
                return answer
        except AadstsError as error:
            return self._refused(call, error)
        return Answer(404, {"error": "not_found", "error_description": call.path})

    def _signing_in(self, call: Call, name: str, tail: str) -> Answer | None:
        if tail == "oauth2/v2.0/authorize" and call.method in {"GET", "POST"}:
            return self._sign_ins.authorize(call, name, self._people_of(name))
        if tail != "oauth2/v2.0/token" or call.method != "POST":
            return None
        if grant_type(call) == "authorization_code":
            return self._sign_ins.redeem(call, name, self._people_of(name))
        _check_shared(call, name)
        tenant = self._tenant(name, "invalid_request")
        return self._loops.stopped(call, tenant) or self._credentials.answer(call, tenant)

    def _discovery(self, call: Call, name: str) -> Answer:
        if name in _SHARED:
            return _discovery(call, name, "{tenantid}")
        tenant = str(self._tenant(name, "invalid_tenant").id)
        return _discovery(call, tenant, tenant)

    def _keys(self, call: Call, name: str) -> dict[str, object]:
        if name in SHARED:
            turns = max((one.key_turns for one in self._state.tenants.values()), default=0)
            return self._tokens.jwks(turns, f"{call.origin}/{{tenantid}}/v2.0")
        tenant = self._tenant(name, "invalid_tenant")
        return self._tokens.jwks(tenant.key_turns, f"{call.origin}/{tenant.id}/v2.0")

    def _people_of(self, name: str) -> Tenant | None:
        """The tenant whose people may sign in; None for all."""
        return None if name in SHARED else self._tenant(name, "invalid_request")

    def _tenant(self, name: str, error: str) -> Tenant:
        tenant = self._state.tenant_named(name)
        if tenant is None and not _GUID.fullmatch(name) and not _DOMAIN.fullmatch(name):
            refuse(900023, tenant=name)
        if tenant is None:
            refuse(90002, error=error, tenant=name)
        return tenant

    def struck(self, call: Call, fault: Fault) -> Answer:
        """A fault's answer; of a body with only `error_codes` Entra's own is made (§7.4)."""
        body = fault.body or {"error_codes": [90055 if fault.status == 429 else 90033]}
        match body:
            case {"error_codes": [int(code)], **others} if not others and plain(code):
                answer = self._refused(call, refusal(code))
                status = fault.document.status or answer.status
                return Answer(status, answer.payload, fault.headers, drop=fault.drop)
            case _:
                return Answer(fault.status, body, fault.headers, drop=fault.drop)

    def _refused(self, call: Call, error: AadstsError) -> Answer:
        stamp = call.now.strftime("%Y-%m-%d %H:%M:%SZ")
        trace = self._new_id()
        correlation = call.headers.get("client-request-id") or self._new_id()
        status, name = error.status, error.error
        if self._state.options.unverified_refusals == "other":
            status, name = OTHER.get(error.code, (status, name))
        gap = "\r\n" if self._state.options.broken_descriptions else " "
        description = gap.join(
            (
                f"AADSTS{error.code}: {error.text}",
                f"Trace ID: {trace}",
                f"Correlation ID: {correlation}",
                f"Timestamp: {stamp}",
            )
        )
        return Answer(
            status,
            {
                "error": name,
                "error_description": description,
                "error_codes": [error.code],
                "timestamp": stamp,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": f"https://login.microsoftonline.com/error?code={error.code}",
            },
        )

    def _new_id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))


def _check_shared(call: Call, name: str) -> None:
    if name in {"common", "consumers"}:
        refuse(9001023)
    if name == "organizations":
        form = query_of(call.body.decode("utf-8", "replace"))
        refuse(50194, app=form.get("client_id", ""), name="")


def _instance(call: Call) -> Answer:
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
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        },
    )


def _discovery(call: Call, name: str, issuer: str) -> Answer:
    base, host = f"{call.origin}/{name}", call.origin.partition("://")[2]
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
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{call.origin}/{issuer}/v2.0",
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{call.origin}/oidc/userinfo",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "tid"],
            "tenant_region_scope": "EU" if name == issuer else None,
            "cloud_instance_name": host,
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": host,
            "rbac_url": f"{call.origin}/rbac",
        },
    )
