"""One simulated cloud, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiohttp

from .access import Access
from .calendar import Calendar
from .challenge import Challenge
from .clock import Clock
from .control import Control
from .courier import Courier
from .defects import Defects
from .delivery import Delivery
from .directory import Directory
from .entra import Entra
from .faults import Faults
from .gateway import Gateway
from .guard import Guard
from .lag import Lag, LaggingAccess
from .load import Load
from .notices import Notices
from .options import Options
from .publisher_keys import PublisherKeys
from .reauthorization import Reauthorization
from .state import State
from .subscribing import Subscribing
from .subscriptions import Register
from .tokens import Tokens
from .trace import Trace
from .validation_tokens import ValidationTokens
from .wire import Answer, Call
from .writes import Writes
from .writing import Writing


class Simulator:
    """Entra, Graph and the control API over one state. `state_dir` keeps keys, not calendars."""

    def __init__(
        self,
        options: Options | None = None,
        state_dir: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.options = options or Options()
        self.state_dir = state_dir
        if state_dir is not None:
            state_dir.mkdir(parents=True, exist_ok=True)
        self.clock = clock or Clock()
        self.state = State(self.options, self.clock)
        self.guard = Guard()
        self.writes = Writes()
        self.faults = Faults(self.clock, self.options.seed)
        self.trace = Trace()
        self.defects = Defects(self.options.seed)
        self.register = Register()
        self._http: aiohttp.ClientSession | None = None
        tokens = Tokens(
            state_dir / "token-key.pem" if state_dir else None, self.options.token_seconds
        )
        access, lag = Access(self.state), Lag(self.state)
        courier = Courier(self.clock, self._session, self.options.delivery_user_agent)
        self.publisher_keys = PublisherKeys(
            self.clock, self.faults, self.options.publisher_key_hours
        )
        self.delivery = Delivery(
            self.options,
            self.clock,
            self.state.agenda,
            courier,
            self.defects,
            ValidationTokens(self.options, self.publisher_keys, self.defects),
        )
        self.notices = Notices(self.options, self.register, self.delivery, self.defects)
        reauthorization = Reauthorization(
            self.options, self.state, self.register, self.delivery, self.notices
        )
        self.state.on_changes(self.notices.changed)
        self.load = Load(self.state)
        self._entra = Entra(self.state, tokens, self.faults)
        subscribing = Subscribing(
            self.register,
            access,
            self.options,
            Challenge(self.options, courier),
            reauthorization,
            self.defects,
            self._new_id,
        )
        self.gateway = Gateway(
            self.options,
            self.clock,
            tokens,
            self.faults,
            lag,
            access,
            Calendar(self.state, LaggingAccess(self.state, lag), self.guard),
            Writing(self.state, access, self.writes),
            Directory(access),
            subscribing,
            _count_start(state_dir),
        )
        self._control = Control(
            self.state,
            self.gateway,
            self.guard,
            self.writes,
            self.faults,
            self.register,
            self.delivery,
            self.notices,
            self.load,
            self.defects,
            self.publisher_keys,
            subscribing,
            reauthorization,
            self.trace,
        )

    @asynccontextmanager
    async def running(self, session: aiohttp.ClientSession) -> AsyncIterator[None]:
        """Runs what the cloud does by itself; notifications go out through `session`."""
        self._http = session
        failure: BaseException | None = None
        async with asyncio.TaskGroup() as tasks:
            agenda = tasks.create_task(self.state.agenda.run())
            self.delivery.open(tasks)
            try:
                yield
            except BaseException as error:  # noqa: BLE001 -- raised below, outside the group
                # As it is: a group would wrap the caller's own exception.
                failure = error
            agenda.cancel()
            self.delivery.close()
        if failure is not None:
            raise failure

    async def handle(self, call: Call) -> Answer:
        """Answers one request to any of the three services."""
        first = call.segments[0] if call.segments else ""
        if first == "_sim":
            return await self._control.handle(call)
        if first == "v1.0":
            call.segments = call.segments[1:]
            return await self.gateway.handle(call)
        if self.publisher_keys.serves(call):
            struck = partial(self._entra.struck, call)
            return await self.publisher_keys.handle(call, struck)
        return await self._entra.handle(call)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("the simulator is not running")
        return self._http

    def _new_id(self) -> str:
        return self.gateway.new_id()


def _count_start(state_dir: Path | None) -> int:
    """How often a simulator was made on this folder: subscription ids must not come twice."""
    if state_dir is None:
        return 0
    file = state_dir / "starts"
    count = int(file.read_text()) if file.exists() else 0
    file.write_text(str(count + 1))
    return count
