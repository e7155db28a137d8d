"""Buttons, menus and shortcuts: each reaches the app once, as the person who used it."""

import pytest
from playwright.async_api import Page, expect

from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import ANSWER, SmallApp

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_button_reaches_the_app_and_its_answer_is_mine_alone(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    await app.say("Confirmed", ANSWER)
    await page.get_by_role("button", name="It helped").click()
    await expect(page.locator(".message.ephemeral")).to_contain_text("Thank you; noted.")
    await expect(page.locator(".message.ephemeral")).to_contain_text("Only visible to you")
    assert app.done == [("helped", slack.team.person("ada").id)]
    await page.get_by_text("Lin Wei").click()
    await expect(page.locator(".message")).to_have_count(1)


async def test_an_app_can_have_a_button_confirmed(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.say("Confirmed", ANSWER)
    resolve = page.get_by_role("button", name="Resolve")
    asking = page.get_by_role("dialog", name="Resolve it?")
    await resolve.click()
    await asking.get_by_role("button", name="Keep").click()
    await expect(asking).to_be_hidden()
    await resolve.click()
    await page.keyboard.press("Escape")
    await expect(asking).to_be_hidden()
    await resolve.click()
    await expect(asking).to_contain_text("Its buttons go.")
    await asking.get_by_role("button", name="Do it").click()
    await expect(page.locator("#conversation .blocks")).to_have_text("Resolved")
    await expect(page.locator("#conversation .message")).to_contain_text("(edited)")
    assert [name for name, _ in app.done] == ["resolve"]


async def test_a_select_menu_tells_and_shows_the_choice(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.say("Confirmed", ANSWER)
    menu = page.locator(".actions .select")
    await menu.click()
    await page.get_by_role("listbox", name="Cluster").get_by_role("option", name="Two").click()
    await expect(menu).to_have_text("Two")
    await menu.click()
    await expect(page.get_by_role("option", name="Two", selected=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(menu).to_be_focused()
    assert app.done == [("cluster", "two")]


async def test_an_overflow_menu_is_used_with_keys(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.say("Confirmed", ANSWER)
    await page.locator(".actions").get_by_role("button", name="More actions").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Mute")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await slack.until(lambda: app.done)
    assert app.done == [("more", "copy")]


async def test_a_message_shortcut_takes_the_message_along(page: Page, slack: Workspace, app: SmallApp) -> None:
    await slack.people.say("lin", "inc-shop", "pods hang")
    await page.locator("#conversation .message").hover()
    await page.get_by_role("button", name="More actions for this message").click()
    await page.get_by_role("menuitem", name="Diagnose this message").click()
    await slack.until(lambda: app.done)
    assert app.done == [("diagnose", "pods hang")]


async def test_an_app_that_does_not_answer_is_told_of(page: Page, slack: Workspace) -> None:
    async with SmallApp(slack) as app:
        await app.say("Confirmed", ANSWER)
        await page.get_by_role("button", name="It helped").wait_for()
    await page.get_by_role("button", name="It helped").click()
    await expect(page.get_by_role("alert")).to_contain_text("the app did not answer")


async def test_the_home_tab_is_asked_for_and_its_buttons_work(page: Page, slack: Workspace, app: SmallApp) -> None:
    await page.get_by_role("button", name="netclinic").click()
    await expect(page.get_by_role("heading", name="Open cases")).to_be_visible()
    await page.get_by_role("button", name="Thanks").click()
    await slack.until(lambda: app.done)
    assert app.done == [("helped", slack.team.person("ada").id)]
