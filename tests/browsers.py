"""A headless Chromium for the tests that look at a page as people do; without one they are skipped, saying so."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDE = {"width": 1280, "height": 800}
PATIENCE = 20_000  # milliseconds; a busy machine's, nothing is measured by it


@pytest_asyncio.fixture(scope="module", loop_scope="session")  # idle, it takes a tenth of a core
async def browser() -> AsyncIterator[Browser]:
    """Tests that use it run in the session's event loop."""
    if CHROMIUM is None:
        pytest.skip("no chromium here (install it, or name one in CHROMIUM): pages are not tested")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as starter:
        chromium = await starter.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        await chromium.close()
