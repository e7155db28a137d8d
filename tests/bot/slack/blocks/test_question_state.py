"""The emoji of an answer: what it claims must be so. Answers are made on recordings."""

from dataclasses import replace
from typing import Any

import pytest

from bot.slack.api.thread_status import loading_message
from bot.slack.blocks.question_state import QuestionState, looking_status, question_state

Ask = Any
OUT, SHORTAGE = "terway-out-of-ips", "terway-vswitch-out-of-ips"


async def test_what_is_confirmed_and_what_is_not_there(told_on: Ask) -> None:
    assert question_state(await told_on(OUT, {SHORTAGE: 0.9})) is QuestionState.CONFIRMED
    ruled_out = await told_on("terway-healthy", {SHORTAGE: 0.9})
    assert ruled_out.outcome == "ruled_out"
    assert question_state(ruled_out) is QuestionState.NOTHING_FOUND


async def test_nothing_is_found_only_where_all_of_it_was_read(told_on: Ask) -> None:
    read = replace(await told_on("terway-healthy", {SHORTAGE: 0.9}), diagnoses=())
    assert question_state(read) is QuestionState.NOTHING_FOUND
    assert question_state(replace(read, unread=("events: forbidden",))) is QuestionState.OPEN
    assert question_state(replace(read, cluster=None)) is QuestionState.OPEN
    assert question_state(await told_on("terway-healthy", {SHORTAGE: 0.9}, gone=True)) is QuestionState.OPEN
    assert question_state(await told_on(None, {SHORTAGE: 0.9})) is QuestionState.OPEN


async def test_what_fails_without_a_known_cause_is_open(told_on: Ask) -> None:
    failing = (await told_on(OUT, {})).failing
    assert failing
    healthy = await told_on("terway-healthy", {SHORTAGE: 0.9})
    assert question_state(replace(healthy, failing=failing)) is QuestionState.OPEN


@pytest.mark.parametrize(
    ("cluster", "kinds", "again", "shown"),
    [
        ("prod", [], False, "is looking at prod…"),
        ("prod", ["nodes", "pods", "events", "services"], False, "is looking at prod: pods, events, services…"),
        ("prod", ["nodes", "pods", "nodes.network.alibabacloud.com"], False, "is looking at prod: nodes, pods…"),
        ("prod", ["pods"], True, "is looking at prod again: pods…"),
        ("", [], False, "is looking this up…"),
    ],
)
def test_the_status_names_the_cluster_and_what_is_read(cluster: str, kinds: list[str], again: bool, shown: str) -> None:
    assert looking_status(cluster, kinds, is_again=again) == shown


def test_a_status_is_short_and_one_line() -> None:
    shown = looking_status("kubernetes-admin\n" * 20, ["x" * 80] * 9)
    assert len(shown) <= 101
    assert "\n" not in shown
    assert loading_message("is looking at prod…") == "Looking at prod…"
