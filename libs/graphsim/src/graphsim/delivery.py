"""Delivering notifications: batches per URL, deadlines, retries with back-off (§4)."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import aiohttp
import msgspec

from .agenda import Agenda
from .clock import Clock
from .options import Options
from .subscriptions import Register, Subscription

Item = dict[str, object]
_LONGEST_PAUSE = 600.0


@dataclass(slots=True)
class Parcel:
    """Items that wait for delivery together, with how often that was tried since when."""

    items: list[Item]
    subscriptions: list[str]
    since: datetime
    tries: int = 0


@dataclass(slots=True)
class Lane:
    """What waits for one URL; several subscriptions may share it."""

    url: str
    waiting: deque[tuple[str, Item]] = field(default_factory=deque)
    retries: deque[Parcel] = field(default_factory=deque)
    posts: int = 0


class Delivery:
    """Sends items to their URLs at least once, in no promised order."""

    def __init__(
        self,
        options: Options,
        clock: Clock,
        agenda: Agenda,
        register: Register,
        session: Callable[[], aiohttp.ClientSession],
    ) -> None:
        self._options = options
        self._clock = clock
        self._agenda = agenda
        self._register = register
        self._session = session
        self._lanes: dict[str, Lane] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._posting: set[asyncio.Task[None]] = set()
        self._paused = False
        self.counts: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.on_lost: Callable[[str, datetime], None] | None = None

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Starts delivering; posts run in `tasks`."""
        self._tasks = tasks
        self._pump_all()

    def close(self) -> None:
        """Stops delivering, posts on their way included."""
        self._paused = True
        for task in self._posting:
            task.cancel()

    def pause(self, *, paused: bool) -> None:
        """Holds everything back, or lets it go."""
        self._paused = paused
        self._pump_all()

    def send(self, subscription: Subscription, url: str, item: Item, now: datetime) -> None:
        """Queues one item for a URL."""
        self.counts["items"] += 1
        step = partial(self._ready, subscription.id, url, item)
        if self._options.notify_delay > 0:
            self._agenda.plan(now + timedelta(seconds=self._options.notify_delay), step)
        else:
            step(now)

    def waiting(self) -> int:
        """Items neither delivered nor given up, those on their way included."""
        counts = self.counts
        return counts["items"] - counts["delivered"] - counts["lost"]

    def _ready(self, subscription_id: str, url: str, item: Item, _: datetime) -> None:
        lane = self._lane(url)
        lane.waiting.append((subscription_id, item))
        self._pump(lane)

    def _again(self, lane: Lane, parcel: Parcel, _: datetime) -> None:
        lane.retries.append(parcel)
        self._pump(lane)

    def _lane(self, url: str) -> Lane:
        return self._lanes.setdefault(url, Lane(url))

    def _pump_all(self) -> None:
        for lane in self._lanes.values():
            self._pump(lane)

    def _pump(self, lane: Lane) -> None:
        while (
            self._tasks is not None
            and not self._paused
            and lane.posts < self._options.posts_at_once
            and (lane.waiting or lane.retries)
        ):
            lane.posts += 1
            task = self._tasks.create_task(self._work(lane))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)
            if len(lane.waiting) <= self._options.items_per_post:
                return

    async def _work(self, lane: Lane) -> None:
        # One turn of the loop, so that what was changed together travels together.
        await asyncio.sleep(0)
        try:
            while not self._paused and (parcel := self._take(lane)):
                await self._post(lane, parcel)
        finally:
            lane.posts -= 1

    def _take(self, lane: Lane) -> Parcel | None:
        if lane.retries:
            return lane.retries.popleft()
        if not lane.waiting:
            return None
        count = min(len(lane.waiting), self._options.items_per_post)
        taken = [lane.waiting.popleft() for _ in range(count)]
        items, ids = [item for _, item in taken], [one for one, _ in taken]
        return Parcel(items, ids, self._clock.now())

    async def _post(self, lane: Lane, parcel: Parcel) -> None:
        options = self._options
        seconds = options.later_delivery_seconds if parcel.tries else options.first_delivery_seconds
        parcel.tries += 1
        self.counts["posts"] += 1
        body = msgspec.json.encode({"value": parcel.items})
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with (
                asyncio.timeout(seconds),
                self._session().post(
                    lane.url, data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                status = answer.status
                await answer.read()
        except TimeoutError:
            status = -1
        except (aiohttp.ClientError, OSError):
            status = 0
        self.statuses[{-1: "timeout", 0: "unreachable"}.get(status, str(status))] += 1
        if 200 <= status < 300:
            self.counts["delivered"] += len(parcel.items)
            return
        self._retry(lane, parcel)

    def _retry(self, lane: Lane, parcel: Parcel) -> None:
        now = self._clock.now()
        if now - parcel.since >= timedelta(hours=self._options.delivery_hours):
            self.counts["lost"] += len(parcel.items)
            for subscription_id in dict.fromkeys(parcel.subscriptions):
                if self.on_lost is not None:
                    self.on_lost(subscription_id, now)
            return
        self.counts["retried"] += len(parcel.items)
        pause = min(self._options.retry_first_seconds * 2.0 ** (parcel.tries - 1), _LONGEST_PAUSE)
        self._agenda.plan(now + timedelta(seconds=pause), partial(self._again, lane, parcel))
