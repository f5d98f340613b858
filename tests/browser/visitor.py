"""A person at a browser: opens pages, signed in or not, and sees to it that nothing goes wrong behind their back."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Playwright, Request

SHOTS = Path("build/screenshots")
PATIENCE_MS = 30_000  # a bound for a busy machine; what is awaited ends the wait
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# Of dark only what it changes: axe's rules that look at colours.
_SCHEMES: Final[tuple[tuple[Literal["light", "dark"], dict[str, list[str]]], ...]] = (
    ("light", {}),
    ("dark", {"runOnly": ["color-contrast", "link-in-text-block"]}),
)
# Chromium takes the last list alone, so Playwright's (of 1.65) is repeated. Ours are the pages of the address bar, which
# headless Chromium loads with each window, seen by nobody: a second of processor time just while the first page is drawn.
_WITHOUT: Final = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch",
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
)  # fmt: skip
_FLAGS: Final = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    f"--disable-features={','.join(_WITHOUT)}",
]  # fmt: skip


async def launched(playwright: Playwright) -> Browser:
    """Debian's Chromium, without its sandbox only where root runs the tests: it refuses to start otherwise."""
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)


@dataclass(slots=True)
class Visitor:
    """One browser window of its own; `page` is Playwright's."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    """Errors in the console (a broken policy among them), errors of scripts, requests to other hosts."""
    refusals_expected: bool = False
    """Set where a page is meant to answer 4xx, which Chromium writes into its console."""

    async def open(self, path: str) -> None:
        await self.page.goto(self.origin + path)

    async def shot(self, name: str) -> None:
        """Keep a picture of the whole page under build/screenshots."""
        await self.page.evaluate("scrollTo(0, 0)")  # a header that sticks would stand in the middle
        await self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    async def barriers(self) -> list[str]:
        """What axe-core calls serious or critical on this page, in light and in dark."""
        found: list[str] = []
        for scheme, rules in _SCHEMES:
            await self.page.emulate_media(color_scheme=scheme)
            results = await Axe().run(self.page, options={"resultTypes": ["violations"], **rules})
            found += [
                f"{scheme}: {each['id']}: {node['html'][:200]}"
                for each in results.response["violations"]
                if each["impact"] in {"serious", "critical"}
                for node in each["nodes"]
            ]
        await self.page.emulate_media(color_scheme="light")
        return found

    async def live(self) -> None:
        """Wait until the page follows the live stream."""
        await self.page.wait_for_selector("body[data-live=open]")


@asynccontextmanager
async def visiting(
    browser: Browser,
    origin: str,
    token: str = "",
    *,
    phone: bool = False,
    elsewhere: str = "no other host",
    **options: object,
) -> AsyncIterator[Visitor]:
    """A fresh window, signed in with this session; fails when something was complained of.

    `elsewhere` is the origin of the one other host that pages may lead to.
    """
    shape: dict[str, object] = {"viewport": PHONE if phone else DESKTOP}
    if phone:
        shape |= {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    context = await browser.new_context(**(shape | options))  # type: ignore[arg-type] # Playwright's many options
    context.set_default_timeout(PATIENCE_MS)
    try:
        if token:
            await context.add_cookies(
                [{"name": "session", "value": token, "url": origin, "httpOnly": True}]
            )
        page = await context.new_page()
        visitor = Visitor(page, origin)

        def hear(message: ConsoleMessage) -> None:
            answered = "the server responded with a status of 4" in message.text
            if message.type == "error" and not (answered and visitor.refusals_expected):
                visitor.complaints.append(f"console: {message.text}")

        def see(request: Request) -> None:
            if not request.url.startswith((origin, elsewhere, "data:", "blob:")):
                visitor.complaints.append(f"asked another host: {request.url}")

        page.on("console", hear)
        page.on("request", see)
        page.on("pageerror", lambda error: visitor.complaints.append(f"script: {error}"))
        yield visitor
        assert not visitor.complaints, visitor.complaints
    finally:
        await context.close()
