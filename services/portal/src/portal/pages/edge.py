"""From an HTTP request to a checked visit, and from its answer to HTML."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import UUID

import structlog
from aiohttp import web

from pgstore import DatabaseUnavailable

from ..domain.alerts import Alert
from ..domain.caller import Access, Person, allows
from ..domain.refusal import Reason, Refusal, not_found
from ..domain.wire import looks_like_guid
from ..handlers.alerts import Alerts
from ..handlers.sessions import Sessions
from ..routes.cookies import CSRF_HEADER, SAFE_METHODS, Cookies, fresh_csrf
from ..routes.problems import status_of
from .navigation import here, menu
from .table import Answer, File, Page, Redirect, View, Visit
from .templates import Templates

log = structlog.get_logger()

_MOST_FORM: Final = 64 * 1024
_MOST_FIELDS: Final = 600  # an import ticks 500 rooms
_LONGEST_QUERY: Final = 4096  # a code of Entra's may have a thousand characters and more
_SAID: Final = "said"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
SIGN_IN: Final = "/sign-in"


class PageEdge:
    """Everything that holds for every page: who may, forms, refusals in words, headers."""

    def __init__(
        self, sessions: Sessions, alerts: Alerts, cookies: Cookies, templates: Templates
    ) -> None:
        self._sessions = sessions
        self._alerts = alerts
        self._cookies = cookies
        self._templates = templates
        self._headers = dict(_HEADERS)
        if cookies.secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    def install(self, app: web.Application, pages: list[Page]) -> None:
        """Serve the table."""
        for page in pages:
            app.router.add_route(page.method, page.path, self._serving(page))

    def close_table(self, app: web.Application) -> None:
        """Answer every other address with a page; to be called last."""

        async def elsewhere(_visit: Visit) -> Answer:
            raise not_found("page")

        app.router.add_route(
            "GET", "/{rest:.*}", self._serving(Page("GET", "", Access.ANYONE, elsewhere))
        )

    def _serving(self, page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            session = self._cookies.session(request)
            visit = _bare(request, self._cookies.away(request))
            try:
                visit = replace(visit, given_person=await self._person(session))
                visit = replace(
                    visit,
                    ids=_ids(request),
                    typed=await self._typed(request, session, visit.given_person),
                )
                if visit.given_person is None and page.access is not Access.ANYONE:
                    return self._to_sign_in(request, visit)
                _admit(page.access, visit.given_person)
                return await self._sent(request, visit, await page.handle(visit), session)
            except Refusal as refusal:
                shown = View("problem.html", refusal=refusal)
            except DatabaseUnavailable:
                log.warning("database_unavailable", page=page.path)
                shown = View(
                    "problem.html",
                    refusal=Refusal(
                        Reason.UNAVAILABLE, "The database is away for a moment.", retry_after=2
                    ),
                )
            except web.HTTPException:
                raise
            except Exception:
                log.exception("page_failed", page=page.path)
                shown = View(
                    "problem.html",
                    refusal=Refusal(
                        Reason.BUG, "Something went wrong on our side; it is logged. Try again."
                    ),
                )
            return await self._sent(request, visit, shown, session)

        return answer

    async def _person(self, session: str) -> Person | None:
        if not session:
            return None
        caller = await self._sessions.caller(session)
        return caller if isinstance(caller, Person) else None

    async def _typed(
        self, request: web.Request, session: str, person: Person | None
    ) -> dict[str, str]:
        if request.method in SAFE_METHODS:
            return {}
        if (request.content_length or 0) > _MOST_FORM:
            raise Refusal(Reason.TOO_LARGE, "That is too much for this form.")
        form = await request.post()
        if len(form) > _MOST_FIELDS:
            raise Refusal(Reason.TOO_LARGE, "That is too much for this form.")
        typed = {name: text for name, text in form.items() if isinstance(text, str)}
        token = typed.pop("csrf", "") or request.headers.get(CSRF_HEADER, "")
        if person is None:
            self._cookies.check_origin(request)
        else:
            self._cookies.check_csrf(request, session, token)
        return typed

    def _to_sign_in(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        wanted = request.rel_url.raw_path_qs if request.method in SAFE_METHODS else "/"
        target = SIGN_IN if wanted == "/" else f"{SIGN_IN}?to={quote(wanted, safe='')}"
        return self._gone_to(visit, Redirect(target))

    async def _sent(
        self, request: web.Request, visit: Visit, answer: Answer, session: str
    ) -> web.StreamResponse:
        match answer:
            case View():
                return await self._shown(request, visit, answer, session)
            case Redirect():
                return self._gone_to(visit, answer)
            case File():
                place = "inline" if answer.inline else "attachment"
                return web.Response(
                    body=answer.content,
                    content_type=answer.media,
                    headers={
                        **self._headers,
                        "Content-Disposition": f'{place}; filename="{answer.name}"',
                    },
                )

    def _gone_to(self, visit: Visit, answer: Redirect) -> web.StreamResponse:
        # A script's request would follow a 303 by itself and put the whole page into a part of this one.
        if visit.partial:
            response = web.Response(headers={**self._headers, "HX-Redirect": answer.path})
        else:
            response = web.Response(status=303, headers={**self._headers, "Location": answer.path})
        if answer.say:
            response.set_cookie(
                _SAID, quote(answer.say), max_age=60, path="/", httponly=True,
                secure=self._cookies.secure, samesite="Lax",
            )  # fmt: skip
        if answer.session is not None:
            self._cookies.set(response, *answer.session)
        if answer.leave:
            self._cookies.clear(response)
        if answer.away is not None:
            self._cookies.set_away(response, answer.away)
        return response

    async def _alert(self, visit: Visit) -> Alert | None:
        if visit.partial or visit.given_person is None or not visit.administrator:
            return None
        try:
            return await self._alerts.of(visit.by)
        except DatabaseUnavailable:
            return None  # the page itself says so, or needs no database

    async def _shown(
        self, request: web.Request, visit: Visit, view: View, session: str
    ) -> web.StreamResponse:
        person = visit.given_person
        entries = menu(person.role) if person else ()
        said = "" if visit.partial else unquote(request.cookies.get(_SAID, ""))
        csrf = fresh_csrf(session) if person else ""
        values: dict[str, Any] = {
            "visit": visit,
            "menu": entries,
            "here": here(entries, visit.path),
            "said": said[:300],
            "csrf": csrf,
            "htmx_headers": json.dumps({CSRF_HEADER: csrf}),
            "alert": await self._alert(visit),
            "refusal": view.refusal,
            **view.values,
        }
        response = web.Response(
            text=self._templates.render(view.template, values),
            status=status_of(view.refusal) if view.refusal else 200,
            content_type="text/html",
            headers=self._headers,
        )
        if view.refusal is not None and view.refusal.retry_after is not None:
            response.headers["Retry-After"] = str(view.refusal.retry_after)
        if said:
            response.del_cookie(_SAID, path="/")
        response.enable_compression()
        return response


def _admit(access: Access, person: Person | None) -> None:
    if person is not None and not allows(access, person):
        raise Refusal(Reason.FORBIDDEN, "This page is for administrators: ask one of yours.")


def _bare(request: web.Request, away: str) -> Visit:
    return Visit(
        path=request.path,
        given_person=None,
        ids={},
        query={name: text[:_LONGEST_QUERY] for name, text in request.query.items()},
        typed={},
        partial="HX-Request" in request.headers,
        client=request.remote or "",
        away=away,
    )


def _ids(request: web.Request) -> dict[str, UUID]:
    ids: dict[str, UUID] = {}
    for name, text in request.match_info.items():
        if name.endswith("_id"):
            if not looks_like_guid(text):
                raise not_found("page")
            ids[name] = UUID(text)
    return ids
