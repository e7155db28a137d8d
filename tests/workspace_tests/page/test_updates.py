"""An update changes what it must and leaves the rest of the page as the reader left it."""

import pytest
from playwright.async_api import Page, expect

from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import ANSWER, SmallApp, mrkdwn

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_focused_button_keeps_the_focus(page: Page, slack: Workspace, app: SmallApp) -> None:
    ts = await app.say("Confirmed", ANSWER)
    await page.get_by_role("button", name="Leave a note").focus()
    await app.client.chat_update(
        channel="C0INCSHOP1", ts=ts, text="Confirmed", blocks=[mrkdwn("*New* above"), {"type": "divider"}, *ANSWER]
    )
    await page.get_by_text("New above").wait_for()
    await expect(page.get_by_role("button", name="Leave a note")).to_be_focused()


async def test_when_the_focused_button_goes_its_message_has_the_focus(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    ts = await app.say("Confirmed", ANSWER)
    await page.get_by_role("button", name="Leave a note").focus()
    await app.client.chat_update(channel="C0INCSHOP1", ts=ts, text="Resolved", blocks=[mrkdwn("*Resolved*")])
    await page.get_by_text("Resolved").first.wait_for()
    await expect(page.locator("#conversation .message")).to_be_focused()


async def test_half_typed_words_and_an_open_file_stay(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.client.files_upload_v2(channel="C0INCSHOP1", content="a\nb", filename="log.txt", title="A log")
    await page.locator("details.file summary").click()
    await page.locator("details.file pre").get_by_text("a\nb").wait_for()
    typing = page.locator("#conversation textarea")
    await typing.press_sequentially("half a sent")
    await slack.people.say("lin", "inc-shop", "meanwhile")
    await expect(page.locator("#conversation .message")).to_have_count(2)
    await typing.press_sequentially("ence")
    await expect(typing).to_have_value("half a sentence")
    file = slack.messages("inc-shop")[0]
    await app.client.reactions_add(channel="C0INCSHOP1", timestamp=file.ts, name="eyes")
    await expect(page.locator(".reactions")).to_have_text("👀 1")
    await expect(page.locator("details.file")).to_have_attribute("open", "")
    await expect(page.locator("details.file pre")).to_have_text("a\nb")


async def test_a_status_stands_under_its_thread_until_the_bot_answers(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    typing = page.locator("#conversation textarea")
    await typing.fill("pods stuck")
    await typing.press("Enter")
    (message,) = await slack.until(lambda: slack.messages("inc-shop"))
    place = {"channel_id": "C0INCSHOP1", "thread_ts": message.ts}
    await app.client.assistant_threads_setStatus(**place, status="is looking at prod…")
    status = page.locator("#thread .thread-status")
    await expect(status).to_have_text("netclinic is looking at prod…")
    await app.client.chat_postMessage(channel="C0INCSHOP1", thread_ts=message.ts, text="CONFIRMED")
    await expect(page.locator("#thread")).to_contain_text("CONFIRMED")
    await expect(status).to_have_text("")


async def test_a_deleted_message_goes(page: Page, slack: Workspace, app: SmallApp) -> None:
    ts = await app.say("one")
    await app.say("two")
    await expect(page.locator("#conversation .message")).to_have_count(2)
    await app.client.chat_delete(channel="C0INCSHOP1", ts=ts)
    await expect(page.locator("#conversation .message .text")).to_have_text(["two"])


async def test_a_bot_that_is_not_connected_is_told_of_until_it_is(page: Page, slack: Workspace) -> None:
    banner = page.locator("#banner")
    await expect(banner).to_contain_text("netclinic is not connected")
    async with SmallApp(slack):
        await expect(banner).to_have_text("")
        await expect(page.get_by_role("img", name="connected", exact=True)).to_be_visible()
    await expect(banner).to_contain_text("netclinic is not connected")


async def test_a_server_that_went_away_is_told_of_and_found_again(page: Page, slack: Workspace, app: SmallApp) -> None:
    await page.route("**/control/**", lambda route: route.abort())
    await slack.people.say("lin", "inc-shop", "unseen at first")
    await expect(page.locator("#banner")).to_contain_text("server does not answer")
    await page.locator("#conversation textarea").fill("not lost")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("is it still running?")
    await expect(page.locator("#conversation textarea")).to_have_value("not lost")
    await page.unroute("**/control/**")
    await slack.people.say("lin", "inc-shop", "and back")
    await expect(page.locator("#banner")).to_have_text("")
    await expect(page.locator("#conversation .message")).to_have_count(2)
