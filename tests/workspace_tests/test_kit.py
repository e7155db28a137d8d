"""Block Kit's limits, each at its edge: what Slack takes, and one step further what it refuses and where."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import MarkdownBlock, PlanBlock, RichTextBlock, TaskCardBlock
from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import Workspace
from tests.workspace.kit.blocks import wrong_in_message, wrong_in_view

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Press"), "action_id": "a", **more}


def option(value: str) -> Json:
    return {"text": plain(value), "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def line(*parts: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(parts)}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "blocks": list(blocks), **more}


def text_input(**more: Any) -> Json:
    return {"type": "input", "label": plain("Symptom"), "element": {"type": "plain_text_input", **more}}


def select(count: int, **more: Any) -> Json:
    return {"type": "static_select", "options": [option(str(n)) for n in range(count)], **more}


def card(**more: Any) -> Json:
    return {"type": "task_card", "task_id": "t", "title": "Reads nodes", **more}


WORD = {"type": "text", "text": "x"}

TAKEN_AND_REFUSED = {
    "section text": (section("x" * 3000), section("x" * 3001), "/blocks/0/text/text"),
    "empty text": (section("x"), section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "section without words": (section("x"), {"type": "section"}, "must define either `text` or `fields`"),
    "section fields": (section("x", fields=[mrkdwn("x")] * 10), section("x", fields=[mrkdwn("x")] * 11), "fields"),
    "field text": (
        section("x", fields=[mrkdwn("x" * 2000)]),
        section("x", fields=[mrkdwn("x" * 2001)]),
        "fields/0/text",
    ),
    "header": (
        {"type": "header", "text": plain("x" * 150)},
        {"type": "header", "text": plain("x" * 151)},
        "/text/text",
    ),
    "header is plain": ({"type": "header", "text": plain("x")}, {"type": "header", "text": mrkdwn("x")}, "/text/type"),
    "button text": (actions(button(text=plain("x" * 75))), actions(button(text=plain("x" * 76))), "/elements/0/text"),
    "button value": (actions(button(value="x" * 2000)), actions(button(value="x" * 2001)), "/elements/0/value"),
    "button style": (actions(button(style="danger")), actions(button(style="red")), "/elements/0/style"),
    "action_id": (actions(button(action_id="x" * 255)), actions(button(action_id="x" * 256)), "/action_id"),
    "block_id": (section("x", block_id="x" * 255), section("x", block_id="x" * 256), "/block_id"),
    "actions": (
        actions(*(button(action_id=str(n)) for n in range(25))),
        actions(*(button(action_id=str(n)) for n in range(26))),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "no actions": (actions(button()), actions(), "no fewer than 1 items"),
    "same action twice": (
        actions(button(), button(action_id="b")),
        actions(button(), button()),
        "`action_id` a already",
    ),
    "context": (
        {"type": "context", "elements": [mrkdwn("x")] * 10},
        {"type": "context", "elements": [mrkdwn("x")] * 11},
        "/elements",
    ),
    "buttons are no context": (
        {"type": "context", "elements": [mrkdwn("x")]},
        {"type": "context", "elements": [button()]},
        "type",
    ),
    "options": (section("x", accessory=select(100)), section("x", accessory=select(101)), "/accessory/options"),
    "no options": (section("x", accessory=select(1)), section("x", accessory=select(0)), "/accessory/options"),
    "option text": (
        section("x", accessory={"type": "static_select", "options": [option("x" * 75)]}),
        section("x", accessory={"type": "static_select", "options": [option("x" * 76)]}),
        "/options/0/text/text",
    ),
    "initial option": (
        section("x", accessory=select(2, initial_option=option("1"))),
        section("x", accessory=select(2, initial_option=option("7"))),
        "initial option must exactly match",
    ),
    "confirm": (
        actions(button(confirm={"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")})),
        actions(
            button(confirm={"title": plain("t"), "text": plain("x"), "confirm": plain("y" * 31), "deny": plain("n")})
        ),
        "/confirm/confirm/text",
    ),
    "markdown": (
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "markdown", "text": "x" * 12_001},
        "/blocks/0/text",
    ),
    "a field that is not known": (section("x"), section("x", colour="red"), "invalid additional property: colour"),
    "a type that is not known": (section("x"), {"type": "marquee", "text": "x"}, "unsupported type: marquee"),
    "no type": (section("x"), {"text": mrkdwn("x")}, "missing required field: type"),
    "a text that is none": (section("x"), {"type": "section", "text": "x"}, "must be an object"),
    "image": (
        {"type": "image", "alt_text": "x", "image_url": "https://example.com/a.png"},
        {"type": "image", "image_url": "https://example.com/a.png"},
        "missing required field: alt_text",
    ),
    "rich text": (rich(line(WORD)), rich(WORD), "unsupported type: text"),
    "rich words": (rich(line(WORD)), rich(line({"type": "text", "text": ""})), "/elements/0/elements/0/text"),
    "rich style": (
        rich(line({**WORD, "style": {"bold": True}})),
        rich(line({**WORD, "style": {"bold": "yes"}})),
        "/style/bold",
    ),
    "code holds words only": (
        rich({"type": "rich_text_preformatted", "elements": [WORD]}),
        rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]}),
        "unsupported type: user",
    ),
    "lists hold sections": (
        rich({"type": "rich_text_list", "style": "bullet", "elements": [line(WORD)]}),
        rich({"type": "rich_text_list", "style": "bullet", "elements": [WORD]}),
        "unsupported type: text",
    ),
    "broadcast": (
        rich(line({"type": "broadcast", "range": "here"})),
        rich(line({"type": "broadcast", "range": "world"})),
        "/range",
    ),
    "task": (card(status="complete", output=rich(line(WORD))), card(status="done"), "/status"),
    "task needs a title": (card(), {"type": "task_card", "task_id": "t"}, "missing required field: title"),
    "plan": ({"type": "plan", "title": "P", "tasks": [card()]}, {"type": "plan", "tasks": [card()]}, "field: title"),
    "plan of tasks": (
        {"type": "plan", "title": "P", "tasks": [card()]},
        {"type": "plan", "title": "P", "tasks": [section("x")]},
        "type",
    ),
    "table": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 100},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101},
        "/rows",
    ),
    "text input": (
        text_input(action_id="a", max_length=3000),
        text_input(action_id="a", max_length=3001),
        "max_length",
    ),
    "min over max": (text_input(min_length=2, max_length=2), text_input(min_length=3, max_length=2), "max_length"),
    "buttons are no input": (
        text_input(),
        {"type": "input", "label": plain("x"), "element": button()},
        "/element/type",
    ),
}


@pytest.mark.parametrize("case", TAKEN_AND_REFUSED)
def test_a_block_at_its_limit(case: str) -> None:
    taken, refused, where = TAKEN_AND_REFUSED[case]
    assert wrong_in_message([taken]) == []
    assert where in " ".join(wrong_in_message([refused]))


def test_fifty_blocks_in_a_message_a_hundred_in_a_modal() -> None:
    assert wrong_in_message([section("x")] * 50) == []
    assert wrong_in_message([section("x")] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert wrong_in_view(modal(*[section("x")] * 100)) == []
    assert wrong_in_view(modal(*[section("x")] * 101)) == ["no more than 100 items allowed [json-pointer:/view/blocks]"]


def test_block_ids_are_unique() -> None:
    assert wrong_in_message([section("x", block_id="a"), section("x", block_id="b")]) == []
    (found,) = wrong_in_message([section("x", block_id="a"), section("x", block_id="a")])
    assert found == "`block_id` a already exists [json-pointer:/blocks/1/block_id]"


def test_markdown_blocks_share_their_limit_and_tables_come_alone() -> None:
    half = {"type": "markdown", "text": "x" * 6_001}
    assert "12000 characters in total" in wrong_in_message([half, half])[0]
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
    assert "only one table" in wrong_in_message([table, table])[0]


MODALS = {
    "title": (modal(title=plain("x" * 24)), modal(title=plain("x" * 25)), "/view/title/text"),
    "submit": (modal(submit=plain("x" * 24)), modal(submit=plain("x" * 25)), "/view/submit/text"),
    "close": (modal(close=plain("x" * 24)), modal(close=plain("x" * 25)), "/view/close/text"),
    "metadata": (modal(private_metadata="x" * 3000), modal(private_metadata="x" * 3001), "/view/private_metadata"),
    "callback_id": (modal(callback_id="x" * 255), modal(callback_id="x" * 256), "/view/callback_id"),
    "inputs need submit": (
        modal(text_input(), submit=plain("Go")),
        modal(text_input()),
        "missing required field: submit",
    ),
    "no title": (modal(), {"type": "modal", "blocks": []}, "missing required field: title"),
    "messages' blocks": (modal(section("x")), modal({"type": "markdown", "text": "x"}), "unsupported type: markdown"),
    "plans": (modal(section("x")), modal({"type": "plan", "title": "x"}), "unsupported type: plan"),
    "home has no title": ({"type": "home", "blocks": []}, {"type": "home", "blocks": [], "title": plain("x")}, "title"),
}


@pytest.mark.parametrize("case", MODALS)
def test_a_view_at_its_limit(case: str) -> None:
    taken, refused, where = MODALS[case]
    assert wrong_in_view(taken) == []
    assert where in " ".join(wrong_in_view(refused))


def test_what_slacks_own_models_make_is_taken() -> None:
    words = RichTextBlock(elements=[{"type": "rich_text_section", "elements": [WORD]}])
    task = TaskCardBlock(task_id="t", title="Reads", status="in_progress", details=words)
    blocks = [PlanBlock(title="Looking", tasks=[task]), task, MarkdownBlock(text="**x**")]
    assert wrong_in_message([block.to_dict() for block in blocks]) == []


async def test_a_refusal_tells_what_is_wrong_as_slack_tells_it(slack: Workspace, client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0OPS00002", text="x", blocks=[section("x" * 3001)])
    said = caught.value.response
    assert said["error"] == "invalid_blocks"
    expected = ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"]
    assert said["response_metadata"]["messages"] == expected
    assert slack.messages("ops") == []


async def test_too_much_text_in_all_blocks_together(slack: Workspace, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0OPS00002", text="x", blocks=[section("x" * 2600)] * 5)
    with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
        await client.chat_postMessage(channel="C0OPS00002", text="x", blocks=[section("x" * 2600)] * 5 + [section("x")])
    assert len(slack.messages("ops")) == 1


async def test_blocks_without_ids_are_given_some(slack: Workspace, client: AsyncWebClient) -> None:
    blocks = [section("x"), actions({"type": "button", "text": plain("Press")})]
    await client.chat_postMessage(channel="C0OPS00002", text="x", blocks=blocks)
    first, second = slack.messages("ops")[0].blocks
    assert len({first["block_id"], second["block_id"]}) == 2
    assert second["elements"][0]["action_id"]
