"""People at work: meetings are made, moved and cancelled at a steady pace while something breaks."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from .office import Office


class Traffic:
    """Changes in Outlook, `rate` a second, each meeting in slots of its own so that no room declines."""

    def __init__(
        self, office: Office, rate: float, seed: int, rooms: Sequence[UUID] | None = None
    ) -> None:
        self._office = office
        self._rooms = office.mailboxes if rooms is None else rooms
        self._pause = 1 / rate
        self._random = random.Random(seed)  # noqa: S311  # a reproducible day, not a secret
        self._slots = dict.fromkeys(self._rooms, 0)
        self._meetings: list[tuple[UUID, str]] = []
        self.done: Counter[str] = Counter()

    def _next_slot(self, mailbox: UUID) -> datetime:
        self._slots[mailbox] += 1
        tomorrow = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(
            days=1
        )
        return tomorrow + timedelta(minutes=30 * self._slots[mailbox])

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            await self._one()
            try:
                async with asyncio.timeout(self._pause):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _one(self) -> None:
        what = self._random.choices(("book", "move", "cancel"), (6, 3, 1))[0]
        if what == "book" or len(self._meetings) < 4:
            mailbox = self._random.choice(self._rooms)
            event = await self._office.meet(
                mailbox, self._next_slot(mailbox), organizer=self._random.randrange(3)
            )
            self._meetings.append((mailbox, event))
            self.done["book"] += 1
        elif what == "move":
            mailbox, event = self._random.choice(self._meetings)
            await self._office.move(mailbox, event, self._next_slot(mailbox))
            self.done["move"] += 1
        else:
            mailbox, event = self._meetings.pop(self._random.randrange(len(self._meetings)))
            await self._office.cancel(mailbox, event)
            self.done["cancel"] += 1
