"""Forms of an app: filled in, refused, mended, sent, and left."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import ANSWER, SmallApp

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def opened(page: Page, app: SmallApp) -> Locator:
    """The form, opened with the button of a message."""
    await app.say("Confirmed", ANSWER)
    await page.get_by_role("button", name="Leave a note").click()
    form = page.get_by_role("dialog", name="A note")
    await form.wait_for()
    return form


async def test_an_error_stands_at_its_field_and_what_was_typed_stays(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    form = await opened(page, app)
    note = form.get_by_label("What happened?")
    await expect(note).to_be_focused()
    await note.fill("short")
    await form.get_by_label("Cluster").select_option("Two")
    await form.get_by_label("Question").check()
    await form.get_by_label("Events").check()
    await form.get_by_role("button", name="Save").click()
    await expect(form.locator(".input.wrong")).to_contain_text("Say a little more.")
    await expect(note).to_be_focused()
    await expect(note).to_have_value("short")
    await expect(note).to_have_attribute("aria-invalid", "true")
    await note.fill("the vSwitch was full")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_be_hidden()
    assert app.done == [("note", ("the vSwitch was full", "two", "question", "events"))]
    await expect(page.get_by_role("button", name="Leave a note")).to_be_focused()


async def test_needed_fields_are_asked_for(page: Page, slack: Workspace, app: SmallApp) -> None:
    form = await opened(page, app)
    await form.get_by_label("What happened?").fill("the vSwitch was full")
    await form.get_by_role("button", name="Save").click()
    await expect(form.locator(".input.wrong")).to_have_count(2)
    await expect(form.get_by_label("Cluster")).to_be_focused()
    assert app.done == []


async def test_escape_leaves_the_form_and_the_app_is_told(page: Page, slack: Workspace, app: SmallApp) -> None:
    form = await opened(page, app)
    await page.keyboard.press("Escape")
    await expect(form).to_be_hidden()
    await slack.until(lambda: app.done)
    assert app.done == [("closed", None)]
    await expect(page.get_by_role("button", name="Leave a note")).to_be_focused()


async def test_the_focus_stays_in_the_form(page: Page, slack: Workspace, app: SmallApp) -> None:
    form = await opened(page, app)
    for _ in range(12):
        await page.keyboard.press("Tab")
        inside = "() => document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))"
        assert await page.evaluate(inside)
    await expect(form).to_be_visible()


async def test_what_happens_outside_leaves_a_half_filled_form_alone(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    form = await opened(page, app)
    note = form.get_by_label("What happened?")
    await note.press_sequentially("half a sent")
    await slack.people.say("lin", "inc-shop", "still broken")
    await page.get_by_text("still broken").first.wait_for(state="attached")
    await note.press_sequentially("ence")
    await expect(note).to_have_value("half a sentence")


async def test_a_form_is_its_persons_alone(page: Page, slack: Workspace, app: SmallApp) -> None:
    await slack.people.global_shortcut("lin", "ask")
    await slack.until(lambda: slack.modals("lin"))
    await slack.people.say("lin", "inc-shop", "I have a form open")
    await page.get_by_text("I have a form open").first.wait_for()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_global_shortcut_opens_a_form(page: Page, slack: Workspace, app: SmallApp) -> None:
    await page.get_by_role("button", name="Shortcuts").click()
    await page.get_by_role("menuitem", name="Ask the clinic").click()
    await expect(page.get_by_role("dialog", name="A note")).to_be_visible()


async def test_an_app_that_went_away_is_told_of_in_the_form(page: Page, slack: Workspace) -> None:
    async with SmallApp(slack) as app:
        form = await opened(page, app)
    await form.get_by_label("What happened?").fill("the vSwitch was full")
    await form.get_by_label("Cluster").select_option("One")
    await form.get_by_label("Fault").check()
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_role("alert")).to_contain_text("trouble connecting")
    await expect(form.get_by_label("What happened?")).to_have_value("the vSwitch was full")
