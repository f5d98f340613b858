"""One running product and one Chromium for all tests of this folder, which share one event loop."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from pgstore.testing import Template, clone

from .calendar import Calendar, open_calendar
from .premises import Premises, open_premises
from .visitor import PATIENCE_MS, launched


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What belongs to a browser stays on the loop that started it."""
    for item in items:
        if pytest_asyncio.is_async_test(item) and "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def premises(
    _template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Premises]:
    """The product, running."""
    folder = tmp_path_factory.mktemp("premises")
    async with clone(_template) as database, open_premises(folder, database) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, running."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        started = await launched(playwright)
        yield started
        await started.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def calendar(premises: Premises) -> Calendar:
    """An office with four rooms, for the tests of its calendar; each takes days of its own."""
    return await open_calendar(premises)
