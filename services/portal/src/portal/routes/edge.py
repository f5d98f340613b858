"""From an HTTP request to a checked call, and from its outcome to an HTTP answer."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any, Final, cast
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from pgstore import DatabaseUnavailable

from ..domain.caller import Access, Caller, Operator, allows
from ..domain.refusal import Reason, Refusal, not_found
from ..domain.wire import Body, Document, Picture, looks_like_guid
from ..handlers.organisations import Organisations
from ..handlers.records import Records
from ..handlers.sessions import Sessions
from .cookies import CSRF_HEADER, SAFE_METHODS, Cookies
from .problems import HEADERS, problem, unacceptable
from .table import Call, Route

log = structlog.get_logger()

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]

_MOST_BODIES: Final = 500
_PICTURE_HEADERS: Final = {
    **HEADERS,
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_MOST_TOKEN: Final = 512


class Edge:
    """Everything that holds for every route: rights, limits, problem documents, headers."""

    def __init__(
        self, sessions: Sessions, organisations: Organisations, records: Records, cookies: Cookies
    ) -> None:
        self._sessions = sessions
        self._organisations = organisations
        self._records = records
        self._cookies = cookies

    def install(self, app: web.Application, routes: Iterable[Route]) -> None:
        """Serve the table; other methods and paths under /api are refused in our words."""
        for route in routes:
            self.add(app, route.method, route.path, self._serving(route))

    def add(self, app: web.Application, method: str, path: str, answer: Answering) -> None:
        """Serve one path by hand, with refusals as problem documents."""
        app.router.add_route(method, path, _with_problems(answer))

    def close_table(self, app: web.Application) -> None:
        """Answer everything else under /api; to be called last."""

        async def elsewhere(request: web.Request) -> web.StreamResponse:
            allowed = _methods_at(app, request.path)
            if not allowed:
                return problem(not_found("resource"))
            answer = problem(Refusal(Reason.METHOD_NOT_ALLOWED, f"Only {', '.join(allowed)} here."))
            answer.headers["Allow"] = ", ".join(allowed)
            return answer

        app.router.add_route("*", "/api", elsewhere)
        app.router.add_route("*", "/api/{rest:.*}", elsewhere)

    async def admitted(
        self, request: web.Request, access: Access, *, inside: bool
    ) -> tuple[Caller | None, UUID | None]:
        """Return who calls, and for the operator in which organisation; refuses whom the access excludes."""
        if access is Access.ANYONE:
            return None, None
        caller = await self._sessions.caller(self._token(request))
        if caller is None:
            raise Refusal(Reason.UNAUTHENTICATED, "The token is not valid, or not any more.")
        if not allows(access, caller):
            raise Refusal(Reason.FORBIDDEN, f"This needs the role {access}.")
        if not inside or not isinstance(caller, Operator):
            return caller, None
        named = request.headers.get("X-Organisation", "")
        if not named:
            raise Refusal(
                Reason.INVALID, "The operator names the organisation in the header X-Organisation."
            )
        organisation_id = _uuid(named, "organisation")
        await self._organisations.check(organisation_id)
        await self._records.note_operator(
            organisation_id, f"{request.method} {request.rel_url.raw_path[:200]}"
        )
        return caller, organisation_id

    def _token(self, request: web.Request) -> str:
        if "Authorization" in request.headers:
            return _bearer(request)
        session = self._cookies.session(request)
        if not session:
            raise Refusal(Reason.UNAUTHENTICATED, "A bearer token is needed.")
        if request.method not in SAFE_METHODS:
            self._cookies.check_csrf(request, session, request.headers.get(CSRF_HEADER, ""))
        return session

    def _serving(self, route: Route) -> Answering:
        async def answer(request: web.Request) -> web.StreamResponse:
            caller, organisation_id = await self.admitted(
                request, route.access, inside=route.inside
            )
            call = Call(
                given_caller=caller,
                organisation_id=organisation_id,
                ids={
                    name: _uuid(text, name.removesuffix("_id"))
                    for name, text in request.match_info.items()
                },
                query=_query(request, route.query),
                body=await _sent(request, route),
                client=request.remote or "",
            )
            outcome = await route.handle(call)
            if outcome is None:
                return web.Response(status=204, headers=HEADERS)
            if isinstance(outcome, Document):
                return _file(outcome, route.media)
            if isinstance(outcome, Picture):
                return _shown(outcome, request)
            return web.Response(
                body=outcome.model_dump_json().encode(),
                status=_status(route, outcome),
                content_type="application/json",
                headers=HEADERS,
            )

        return answer


def _file(document: Document, media: str) -> web.Response:
    return web.Response(
        body=document.content.encode(),
        content_type=media,
        charset="utf-8",
        headers={**HEADERS, "Content-Disposition": f'attachment; filename="{document.name}"'},
    )


def _shown(picture: Picture, request: web.Request) -> web.Response:
    # Kept by the browser, but asked for each time whether it may still be shown.
    headers = {**_PICTURE_HEADERS, "ETag": f'"{picture.mark}"'}
    known = request.if_none_match or ()
    if any(each.value in {picture.mark, "*"} for each in known):
        return web.Response(status=304, headers=headers)
    return web.Response(body=picture.content, content_type=picture.media, headers=headers)


def _with_problems(answer: Answering) -> Answering:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await answer(request)
        except Refusal as refusal:
            return problem(refusal)
        except ValidationError as error:
            # Only what callers sent is validated inside `_query` and `_body`, which catch it: this is ours.
            # Without the traceback, which would quote the values.
            log.error(  # noqa: TRY400 — see above
                "answer_invalid", route=_route_of(request), errors=error.error_count()
            )
        except DatabaseUnavailable:
            log.warning("database_unavailable", route=_route_of(request))
            return problem(
                Refusal(Reason.UNAVAILABLE, "The database is away for a moment.", retry_after=2)
            )
        except web.HTTPException:
            raise
        except Exception:
            log.exception("request_failed", route=_route_of(request))
        return problem(Refusal(Reason.BUG, "Something went wrong on our side; it is logged."))

    return guarded


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource else ''}"


def _bearer(request: web.Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token or len(token) > _MOST_TOKEN:
        raise Refusal(Reason.UNAUTHENTICATED, "A bearer token is needed.")
    return token.strip()


def _uuid(text: str, what: str) -> UUID:
    if not looks_like_guid(text):
        raise not_found(what)
    return UUID(text.strip())


def _query(request: web.Request, model: type[Body] | None) -> Body | None:
    given: dict[str, str] = {}
    for name, value in request.query.items():
        if name in given:
            raise Refusal(Reason.INVALID, "A query parameter is given twice.")
        given[name] = value
    try:
        return (model or _Nothing).model_validate(given)
    except ValidationError as error:
        raise unacceptable(error) from error


class _Nothing(Body):
    """A route without query parameters."""


def _status(route: Route, outcome: BaseModel) -> int:
    if route.later is not None and isinstance(outcome, route.later):
        return 202
    return 200 if route.many is not None and isinstance(outcome, route.many) else route.status


async def _sent(request: web.Request, route: Route) -> Body | list[Body] | bytes | None:
    if route.upload is not None:
        return await _bytes(request, route.upload.most, route.upload.too_large)
    return await _body(request, route) if route.body is not None else None


async def _bytes(request: web.Request, most: int, too_large: str) -> bytes:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refusal(Reason.UNSUPPORTED_MEDIA, "Bodies are sent uncompressed.")
    raw = bytearray()
    async for part in request.content.iter_any():
        raw += part
        if len(raw) > most:
            raise Refusal(Reason.TOO_LARGE, too_large)
    return bytes(raw)


async def _body(request: web.Request, route: Route) -> Body | list[Body]:
    raw = await _bytes(request, route.most_body, f"A body has at most {route.most_body} bytes.")
    if raw and request.content_type != "application/json":
        raise Refusal(Reason.UNSUPPORTED_MEDIA, "Bodies are application/json.")
    try:
        return _bodies(route, raw or b"{}")
    except ValidationError as error:
        raise unacceptable(error) from error


def _bodies(route: Route, raw: bytes) -> Body | list[Body]:
    model: Any = route.body
    if route.many is None or not raw.lstrip().startswith(b"["):
        return cast("Body", model.model_validate_json(raw))
    listed = Annotated[list[model], Field(min_length=1, max_length=_MOST_BODIES)]
    return cast("list[Body]", TypeAdapter(listed).validate_json(raw))


def _methods_at(app: web.Application, path: str) -> list[str]:
    found = set()
    for resource in app.router.resources():
        for route in resource:
            pattern = resource.get_info().get("pattern")
            matches = pattern.fullmatch(path) if pattern is not None else resource.canonical == path
            if matches and route.method != "*":
                found.add(route.method)
    return sorted(found)
