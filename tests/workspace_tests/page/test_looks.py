"""How it looks: wide and narrow, light and dark, readable everywhere. TEST_SCREENSHOT_DIR keeps the pictures."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import ANSWER, SmallApp, mrkdwn, plan

pytestmark = pytest.mark.asyncio(loop_scope="session")

Shot = Callable[[str], Awaitable[Path]]
LONG = "shop/web-5f7d9c6b8-k2x9q-" + "x" * 120
OVERFLOWS = """() => {
  const shown = [...document.querySelectorAll("body *")]
    .filter((node) => node.checkVisibility({visibilityProperty: true}));
  const outside = shown.filter((node) => !node.closest("pre, .table-scroll, .unseen, select"))
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1);
  const hidden = shown.filter((node) => node.matches(".scroller, .modal-body, .home-pane, #sidebar, .message-body"))
    .filter((node) => node.scrollWidth > node.clientWidth + 1);
  return [...outside, ...hidden].map((node) => node.outerHTML.slice(0, 120));
}"""
# the contrast of each visible text with the ground behind it, as WCAG reckons it
FAINT = """() => {
  const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => rgb.reduce((sum, part, at) => sum + linear(part / 255) * [0.2126, 0.7152, 0.0722][at], 0);
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter((node) => node.checkVisibility({visibilityProperty: true}) && !node.closest(".unseen, .tools"))
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
    .map((node) => {
      const [a, b] = [light(parts(getComputedStyle(node).color).slice(0, 3)), light(ground(node))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.className + ": " + node.textContent.slice(0, 40)];
    })
    .filter(([ratio]) => ratio < 4.5);
}"""


async def talk(page: Page, slack: Workspace, app: SmallApp) -> None:
    """A conversation with something of everything."""
    await slack.people.say("lin", "inc-shop", "Checkout fails since 14:02. Anybody deploying?")
    ts = await slack.people.say("ada", "inc-shop", f"@netclinic pods are stuck: {LONG}")
    answer = await slack.until(lambda: slack.reply("inc-shop", ts))
    body = [*ANSWER, mrkdwn(f"`{LONG}` and <@U0LIN00002>\n```{LONG}```"), *plan("Pods")]
    await app.client.chat_update(channel="C0INCSHOP1", ts=answer.ts, text="Confirmed", blocks=body)
    await app.client.chat_postEphemeral(
        channel="C0INCSHOP1", user=slack.team.person("ada").id, text="Thank you; noted."
    )
    await page.get_by_role("button", name="1 reply").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 800, 1280])
async def test_nothing_sticks_out_and_everything_is_readable(
    page: Page, slack: Workspace, app: SmallApp, shot: Shot, width: int, scheme: Literal["light", "dark"]
) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": width, "height": 800})
    await talk(page, slack, app)
    await looks(page, shot, f"channel-{scheme}-{width}")
    await page.get_by_role("button", name="1 reply").click()
    await page.locator("#thread h3").wait_for()
    await looks(page, shot, f"thread-{scheme}-{width}")
    await page.locator("#thread").get_by_role("button", name="Leave a note").click()
    await page.get_by_role("dialog", name="A note").get_by_role("button", name="Save").click()
    await page.locator(".input.wrong").first.wait_for()
    await looks(page, shot, f"form-{scheme}-{width}")


async def looks(page: Page, shot: Shot, name: str) -> None:
    await shot(name)
    assert await page.evaluate(OVERFLOWS) == []
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert await page.evaluate(FAINT) == []


async def test_dark_is_dark(page: Page, slack: Workspace) -> None:
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(ground) == "rgb(23, 27, 29)"


async def test_a_narrow_window_keeps_channels_in_a_drawer(
    page: Page, slack: Workspace, app: SmallApp, shot: Shot
) -> None:
    await page.set_viewport_size({"width": 420, "height": 800})
    await expect(page.locator("#sidebar")).to_be_hidden()
    await page.get_by_role("button", name="Channels and people").click()
    await expect(page.get_by_role("button", name="inc-shop")).to_be_focused()
    await page.emulate_media(reduced_motion="reduce")  # no waiting for it to slide in
    await looks(page, shot, "drawer-light-420")
    await page.get_by_role("button", name="ops").click()
    await expect(page.locator("#sidebar")).to_be_hidden()
    await expect(page.get_by_role("heading", name="# ops")).to_be_visible()
    await page.get_by_role("button", name="Channels and people").click()
    await page.keyboard.press("Escape")
    await expect(page.locator("#sidebar")).to_be_hidden()


async def test_a_narrow_window_shows_a_thread_alone(page: Page, slack: Workspace, app: SmallApp) -> None:
    await page.set_viewport_size({"width": 420, "height": 800})
    await talk(page, slack, app)
    await expect(page.locator("#thread")).to_be_hidden()
    await page.get_by_role("button", name="1 reply").click()
    await expect(page.locator("#conversation")).to_be_hidden()
    await page.get_by_role("button", name="Close thread").click()
    await expect(page.locator("#conversation")).to_be_visible()
