"""How Block Kit and Slack's markup are drawn."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.workspace import Workspace
from tests.workspace_tests.page.small_app import Json, SmallApp, button, mrkdwn, options, plain, plan

pytestmark = pytest.mark.asyncio(loop_scope="session")


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def line(*parts: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(parts)}


def items(style: str, *lines: str, **more: int) -> Json:
    return {"type": "rich_text_list", "style": style, "elements": [line(text(words)) for words in lines], **more}


MARKDOWN = """\
# Title

1. **bold**
   - `code`
2. ~~gone~~

> quote

| a | b |
|---|---|
| 1 | <b>2</b> |

```
*as is*
```
---
snake_case_name
"""


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("*bold* and _italic_ and ~gone~", "<b>bold</b> and <i>italic</i> and <s>gone</s>"),
        ("*bold _both_*", "<b>bold <i>both</i></b>"),
        ("a*b*c, 2 * 3 * 4, snake_case_name", "a*b*c, 2 * 3 * 4, snake_case_name"),
        ("`*code* &lt;b&gt;`", "<code>*code* &lt;b&gt;</code>"),
        ("&amp;lt; is decoded once", "&lt; is decoded once"),
        ("&gt; said\n> too\nthen", "<blockquote>said\ntoo</blockquote>then"),
        ("before\n```\n*as is*\n```\nafter", "before<pre>*as is*</pre>after"),
        (":white_check_mark: :no_such_thing: 10:30:00", "✅ :no_such_thing: 10:30:00"),
        ("<!here> <@U0LIN00002> <#C0OPS00002>", "@here @lin #ops"),
        ("<!subteam^S0ONCALL01> <!date^0^{time}|then>", re.compile("@oncall .*0:00")),
        ("<https://a.example/?x=1&amp;y=2|a *page*>", "a *page*"),
    ],
)
async def test_markup(page: Page, slack: Workspace, app: SmallApp, written: str, drawn: str | re.Pattern[str]) -> None:
    await app.say("fallback", [mrkdwn(written)])
    shown = page.locator("#conversation .text")
    if isinstance(drawn, str) and "<" in drawn:
        await shown.wait_for()
        assert await shown.evaluate("(node) => node.innerHTML.replace(/<(\\w+) [^>]*>/g, '<$1>')") == drawn
    else:
        await expect(shown).to_have_text(drawn)


async def test_links_open_elsewhere(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.say("fallback", [mrkdwn("<https://a.example/?x=1&amp;y=2|a page>")])
    link = page.get_by_role("link", name="a page")
    await expect(link).to_have_attribute("href", "https://a.example/?x=1&y=2")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_rich_text_lists_go_on_counting_after_a_deeper_one(page: Page, slack: Workspace, app: SmallApp) -> None:
    lists = [items("ordered", "one", "two"), items("bullet", "aside", indent=1), items("ordered", "three")]
    lists.append({**items("ordered", "four"), "offset": 3})
    await app.say("fallback", [{"type": "rich_text", "elements": [line(text("Steps", bold=True)), *lists]}])
    await expect(page.locator(".rich b")).to_have_text("Steps")
    starts = await page.locator(".rich ol").evaluate_all("(lists) => lists.map((list) => list.start)")
    assert starts == [1, 3, 4]
    indents = await page.locator(".rich :is(ol, ul)").evaluate_all(
        "(all) => all.map((one) => one.style.marginInlineStart)"
    )
    assert indents == ["0em", "1.6em", "0em", "0em"]


async def test_rich_text_pieces(page: Page, slack: Workspace, app: SmallApp) -> None:
    pieces = [
        text("*literal* ", italic=True, code=True),
        {"type": "user", "user_id": "U0LIN00002"},
        {"type": "emoji", "name": "warning"},
        {"type": "link", "url": "https://a.example", "text": "there"},
        {"type": "broadcast", "range": "here"},
    ]
    quote = {"type": "rich_text_quote", "elements": [text("quoted")]}
    await app.say("fallback", [{"type": "rich_text", "elements": [line(*pieces), quote]}])
    await expect(page.locator(".rich i code")).to_have_text("*literal* ")
    await expect(page.locator(".rich-section")).to_have_text("*literal* @lin⚠️there@here")
    await expect(page.locator(".rich blockquote")).to_have_text("quoted")


async def test_a_markdown_block(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.say("fallback", [{"type": "markdown", "text": MARKDOWN}])
    shown = page.locator(".markdown")
    await expect(shown.get_by_role("heading")).to_have_text("Title")
    await expect(shown.locator("ol > li")).to_have_count(2)
    await expect(shown.locator("ol ul code")).to_have_text("code")
    await expect(shown.locator("td").last).to_have_text("<b>2</b>")
    await expect(shown.locator("pre")).to_have_text("*as is*")
    await expect(shown.locator("p")).to_have_text("snake_case_name")
    await expect(shown.locator("hr")).to_have_count(1)


async def test_a_section_with_fields_and_something_beside(page: Page, slack: Workspace, app: SmallApp) -> None:
    beside = button("helped", "Beside")
    fields = [plain("*one*"), {"type": "mrkdwn", "text": "*two*"}]
    await app.say("fallback", [{"type": "section", "text": plain("Words"), "fields": fields, "accessory": beside}])
    await expect(page.locator(".fields .text").first).to_have_text("*one*")
    await expect(page.locator(".fields b")).to_have_text("two")
    await expect(page.locator(".accessory").get_by_role("button", name="Beside")).to_be_visible()


async def test_tasks_say_how_far_they_are(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.say("fallback", plan("Pods"))
    await expect(page.get_by_role("img", name="done", exact=True)).to_have_count(1)
    await expect(page.get_by_role("img", name="to do")).to_have_count(2)


async def test_without_blocks_the_text_is_markup(page: Page, slack: Workspace, app: SmallApp) -> None:
    await app.say("*bold* &lt;b&gt;")
    await expect(page.locator("#conversation .text")).to_have_text("bold <b>")
    await expect(page.locator("#conversation .text b")).to_have_text("bold")


async def test_pictures_are_shown_with_their_words(page: Page, slack: Workspace, app: SmallApp) -> None:
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'
    await app.client.files_upload_v2(
        channel="C0INCSHOP1", content=picture, filename="course.svg", title="The course", alt_txt="It falls at 14:02"
    )
    shown = page.get_by_role("img", name="It falls at 14:02")
    await expect(shown).to_be_visible()
    await expect(page.locator("figcaption")).to_have_text("The course")


async def test_what_the_page_does_not_know_is_named(page: Page, slack: Workspace, app: SmallApp) -> None:
    video = {
        "type": "video",
        "title": plain("t"),
        "alt_text": "a",
        "video_url": "https://a.example/v",
        "thumbnail_url": "https://a.example/t",
    }
    await app.say("fallback", [mrkdwn("before"), video])
    await expect(page.locator("#conversation .unknown")).to_have_text("(a video block, which this page does not show)")


async def test_menus_of_an_input_form_offer_people_and_channels(page: Page, slack: Workspace, app: SmallApp) -> None:
    view = {
        "type": "home",
        "blocks": [
            {
                "type": "actions",
                "elements": [
                    {"type": "users_select", "action_id": "who", "placeholder": plain("Who")},
                    {"type": "conversations_select", "action_id": "where", "placeholder": plain("Where")},
                    {"type": "checkboxes", "action_id": "ticks", "options": options("A", "B")},
                ],
            }
        ],
    }
    await app.client.views_publish(user_id=slack.team.person("ada").id, view=view)
    await page.get_by_role("button", name="netclinic").click()
    # opening Home lets the app publish its own again
    await app.client.views_publish(user_id=slack.team.person("ada").id, view=view)
    await page.get_by_role("button", name="Who").click()
    await expect(page.get_by_role("option")).to_have_text(["Ada Okafor", "Lin Wei", "Sam Moreau"])
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Where").click()
    await expect(page.get_by_role("option").first).to_have_text("#inc-shop")
