"""Access tokens by client credentials: msal off the event loop, one app object per tenant and client."""

import asyncio
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from uuid import UUID

import msal
import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override

from .certificate import Certificate, CertificateUnusable, is_certificate
from .errors import CredentialsRejected, GraphError, Malformed, Throttled, Unavailable
from .protocol import retry_after

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
_ACQUIRE_SECONDS = 25.0  # discovery and token request, each within the two above
_MOST_BYTES = 1 << 20
_SPARE_SECONDS = 300.0  # msal, too, gives up on a token with less than five minutes left
_JUST_ISSUED_SECONDS = 300.0
_THROTTLING = {90055, 50196}
_TRANSIENT = {90033}
_NUMBER = re.compile(r"AADSTS(\d+)")


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the app of one organisation signs in to its tenant.

    `secret` is a client secret's value or, as PEM, a certificate with its private key. `spare` is the one before it,
    tried when Entra refuses the newer one: not all of Entra knows a new secret at once.
    """

    tenant_id: UUID
    client_id: UUID
    secret: str = field(repr=False)
    spare: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    issued: float
    refresh_at: float
    expires_at: float


class Entra:
    """Where tokens come from: the address, what they are for, a connection pool, the threads that msal may block."""

    def __init__(self, url: str, scope: str, ca_file: Path | None, threads: Executor) -> None:
        self.url = url.rstrip("/")
        self.scope = scope
        self.threads = threads
        self.http = _EntraHttp(ca_file)


class TokenSource:
    """Tokens of one app in one tenant; however many ask at once, one request is made."""

    def __init__(self, entra: Entra, credentials: Credentials) -> None:
        self._entra = entra
        self._credentials = credentials
        self._apps: dict[str, Any] = {}  # one per secret; msal ships no types
        self._held: _Held | None = None
        self._turn = asyncio.Lock()
        self._finished = 0
        self._failure: GraphError | None = None

    async def token(self) -> str:
        """A token good for some minutes more; raises CredentialsRejected, Throttled, Unavailable, Malformed."""
        if self._held and time.monotonic() < self._held.refresh_at:
            return self._held.token
        asked_after = self._finished
        async with self._turn:
            if self._held and time.monotonic() < self._held.refresh_at:
                return self._held.token
            if self._finished > asked_after and self._failure is not None:
                raise self._failure.with_traceback(None)  # the attempt that we waited for failed
            try:
                self._held = await self._acquire()
                self._failure = None
            except GraphError as error:
                self._failure = error
                if isinstance(error, CredentialsRejected) or not self._still_valid():
                    raise
            finally:
                self._finished += 1
            assert self._held is not None  # noqa: S101 -- either just acquired or still valid
            return self._held.token

    def forget(self, *, unless_just_issued: bool = False) -> bool:
        """Drop the token held, so that the next one shows roles granted since; False if it was kept or none held."""
        if self._held is None:
            return False
        if unless_just_issued and time.monotonic() - self._held.issued < _JUST_ISSUED_SECONDS:
            return False
        self._held = None
        for app in self._apps.values():
            app.remove_tokens_for_client()
        return True

    def _still_valid(self) -> bool:
        return self._held is not None and time.monotonic() < self._held.expires_at

    async def _acquire(self) -> _Held:
        spare = self._credentials.spare
        try:
            return await self._acquire_by(self._credentials.secret)
        except CredentialsRejected as refused:
            if spare is None:
                raise
            try:
                return await self._acquire_by(spare)
            except CredentialsRejected:
                raise refused from None

    async def _acquire_by(self, secret: str) -> _Held:
        started = time.monotonic()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_ACQUIRE_SECONDS):
                result = await loop.run_in_executor(self._entra.threads, self._ask, secret)
        except TimeoutError as error:
            raise Unavailable("Entra does not answer in time") from error
        token = result.get("access_token")
        if not isinstance(token, str):
            raise refusal(result, secret)
        lifetime = float(result.get("expires_in") or 0)
        return _Held(
            token,
            issued=started,
            refresh_at=started + max(lifetime - _SPARE_SECONDS, lifetime / 2),
            expires_at=started + lifetime,
        )

    def _ask(self, secret: str) -> dict[str, Any]:
        """Runs in a thread: build the app where that is still to do (it asks the network), then ask for a token."""
        with translated(secret):
            app = self._apps.get(secret)
            if app is None:
                app = self._apps[secret] = msal.ConfidentialClientApplication(
                    str(self._credentials.client_id),
                    client_credential=_proof(secret),
                    authority=f"{self._entra.url}/{self._credentials.tenant_id}",
                    http_client=self._entra.http,
                    instance_discovery=False,  # the operator names the authority: nobody else is asked about it
                )
            result = app.acquire_token_for_client(scopes=[self._entra.scope])
        return result if isinstance(result, dict) else {}


@contextmanager
def translated(secret: str) -> Iterator[None]:
    """What msal raises becomes ours: Throttled, Unavailable, Malformed, CredentialsRejected, the secret blanked out."""
    try:
        yield
    except _Busy as busy:
        raise busy.meaning() from busy
    except requests.RequestException as error:
        raise Unavailable("Entra cannot be reached") from error
    except CertificateUnusable as error:
        raise CredentialsRejected(
            aadsts=None, error="certificate_unusable", description=str(error)
        ) from error
    except ValueError as error:
        raise _construction_refusal(error, secret) from error
    except (KeyError, RuntimeError) as error:
        raise Malformed("Entra's discovery document is not usable") from error


def _proof(secret: str) -> str | dict[str, str]:
    """As msal wants it: the value, or what it signs assertions with."""
    if not is_certificate(secret):
        return secret
    read = Certificate.read(secret)
    return {"private_key": read.key_pem, "public_certificate": read.certificate_pem}


def refusal(result: Mapping[str, Any], secret: str) -> GraphError:
    """What a token answer without a token means (graph-calendar §7.4)."""
    description = str(result.get("error_description") or "")
    error = str(result.get("error") or "unknown_error")
    codes = result.get("error_codes") or []
    number = _number(str(codes[0]) if isinstance(codes, list) and codes else "", description)
    trace = str(result.get("correlation_id") or "") or None
    if number in _THROTTLING:
        return Throttled("Entra throttles", request_id=trace, code=f"AADSTS{number}")
    if number in _TRANSIENT or error == "temporarily_unavailable":
        return Unavailable("Entra is in trouble", request_id=trace, code=error)
    return CredentialsRejected(
        aadsts=number, error=error, description=_blank(description, secret), request_id=trace
    )


def _construction_refusal(error: ValueError, secret: str) -> GraphError:
    """Why msal could not build the app: it hides Entra's answer in the context of its ValueError."""
    texts = [str(each) for each in _contexts(error)]
    told = next((text for text in texts if "HTTP status: 4" in text), None)
    if told is None:
        return Malformed("Entra's discovery answer is not usable")
    number = _number("", told)
    return CredentialsRejected(
        aadsts=number, error="invalid_tenant", description=_blank(told, secret), status=400
    )


def _contexts(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


def _number(code: str, description: str) -> int | None:
    if code.isdecimal():
        return int(code)
    found = _NUMBER.search(description)
    return int(found.group(1)) if found else None


def _blank(text: str, secret: str) -> str:
    return text.replace(secret, "…") if secret else text


class _Busy(Exception):
    def __init__(self, status: int, wait: float | None) -> None:
        super().__init__(status)
        self._status = status
        self._wait = wait

    def meaning(self) -> GraphError:
        kind = Throttled if self._status == 429 else Unavailable
        return kind("Entra cannot answer now", retry_after=self._wait, status=self._status)


@dataclass(frozen=True, slots=True)
class _Reply:
    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Demanded by msal; a 5xx never becomes a reply here."""


class _Adapter(HTTPAdapter):
    """Verifies with the system's roots and ours: msal's own `verify` gives way to environment variables."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)

    @override
    def close(self) -> None:
        for name in self.poolmanager.pools.keys():  # noqa: SIM118 -- a container that refuses to be iterated
            self.poolmanager.pools[
                name
            ].close()  # else they live until collected, held by any traceback
        super().close()


class _EntraHttp:
    """The HTTP client msal is given, shared by all apps: time-outs, no redirects, no environment, answers of bounded size."""

    def __init__(self, ca_file: Path | None) -> None:
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount("https://", _Adapter(context))

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> _Reply:
        return self._send("GET", url, params=params, headers=headers)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> _Reply:
        return self._send("POST", url, params=params, data=data, headers=headers)

    def close(self) -> None:
        self._session.close()

    def _send(self, method: str, url: str, **arguments: Any) -> _Reply:
        with self._session.request(
            method,
            url,
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            allow_redirects=False,
            stream=True,
            **arguments,
        ) as response:
            body = response.raw.read(_MOST_BYTES + 1, decode_content=True)
            status = response.status_code
            if status == 429 or status >= 500:
                raise _Busy(
                    status, retry_after(*map(response.headers.get, ("Retry-After", "Date")))
                )
            if len(body) > _MOST_BYTES or 300 <= status < 400:
                raise _Busy(502, None)
            return _Reply(status, body.decode("utf-8", "replace"), dict(response.headers))
