"""What a phone with a slow line and a slow processor makes of the pages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from playwright.async_api import Browser, async_playwright

from tests.browser.visitor import PHONE, launched

BLANK: Final = "a blank page"
MUST_KIB: Final = 150.0
MUST_LCP_MS: Final = 1_500.0
MUST_CLS: Final = 0.1
MUST_TASK_MS: Final = 200.0
# Lighthouse's simulated phone: a slow 4G line and a processor four times slower.
SLOW_LINE: Final = {
    "offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 768_000 / 8,
}  # fmt: skip
SLOWER: Final = 4
TRIES: Final = 5  # a process that is new with the page may be traced too late
_TRACED: Final = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
_SEEN: Final = """() => new Promise(done => {
  const seen = {lcp: 0, cls: 0};
  new PerformanceObserver(list => list.getEntries().forEach(e => seen.lcp = e.startTime)).observe({type: "largest-contentful-paint", buffered: true});
  new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) seen.cls += e.value })).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(seen), 1500);
})"""


@dataclass(frozen=True, slots=True)
class Task:
    """The longest one of a load, in ms: by the clock, and for how much of it there was a processor to run on."""

    took: float
    ran: float


@dataclass(frozen=True, slots=True)
class Load:
    """One load in a browser that has nothing of it yet."""

    kib: float
    lcp: float
    cls: float
    task: Task


async def phone(origin: str, token: str, pages: Mapping[str, str], rounds: int) -> bool:
    """Print the medians of each page's loads; false when one misses what it must reach."""
    loads: dict[str, list[Load]] = {name: [] for name in pages}
    async with async_playwright() as playwright:
        browser = await launched(playwright)
        await _loaded(browser, origin + "/sign-in", "")  # what is read from the disk once
        for _ in range(rounds):
            for name, path in pages.items():
                session = "" if name == "sign-in" else token
                loads[name].append(await _loaded(browser, origin + path, session))
        await browser.close()
    verdicts = [_told(name, each) for name, each in loads.items()]
    return all(verdicts)


def _told(name: str, loads: list[Load]) -> bool:
    kib, lcp, cls = (
        median(getattr(each, part) for each in loads) for part in ("kib", "lcp", "cls")
    )
    task = sorted((each.task for each in loads), key=lambda each: each.took)[len(loads) // 2]
    worst = max(each.task.took for each in loads)
    fits = kib <= MUST_KIB and lcp <= MUST_LCP_MS and cls <= MUST_CLS and task.took <= MUST_TASK_MS
    verdict = "for comparison" if name == BLANK else "PASS" if fits else "MISSED"
    print(f"{verdict}: {name} on a phone: first load {kib:.0f} KiB (at most {MUST_KIB:.0f}), "
          f"LCP {lcp:.0f} ms ({MUST_LCP_MS:.0f}), CLS {cls:.3f} ({MUST_CLS}), longest task {task.took:.0f} ms "
          f"({MUST_TASK_MS:.0f}), on the processor for {task.ran:.0f}; worst of {len(loads)} loads {worst:.0f}")  # fmt: skip
    return fits or name == BLANK


async def _loaded(browser: Browser, address: str, session: str) -> Load:
    for _ in range(TRIES):
        if load := await _tried(browser, address, session):
            return load
    raise SystemExit(f"{address}: not in the trace")


async def _tried(browser: Browser, address: str, session: str) -> Load | None:
    context = await browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type] # a plain dict
    if session:
        await context.add_cookies(
            [{"name": "session", "value": session, "domain": "127.0.0.1", "path": "/"}]
        )
    page = await context.new_page()
    wire = await context.new_cdp_session(page)
    await wire.send("Network.enable")
    await wire.send("Network.emulateNetworkConditions", SLOW_LINE)
    await wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await browser.start_tracing(page=page, categories=_TRACED)
    await page.goto(address, wait_until="load")
    seen = await page.evaluate(_SEEN)
    events = json.loads(await browser.stop_tracing())["traceEvents"]
    await context.close()
    task = _longest(events, address)
    return Load(sum(sizes) / 1024, seen["lcp"], seen["cls"], task) if task else None


def _longest(events: list[dict[str, Any]], address: str) -> Task | None:
    """Of the tasks after the page's commit, drawing among them, which a page's own observer is not told of; None: not traced."""
    for there in events:
        if there["name"] == "CommitLoad" and there["args"]["data"]["url"] == address:
            tasks = [
                Task(each["dur"] / 1_000, each.get("tdur", each["dur"]) / 1_000)  # not always told
                for each in events
                if each["name"] == "RunTask"
                and each["ph"] == "X"  # not the one that goes on at the end
                and (each["pid"], each["tid"]) == (there["pid"], there["tid"])
                and each["ts"] > there["ts"]
            ]
            return max(tasks, key=lambda each: each.took)
    return None
