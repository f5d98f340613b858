"""Arms the faults that a history drew, lets them strike for a while, then ends them and says how often each did."""

import asyncio
from random import Random
from uuid import UUID

from .supervisor import Process
from .switches import Switches
from .world import World

_LONGER_THAN_A_LEASE = 60.0  # virtual seconds; whoever writes has one of 45


class Trouble:
    """All faults of one history."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random

    async def strike(self, seconds: float) -> None:
        """Everything that was drawn, for so long."""
        world, switches = self._world, self._world.switches
        await self._arm(switches)
        for kind, drawn in (
            # A worker that has just been drained cannot be killed.
            ("crashed", switches.crashes and not switches.drains),
            ("frozen", switches.freezes),
            ("broker_blocked", switches.broker_blocked),
            ("drained", switches.drains),
        ):
            if drawn:
                world.journal.expect(kind)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(switches.crashes):
                tasks.create_task(self._crash(seconds))
            for _ in range(switches.freezes):
                tasks.create_task(self._freeze(seconds))
            if switches.pauses:
                tasks.create_task(self._pause(seconds, switches.pauses))
            for _ in range(switches.drains):
                tasks.create_task(self._drain(seconds))
            if switches.broker_blocked:
                tasks.create_task(self._block(seconds))
            if switches.outage:
                tasks.create_task(self._take_away(seconds))
            if switches.subscription_removed:
                tasks.create_task(self._unsubscribe(seconds))
            tasks.create_task(asyncio.sleep(seconds))
        await self._disarm()
        world.journal.note("fault", "all faults end")

    async def _arm(self, switches: Switches) -> None:
        world = self._world
        world.broker_faults.duplicated = switches.message_duplicated
        world.broker_faults.held_back = switches.message_held_back
        world.broker_faults.held_seconds = switches.held_seconds
        world.broker_faults.confirm_lost = switches.confirm_lost
        world.database_away = switches.database_away
        world.ingress.posted_again = switches.posted_again
        for fault in switches.faults:
            await world.cloud.control("POST", "faults", fault.document)
        defects = list(switches.defects)
        if switches.hints_lost:
            defects = [{"kind": "vanished", "times": None}]
        for defect in defects:
            await world.cloud.control("POST", "defects", defect)

    async def _disarm(self) -> None:
        world, journal = self._world, self._world.journal
        armed = world.cloud.simulator.faults.all
        for number, drawn in enumerate(world.switches.faults):
            journal.faults[drawn.kind] += armed[number].fired
            journal.expect(drawn.kind, armed[number].met * armed[number].document.match.share)
        for outage in armed[len(world.switches.faults) :]:
            journal.faults["outage"] += outage.fired
            if outage.met:
                journal.expect("outage")
        self._expect_vanished()
        for defect in world.cloud.simulator.defects.all:
            journal.faults[f"hint_{defect.kind}"] += defect.fired
            journal.expect(f"hint_{defect.kind}", defect.met * defect.share)
        await world.cloud.control("DELETE", "faults")
        await world.cloud.control("DELETE", "defects")
        faults = world.broker_faults
        faults.duplicated = faults.held_back = faults.confirm_lost = 0.0
        world.database_away = world.ingress.posted_again = 0.0
        for process in world.processes:
            process.fuse.thaw()

    def _expect_vanished(self) -> None:
        """What vanished left nothing to be counted; but where all else works there was something."""
        switches = self._world.switches
        others = switches.outage or switches.faults or switches.crashes or switches.freezes
        if switches.hints_lost and switches.subscriptions and not others:
            self._world.journal.expect("hint_vanished")

    async def _crash(self, seconds: float) -> None:
        """A process dies at one of its next steps, or at last by a signal."""
        await asyncio.sleep(self._random.uniform(0, seconds * 0.8))
        process = self._random.choice(self._world.processes)
        deaths = process.deaths
        process.fuse.blow_after(1 + self._random.randrange(60))
        await asyncio.sleep(seconds * 0.15)
        if process.deaths == deaths:
            process.kill()

    async def _freeze(self, seconds: float) -> None:
        """A process stands still, mostly for longer than its lease, and goes on."""
        await asyncio.sleep(self._random.uniform(0, seconds * 0.5))
        process = self._random.choice(self._world.processes)
        length = min(self._random.choice((20, 50, 100)), seconds * 0.45)
        self._world.journal.fault("frozen", process.name, f"for {length} s")
        fuse = process.fuse
        fuse.freeze()
        await asyncio.sleep(length)
        fuse.thaw()

    async def _pause(self, seconds: float, times: int) -> None:
        """A worker stands still in the middle of what it does, until another has its rooms; one at a time."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for _ in range(times):
            await asyncio.sleep(self._random.uniform(0, seconds / times / 2))
            worker = self._worker()
            fuse = worker.fuse
            fuse.freeze_after(1 + self._random.randrange(60))
            while not fuse.frozen and loop.time() < begun + seconds:  # noqa: ASYNC110 -- time costs nothing here
                await asyncio.sleep(0.5)
            if fuse.frozen:
                self._world.journal.fault("paused", worker.name, f"for {_LONGER_THAN_A_LEASE} s")
                await asyncio.sleep(_LONGER_THAN_A_LEASE)
                fuse.thaw()

    async def _drain(self, seconds: float) -> None:
        """A worker is replaced: it ends what it does, and another begins."""
        await asyncio.sleep(self._random.uniform(0, seconds * 0.9))
        worker = self._worker()
        self._world.journal.fault("drained", worker.name)
        worker.stop()

    def _worker(self) -> Process:
        processes = self._world.processes
        return self._random.choice([each for each in processes if each.name.startswith("worker")])

    async def _block(self, seconds: float) -> None:
        """The broker confirms nothing for a while."""
        await asyncio.sleep(self._random.uniform(0, seconds / 2))
        self._world.journal.fault("broker_blocked")
        self._world.broker_faults.blocked = True
        await asyncio.sleep(self._random.uniform(5, seconds / 2))
        self._world.broker_faults.blocked = False

    async def _take_away(self, seconds: float) -> None:
        """Graph is away for a while."""
        await asyncio.sleep(self._random.uniform(0, seconds / 2))
        length = self._random.uniform(20, seconds / 2)
        how = self._random.choice(
            ({"drop": True, "when": "before"}, {"status": 503}, {"status": 504})
        )
        match = {"path": "^/(users|subscriptions)", "until": length}
        self._world.journal.note("fault", f"Graph is away for {length:.0f} s")
        await self._world.cloud.control("POST", "faults", {"match": match, "times": None, **how})

    async def _unsubscribe(self, seconds: float) -> None:
        """Graph forgets a subscription and tells nobody."""
        await asyncio.sleep(self._random.uniform(seconds * 0.1, seconds))
        listed = await self._world.cloud.control("GET", "subscriptions")
        if listed["items"]:
            gone = self._random.choice(listed["items"])
            await self._world.cloud.control("DELETE", f"subscriptions/{gone['id']}")
            self._world.journal.fault("subscription_removed", what=str(UUID(gone["mailbox"])))
