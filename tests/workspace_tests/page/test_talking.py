"""Saying things on the page, and seeing what others say."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import ANSWER, SmallApp, plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


def composer(page: Page) -> Locator:
    return page.locator("#conversation textarea")


def said(page: Page, where: str = "#conversation") -> Locator:
    return page.locator(f"{where} .message")


async def test_enter_sends_and_shift_enter_starts_a_line(page: Page, slack: Workspace, app: SmallApp) -> None:
    await composer(page).press_sequentially("first line")
    await composer(page).press("Shift+Enter")
    await composer(page).press_sequentially("second line")
    await composer(page).press("Enter")
    await expect(said(page)).to_have_count(1)
    await expect(composer(page)).to_have_value("")
    assert [m.text for m in slack.messages("inc-shop")] == ["first line\nsecond line"]


async def test_only_blanks_are_not_sent(page: Page, slack: Workspace, app: SmallApp) -> None:
    await composer(page).fill("  \n ")
    await composer(page).press("Enter")
    await composer(page).fill("words")
    await composer(page).press("Enter")
    await expect(said(page)).to_have_count(1)
    assert [m.text for m in slack.messages("inc-shop")] == ["words"]


async def test_a_mention_is_completed_and_answered_in_a_thread_that_opens(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    await composer(page).press_sequentially("@netc")
    await expect(page.get_by_role("option", name="@netclinic")).to_be_visible()
    await composer(page).press("Tab")
    await composer(page).press_sequentially("pods are stuck")
    await composer(page).press("Enter")
    await expect(page.locator("#thread .plan")).to_contain_text("0 of 3")
    await expect(composer(page)).to_be_focused()
    assert app.done == [("asked", f"<@{slack.team.bot.id}> pods are stuck")]


async def test_progress_changes_the_message_in_place(page: Page, slack: Workspace, app: SmallApp) -> None:
    ts = await app.say("Looking", plan())
    task = page.locator("#conversation .task").first
    await expect(task).to_have_class("task pending")
    await task.evaluate("(node) => (window.standing = node)")
    await app.client.chat_update(channel="C0INCSHOP1", ts=ts, text="Looking", blocks=plan("Pods", "Events"))
    await expect(page.locator(".plan")).to_contain_text("2 of 3")
    await expect(task).to_have_class("task complete")
    assert await task.evaluate("(node) => node === window.standing")
    await app.client.chat_update(channel="C0INCSHOP1", ts=ts, text="Confirmed", blocks=ANSWER)
    await expect(page.get_by_role("heading", name="Confirmed: no addresses left")).to_be_visible()
    await expect(page.locator(".plan")).to_have_count(0)


async def test_a_thread_is_opened_answered_and_closed(page: Page, slack: Workspace, app: SmallApp) -> None:
    first = await slack.people.say("lin", "inc-shop", "who deploys?")
    await slack.people.say("sam", "inc-shop", "not me", first)
    await expect(said(page)).to_have_count(1)
    await page.get_by_role("button", name=re.compile("1 reply")).click()
    await expect(said(page, "#thread")).to_have_count(2)
    reply = page.locator("#thread textarea")
    await expect(reply).to_be_focused()
    await reply.fill("nor I")
    await reply.press("Enter")
    await expect(said(page, "#thread")).to_have_count(3)
    await expect(page.get_by_role("button", name=re.compile("2 replies"))).to_be_visible()
    assert slack.thread("inc-shop", first)[-1].text == "nor I"
    await reply.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()
    await expect(said(page)).to_be_focused()


async def test_the_picked_cluster_is_named_unless_the_words_name_one(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    await page.get_by_label("Cluster").select_option("terway-healthy")
    for words in ("dns fails", "dns fails cluster=other"):
        await composer(page).fill(words)
        await composer(page).press("Enter")
    await expect(said(page)).to_have_count(2)
    assert [m.text for m in slack.messages("inc-shop")] == [
        "dns fails cluster=terway-healthy",
        "dns fails cluster=other",
    ]


async def test_a_command_is_offered_with_its_words_and_answered_for_me_alone(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    await composer(page).press_sequentially("/net")
    await expect(page.locator(".offers [role=option]")).to_contain_text("ask <symptom> | check | facts | help")
    await composer(page).press("Enter")
    await expect(page.locator(".offers [role=option]")).to_have_count(4)
    await composer(page).press_sequentially("fa")
    await composer(page).press("Tab")
    await composer(page).press("Enter")
    await expect(page.locator(".message.ephemeral")).to_contain_text("Only visible to you")
    await expect(page.locator(".message.ephemeral code")).to_have_text("facts")
    assert app.done == [("command", "facts")]
    await page.get_by_text("Lin Wei").click()
    await expect(page.locator(".person").filter(has_text="Lin Wei")).to_contain_text("you")
    await expect(said(page)).to_have_count(0)


async def test_an_unknown_command_is_refused_and_stays_typed(page: Page, slack: Workspace, app: SmallApp) -> None:
    await composer(page).fill("/nothing here")
    await composer(page).press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("/nothing is no command here; there is /netclinic.")
    await expect(composer(page)).to_have_value("/nothing here")
    assert app.done == []


async def test_another_person_speaks_in_their_own_name(page: Page, slack: Workspace, app: SmallApp) -> None:
    await page.get_by_text("Lin Wei").click()
    await composer(page).fill("hello")
    await composer(page).press("Enter")
    await expect(said(page)).to_contain_text("Lin Wei")
    await page.reload()
    await expect(page.get_by_role("radio", name="Lin Wei")).to_be_checked()
    assert slack.messages("inc-shop")[0].user == slack.team.person("lin").id


async def test_a_direct_conversation_starts_with_the_first_word(page: Page, slack: Workspace, app: SmallApp) -> None:
    await page.get_by_text("Sam Moreau").click()
    await page.get_by_role("button", name="netclinic").click()
    await page.get_by_role("tab", name="Messages").click()
    await composer(page).fill("hello")
    await composer(page).press("Enter")
    await expect(said(page)).to_have_count(2)
    await expect(said(page).last).to_contain_text("You said: hello")
    await page.get_by_text("Lin Wei").click()
    await expect(said(page)).to_have_count(0)


async def test_other_channels_count_what_is_new(page: Page, slack: Workspace, app: SmallApp) -> None:
    await slack.people.say("lin", "ops", "one")
    await slack.people.say("lin", "ops", "two")
    entry = page.get_by_role("button", name="ops")
    await expect(entry).to_contain_text("2 new")
    await entry.click()
    await expect(said(page)).to_have_count(2)
    await expect(entry).not_to_contain_text("new")


async def test_the_readers_place_is_kept_and_new_messages_are_offered(
    page: Page, slack: Workspace, app: SmallApp
) -> None:
    for number in range(40):
        await slack.people.say("lin", "inc-shop", f"message {number}")
    await expect(said(page)).to_have_count(40)
    await expect(said(page).last).to_be_in_viewport()
    scroller = page.locator("#conversation .scroller")
    await scroller.evaluate("(node) => (node.scrollTop = 100)")
    await slack.people.say("lin", "inc-shop", "and one more")
    await page.get_by_role("button", name="New messages").wait_for()
    assert await scroller.evaluate("(node) => node.scrollTop") == 100
    await page.get_by_role("button", name="New messages").click()
    await expect(said(page).last).to_be_in_viewport()


async def test_what_others_say_is_announced_and_what_i_say_is_not(page: Page, slack: Workspace, app: SmallApp) -> None:
    await slack.people.say("ada", "inc-shop", "my own words")
    await slack.people.say("lin", "inc-shop", "words of another")
    await expect(page.locator("#announcements")).to_have_text("Lin Wei: words of another")


async def test_the_workspace_may_say_what_is_seen_first(page: Page, slack: Workspace, app: SmallApp) -> None:
    ts = await slack.people.say("ada", "ops", "@netclinic pods are stuck")
    await slack.until(lambda: slack.reply("ops", ts))
    await expect(page.get_by_role("heading", name="# inc-shop")).to_be_visible()
    slack.open_with("ops", ts)  # nobody went anywhere: the page that is open follows
    await expect(page.get_by_role("heading", name="# ops")).to_be_visible()
    await expect(page.locator("#thread .message")).to_have_count(2)
    await page.get_by_role("button", name="Close thread").click()
    await page.reload()  # who went elsewhere stays there
    await expect(page.get_by_role("heading", name="# ops")).to_be_visible()
    await expect(page.locator("#thread")).to_be_hidden()
    await page.goto("about:blank")
    await page.goto(slack.url)
    await expect(page.locator("#thread .message")).to_have_count(2)


async def test_who_went_somewhere_is_not_taken_elsewhere(page: Page, slack: Workspace, app: SmallApp) -> None:
    ts = await slack.people.say("ada", "ops", "@netclinic pods are stuck")
    await slack.until(lambda: slack.reply("ops", ts))
    await page.get_by_role("button", name="random").click()
    await expect(page.get_by_role("heading", name="# random")).to_be_visible()
    slack.open_with("ops", ts)
    await slack.people.say("lin", "random", "all read")
    await expect(page.get_by_text("all read", exact=True)).to_be_visible()
    await expect(page.get_by_role("heading", name="# random")).to_be_visible()
    await expect(page.locator("#thread")).to_be_hidden()
