"""Reads that go on showing what was before a change: calendars as some replica still has them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from .access import Access
from .changes import Change
from .events import Event
from .mailboxes import Mailbox
from .state import State
from .tenants import Tenant
from .wire import Call


@dataclass(frozen=True, slots=True)
class _Old:
    """What an item was before a change; None where there was none."""

    key: int
    event: Event | None
    until: datetime


class Lag:
    """The old states that reads still show; a write and its own answer know the new one."""

    def __init__(self, state: State) -> None:
        self._seconds = ContextVar("lag", default=state.options.read_lag)
        self._known: dict[UUID, dict[int, Event]] = {}
        self._old: dict[UUID, list[_Old]] = {}
        state.on_changes(self._changed)

    @contextmanager
    def longer(self, seconds: float) -> Iterator[None]:
        """Changes made in the block stay unseen for at least so long."""
        token = self._seconds.set(max(seconds, self._seconds.get()))
        try:
            yield
        finally:
            self._seconds.reset(token)

    def seen(self, mailbox: Mailbox, now: datetime) -> Mailbox:
        """The mailbox as reads show it now; never to be written to."""
        old = [one for one in self._old.get(mailbox.id, ()) if now < one.until]
        if not old:
            self._old.pop(mailbox.id, None)
            return mailbox
        events = dict(mailbox.events)
        # The oldest state comes last and so prevails.
        for one in reversed(old):
            if one.event is None:
                events.pop(one.key, None)
            else:
                events[one.key] = one.event
        return mailbox.showing(events)

    def _changed(
        self, _: Tenant, mailbox: Mailbox, changes: Iterable[Change], now: datetime
    ) -> None:
        seconds, known = self._seconds.get(), self._known.setdefault(mailbox.id, {})
        for key in dict.fromkeys(change.ref.key for change in changes):
            before, event = known.pop(key, None), mailbox.events.get(key)
            if event is not None:
                known[key] = event
            if seconds > 0:
                until = now + timedelta(seconds=seconds)
                self._old.setdefault(mailbox.id, []).append(_Old(key, before, until))


class LaggingAccess(Access):
    """The access of reads: what it allows is shown with its lag."""

    def __init__(self, state: State, lag: Lag) -> None:
        super().__init__(state)
        self._lag = lag

    # `override` comes with Python 3.12, and nothing else here needs typing_extensions.
    def calendar(  # type: ignore[explicit-override]
        self, call: Call, key: str, *, write: bool = False
    ) -> Mailbox:
        """The mailbox as reads show it now."""
        return self._lag.seen(super().calendar(call, key, write=write), call.now)
