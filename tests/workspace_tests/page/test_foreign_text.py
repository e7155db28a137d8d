"""Text from outside shows as text: it makes no elements, mentions nobody, runs nothing."""

import pytest
from playwright.async_api import Page, expect

from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import Json, SmallApp, mrkdwn, plain

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = '<img src=x onerror="window.hit=1"> <!channel> *bold* <script>window.hit=1</script> </div>'
ESCAPED = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def words(kind: str, text: str) -> Json:
    return {"type": kind, "elements": [{"type": "text", "text": text}]}


PLACES: dict[str, Json] = {
    "plain_text": {"type": "section", "text": plain(HOSTILE)},
    "fields": {"type": "section", "fields": [plain(HOSTILE)]},
    "header": {"type": "header", "text": plain(HOSTILE)},
    "context": {"type": "context", "elements": [plain(HOSTILE)]},
    "button": {"type": "actions", "elements": [{"type": "button", "action_id": "x", "text": plain(HOSTILE[:75])}]},
    "rich text": rich(words("rich_text_section", HOSTILE)),
    "preformatted": rich(words("rich_text_preformatted", HOSTILE)),
    "task": {"type": "task_card", "task_id": "1", "title": HOSTILE, "status": "pending"},
}


@pytest.mark.parametrize("place", PLACES)
async def test_literal_places_show_it_letter_by_letter(page: Page, slack: Workspace, app: SmallApp, place: str) -> None:
    await app.say("text", [PLACES[place]])
    await expect(page.locator("#conversation .blocks")).to_contain_text(HOSTILE[:75])
    await harmless(page)


async def harmless(page: Page) -> None:
    shown = page.locator("#conversation .message-body")
    await expect(shown.locator("img, script, .mention, b")).to_have_count(0)
    assert await page.evaluate("window.hit") is None


async def test_typed_markup_shows_as_typed(page: Page, slack: Workspace, app: SmallApp) -> None:
    typed = '<img src=x onerror="window.hit=1"> <script>window.hit=1</script> a && b'
    await page.locator("#conversation textarea").fill(typed)
    await page.keyboard.press("Enter")
    await expect(page.locator("#conversation .message-body")).to_contain_text(typed)
    await harmless(page)


async def test_escaped_text_in_markup_shows_as_it_was(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.say("text", [mrkdwn(f"`{ESCAPED}` {ESCAPED}")])
    shown = page.locator("#conversation .text")
    await expect(shown.locator("code")).to_have_text(HOSTILE)
    await expect(shown.locator("img, script, .mention")).to_have_count(0)
    await expect(shown.locator("b")).to_have_text("bold")
    assert await page.evaluate("window.hit") is None


@pytest.mark.parametrize("address", ["javascript:window.hit=1", "data:text/html,x", "JaVaScRiPt:window.hit=1"])
async def test_only_web_addresses_become_links(page: Page, slack: Workspace, app: SmallApp, address: str) -> None:
    link = {"type": "rich_text_section", "elements": [{"type": "link", "url": address, "text": "click me"}]}
    markdown = {"type": "markdown", "text": f"[click me]({address})"}
    await app.say("text", [rich(link), markdown, mrkdwn(f"<{address}|click me>")])
    await expect(page.locator("#conversation .blocks")).to_contain_text("click me")
    await expect(page.locator("#conversation .blocks a")).to_have_count(0)


async def test_names_and_files_are_text_too(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.client.files_upload_v2(
        channel="C0INCSHOP1", content=HOSTILE, filename="a<b>.txt", title="<b>title</b>", initial_comment="a file"
    )
    fold = page.locator("details.file")
    await expect(fold.locator("summary")).to_contain_text("<b>title</b>")
    await fold.locator("summary").click()
    await expect(fold.locator("pre")).to_have_text(HOSTILE)
    await harmless(page)
