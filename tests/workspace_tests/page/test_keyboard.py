"""A walk without a mouse: from the channel list to the answer, its buttons and its form, and back."""

import pytest
from playwright.async_api import Page, expect

from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import ANSWER, SmallApp

pytestmark = pytest.mark.asyncio(loop_scope="session")


OUTLINED = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && outlineWidth !== "0px";
}"""

# A message or the whole page may have the focus too: their text holds everybody's name.
CALLED = """() => {
  const focused = document.activeElement;
  return focused.matches("button") ? focused.ariaLabel || focused.textContent : "";
}"""


async def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Tabs on until what has the focus is called so, and its focus can be seen."""
    for _ in range(60):
        await page.keyboard.press(key)
        if name in await page.evaluate(CALLED):
            assert await page.evaluate(OUTLINED), f"the focus on {name} cannot be seen"
            return
    raise AssertionError(f"{name} was not reached with {key}")


async def test_a_walk_with_the_keyboard_alone(page: Page, slack: Workspace, app: SmallApp) -> None:
    await tab_to(page, "inc-shop")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="# ops")).to_be_visible()
    await expect(page.locator("#conversation textarea")).to_be_focused()

    await page.keyboard.type("@netclinic pods are stuck")
    await page.keyboard.press("Enter")
    await page.locator("#thread .plan").wait_for()
    answer = slack.messages("ops")[-1]
    await app.client.chat_update(channel="C0OPS00002", ts=answer.ts, text="Confirmed", blocks=ANSWER)
    await expect(page.locator("#thread .plan")).to_be_hidden()

    await tab_to(page, "Leave a note")
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="A note")
    await form.wait_for()
    await page.keyboard.type("the vSwitch was full")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await tab_to(page, "Save")
    await page.keyboard.press("Enter")
    await expect(form).to_be_hidden()
    assert app.done[-1] == ("note", ("the vSwitch was full", "one", "fault"))

    await tab_to(page, "Close thread", "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#thread")).to_be_hidden()


async def test_the_actions_of_a_message_are_reached_by_tab(page: Page, slack: Workspace, app: SmallApp) -> None:
    await slack.people.say("lin", "inc-shop", "pods hang")
    await page.locator("#conversation .message").wait_for()
    await tab_to(page, "More actions for this message")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await slack.until(lambda: app.done)
    assert app.done == [("diagnose", "pods hang")]


async def test_people_are_chosen_with_arrow_keys(page: Page, slack: Workspace, app: SmallApp) -> None:
    await page.get_by_role("radio", name="Ada Okafor").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="Lin Wei")).to_be_checked()
    await expect(page.get_by_role("radio", name="Lin Wei")).to_be_focused()


async def test_tabs_of_the_app_are_changed_with_arrow_keys(page: Page, slack: Workspace, app: SmallApp) -> None:
    await page.get_by_role("button", name="netclinic").click()
    await page.get_by_role("tab", name="Home").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Messages")).to_be_focused()
    await expect(page.locator("#conversation textarea")).to_be_visible()


async def test_completions_are_walked_with_arrow_keys(page: Page, slack: Workspace, app: SmallApp) -> None:
    text = page.locator("#conversation textarea")
    await text.press_sequentially("@")
    await text.press("ArrowDown")
    active = await text.get_attribute("aria-activedescendant")
    await expect(page.locator(f"#{active}")).to_contain_text("@ada")
    await text.press("Enter")
    await expect(text).to_have_value("@ada ")
    await text.press_sequentially("#o")
    await text.press("Escape")
    await expect(page.locator("#conversation .offers")).to_be_hidden()
    await expect(text).to_have_value("@ada #o")
