"""The calls a service makes: one Graph per process, one Tenant per organisation's credentials."""

import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import aiohttp

from . import (
    applications,
    calendar,
    directory,
    grants,
    places,
    subscriptions,
    writing,
)
from .applications import Application
from .auth import Credentials, Entra, TokenSource
from .clouds import check_cloud, scope_of
from .drafts import EventChange, NewEvent
from .encryption import Certificate
from .grants import Grants
from .models import EVENT_SELECT, Event, Marking, Page, Room, Subscription, User, Written
from .protocol import Service, roles_of
from .sign_in import Registration, SignIn
from .transport import Transport, Wire

_MSAL_THREADS = 8


class Tenant:
    """Graph as one app in one directory sees it. Every call may raise any GraphError; what is named is what to expect.

    A mailbox is named by object id or address. A write that raises Unavailable or Malformed may have taken effect.
    """

    def __init__(
        self,
        transport: Transport,
        tokens: TokenSource,
        service: Service,
        select: str = EVENT_SELECT,
    ) -> None:
        self._tokens = tokens
        self._wire = Wire(transport, tokens, service, select)

    async def check_token(self) -> frozenset[str]:
        """Sign in; the roles that the token shows. Raises CredentialsRejected."""
        return roles_of(await self._tokens.token())

    def forget_token(self) -> bool:
        """After a Forbidden: drop a token older than five minutes, whose roles may be dated; False if there is none."""
        return self._tokens.forget(unless_just_issued=True)

    def calendar_view(
        self, mailbox: UUID | str, start: datetime, end: datetime
    ) -> AsyncIterator[Page]:
        """Events that overlap the window, in pages; what an aborted read showed proves presence, nothing else."""
        return calendar.calendar_view(self._wire, mailbox, start, end)

    async def event(self, mailbox: UUID | str, event_id: str) -> Event:
        """The event as it is now. Raises NotFound."""
        return await calendar.event(self._wire, mailbox, event_id)

    async def instances(
        self, mailbox: UUID | str, master_id: str, start: datetime, end: datetime
    ) -> list[Event]:
        """A series' occurrences and exceptions in the window. Raises NotFound."""
        return await calendar.instances(self._wire, mailbox, master_id, start, end)

    async def calendar_reachable(self, mailbox: UUID | str) -> None:
        """Return if the mailbox has a calendar we may read. Raises MailboxUnsupported, NotFound, Forbidden."""
        await calendar.calendar_reachable(self._wire, mailbox)

    async def marked_events(self, mailbox: UUID | str, marker: str) -> list[Event]:
        """The events of the mailbox that carry this marker of ours, series as their masters."""
        return await calendar.marked_events(self._wire, mailbox, marker)

    async def marking(self, mailbox: UUID | str, event_id: str) -> Marking:
        """Whether the event carries our marker, for recovery alone. Raises NotFound."""
        return await calendar.marking(self._wire, mailbox, event_id)

    async def create_event(self, mailbox: UUID | str, new: NewEvent) -> Written:
        """A new event there, its room invited. Raises Conflict where the transaction id made another event."""
        return await writing.create_event(self._wire, mailbox, new)

    async def change_event(
        self, mailbox: UUID | str, event_id: str, etag: str, change: EventChange
    ) -> Written:
        """The event as changed from the state of this etag. Raises Changed, NotFound."""
        return await writing.change_event(self._wire, mailbox, event_id, etag, change)

    async def cancel_event(
        self, mailbox: UUID | str, event_id: str, etag: str, comment: str
    ) -> None:
        """Call the organiser's meeting off and tell everybody. Raises Changed, NotFound, Rejected for a guest's copy."""
        await writing.cancel_event(self._wire, mailbox, event_id, etag, comment)

    async def delete_event(self, mailbox: UUID | str, event_id: str, etag: str) -> None:
        """See to it that the mailbox has no such event. Raises Changed."""
        await writing.delete_event(self._wire, mailbox, event_id, etag)

    async def decline_event(self, mailbox: UUID | str, event_id: str, comment: str) -> None:
        """Turn down a meeting in a guest's name and tell the organiser. Raises NotFound, Rejected for the organiser's copy."""
        await writing.decline_event(self._wire, mailbox, event_id, comment)

    async def rooms(self) -> list[Room]:
        """The room mailboxes that the tenant lists, each once."""
        return await places.rooms(self._wire)

    async def user(self, id_or_address: str) -> User:
        """The account behind an object id or address. Raises NotFound."""
        return await directory.user(self._wire, id_or_address)

    async def application(self, client_id: UUID) -> Application | None:
        """The app's registration; None where it is registered in another tenant. Raises Forbidden."""
        return await applications.application(self._wire, client_id)

    async def mailbox_purpose(self, mailbox: UUID) -> str | None:
        """What the mailbox is for, in Graph's word. Raises Forbidden without MailboxSettings.Read."""
        return await directory.mailbox_purpose(self._wire, mailbox)

    async def place(self, id_or_address: str) -> Room:
        """One room mailbox, listed or not. Raises NotFound."""
        return await places.place(self._wire, id_or_address)

    async def grants(self, client_id: UUID) -> Grants:
        """What the app was granted and asks for. Raises NotFound without a service principal, Forbidden."""
        return await grants.grants(self._wire, client_id)

    async def principal_id(self, client_id: UUID) -> UUID:
        """The object id of the app's service principal. Raises NotFound, Forbidden."""
        return await grants.principal_id(self._wire, client_id)

    async def create_subscription(
        self,
        *,
        mailbox: UUID,
        notification_url: str,
        lifecycle_url: str,
        client_state: str,
        expires_at: datetime,
        change_types: str = subscriptions.CHANGE_TYPES,
        certificate: Certificate | None = None,
    ) -> Subscription:
        """A live subscription to the mailbox's events. Raises Conflict, MailboxUnsupported, Forbidden, ExpiryTooLate, Rejected."""
        return await subscriptions.create(
            self._wire,
            mailbox=mailbox,
            notification_url=notification_url,
            lifecycle_url=lifecycle_url,
            client_state=client_state,
            expires_at=expires_at,
            change_types=change_types,
            certificate=certificate,
        )

    async def subscription(self, subscription_id: str) -> Subscription:
        """The subscription as Graph has it. Raises NotFound."""
        return await subscriptions.get(self._wire, subscription_id)

    async def renew_subscription(self, subscription_id: str, expires_at: datetime) -> Subscription:
        """Extend and reauthorise. Raises ExpiryTooLate, and NotFound, after which only a new one helps."""
        return await subscriptions.renew(self._wire, subscription_id, expires_at)

    async def delete_subscription(self, subscription_id: str) -> None:
        """See to it that the subscription is no more."""
        await subscriptions.delete(self._wire, subscription_id)

    def subscriptions(self) -> AsyncIterator[list[Subscription]]:
        """What Graph lists for this app, page by page and without clientStates: for a slow sweep, not the truth."""
        return subscriptions.listed(self._wire)


class Graph:
    """Hands out tenants over one shared session."""

    def __init__(
        self, transport: Transport, entra: Entra, service: Service, select: str = EVENT_SELECT
    ) -> None:
        self._transport = transport
        self._entra = entra
        self._service = service
        self._select = select
        self._tenants: dict[tuple[UUID, UUID], tuple[Credentials, Tenant]] = {}

    def tenant(self, credentials: Credentials) -> Tenant:
        """The tenant of these credentials, with its token cache; another secret gets a new one."""
        name = (credentials.tenant_id, credentials.client_id)
        known = self._tenants.get(name)
        if known is not None and known[0] == credentials:
            return known[1]
        tenant = self.fresh_tenant(credentials)
        self._tenants[name] = (credentials, tenant)
        return tenant

    def sign_in(self, registration: Registration) -> SignIn:
        """Sign-ins of people through the operator's registration."""
        return SignIn(self._entra, registration)

    def fresh_tenant(self, credentials: Credentials) -> Tenant:
        """A tenant that remembers nothing, for a test of settings: msal replays a refusal for a minute."""
        tokens = TokenSource(self._entra, credentials)
        return Tenant(self._transport, tokens, self._service, self._select)


@asynccontextmanager
async def open_graph(
    graph_url: str, entra_url: str, ca_file: Path | None, *, select: str = EVENT_SELECT
) -> AsyncIterator[Graph]:
    """One session to Graph and Entra until the block ends; ValueError for addresses that are not of one cloud.

    `ca_file` holds roots that are trusted besides the system's, `select` is what is asked for of events.
    """
    check_cloud(graph_url, entra_url)
    service = Service.at(graph_url)
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    threads = ThreadPoolExecutor(_MSAL_THREADS, thread_name_prefix="msal")
    entra = Entra(entra_url, scope_of(graph_url), ca_file, threads)
    try:
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, limit=200),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5.0),
        ) as session:
            yield Graph(Transport(session), entra, service, select)
    finally:
        entra.http.close()
        threads.shutdown(wait=False, cancel_futures=True)
