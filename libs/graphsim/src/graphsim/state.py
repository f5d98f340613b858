"""The whole simulated world: tenants, the clock and the agenda, and how effects spread."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from .agenda import Agenda
from .answers import Answers
from .applications import App
from .changes import Change, Outcome, Visit
from .clock import Clock
from .copies import Reply
from .events import Appearance
from .mailboxes import Mailbox
from .meetings import Meetings
from .options import Options
from .releases import Releases
from .tenants import Tenant

Listener = Callable[[Tenant, Mailbox, Iterable[Change], datetime], None]


class State:
    """All tenants of one simulator; every effect on a calendar is committed here."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.agenda = Agenda(clock)
        self.releases = Releases(self.agenda, self._release)
        self.tenants: dict[UUID, Tenant] = {}
        self._by_domain: dict[str, UUID] = {}
        self._listeners: list[Listener] = []

    def on_changes(self, listener: Listener) -> None:
        """Calls `listener` with the changes of each mailbox as they are committed."""
        self._listeners.append(listener)

    def add_tenant(self, tenant: Tenant) -> Tenant:
        """Makes a tenant known by its id and its domain."""
        self.tenants[tenant.id] = tenant
        self._by_domain[tenant.domain.lower()] = tenant.id
        return tenant

    def tenant_named(self, name: str) -> Tenant | None:
        """The tenant of a GUID or a domain."""
        try:
            return self.tenants.get(UUID(name))
        except ValueError:
            known = self._by_domain.get(name.lower())
            return self.tenants.get(known) if known else None

    def registration(self, client_id: UUID) -> App | None:
        """The application where it is registered, over all tenants."""
        for tenant in self.tenants.values():
            app = tenant.apps.get(client_id)
            if app is not None and not app.registered_elsewhere:
                return app
        return None

    def owner_of(self, mailbox_id: UUID) -> tuple[Tenant, Mailbox] | None:
        """The tenant and mailbox of a mailbox id, over all tenants (control API only)."""
        for tenant in self.tenants.values():
            if mailbox_id in tenant.mailboxes:
                return tenant, tenant.mailboxes[mailbox_id]
        return None

    def meetings(self, tenant: Tenant) -> Meetings:
        """The effects on a tenant's calendars; `commit` what they return."""
        return Meetings(tenant, self.options)

    def answers(self, tenant: Tenant) -> Answers:
        """The replies of a tenant's invited mailboxes; `commit` what they return."""
        return Answers(tenant, self.options)

    def commit(self, tenant: Tenant, outcome: Outcome, now: datetime) -> None:
        """Reports an effect's changes and plans what the booking attendant does about it."""
        by_mailbox: dict[UUID, list[Change]] = {}
        for change in outcome.changes:
            by_mailbox.setdefault(change.mailbox, []).append(change)
        for mailbox_id, changes in by_mailbox.items():
            mailbox = tenant.mailboxes.get(mailbox_id)
            if mailbox is None:
                # An outside organiser's: nobody here sees that calendar.
                continue
            for listener in self._listeners:
                listener(tenant, mailbox, changes, now)
            self.releases.follow(tenant, mailbox, now)
        for visit in outcome.visits:
            self.agenda.plan(visit.due, partial(self._visit, tenant, visit))

    def _visit(self, tenant: Tenant, visit: Visit, now: datetime) -> None:
        room = tenant.mailboxes[visit.mailbox]
        self.commit(tenant, self.answers(tenant).visit(room, visit.key, now), now)

    def _release(self, tenant: Tenant, room: Mailbox, one: Appearance, now: datetime) -> None:
        reply, tell = Reply("declined", one.day), self.options.release_declines
        outcome = self.answers(tenant).decline(room, one.event, reply, now, tell=tell)
        self.commit(tenant, outcome, now)
