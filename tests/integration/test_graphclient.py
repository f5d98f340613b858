"""The Graph client against a scripted HTTPS server: what a well-behaved simulator never answers."""

import asyncio
import base64
import gzip
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import trustme
from aiohttp import web

from graphclient import (
    Credentials,
    CredentialsRejected,
    Event,
    Forbidden,
    Graph,
    Malformed,
    NotFound,
    Tenant,
    Throttled,
    Unavailable,
    open_graph,
)

TENANT = UUID("7c0e0000-0000-4000-8000-000000000001")
CREDENTIALS = Credentials(TENANT, UUID(int=2), "s3cret~value")
MAILBOX = UUID(int=9)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
Handler = Callable[[web.Request], Awaitable[web.Response]]


def event(number: int) -> dict[str, object]:
    time = {"dateTime": "2026-03-02T08:00:00.0000000", "timeZone": "UTC"}
    return {
        "id": f"e{number}",
        "@odata.etag": f"t{number}",
        "type": "singleInstance",
        "start": time,
        "end": time,
    }


def token_body(lifetime: int = 3599) -> dict[str, object]:
    claims = base64.urlsafe_b64encode(b'{"roles":["Place.Read.All"]}').rstrip(b"=").decode()
    return {"token_type": "Bearer", "expires_in": lifetime, "access_token": f"e30.{claims}.c2ln"}


@dataclass
class Stage:
    """Answers what a test queued for a path, and remembers what was asked."""

    url: str = ""
    ca_file: Path = Path()
    script: dict[str, list[Handler]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    headers: dict[str, str] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    token_answers: list[tuple[int, dict[str, object]]] = field(default_factory=list)
    token_lifetime: int = 3599

    def answer(self, path: str, *handlers: Handler) -> None:
        self.script.setdefault(path, []).extend(handlers)

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path
        self.asked[path] += 1
        if path.endswith("/.well-known/openid-configuration"):
            return self._discovery(path.split("/")[1])
        if path.endswith("/oauth2/v2.0/token"):
            status, body = (
                self.token_answers.pop(0)
                if self.token_answers
                else (200, token_body(self.token_lifetime))
            )
            return web.json_response(body, status=status)
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        self.queries.append(request.query_string)
        self.methods.append(request.method)
        self.bodies.append(await request.read())
        waiting = self.script[path]
        handler = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return await handler(request)

    def _discovery(self, tenant: str) -> web.Response:
        if tenant != str(TENANT):
            text = f"AADSTS90002: Tenant '{tenant}' not found."
            return web.json_response(
                {"error": "invalid_tenant", "error_description": text}, status=400
            )
        base = f"{self.url}/{tenant}"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        )


def says(body: object, status: int = 200, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response(body, status=status, headers=named)

    return handler


def refuses(status: int, code: str, **headers: str) -> Handler:
    return says({"error": {"code": code, "message": ""}}, status, **headers)


@asynccontextmanager
async def running_stage(folder: Path) -> AsyncIterator[Stage]:
    authority = trustme.CA()
    stage = Stage(ca_file=folder / "ca.pem")
    authority.cert_pem.write_to_path(str(stage.ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", stage.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    stage.url = f"https://127.0.0.1:{port}"
    yield stage
    await runner.cleanup()
    for _ in range(20):  # TLS connections take some rounds of the loop to say goodbye
        await asyncio.sleep(0)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with running_stage(tmp_path) as stage:
        yield stage


@asynccontextmanager
async def graph_of(stage: Stage) -> AsyncIterator[Graph]:
    async with open_graph(f"{stage.url}/v1.0", stage.url, stage.ca_file) as graph:
        yield graph


@pytest.fixture
async def tenant(stage: Stage) -> AsyncIterator[Tenant]:
    async with graph_of(stage) as graph:
        yield graph.tenant(CREDENTIALS)


VIEW = f"/v1.0/users/{MAILBOX}/calendarView"
ONE = f"/v1.0/users/{MAILBOX}/events/e1"
TOKENS = f"/{TENANT}/oauth2/v2.0/token"


async def view(tenant: Tenant) -> list[Event]:
    pages = tenant.calendar_view(MAILBOX, NOW, NOW + timedelta(days=1))
    return [each async for page in pages for each in page.events]


async def test_msal_signs_in_through_our_own_certificates_and_environment_is_ignored(
    stage: Stage, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/bundle.pem")

    assert await tenant.check_token() == {"Place.Read.All"}


async def test_many_callers_share_one_sign_in(stage: Stage, tenant: Tenant) -> None:
    stage.answer(ONE, says(event(1)))

    async with asyncio.TaskGroup() as callers:
        for _ in range(20):
            callers.create_task(tenant.event(MAILBOX, "e1"))

    assert stage.asked[TOKENS] == 1


async def test_waiting_callers_share_one_refusal(stage: Stage, tenant: Tenant) -> None:
    refusal: dict[str, object] = {
        "error": "invalid_client",
        "error_codes": [7000222],
        "error_description": "AADSTS7000222: expired",
    }
    stage.token_answers = [(401, refusal)]

    outcomes: list[int | None] = []

    async def caller() -> None:
        try:
            await tenant.check_token()
        except CredentialsRejected as rejected:
            outcomes.append(rejected.aadsts)

    async with asyncio.TaskGroup() as callers:
        for _ in range(5):
            callers.create_task(caller())

    assert outcomes == [7000222] * 5
    assert stage.asked[TOKENS] == 1


@pytest.mark.parametrize(
    ("status", "body", "aadsts"),
    [
        (400, {"error": "invalid_request", "error_codes": [90002]}, 90002),
        (400, {"error": "invalid_request", "error_description": "AADSTS900023: malformed"}, 900023),
        (400, {"error": "unauthorized_client", "error_codes": [700016]}, 700016),
        (401, {"error": "invalid_client", "error_codes": [7000215]}, 7000215),
        (401, {"error": "invalid_client", "error_codes": [7000222]}, 7000222),
        (401, {"error": "invalid_client", "error_codes": [7000216]}, 7000216),
        (400, {"error": "unauthorized_client", "error_codes": [7000112]}, 7000112),
        (400, {"error": "access_denied", "error_codes": [53003]}, 53003),
        (400, {"error": "something_new"}, None),
    ],
)
async def test_a_refused_sign_in_carries_entras_number(
    stage: Stage, tenant: Tenant, status: int, body: dict[str, object], aadsts: int | None
) -> None:
    stage.token_answers = [(status, body)]

    with pytest.raises(CredentialsRejected) as caught:
        await tenant.check_token()

    assert caught.value.aadsts == aadsts
    assert caught.value.error == body["error"]


async def test_an_unknown_tenant_is_told_apart_though_msal_hides_the_answer(stage: Stage) -> None:
    async with graph_of(stage) as graph:
        with pytest.raises(CredentialsRejected) as caught:
            await graph.tenant(Credentials(UUID(int=77), UUID(int=2), "s")).check_token()

    assert caught.value.aadsts == 90002
    assert caught.value.error == "invalid_tenant"


async def test_the_secret_never_shows_in_a_refusal_or_a_repr(stage: Stage, tenant: Tenant) -> None:
    text = f"AADSTS7000215: bad secret {CREDENTIALS.secret}"
    stage.token_answers = [(401, {"error": "invalid_client", "error_description": text})]

    with pytest.raises(CredentialsRejected) as caught:
        await tenant.check_token()

    assert CREDENTIALS.secret not in caught.value.description + str(caught.value) + repr(
        CREDENTIALS
    )


async def test_a_fresh_tenant_asks_again_where_msal_would_replay_a_refusal(stage: Stage) -> None:
    stage.token_answers = [(400, {"error": "unauthorized_client", "error_codes": [700016]})]
    async with graph_of(stage) as graph:
        with pytest.raises(CredentialsRejected):
            await graph.fresh_tenant(CREDENTIALS).check_token()

        assert await graph.fresh_tenant(CREDENTIALS).check_token() == {"Place.Read.All"}


@pytest.mark.parametrize(
    ("status", "kind"), [(429, Throttled), (503, Unavailable), (500, Unavailable)]
)
async def test_entra_in_trouble_is_no_rejection(
    stage: Stage, tenant: Tenant, status: int, kind: type[Exception]
) -> None:
    stage.token_answers = [(status, {})]

    with pytest.raises(kind):
        await tenant.check_token()


async def test_entra_out_of_reach_is_unavailable(stage: Stage) -> None:
    async with open_graph(
        "https://127.0.0.1:9/v1.0", "https://127.0.0.1:9", stage.ca_file
    ) as graph:
        with pytest.raises(Unavailable):
            await graph.tenant(CREDENTIALS).check_token()


async def test_another_secret_gets_another_tenant_and_the_same_one_the_same(stage: Stage) -> None:
    async with graph_of(stage) as graph:
        first = graph.tenant(CREDENTIALS)

        assert graph.tenant(Credentials(TENANT, UUID(int=2), "s3cret~value")) is first
        assert graph.tenant(Credentials(TENANT, UUID(int=2), "renewed")) is not first


async def test_a_token_refused_right_after_its_issue_is_not_asked_for_again(
    stage: Stage, tenant: Tenant
) -> None:
    stage.answer(ONE, refuses(401, "InvalidAuthenticationToken"))

    with pytest.raises(Forbidden):
        await tenant.event(MAILBOX, "e1")

    assert stage.asked[TOKENS] == 1


async def test_an_older_token_that_is_refused_is_renewed_and_the_request_repeated(
    stage: Stage, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphclient.auth._JUST_ISSUED_SECONDS", 0.0)
    stage.answer(ONE, refuses(401, "InvalidAuthenticationToken"), says(event(1)))

    assert (await tenant.event(MAILBOX, "e1")).id == "e1"
    assert stage.asked[TOKENS] == 2


async def test_a_read_is_repeated_while_graph_is_in_trouble(stage: Stage, tenant: Tenant) -> None:
    stage.answer(
        ONE, refuses(503, "ErrorServerBusy", Retry_After="0"), refuses(504, "x"), says(event(1))
    )

    assert (await tenant.event(MAILBOX, "e1")).id == "e1"
    assert stage.asked[ONE] == 3


async def test_a_read_gives_up_after_three_attempts(stage: Stage, tenant: Tenant) -> None:
    stage.answer(ONE, refuses(503, "ErrorServerBusy", Retry_After="0"))

    with pytest.raises(Unavailable):
        await tenant.event(MAILBOX, "e1")

    assert stage.asked[ONE] == 3


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (refuses(503, "ErrorServerBusy", Retry_After="30"), Unavailable),
        (refuses(429, "TooManyRequests", Retry_After="1"), Throttled),
        (refuses(503, "MailboxConcurrency", Retry_After="1"), Throttled),
        (refuses(500, "ErrorInternalServerError"), Unavailable),
        (refuses(404, "ErrorItemNotFound"), NotFound),
        (refuses(403, "ErrorAccessDenied"), Forbidden),
    ],
)
async def test_a_long_wait_a_throttling_and_a_refusal_reach_the_caller_at_once(
    stage: Stage, tenant: Tenant, handler: Handler, kind: type[Exception]
) -> None:
    stage.answer(ONE, handler)

    with pytest.raises(kind):
        await tenant.event(MAILBOX, "e1")

    assert stage.asked[ONE] == 1


async def test_a_write_is_never_repeated(stage: Stage, tenant: Tenant) -> None:
    stage.answer("/v1.0/subscriptions/s1", refuses(503, "ErrorServerBusy", Retry_After="0"))

    with pytest.raises(Unavailable):
        await tenant.renew_subscription("s1", NOW)

    assert stage.asked["/v1.0/subscriptions/s1"] == 1


async def test_a_redirect_is_refused_and_not_followed(stage: Stage, tenant: Tenant) -> None:
    async def moved(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{stage.url}/stolen"})

    stage.answer(ONE, moved)

    with pytest.raises(Malformed):
        await tenant.event(MAILBOX, "e1")

    assert stage.asked["/stolen"] == 0


async def test_a_page_that_unpacks_beyond_bounds_is_refused(stage: Stage, tenant: Tenant) -> None:
    packed = gzip.compress(b" " * (20 << 20))

    async def bomb(_: web.Request) -> web.Response:
        return web.Response(
            body=packed, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
        )

    stage.answer(ONE, bomb)

    with pytest.raises((Malformed, Unavailable)):
        await tenant.event(MAILBOX, "e1")


@pytest.mark.parametrize(
    "body",
    [[], {}, {"id": 5}, event(1) | {"start": "noon"}, event(1) | {"originalStart": "2026-03-02"}],
)
async def test_an_event_of_another_shape_is_malformed(
    stage: Stage, tenant: Tenant, body: object
) -> None:
    stage.answer(ONE, says(body))

    with pytest.raises(Malformed):
        await tenant.event(MAILBOX, "e1")


async def test_pages_are_followed_to_the_last_and_asked_with_the_one_select(
    stage: Stage, tenant: Tenant
) -> None:
    link = f"{stage.url}{VIEW}?$skip=2"
    stage.answer(
        VIEW,
        says({"value": [event(1), event(2)], "@odata.nextLink": link}),
        says({"value": [event(2), event(3)]}),
    )

    assert [each.id for each in await view(tenant)] == ["e1", "e2", "e3"]
    assert "$select=subject,start,end,organizer,iCalUId,type" in stage.queries[0]
    assert "$top=250" in stage.queries[0]
    assert stage.headers["prefer"] == 'IdType="ImmutableId"'
    assert stage.headers["client-request-id"]


async def test_paging_for_ever_over_the_same_events_comes_to_an_end(
    stage: Stage, tenant: Tenant
) -> None:
    async def endless(request: web.Request) -> web.Response:
        token = int(request.query.get("$skiptoken", "0")) + 1
        return web.json_response(
            {"value": [event(1)], "@odata.nextLink": f"{stage.url}{VIEW}?$skiptoken={token}"}
        )

    stage.answer(VIEW, endless)

    assert [each.id for each in await view(tenant)] == ["e1"]
    assert stage.asked[VIEW] == 2


async def test_empty_pages_do_not_end_a_read_but_a_link_seen_before_does(
    stage: Stage, tenant: Tenant
) -> None:
    link = f"{stage.url}{VIEW}?$skip=1"
    stage.answer(
        VIEW,
        says({"value": [], "@odata.nextLink": link}),
        says({"value": [event(1)], "@odata.nextLink": link}),
    )

    assert [each.id for each in await view(tenant)] == ["e1"]


async def test_a_next_link_to_another_host_is_refused_before_it_is_asked(
    stage: Stage, tenant: Tenant
) -> None:
    stage.answer(
        VIEW, says({"value": [event(1)], "@odata.nextLink": "https://elsewhere.test/v1.0/x"})
    )

    with pytest.raises(Malformed):
        await view(tenant)


@pytest.mark.parametrize("names", [[MAILBOX], ["Room-A@x.test", "room-a@X.test"]])
async def test_at_most_three_requests_are_in_flight_per_mailbox_however_its_address_is_written(
    stage: Stage, tenant: Tenant, names: list[UUID | str]
) -> None:
    inside, most = 0, 0
    full = asyncio.Event()
    release = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == 3:
            full.set()
        await release.wait()
        inside -= 1
        return web.json_response(event(1))

    other = UUID(int=10)
    for name in names:
        stage.answer(f"/v1.0/users/{name}/events/e1", slow)
    stage.answer(f"/v1.0/users/{other}/events/e1", says(event(1)))

    async with asyncio.timeout(10), asyncio.TaskGroup() as callers:
        for number in range(8):
            callers.create_task(tenant.event(names[number % len(names)], "e1"))
        await full.wait()
        await tenant.event(other, "e1")
        release.set()

    assert most == 3


async def test_rooms_without_next_link_are_read_on_by_skip_and_once_each(
    stage: Stage, tenant: Tenant
) -> None:
    def rooms(numbers: range) -> dict[str, object]:
        return {"value": [{"id": str(n), "emailAddress": f"r{n}@x"} for n in numbers]}

    stage.answer(
        "/v1.0/places/microsoft.graph.room", says(rooms(range(100))), says(rooms(range(99, 130)))
    )

    assert len(await tenant.rooms()) == 130
    assert "$skip=100" in stage.queries[1]


def rooms_page(count: int, *numbers: int) -> Handler:
    value = [{"id": str(n), "emailAddress": f"r{n}@x"} for n in numbers]
    return says({"value": value, "@odata.count": count})


async def test_rooms_are_read_again_until_they_are_as_many_as_graph_counts(
    stage: Stage, tenant: Tenant
) -> None:
    stage.answer("/v1.0/places/microsoft.graph.room", rooms_page(3, 1, 2), rooms_page(3, 1, 2, 3))

    assert [room.id for room in await tenant.rooms()] == ["1", "2", "3"]


async def test_a_count_of_rooms_that_graph_never_shows_is_not_waited_for(
    stage: Stage, tenant: Tenant
) -> None:
    stage.answer("/v1.0/places/microsoft.graph.room", rooms_page(3, 1, 2))

    assert len(await tenant.rooms()) == 2


async def test_a_list_of_rooms_that_stays_incomplete_is_none(stage: Stage, tenant: Tenant) -> None:
    stage.answer("/v1.0/places/microsoft.graph.room", rooms_page(3, 1, 2), rooms_page(3, 1, 3))

    with pytest.raises(Malformed):
        await tenant.rooms()


async def test_a_place_that_is_no_room_is_not_found(stage: Stage, tenant: Tenant) -> None:
    kind = {"@odata.type": "#microsoft.graph.roomList", "id": "1", "emailAddress": "b1@x"}
    stage.answer("/v1.0/places/b1@x", says(kind))

    with pytest.raises(NotFound):
        await tenant.place("b1@x")


async def test_an_address_that_is_no_sign_in_name_is_looked_up_as_mail(
    stage: Stage, tenant: Tenant
) -> None:
    account = {"id": str(UUID(int=4)), "mail": "o'neil@x.test"}
    stage.answer("/v1.0/users/o'neil@x.test", refuses(404, "Request_ResourceNotFound"))
    stage.answer("/v1.0/users", says({"value": [account]}))

    assert (await tenant.user("o'neil@x.test")).id == UUID(int=4)


async def test_a_subscription_asks_for_what_notifications_need(
    stage: Stage, tenant: Tenant
) -> None:
    bodies: list[dict[str, str]] = []

    async def create(request: web.Request) -> web.Response:
        bodies.append(json.loads(await request.read()))
        return web.json_response(
            {"id": "s1", "expirationDateTime": "2026-03-09T07:50:00.1234567Z"}, status=201
        )

    stage.answer("/v1.0/subscriptions", create)

    made = await tenant.create_subscription(
        mailbox=MAILBOX,
        notification_url="https://hooks.test/graph/notifications",
        lifecycle_url="https://hooks.test/graph/lifecycle",
        client_state="state",
        expires_at=NOW,
    )

    assert made.id == "s1"
    assert made.expires_at > NOW
    assert bodies == [
        {
            "changeType": "created,updated,deleted",
            "notificationUrl": "https://hooks.test/graph/notifications",
            "lifecycleNotificationUrl": "https://hooks.test/graph/lifecycle",
            "resource": f"users/{MAILBOX}/events",
            "expirationDateTime": "2026-03-02T08:00:00.000Z",
            "clientState": "state",
        }
    ]


async def test_deleting_what_is_gone_is_done(stage: Stage, tenant: Tenant) -> None:
    stage.answer("/v1.0/subscriptions/s1", refuses(404, "ResourceNotFound"))

    await tenant.delete_subscription("s1")
