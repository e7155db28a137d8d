"""A question from first word to last, as a person sees it in the workspace's page, in a real browser."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browsers import PATIENCE, WIDE
from tests.scenes import OpenScene, Scene

pytestmark = pytest.mark.asyncio(loop_scope="session")
ASKED = "@netclinic pods stuck in ContainerCreating since 10 min"
CAUSE = "The vSwitch behind Terway has run out of IP addresses"


async def opened(browser: Browser, scene: Scene) -> Page:
    context = await browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(scene.slack.url)
    await page.get_by_role("heading", name="# inc-shop").wait_for()
    return page


async def said(page: Page, text: str) -> None:
    box = page.get_by_role("textbox").first
    await box.fill(text)
    await box.press("Enter")


async def test_asked_read_checked_again_and_resolved(browser: Browser, open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        page = await opened(browser, scene)
        await said(page, ASKED)
        thread = page.locator("#thread")
        await expect(thread.get_by_text(f"CONFIRMED: {CAUSE}").first).to_be_visible()
        await expect(thread.get_by_text("(edited)")).to_have_count(0)
        await expect(page.locator("#conversation .reactions")).to_have_text("🔴 1")

        await thread.get_by_role("button", name="Show evidence").click()
        evidence = page.get_by_role("dialog", name="Evidence")
        await expect(evidence).to_contain_text("InvalidVSwitchId.IpNotEnough")
        await page.keyboard.press("Escape")
        await expect(evidence).to_be_hidden()

        await scene.clusters.serve("terway-recovered-from-ip-shortage", "prod")
        await thread.get_by_role("button", name="Re-check").click()
        await expect(thread.get_by_text(re.compile("Cleared"))).to_be_visible()

        await thread.get_by_role("button", name="Resolve").last.click()
        await expect(thread.get_by_text(re.compile("resolved by", re.IGNORECASE)).first).to_be_visible()
        await page.context.close()


async def test_handoff_and_audit_log_are_shown(browser: Browser, open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        page = await opened(browser, scene)
        await said(page, ASKED)
        await expect(page.locator("#thread").get_by_text(f"CONFIRMED: {CAUSE}").first).to_be_visible()
        await said(page, "/netclinic handoff")
        await expect(page.get_by_role("button", name="I have it")).to_be_visible(timeout=3 * PATIENCE)
        await said(page, "/netclinic audit verify")
        await expect(page.get_by_text(re.compile("The chain holds")).first).to_be_visible()
        await page.context.close()
