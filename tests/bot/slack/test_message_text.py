"""All text of a message, whoever wrote it and wherever it stands."""

from typing import Any

import pytest

from bot.slack.alert_scope import AlertScope, scope_of_labels, scope_of_text
from bot.slack.message_text import all_text, message_text
from bot.slack.parsing import MAX_LENGTH, parse_question
from bot.slack.pastes import MOST_READ


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def test_what_a_person_types_is_its_text() -> None:
    blocks = [rich({"type": "text", "text": "pods & nodes "}, {"type": "user", "user_id": "U1"})]
    assert message_text({"text": "pods &amp; nodes <@U1>", "blocks": blocks}) == "pods &amp; nodes <@U1>"


def test_an_alert_in_an_attachment() -> None:
    attachment = {
        "fallback": "[FIRING:1] KubePodNotReady | https://am.example",
        "title": "[FIRING:1] KubePodNotReady",
        "text": "Pod shop/web-1 is not ready",
        "fields": [{"title": "cluster", "value": "prod-b"}, {"title": "Logs", "value": "one\ntwo"}],
        "footer": "Alertmanager",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "runbook: none"}}],
    }
    assert message_text({"text": "", "attachments": [attachment]}).splitlines() == [
        "[FIRING:1] KubePodNotReady",
        "Pod shop/web-1 is not ready",
        "runbook: none",
        "cluster: prod-b",
        "Logs:",
        "one",
        "two",
        "Alertmanager",
        "[FIRING:1] KubePodNotReady | https://am.example",
    ]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "section", "text": {"type": "mrkdwn", "text": "*DNS* fails"}}, "*DNS* fails"),
        ({"type": "section", "text": {"type": "plain_text", "text": "a < b"}}, "a &lt; b"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "*Cluster*\nprod-b"}]}, "Cluster: prod-b"),
        ({"type": "section", "fields": [{"type": "mrkdwn", "text": "*Cluster:* prod-b"}]}, "*Cluster:* prod-b"),
        ({"type": "header", "text": {"type": "plain_text", "text": "DNS fails"}}, "DNS fails"),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "since 10 min"}]}, "since 10 min"),
        ({"type": "markdown", "text": "DNS **fails**"}, "DNS **fails**"),
        ({"type": "image", "alt_text": "graph of DNS errors", "image_url": "x"}, "graph of DNS errors"),
        (rich({"type": "text", "text": "cluster=x", "style": {"code": True}}), "`cluster=x`"),
        (rich({"type": "link", "url": "http://a.b", "text": "board"}), "<http://a.b|board>"),
        (
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "log"}]}],
            },
            "```log```",
        ),
        (
            {"type": "table", "rows": [[{"type": "raw_text", "text": "pod"}, {"type": "raw_text", "text": "web-1"}]]},
            "pod\tweb-1",
        ),
        ({"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Silence"}}]}, ""),
        ({"type": "divider"}, ""),
        ("no block", ""),
    ],
)
def test_each_kind_of_block(block: Any, expected: str) -> None:
    assert message_text({"blocks": [block]}) == expected


def test_a_forwarded_message_with_its_own_attachments() -> None:
    inner = {"text": "", "attachments": [{"title": "DNS fails", "fields": [{"title": "cluster", "value": "prod-b"}]}]}
    shared = {"is_msg_unfurl": True, "message_blocks": [{"message": inner}], "fallback": "[no preview available]"}
    assert message_text({"text": "look", "attachments": [shared]}) == "look\nDNS fails\ncluster: prod-b"
    unfurled = {"is_share": True, "text": "pods stuck", "author_name": "ada", "footer": "Posted in #ops"}
    assert message_text({"text": "", "attachments": [unfurled]}) == "pods stuck\nPosted in #ops"


def test_nothing_that_is_none_breaks_it() -> None:
    odd: list[Any] = [
        None,
        1,
        "x",
        {"attachments": {}, "blocks": 3, "fields": [None, {"title": None}]},
        {"blocks": [[]]},
    ]
    assert message_text({"text": None, "attachments": odd, "blocks": None}) == ""
    deep: dict[str, Any] = {"text": "bottom"}
    for _ in range(50):
        deep = {"attachments": [deep]}
    assert message_text(deep) == ""


def test_what_attachments_add_is_cut_and_of_a_paste_as_much_as_is_read_is_given() -> None:
    long = "\n".join(f"line {number}" for number in range(2000))
    assert all_text({"text": long}) == long
    assert len(all_text({"text": "DNS fails", "attachments": [{"text": long}]})) <= MAX_LENGTH
    assert len(all_text({"text": long * 20})) <= MOST_READ


def test_marks_in_plain_parts_mention_nobody() -> None:
    text = message_text({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "<!channel> DNS"}}]})
    assert parse_question(text).words == "<!channel> DNS"


def test_the_scope_that_labels_set() -> None:
    text = "cluster: prod-b\n*namespace:* `shop`\n• pod = web-1\nnode=cn-hangzhou.10.0.0.11"
    assert scope_of_text(text) == AlertScope(
        cluster="prod-b", namespace="shop", pod="web-1", node="cn-hangzhou.10.0.0.11"
    )
    assert scope_of_text("namespace: shop\nnamespace: billing").namespace == ""
    assert scope_of_text("my_namespace: shop; the pod is gone: why?") == AlertScope()
    assert scope_of_labels({"Namespace": "No Namespace!", "pod_name": "web-1"}) == AlertScope(pod="web-1")
    assert AlertScope(namespace="shop", pod="web-1", node="n1").sentence == "pod shop/web-1, node n1"
