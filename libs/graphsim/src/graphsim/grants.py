"""The client credentials grant: who asks, for what, and with which credential (graph-calendar §7)."""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from random import Random
from urllib.parse import unquote_plus
from uuid import UUID

from .applications import App
from .assertions import JWT_BEARER, check_assertion
from .options import Options
from .refusals import refuse
from .tenants import Tenant
from .tokens import GRAPHS, Tokens
from .wire import Answer, Call, query_of

_RESOURCES = GRAPHS | {"https://outlook.office.com", "https://outlook.office365.com"}


class ClientCredentials:
    """Answers token requests; raises AadstsError."""

    def __init__(self, options: Options, tokens: Tokens, chance: Random) -> None:
        self._options = options
        self._tokens = tokens
        self._chance = chance

    def answer(self, call: Call, tenant: Tenant) -> Answer:
        """A token for the app of the form, which may authenticate by header too (§7.1)."""
        form = {**_basic(call), **query_of(call.body.decode("utf-8", "replace"))}
        _check_grant(form)
        app = self._app(tenant, form)
        resource = _resource(tenant, form)
        how = self.check_credential(call, app, form, (str(tenant.id), tenant.domain))
        if app.blocked_by_policy and not app.registered_elsewhere:
            # Policies for workload identities reach single-tenant applications only (§7.4).
            refuse(53003, error=self._options.blocked_error)
        told: dict[str, object] = {
            "token_type": "Bearer",
            "expires_in": self._tokens.seconds,
            "ext_expires_in": self._tokens.seconds,
        }
        if self._options.refresh_in is not None:
            told["refresh_in"] = self._options.refresh_in
        told["access_token"] = self._tokens.issue(
            tenant, app, resource, how, call.now, self._chance
        )
        return Answer(200, told, {"Cache-Control": "no-store, no-cache"})

    def _app(self, tenant: Tenant, form: Mapping[str, str]) -> App:
        named = form.get("client_id")
        if not named:
            refuse(900144, parameter="client_id")
        try:
            app = tenant.apps.get(UUID(named))
        except ValueError:
            app = None
        if app is None or (not app.installed and self._options.missing_principal == 700016):
            refuse(700016, app=named, tenant=tenant.domain)
        if not app.installed:
            refuse(7000229, app=app.client_id, tenant=tenant.id)
        if app.disabled:
            refuse(7000112, app=app.client_id, name=app.name)
        return app

    def check_credential(
        self, call: Call, app: App, form: Mapping[str, str], names: Iterable[str]
    ) -> str:
        """How the app proves itself, `1` by secret and `2` by certificate; `names` stand for its tenant in addresses."""
        assertion, given = form.get("client_assertion"), form.get("client_secret")
        if assertion and form.get("client_assertion_type") == JWT_BEARER:
            check_assertion(
                assertion,
                app,
                _audiences(call, names),
                call.now,
                needs_jti=self._options.assertion_needs_jti,
            )
            return "2"
        if not given:
            status = self._options.missing_secret_status
            error = "invalid_client" if status == 401 else "invalid_request"
            refuse(7000216, status=status, error=error)
        secret = next((one for one in app.secrets if one.value == given), None)
        if secret is None:
            refuse(7000215, app=app.client_id)
        if secret.ends is not None and call.now >= secret.ends:
            refuse(7000222, app=app.client_id)
        return "1"


def grant_type(call: Call) -> str:
    """Which grant a token request is about; empty where it does not say."""
    return query_of(call.body.decode("utf-8", "replace")).get("grant_type", "")


def _basic(call: Call) -> dict[str, str]:
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote_plus(client), "client_secret": unquote_plus(secret)}


def _check_grant(form: Mapping[str, str]) -> None:
    grant = form.get("grant_type")
    if not grant:
        refuse(900144, parameter="grant_type")
    if grant == "client_credentials":
        return
    if not form.keys() & {"client_secret", "client_assertion"}:
        refuse(7000218)
    refuse(70003, grant=grant)


def _resource(tenant: Tenant, form: Mapping[str, str]) -> str:
    scope = form.get("scope")
    if not scope:
        refuse(900144, parameter="scope")
    if " " in scope.strip():
        refuse(70011, scope=scope)
    resource, dot, rest = scope.strip().rpartition("/.default")
    if not dot or rest:
        refuse(1002012, scope=scope)
    if resource.rstrip("/") not in _RESOURCES:
        refuse(500011, resource=resource, tenant=tenant.domain)
    return resource.rstrip("/")


def _audiences(call: Call, names: Iterable[str]) -> frozenset[str]:
    """What an assertion may be meant for: the tenant's token endpoint or its issuer."""
    bases = [f"{call.origin}/{name}".lower() for name in names]
    return frozenset(f"{base}/{tail}" for base in bases for tail in ("oauth2/v2.0/token", "v2.0"))
