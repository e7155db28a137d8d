"""A question from first word to last, as a person sees it in the workspace's page, in a real browser."""

import os
import re
from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from bot.handoff.records import CurrentState, Handoff
from bot.slack.blocks.handoff import handoff_message
from tests.bot.slack.blocks.test_handoff import busy, open_case
from tests.browsers import PATIENCE, WIDE
from tests.scenes import OpenScene, Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")
ASKED = "@netclinic pods stuck in ContainerCreating since 10 min"
CAUSE = "The vSwitch behind Terway has run out of IP addresses"


async def opened(browser: Browser, scene: Scene, viewport: ViewportSize = WIDE) -> Page:
    context = await browser.new_context(viewport=viewport, locale="en-GB", timezone_id="UTC")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(scene.slack.url)
    await page.get_by_role("heading", name="# inc-shop").wait_for()
    return page


PHONE: ViewportSize = {"width": 400, "height": 800}
FIRST_STEP, BUTTONS = 450, 900  # pixels from the top of the answer, on a phone
SCREEN, LINES = 900, 12  # pixels of a phone's screen, and the cases that stand on it in a busy shift
TALL: ViewportSize = {"width": 400, "height": 1300}  # for a picture of all of it


async def said(page: Page, text: str) -> None:
    box = page.get_by_role("textbox").first
    await box.fill(text)
    await box.press("Enter")


async def test_asked_read_checked_again_and_resolved(browser: Browser, open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        page = await opened(browser, scene)
        await said(page, ASKED)
        thread = page.locator("#thread")
        await expect(thread.get_by_text(f"CONFIRMED on prod · {CAUSE}").first).to_be_visible()
        await expect(thread.get_by_text("(edited)")).to_have_count(0)
        await expect(page.locator("#conversation .reactions")).to_have_text("🔴 1")
        if folder := os.environ.get("SCREENSHOTS"):  # README's picture: SCREENSHOTS=deploy/slack
            await page.screenshot(path=f"{folder}/workspace.png")

        await thread.get_by_role("button", name=re.compile("Evidence")).click()
        evidence = page.get_by_role("dialog", name="Evidence")
        await expect(evidence).to_contain_text("InvalidVSwitchId.IpNotEnough")
        await page.keyboard.press("Escape")
        await expect(evidence).to_be_hidden()

        await scene.clusters.serve("terway-recovered-from-ip-shortage", "prod")
        await thread.get_by_role("button", name="Re-check").click()
        await expect(thread.get_by_text(re.compile("Cleared on prod"))).to_be_visible()
        await expect(thread.get_by_role("heading", name="No pod is stuck")).to_be_visible()  # the first answer anew

        await thread.locator(".actions button").last.click()
        await page.get_by_role("menuitem", name="Resolve").click()
        await expect(thread.get_by_text(re.compile("resolved by", re.IGNORECASE)).first).to_be_visible()
        await page.context.close()


async def test_handoff_and_audit_log_are_shown(browser: Browser, open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        page = await opened(browser, scene)
        await said(page, ASKED)
        await expect(page.locator("#thread").get_by_text(f"CONFIRMED on prod · {CAUSE}").first).to_be_visible()
        await said(page, "/netclinic handoff")
        await expect(page.get_by_role("button", name="I have it")).to_be_visible(timeout=3 * PATIENCE)
        await said(page, "/netclinic audit verify")
        await expect(page.get_by_text(re.compile("The chain holds")).first).to_be_visible()
        await page.context.close()


CAUSES = ("flannel-ip-leak", "terway-vswitch-out-of-ips", "flannel-node-network-unavailable", "conntrack-table-full")


def busy_shift(cases: int) -> Handoff:
    """A handoff of so many cases, no two of them alike, and of what else a busy night leaves."""
    opened = [
        replace(open_case(at, CurrentState.STILL), entry=CAUSES[at % 4], cluster=f"prod-{at}") for at in range(cases)
    ]
    night = busy()
    return replace(
        night,
        open=tuple(opened),
        counts=replace(night.counts, open=cases, open_in_full=cases, stale=0),
        resolved=night.resolved * 6,
        changes=night.changes * 3,
        near_limits=night.near_limits * 3,
    )


async def test_the_handoff_of_a_busy_shift_fits_a_phone(browser: Browser, open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        page = await opened(browser, scene, PHONE)
        message = handoff_message(busy_shift(21))
        channel = scene.slack.team.channel("inc-shop").id
        await scene.services.poster.post_once(channel=channel, thread_ts=None, key="handoff", message=message)
        shown = page.locator(".message", has=page.get_by_role("button", name="I have it")).last
        await expect(shown).to_be_visible()
        height = (await shown.bounding_box() or {})["height"]
        at_once = await shown.get_by_role("link", name=re.compile("^NC-")).filter(visible=True).count()
        if folder := os.environ.get("SCREENSHOTS"):
            for name, viewport in {"phone": TALL, "wide": WIDE, "": PHONE}.items():
                await page.set_viewport_size(viewport)
                await shown.screenshot(**({"path": f"{folder}/{name}-handoff.png"} if name else {}))
        assert height <= SCREEN
        assert at_once >= LINES
        await shown.get_by_text(f"{22 - at_once} more open cases").click()
        await expect(shown.get_by_text("prod-20")).to_be_visible()
        await page.context.close()


async def test_an_answer_fits_a_phone(browser: Browser, open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        page = await opened(browser, scene, PHONE)
        await said(page, ASKED)
        await page.get_by_role("button", name=re.compile("repl(y|ies)")).first.click()
        thread = page.locator("#thread")
        answer = thread.locator(".message", has=page.get_by_role("button", name="Re-check"))
        await expect(answer).to_be_visible()
        if folder := os.environ.get("SCREENSHOTS"):
            await answer.screenshot(path=f"{folder}/phone.png")
        top = (await answer.bounding_box() or {})["y"]
        step = await answer.get_by_text("Do now").bounding_box() or {}
        row = await answer.get_by_role("button", name="Re-check").bounding_box() or {}
        assert step["y"] - top <= FIRST_STEP
        assert row["y"] + row["height"] - top <= BUTTONS
        await answer.get_by_text("Steps 2–6 and how to verify").click()
        await expect(answer.get_by_text("Restart Terway, one node after another")).to_be_visible()
        await page.context.close()
