"""Block Kit's parts: what is escaped, what is broken up and where, and who is mentioned."""

import pytest

from bot.slack.blocks.case import refusal_message
from bot.slack.blocks.elements import (
    Message,
    escape_mrkdwn,
    header,
    inline_code_runs,
    line,
    mention,
    mention_text,
    numbered_item,
    preformatted,
    quote,
    text_run,
)
from bot.slack.blocks.limits import count_fitting, pack_blocks, size, split_element, split_pages, split_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <!channel> & b", "a &lt;!channel&gt; &amp; b"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
        ("*b* ~s~ `c`", "∗b∗ ∼s∼ 'c'"),
        ("_i_ eni_conf", "＿i＿ eni_conf"),
        ("two\nlines\x00\x1b[1m", "two lines[1m"),
        (" is on it. ", " is on it. "),
        (" \n ", "-"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}", "-"),
    ],
)
def test_a_messages_text_is_escaped(text: str, shown: str) -> None:
    assert escape_mrkdwn(text) == shown


def test_a_messages_text_stays_within_its_length_whatever_escaping_adds() -> None:
    assert len(escape_mrkdwn("<" * 50_000)) <= 3000
    assert escape_mrkdwn("x" * 3000) == "x" * 3000


def test_text_from_outside_is_one_run_without_style() -> None:
    hostile = "<!channel> *x* `y` &lt; :fire:"
    assert text_run(hostile) == {"type": "text", "text": hostile}
    assert text_run("  a \n b ") == {"type": "text", "text": " a b "}
    assert text_run("")["text"] == text_run("\x00")["text"] == "-"


def test_what_an_entry_marks_as_code_is_code() -> None:
    assert inline_code_runs("read `a_b` now") == [text_run("read "), text_run("a_b", code=True), text_run(" now")]
    assert inline_code_runs("one ` alone") == [text_run("one ` alone")]
    assert inline_code_runs("`all`") == [text_run("all", code=True)]


@pytest.mark.parametrize(
    ("person", "kind", "text"),
    [
        ("U0ANA1", "user", "<@U0ANA1>"),
        ("S0NCALL", "usergroup", "<!subteam^S0NCALL>"),
        ("ana", "text", "ana"),
        ("U0ANA>", "text", "U0ANA&gt;"),
        ("!channel", "text", "!channel"),
        ("u0ana", "text", "u0ana"),
    ],
)
def test_only_ids_are_mentioned(person: str, kind: str, text: str) -> None:
    assert mention(person)["type"] == kind
    assert mention_text(person) == text


def test_nobody_is_somebody() -> None:
    assert mention("")["text"] == "somebody"


def test_a_title_that_is_too_long_for_a_header_is_whole() -> None:
    assert header("x" * 150)["type"] == "header"
    assert header("x" * 151)["elements"][0]["elements"][0] == {
        "type": "text",
        "text": "x" * 151,
        "style": {"bold": True},
    }


def test_commands_and_quotes_keep_their_lines() -> None:
    assert preformatted("a\n  b\x00")["elements"][0]["text"] == "a\n  b"
    assert quote(" a\nb ")["elements"][0]["text"] == "a\nb"


def test_numbers_go_on_after_a_command() -> None:
    first, second = numbered_item(line(text_run("a")), 1), numbered_item(line(text_run("b")), 2)
    assert "offset" not in first
    assert second["offset"] == 1


def test_steps_without_a_command_between_them_are_one_list() -> None:
    steps = [numbered_item(line(text_run(word)), number) for number, word in enumerate("abcd", 1)]
    [block] = pack_blocks([[steps[0]], [steps[1]], [steps[2], preformatted("kubectl")], [steps[3]], [steps[0]]])
    lists = [part for part in block["elements"] if part["type"] == "rich_text_list"]
    assert [(part.get("offset", 0), len(part["elements"])) for part in lists] == [(0, 3), (3, 1), (0, 1)]


@pytest.mark.parametrize("text", ["x" * 25, "word " * 5, "a\nb\n" * 6, "", "x" * 10, "x" * 20])
def test_chunks_hold_every_character(text: str) -> None:
    found = list(split_text(text, 10))
    assert "".join(found) == text
    assert all(len(chunk) <= 10 for chunk in found)
    assert all(found) or not text


def test_chunks_break_at_lines_and_blanks() -> None:
    assert list(split_text("one two three four", 10)) == ["one two ", "three four"]
    assert list(split_text("one two\nthree four", 10)) == ["one two\n", "three four"]


def test_a_list_that_is_too_long_goes_on_with_its_number() -> None:
    long = {
        "type": "rich_text_list",
        "style": "ordered",
        "elements": [line(text_run("x" * 2000)), line(text_run("y" * 2000))],
    }
    assert [part.get("offset", 0) for part in split_element(long)] == [0, 1]
    huge = numbered_item(line(text_run("x" * 4000)), 3)
    assert [part["type"] for part in split_element(huge)] == ["rich_text_list", "rich_text_section"]


def test_a_step_and_its_command_stay_together() -> None:
    step = [line(text_run("x" * 900)), preformatted("y" * 900)]
    blocks = pack_blocks([step, step, step])
    assert [len(block["elements"]) for block in blocks] == [2, 2, 2]
    assert size(blocks) == 5400


def test_what_fits() -> None:
    items = [[line(text_run("x" * 10))]] * 3
    assert [count_fitting(items, room) for room in (9, 10, 29, 30)] == [0, 1, 2, 3]
    assert count_fitting(items, 100, most=2) == 2


def test_pages_are_at_least_one_and_hold_all() -> None:
    assert split_pages([]) == [[]]
    blocks = pack_blocks([[line(text_run("x" * 2800))]] * 9)
    assert [len(page) for page in split_pages(blocks)] == [4, 4, 1]


def test_a_refusal_is_one_sentence_with_the_way_to_its_details() -> None:
    made = refusal_message("You may not: ask `@netops`.", request="r-1")
    assert isinstance(made, Message)
    assert made.text == "You may not: ask '@netops'."
    assert made.blocks[1]["elements"][0]["text"] == "Details under request r-1"
