"""People sign in: authorization codes with PKCE, and the id tokens they are redeemed for.

[doc] is learn.microsoft.com/entra/identity-platform, v2-oauth2-auth-code-flow and id-token-claims-reference.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from .account_picker import picker, trouble
from .applications import App, base64url
from .grants import ClientCredentials
from .mailboxes import Mailbox
from .refusals import AadstsError, refuse
from .state import State
from .tenants import Tenant
from .tokens import GRAPH_ID, Tokens
from .wire import Answer, Call, query_of

SHARED: Final = frozenset({"common", "organizations"})
"""Where people of any tenant sign in to a multi-tenant application."""

_CODE_LASTS = timedelta(minutes=10)  # "about 10 minutes" [doc]
_PROMPTS = frozenset({"", "login", "none", "consent", "select_account"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """An authorization request that may be answered at its redirect URI."""

    app: App
    redirect_uri: str
    state: str | None
    nonce: str | None
    scopes: frozenset[str]
    challenge: str | None
    method: str

    def back(self, **told: str) -> Answer:
        """To the app, with `state` as it came."""
        query = urlencode(told | ({} if self.state is None else {"state": self.state}))
        joint = "&" if "?" in self.redirect_uri else "?"
        return Answer(302, None, {"Location": f"{self.redirect_uri}{joint}{query}"})


@dataclass(slots=True)
class _Code:
    asked: _Asked
    tenant: Tenant
    person: Mailbox
    ends: datetime
    redeemed: bool = False


class SignIns:
    """Answers `/authorize` and redeems what it issued; nobody is remembered from one sign-in to the next.

    Consent to `openid` and `profile`, which any user may give, is taken as given with the choice of the account.
    """

    def __init__(
        self, state: State, tokens: Tokens, clients: ClientCredentials, chance: Random
    ) -> None:
        self._state = state
        self._tokens = tokens
        self._clients = clients
        self._chance = chance
        self._codes: dict[str, _Code] = {}

    def authorize(self, call: Call, name: str, tenant: Tenant | None) -> Answer:
        """The account picker, or what follows from a choice; `tenant` None stands for all of them."""
        try:
            asked = self._asked(call, name, tenant)
        except AadstsError as error:
            # Whom the redirect URI belongs to is not certain: nothing is sent there.
            return trouble(f"AADSTS{error.code}: {error.text}")
        wrong = _wrong(call, asked)
        if wrong is not None:
            return asked.back(error=wrong)
        typed = query_of(call.body.decode("utf-8", "replace")) if call.method == "POST" else {}
        if "cancel" in typed:
            return asked.back(
                error="access_denied", error_description="the user canceled the authentication"
            )
        chosen = self._chosen(call, typed, tenant)
        if chosen is not None:
            return asked.back(code=self._issue(asked, *chosen, call.now))
        if call.query.get("prompt") == "none":
            return asked.back(error="interaction_required")
        return picker(
            asked.app.name,
            (
                (str(one.id), one.name, where.sign_in_names[one.id])
                for where, one in self._people(tenant)
            ),
        )

    def redeem(self, call: Call, name: str, tenant: Tenant | None) -> Answer:
        """An id token for a code, once; raises AadstsError."""
        form = query_of(call.body.decode("utf-8", "replace"))
        for needed in ("client_id", "code", "redirect_uri"):
            if not form.get(needed):
                refuse(900144, parameter=needed)
        app = self._app(form["client_id"], name, tenant)
        if not form.keys() & {"client_secret", "client_assertion"}:
            refuse(7000218)
        names = (name,) if tenant is None else (str(tenant.id), tenant.domain)
        self._clients.check_credential(call, app, form, names)
        code = self._codes.get(form["code"])
        if code is None or code.asked.app.client_id != app.client_id:
            refuse(70000)
        _check_redemption(code, form, tenant, call.now)
        code.redeemed = True
        return self._told(call, code)

    def _asked(self, call: Call, name: str, tenant: Tenant | None) -> _Asked:
        query = call.query
        if not query.get("client_id"):
            refuse(900144, parameter="client_id")
        app = self._app(query["client_id"], name, tenant)
        uri = query.get("redirect_uri", "")
        if uri not in app.redirect_uris:
            refuse(50011, uri=uri, app=app.client_id)
        return _Asked(
            app,
            uri,
            query.get("state"),
            query.get("nonce"),
            frozenset(query.get("scope", "").split()),
            query.get("code_challenge"),
            query.get("code_challenge_method", "plain"),
        )

    def _app(self, named: str, name: str, tenant: Tenant | None) -> App:
        try:
            client_id = UUID(named)
        except ValueError:
            refuse(700016, app=named, tenant=name)
        here = tenant.apps.get(client_id) if tenant is not None else None
        app = here or self._state.registration(client_id)
        if app is None or (tenant is not None and here is None and not app.multi_tenant):
            refuse(700016, app=client_id, tenant=name)
        if tenant is None and not app.multi_tenant:
            refuse(50194, app=client_id, name=app.name)
        if app.disabled:
            refuse(7000112, app=client_id, name=app.name)
        return app

    def _people(self, tenant: Tenant | None) -> Iterator[tuple[Tenant, Mailbox]]:
        for where in self._state.tenants.values() if tenant is None else (tenant,):
            for one in where.mailboxes.values():
                if one.kind == "user":
                    yield where, one

    def _chosen(
        self, call: Call, typed: Mapping[str, str], tenant: Tenant | None
    ) -> tuple[Tenant, Mailbox] | None:
        """Who was clicked, or whom the hint names: as if that one was signed in already."""
        account = typed.get("account")
        hint = call.query.get("login_hint", "").lower()
        if call.query.get("prompt", "") not in {"", "none"}:
            hint = ""
        for where, one in self._people(tenant):
            if str(one.id) == account or (
                account is None and hint and where.sign_in_names[one.id].lower() == hint
            ):
                return where, one
        return None

    def _issue(self, asked: _Asked, tenant: Tenant, person: Mailbox, now: datetime) -> str:
        for old in [text for text, one in self._codes.items() if now > one.ends + _CODE_LASTS]:
            del self._codes[old]
        text = f"1.{base64url(self._chance.randbytes(48))}"
        self._codes[text] = _Code(asked, tenant, person, now + _CODE_LASTS)
        return text

    def _told(self, call: Call, code: _Code) -> Answer:
        told: dict[str, object] = {
            "token_type": "Bearer",
            "scope": " ".join(sorted(code.asked.scopes)),
            "expires_in": self._tokens.seconds,
            "ext_expires_in": self._tokens.seconds,
            "access_token": self._tokens.sign(code.tenant, self._access_claims(call, code)),
        }
        if "offline_access" in code.asked.scopes:
            told["refresh_token"] = f"1.{base64url(self._chance.randbytes(48))}"
        if "openid" in code.asked.scopes:
            told["id_token"] = self._tokens.sign(code.tenant, self._id_claims(call, code))
        return Answer(200, told, {"Cache-Control": "no-store, no-cache"})

    def _id_claims(self, call: Call, code: _Code) -> dict[str, object]:
        asked, person = code.asked, code.person
        claims: dict[str, object] = {
            "ver": "2.0",
            "iss": f"{call.origin}/{code.tenant.id}/v2.0",
            "aud": str(asked.app.client_id),
            "tid": str(code.tenant.id),
            "sub": pairwise(asked.app.client_id, code.tenant.id, person.id),
            "aio": base64url(self._chance.randbytes(24)),
            "rh": f"1.{base64url(self._chance.randbytes(24))}.",
            "uti": base64url(self._chance.randbytes(16)),
            **self._times(call.now),
        }
        if asked.nonce is not None:
            claims["nonce"] = asked.nonce
        if "profile" in asked.scopes:
            claims["oid"] = str(person.id)
            claims["preferred_username"] = code.tenant.sign_in_names[person.id]
            claims["name"] = person.name
        return claims

    def _access_claims(self, call: Call, code: _Code) -> dict[str, object]:
        """A delegated token for Graph, which no call of an app's takes: it has no roles."""
        return {
            "aud": GRAPH_ID,
            "iss": f"https://sts.windows.net/{code.tenant.id}/",
            "appid": str(code.asked.app.client_id),
            "idtyp": "user",
            "oid": str(code.person.id),
            "scp": " ".join(sorted(code.asked.scopes)),
            "tid": str(code.tenant.id),
            "ver": "1.0",
            **self._times(call.now),
        }

    def _times(self, now: datetime) -> dict[str, object]:
        begins = int(now.timestamp())
        return {"iat": begins, "nbf": begins, "exp": begins + self._tokens.seconds}


def pairwise(client_id: UUID, tenant_id: UUID, person_id: UUID) -> str:
    """The subject of a person at one application: another at any other [doc]."""
    return base64url(hashlib.sha256(client_id.bytes + tenant_id.bytes + person_id.bytes).digest())


def _wrong(call: Call, asked: _Asked) -> str | None:
    """The `error` of a request whose redirect URI is good, None for a right one."""
    if call.query.get("response_type") != "code":
        return "unsupported_response_type"
    if call.query.get("response_mode", "query") != "query" or not asked.scopes:
        return "invalid_request"
    if call.query.get("prompt", "") not in _PROMPTS or asked.method not in {"plain", "S256"}:
        return "invalid_request"
    return None


def _check_redemption(
    code: _Code, form: Mapping[str, str], tenant: Tenant | None, now: datetime
) -> None:
    if tenant is not None and tenant.id != code.tenant.id:
        refuse(700005)
    if code.redeemed:
        refuse(54005)
    if now >= code.ends:
        refuse(70008)
    if form["redirect_uri"] != code.asked.redirect_uri:
        refuse(500112, given=form["redirect_uri"], asked=code.asked.redirect_uri)
    if code.asked.challenge is not None and not _verifies(code.asked, form):
        refuse(501481)


def _verifies(asked: _Asked, form: Mapping[str, str]) -> bool:
    verifier = form.get("code_verifier", "")
    if asked.method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = urlsafe_b64encode(digest).decode().rstrip("=")
    return verifier == asked.challenge
