"""Delivering notifications: batches per URL, deadlines, retries, slow and dead endpoints (§4)."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import aiohttp
import msgspec

from .agenda import Agenda
from .clock import Clock
from .courier import Courier
from .defects import Defects
from .options import Options
from .slowness import Endpoint
from .subscriptions import Item, Letter, Subscription
from .validation_tokens import ValidationTokens

_LONGEST_PAUSE = 600.0


@dataclass(slots=True)
class Parcel:
    """Letters that travel together, with how often that was tried since when."""

    letters: list[Letter]
    since: datetime
    tries: int = 0


@dataclass(slots=True)
class Lane:
    """What waits for one URL; several subscriptions may share it."""

    url: str
    endpoint: Endpoint
    waiting: deque[Letter] = field(default_factory=deque)
    retries: deque[Parcel] = field(default_factory=deque)
    posts: int = 0


class Delivery:
    """Sends items to their URLs at least once, in no promised order."""

    def __init__(
        self,
        options: Options,
        clock: Clock,
        agenda: Agenda,
        courier: Courier,
        defects: Defects,
        tokens: ValidationTokens,
    ) -> None:
        self._options = options
        self._clock = clock
        self._agenda = agenda
        self._courier = courier
        self._defects = defects
        self._tokens = tokens
        self._lanes: dict[str, Lane] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._owed: set[str] = set()
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

    def send(
        self,
        subscription: Subscription,
        url: str,
        item: Item,
        now: datetime,
        late: float = 0.0,
    ) -> None:
        """Queues one item for a URL, `late` seconds after the usual time."""
        self.counts["items"] += 1
        step = partial(self._ready, self._lane(url), Letter(subscription, item))
        self._after(self._options.notify_delay + late, step, now)

    def lose(self, subscription_id: str, now: datetime) -> None:
        """Gives up one item that was never sent; `missed` follows."""
        self.counts["lost_unsent"] += 1
        self._lost(subscription_id, now)

    def waiting(self) -> int:
        """Items neither delivered nor given up, those on their way included."""
        counts = self.counts
        return counts["items"] - counts["delivered"] - counts["lost"] - counts["dropped"]

    def conditions(self) -> dict[str, str]:
        """What Graph thinks of each endpoint."""
        return {name: endpoint.condition for name, endpoint in self._endpoints.items()}

    def _after(self, seconds: float, step: Callable[[datetime], None], now: datetime) -> None:
        if seconds > 0:
            self._agenda.plan(now + timedelta(seconds=seconds), step)
        else:
            step(now)

    def _ready(self, lane: Lane, letter: Letter, now: datetime) -> None:
        """A new item has come to its endpoint's door."""
        delay = lane.endpoint.admit(now)
        if delay is None and not letter.is_lifecycle:
            self._drop(lane, letter, now)
            return
        if delay:
            self.counts["delayed"] += 1
        self._after(delay or 0.0, partial(self._queue, lane, letter), now)

    def _queue(self, lane: Lane, letter: Letter, _: datetime) -> None:
        lane.waiting.append(letter)
        self._pump(lane)

    def _drop(self, lane: Lane, letter: Letter, now: datetime) -> None:
        self.counts["dropped"] += 1
        owed = letter.subscription.id
        if owed not in self._owed and self._options.missed_after_drop:
            # One `missed` for all that is dropped, when the endpoint is looked at again.
            self._owed.add(owed)
            self._agenda.plan(max(now, lane.endpoint.until or now), partial(self._own_up, owed))

    def _own_up(self, subscription_id: str, now: datetime) -> None:
        self._owed.discard(subscription_id)
        self._lost(subscription_id, now)

    def _lost(self, subscription_id: str, now: datetime) -> None:
        if self.on_lost is not None:
            self.on_lost(subscription_id, now)

    def _again(self, lane: Lane, parcel: Parcel, _: datetime) -> None:
        lane.retries.append(parcel)
        self._pump(lane)

    def _lane(self, url: str) -> Lane:
        lane = self._lanes.get(url)
        if lane is None:
            name = urlsplit(url).netloc if self._options.endpoint_is_host else url
            endpoint = self._endpoints.setdefault(name, Endpoint(self._options.delivery_era))
            lane = self._lanes[url] = Lane(url, endpoint)
        return lane

    def _pump_all(self, _: datetime | None = None) -> None:
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
        now = self._clock.now()
        if not lane.waiting or not lane.endpoint.permits(now):
            return None
        lane.endpoint.sent()
        count = min(len(lane.waiting), self._options.items_per_post)
        return Parcel([lane.waiting.popleft() for _ in range(count)], now)

    async def _post(self, lane: Lane, parcel: Parcel) -> None:
        era = self._options.delivery_era
        seconds = era.later_seconds if parcel.tries else era.first_seconds
        parcel.tries += 1
        self.counts["posts"] += 1
        started = self._clock.now()
        body = msgspec.json.encode(self._body(parcel, started))
        try:
            status = (await self._courier.post(lane.url, "application/json", body, seconds)).status
        except TimeoutError:
            status = -1
        except (aiohttp.ClientError, OSError):
            status = 0
        self.statuses[{-1: "timeout", 0: "unreachable"}.get(status, str(status))] += 1
        now = self._clock.now()
        taken = seconds if status == -1 else (now - started).total_seconds()
        self._answered(lane.endpoint, now, taken)
        if 200 <= status < 300:
            self.counts["delivered"] += len(parcel.letters)
        else:
            self._retry(lane, parcel, now)

    def _body(self, parcel: Parcel, now: datetime) -> dict[str, object]:
        letters = parcel.letters
        if self._defects.first(("reversed",), letters[0].subscription.tenant):
            letters = letters[::-1]
        return {"value": [one.item for one in letters], **self._tokens.beside(letters, now)}

    def _answered(self, endpoint: Endpoint, now: datetime, seconds: float) -> None:
        if endpoint.answered(now, seconds):
            self.counts[f"became_{endpoint.condition}"] += 1
            if endpoint.until is not None and endpoint.condition != "normal":
                self._agenda.plan(endpoint.until, self._pump_all)
            self._pump_all()

    def _retry(self, lane: Lane, parcel: Parcel, now: datetime) -> None:
        if now - parcel.since >= timedelta(hours=self._options.delivery_hours):
            self.counts["lost"] += len(parcel.letters)
            for subscription_id in dict.fromkeys(one.subscription.id for one in parcel.letters):
                self._lost(subscription_id, now)
            return
        self.counts["retried"] += len(parcel.letters)
        pause = min(self._options.retry_first_seconds * 2.0 ** (parcel.tries - 1), _LONGEST_PAUSE)
        self._after(pause, partial(self._again, lane, parcel), now)
