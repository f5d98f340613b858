"""People sign in through Microsoft: authorization code with PKCE by msal, the id token checked by us."""

import asyncio
import hashlib
import json
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msal
from typing_extensions import override

from .auth import Entra, refusal, translated
from .errors import Malformed, SignInDenied, SignInStale, Unavailable
from .id_token import Identity, NotProven, identity, key_id_of
from .publisher import KeySet, KeysUnusable

_SECONDS = 25.0  # discovery, keys and the token request, each within the limits of the HTTP client
_FRESH_SECONDS = 6 * 3600.0
_REFETCH_SECONDS = 300.0  # between two fetches of keys, whatever tokens ask for
_ANSWER: Final = ("code", "state", "error", "error_description")
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error"})
_MOST_CHARACTERS = 8192

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Registration:
    """The operator's own application, through which people sign in; `issuer` as `check_issuer` wants it."""

    issuer: str
    client_id: str
    secret: Callable[[], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the person, and what must come back with them: it is secret, and good once."""

    address: str
    kept: str = field(repr=False)


class SignIn:
    """Sign-ins through one registration; every call may raise Throttled, Unavailable, Malformed, CredentialsRejected."""

    def __init__(self, entra: Entra, registration: Registration) -> None:
        self._entra = entra
        self._registration = registration
        self._apps: tuple[str, Any] | None = (
            None  # of the secret it was made with; msal ships no types
        )
        self._keys: KeySet | None = None
        self._fetched = float("-inf")

    async def start(self, redirect_uri: str) -> Begun:
        """Begin one, which ends at `redirect_uri`; the person chooses the account."""
        return await self._threaded(lambda: self._begin(redirect_uri))

    async def finish(self, kept: str, query: Mapping[str, str], now: datetime) -> Identity:
        """Who came back; raises SignInDenied where Microsoft says no, SignInStale where it is not the one that began."""
        answer = {name: query[name][:_MOST_CHARACTERS] for name in _ANSWER if name in query}
        return await self._threaded(lambda: self._end(kept, answer, now))

    async def _threaded(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_SECONDS):
                return await loop.run_in_executor(self._entra.threads, work)
        except TimeoutError as error:
            raise Unavailable("Entra does not answer in time") from error

    def _begin(self, redirect_uri: str) -> Begun:
        app = self._app(self._registration.secret())
        # msal would rather have `form_post`, a POST from another site, which our cookie does not come along with. The code
        # is good once and only with the verifier that the cookie holds.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            flow = app.initiate_auth_code_flow(
                [], redirect_uri=redirect_uri, prompt="select_account", response_mode="query"
            )
        address = flow.pop("auth_uri")
        return Begun(address, json.dumps(flow))

    def _end(self, kept: str, answer: dict[str, str], now: datetime) -> Identity:
        secret = self._registration.secret()
        app = self._app(secret)
        flow = json.loads(kept)
        with translated(secret):
            result = _redeemed(app, flow, answer)
        if "error" in result:
            raise _refused(result, secret, by_person="error" in answer)
        token = result.get("id_token")
        if not isinstance(token, str):
            raise Malformed("Entra's answer has no id token")
        with translated(secret):
            try:
                return identity(
                    token,
                    self._key_set(key_id_of(token)),
                    issuer=self._registration.issuer,
                    client_id=self._registration.client_id,
                    nonce=hashlib.sha256(flow["nonce"].encode()).hexdigest(),  # as msal sends it
                    now=now,
                )
            except NotProven as error:
                raise SignInStale(f"The id token does not hold: {error}") from error

    def _app(self, secret: str) -> Any:
        if self._apps is None or self._apps[0] != secret:
            with translated(secret):
                app = msal.ConfidentialClientApplication(
                    self._registration.client_id,
                    client_credential=secret,
                    oidc_authority=self._registration.issuer,
                    http_client=self._entra.http,
                    token_cache=_NoCache(),
                    exclude_scopes=[
                        "offline_access"
                    ],  # who signs in once is asked for nothing more
                )
                for address in (app.authority.authorization_endpoint, app.authority.token_endpoint):
                    self._check_ours(address)
            self._apps = (secret, app)
        return self._apps[1]

    def _key_set(self, key_id: str) -> KeySet:
        age = time.monotonic() - self._fetched
        known = self._keys
        if (
            known is None
            or age >= _FRESH_SECONDS
            or (key_id not in known.keys and age >= _REFETCH_SECONDS)
        ):
            known = self._keys = self._fetch()
            self._fetched = time.monotonic()
        return known

    def _fetch(self) -> KeySet:
        found = json.loads(
            self._entra.http.get(
                f"{self._registration.issuer}/.well-known/openid-configuration"
            ).text
        )
        self._check_ours(found["jwks_uri"])
        keys = self._entra.http.get(found["jwks_uri"])
        try:
            return KeySet.read(found["issuer"], keys.text.encode())
        except KeysUnusable as error:
            raise Malformed("Entra's keys are not usable") from error

    def _check_ours(self, address: str) -> None:
        ours, theirs = urlsplit(self._registration.issuer), urlsplit(address)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise Malformed("Entra's discovery document leads elsewhere")


class _NoCache(msal.TokenCache):  # type: ignore[misc] # msal ships no types
    """We want to know who it is, once: nobody's tokens are kept."""

    @override
    def add(self, event: object, now: object = None) -> None:
        return


def _redeemed(app: Any, flow: dict[str, Any], answer: dict[str, str]) -> dict[str, Any]:
    try:
        result = app.acquire_token_by_auth_code_flow(flow, answer)
    except (
        ValueError,
        RuntimeError,
    ) as error:  # another state, neither code nor error; another nonce
        raise SignInStale("What came back is not the sign-in that began here") from error
    return result if isinstance(result, dict) else {}


def _refused(result: Mapping[str, Any], secret: str, *, by_person: bool) -> Exception:
    """What an answer with an error means: one that the browser brought, or one to our token request."""
    error = str(result["error"])
    if by_person:
        if error in _PASSING:
            return Unavailable("Entra is in trouble", code=error)
        return SignInDenied(error=error)
    if error == "invalid_grant":
        return SignInStale("The code is used, too old, or not for us", code=error)
    return refusal(result, secret)
