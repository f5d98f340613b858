"""The portal's REST interface, as the operator may use it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import requests

from .failure import REFUSED, Failure, NotThere, refused, unreachable
from .settings import Settings

_SECONDS: Final = (5.0, 60.0)  # to connect, to answer: Test Settings asks Microsoft several times

Json: TypeAlias = Any


class Portal:
    """Calls as the operator; raises Failure with what to do next."""

    def __init__(self, origin: str, token: str, session: requests.Session) -> None:
        self._origin = origin
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}

    def call(
        self,
        method: str,
        path: str,
        *,
        organisation: str | None = None,
        body: Json = None,
        query: Mapping[str, str] | None = None,
    ) -> Json:
        """The answer's JSON, None where there is none; `organisation` is an id."""
        headers = self._headers | ({"X-Organisation": organisation} if organisation else {})
        try:
            answer = self._session.request(
                method,
                self._origin + path,
                headers=headers,
                json=body,
                params=query,
                timeout=_SECONDS,
                allow_redirects=False,  # the token goes to nobody else
            )
        except requests.RequestException as error:
            raise _unreached(self._origin, error) from error
        if 200 <= answer.status_code < 300:
            return self._parsed(answer) if answer.content else None
        raise _refusal(self._origin, answer)

    def items(self, path: str, *, organisation: str | None = None) -> Iterator[Json]:
        """Every item of a list, page after page."""
        following: str | None = path
        while following is not None:
            page = self.call("GET", following, organisation=organisation)
            yield from page["items"]
            following = page.get("next")

    def _parsed(self, answer: requests.Response) -> Json:
        try:
            return answer.json()
        except requests.JSONDecodeError as error:
            raise _stranger(self._origin, answer.status_code) from error


@contextmanager
def open_portal() -> Iterator[Portal]:
    """The portal that the environment names; raises Failure."""
    origin, token = Settings.from_environment().portal()
    with requests.Session() as session:
        # Certificates and proxies as the environment says, but no ~/.netrc: it would replace our token.
        session.auth = lambda prepared: prepared
        yield Portal(origin, token, session)


def _unreached(origin: str, error: requests.RequestException) -> Failure:
    match error:
        case requests.exceptions.SSLError():
            return unreachable(
                f"The certificate of {origin} is not trusted.",
                "If your own authority signed it, set REQUESTS_CA_BUNDLE to its PEM file. Else somebody may be in between.",
            )
        case requests.exceptions.InvalidURL() | requests.exceptions.InvalidHeader():
            return refused(
                f"{origin} cannot be called.", "Look at PORTAL_URL and PORTAL_OPERATOR_TOKEN."
            )
        case requests.exceptions.ReadTimeout():
            return unreachable(
                f"{origin} does not answer in time.",
                "What was asked may be done all the same: look before you repeat it.",
            )
        case _:
            return unreachable(
                f"{origin} cannot be reached.",
                "Look at PORTAL_URL, whether the portal is ready (/readyz), and the way there.",
            )


def _refusal(  # noqa: PLR0911 - one text per kind of answer
    origin: str, answer: requests.Response
) -> Failure:
    problem = _problem(answer)
    if problem is None:
        return _stranger(origin, answer.status_code)
    fields = "".join(
        f" {each['field']}: {each['message']}." for each in problem.get("errors") or ()
    )
    text = f"{problem['detail']}{fields}"
    match answer.status_code:
        case 401:
            return refused(
                f"{origin} does not know this token.",
                "PORTAL_OPERATOR_TOKEN must be the one that the portal was started with.",
            )
        case 403:
            return refused(
                text,
                "This is a person's token: the operator's is PORTAL_OPERATOR_TOKEN of the portal.",
            )
        case 404:
            return NotThere(
                text, "List what there is: it may be gone, or of another organisation.", REFUSED
            )
        case 409 | 422:
            return refused(text, "Nothing was changed.")
        case 429 | 502 | 503:
            wait = answer.headers.get("Retry-After")
            return unreachable(text, f"Try again in {wait} s." if wait else "Try again shortly.")
        case _:
            return refused(text, "The portal's log tells more.")


def _problem(answer: requests.Response) -> dict[str, Any] | None:
    try:
        document = answer.json()
    except requests.JSONDecodeError:
        return None
    return document if isinstance(document, dict) and "detail" in document else None


def _stranger(origin: str, status: int) -> Failure:
    return refused(
        f"{origin} answers {status}, but not as the portal does.",
        "Look at PORTAL_URL: a gateway or another service may be there.",
    )
