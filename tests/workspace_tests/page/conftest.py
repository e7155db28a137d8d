"""The page as people use it: headless Chromium, the real workspace, and a small app that is connected to it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browsers import PATIENCE, WIDE
from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import SmallApp


@pytest_asyncio.fixture(loop_scope="session")
async def slack() -> AsyncIterator[Workspace]:
    async with Workspace(clusters=["terway-healthy", "terway-mac-missing"], limits="off") as workspace:
        yield workspace


@pytest_asyncio.fixture(loop_scope="session")
async def app(slack: Workspace) -> AsyncIterator[SmallApp]:
    async with SmallApp(slack) as small:
        yield small


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, slack: Workspace) -> AsyncIterator[Page]:
    """The page, opened as Ada; whatever goes wrong in it, or is asked of other hosts, fails the test."""
    context = await browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")
    opened = await context.new_page()
    opened.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda request: wrong.append(request.url) if not _ours(request.url, slack) else None)
    await opened.goto(slack.url)
    await opened.get_by_role("heading", name="# inc-shop").wait_for()
    yield opened
    await context.close()
    assert wrong == []


def _ours(url: str, slack: Workspace) -> bool:
    return url.startswith((slack.url, "data:", "blob:"))


@pytest.fixture
def shot(page: Page, tmp_path: Path) -> Callable[[str], Awaitable[Path]]:
    """Saves what is seen, into TEST_SCREENSHOT_DIR where that is set, for somebody to look at."""
    folder = Path(os.environ.get("TEST_SCREENSHOT_DIR") or tmp_path)

    async def save(name: str) -> Path:
        path = folder / f"{name}.png"
        await page.screenshot(path=path)
        return path

    return save
