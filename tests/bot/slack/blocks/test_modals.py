"""What is pressed and filled in comes back as it was meant, and what was not ours is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportCluster, ReportDiagnosis
from bot.slack.blocks import action_ids
from bot.slack.blocks.action_ids import ButtonValue, menu_value, parse_menu_value
from bot.slack.blocks.answer import answer_message
from bot.slack.blocks.case import CaseLine
from bot.slack.blocks.modals import (
    CHANNEL,
    CLUSTER,
    NAMESPACE,
    NOTE,
    SYMPTOM,
    VALUE,
    AnswerTarget,
    AskFormInput,
    ask_form,
    cluster_for_option,
    cluster_menu,
    cluster_select,
    note_form,
    parse_ask_form,
    parse_note_form,
)
from knowledge.model import Kind

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BUTTON = ButtonValue("NC-7F3K2Q", "T1:C1:1763665320.000100", NOW)
ITEM = ReportDiagnosis(
    entry="leak",
    title="A leak",
    kind=Kind.FAULT,
    verdict=Verdict.CONFIRMED,
    score=0.9,
    rests_on_sign=True,
    elsewhere=False,
    reason="It leaks.",
)
CLUSTER_READ = ReportCluster(name="prod", reachable=True)
TOLD = Report(question="q", in_scope=True, cluster=CLUSTER_READ, asked_at=NOW, told_at=NOW, diagnoses=(ITEM,))
CASE = CaseLine(id="NC-7F3K2Q", answer="T1:C1:1763665320.000100", at=NOW)


@given(st.text(), st.text(), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(0, 999))
def test_a_buttons_value_comes_back(case: str, diagnosis: str, at: datetime, page: int) -> None:
    value = ButtonValue(case, diagnosis, at.replace(microsecond=0, tzinfo=UTC), page)
    assert ButtonValue.loads(value.dumps()) == value


@pytest.mark.parametrize(
    "text", ["", "home", "[]", "null", "7", "{}", '{"case": "a"}', '{"case":"a","diagnosis":"b","at":"x"}',
             '{"case":"a","diagnosis":"b","at":1e300}', '{"case":"a","diagnosis":"b","at":1,"page":"x"}']
)  # fmt: skip
def test_a_value_of_somebody_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no button of netclinic"):
        ButtonValue.loads(text)


def test_ids_are_told_apart() -> None:
    ids = [value for name, value in vars(action_ids).items() if name.isupper() and isinstance(value, str)]
    assert len(ids) == len(set(ids))


def pressable(case: CaseLine, told: Report = TOLD) -> list[str]:
    """The action ids of the row's buttons and of the menu's options, in their order."""
    (row,) = [block for block in answer_message(told, case=case).blocks if block["type"] == "actions"]
    found = []
    for element in row["elements"]:
        options = element.get("options", [])
        found += [parse_menu_value(option["value"])[0] for option in options] or [element["action_id"]]
    return found


def test_what_an_open_case_offers() -> None:
    assert pressable(CASE) == [
        "evidence",
        "take",
        "recheck",
        "hand_over",
        "resolve",
        "other_cluster",
        "helped",
        "not_helped",
    ]
    taken = replace(CASE, taken_by="U0BEN")
    assert pressable(taken)[1] == "watch"
    assert pressable(replace(taken, watched_until=NOW))[1] == "unwatch"


def test_buttons_go_once_they_were_pressed() -> None:
    assert not {"helped", "not_helped"} & set(pressable(replace(CASE, helped_by="U0BEN")))
    assert not {"helped", "not_helped"} & set(pressable(replace(CASE, not_helped_by="U0BEN")))
    assert "hand_over" not in pressable(replace(CASE, handed_to="S0ONCALL"))
    assert "hand_over" not in pressable(replace(CASE, has_oncall=False))
    assert "take" not in pressable(replace(CASE, taken_by="U0BEN"))
    assert pressable(replace(CASE, resolved_by="U0BEN", resolved_at=NOW)) == ["evidence"]


def test_what_cannot_help_is_not_offered() -> None:
    assert not {"recheck", "other_cluster"} & set(pressable(CASE, replace(TOLD, cluster=None)))
    nothing = replace(TOLD, diagnoses=())
    assert pressable(CASE, nothing) == [
        "check_all",
        "other_cluster",
        "evidence",
        "recheck",
        "hand_over",
        "resolve",
    ]
    unread = answer_message(replace(nothing, cluster=None), case=CASE)
    assert [block for block in unread.blocks if block["type"] == "actions"] == []


def test_where_nothing_is_wrong_nobody_is_asked_to_be_on_it() -> None:
    well = replace(TOLD.diagnoses[0], verdict=Verdict.RULED_OUT)
    assert pressable(CASE, replace(TOLD, diagnoses=(well,)))[:3] == ["check_all", "other_cluster", "evidence"]
    guide = replace(TOLD.diagnoses[0], verdict=Verdict.ANSWERED, kind=Kind.GUIDE)
    assert "take" not in [
        *pressable(CASE, replace(TOLD, diagnoses=(well,))),
        *pressable(CASE, replace(TOLD, diagnoses=(guide,))),
    ]


def test_an_answer_that_one_person_sees_offers_nothing_that_tells_others() -> None:
    assert pressable(replace(CASE, is_private=True)) == ["evidence", "recheck"]


def test_what_was_asked_stands_there_where_no_message_says_it(read: Callable[[Any], str]) -> None:
    asked = read(answer_message(TOLD, case=replace(CASE, question="pods <!here> stuck"), asker="U0ANA").blocks)
    assert "*Asked: *pods <!here> stuck\nread 2026-11-22 03:00 UTC · Nothing was changed · `Case NC-7F3K2Q`" in asked
    assert "Asked:" not in read(answer_message(TOLD, case=CASE, asker="U0ANA").blocks)


def test_every_button_and_option_carries_its_case_and_diagnosis() -> None:
    (row,) = [block for block in answer_message(TOLD, case=CASE).blocks if block["type"] == "actions"]
    options = [option["value"] for element in row["elements"] for option in element.get("options", [])]
    values = [element["value"] for element in row["elements"] if "value" in element]
    values += [parse_menu_value(option)[1] for option in options]
    assert {ButtonValue.loads(value) for value in values} == {BUTTON}
    assert len(values) == 8


def test_the_longest_option_is_one_that_slack_takes() -> None:
    id_ = f"T0123456789:C0123456789:command:1995900120502.7561036155286.{'0' * 32}:ask"
    value = ButtonValue("NC-7F3K2QAAAAAAAAAA", id_, NOW)
    longest = menu_value("other_cluster", value)
    assert len(longest) <= 150
    assert parse_menu_value(longest) == ("other_cluster", value.dumps())


@pytest.mark.parametrize("text", ["", "resolve", "resolve NC-1 x y", "resolve NC-1 99999999999999999999 y"])
def test_an_option_of_somebody_else_leads_nowhere(text: str) -> None:
    assert parse_menu_value(text) == ("", "")


def submitted(view: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The view as Slack sends it back, its inputs filled in; what is not named keeps its initial value."""
    state: dict[str, Any] = {}
    for block in view["blocks"]:
        element = block["element"]
        given = values.get(block["block_id"])
        match element["type"]:
            case "plain_text_input":
                kept: dict[str, Any] = {"value": given if given is not None else element.get("initial_value")}
            case "static_select":
                option = next((each for each in element["options"] if each["value"] == given), None)
                kept = {"selected_option": option or element.get("initial_option")}
            case _:
                kept = {"selected_conversation": given}
        state[block["block_id"]] = {VALUE: {"type": element["type"], **kept}}
    return {**view, "state": {"values": state}}


def test_a_form_comes_back_as_it_was_filled_in() -> None:
    view = ask_form(["prod", "staging"], "prod")
    sent = submitted(view, **{SYMPTOM: " pods stuck ", CLUSTER: "staging", NAMESPACE: "shop", CHANNEL: "C1"})
    assert parse_ask_form(sent) == AskFormInput("pods stuck", "staging", "shop", AnswerTarget("C1"))
    assert parse_ask_form(submitted(view, **{SYMPTOM: "dns"})) == AskFormInput("dns", "prod", "", AnswerTarget())


def test_a_form_about_a_message_keeps_its_place_and_its_words() -> None:
    view = ask_form(["prod"], "", symptom="pods *stuck*", namespace="shop", place=AnswerTarget("C1", "1.2"))
    assert CHANNEL not in [block["block_id"] for block in view["blocks"]]
    assert parse_ask_form(submitted(view)) == AskFormInput("pods *stuck*", "", "shop", AnswerTarget("C1", "1.2"))


def test_a_form_without_clusters_asks_for_none() -> None:
    assert CLUSTER not in [block["block_id"] for block in ask_form([], "")["blocks"]]


def test_words_that_a_form_cannot_hold_are_not_cut_in_silence() -> None:
    long, short = ask_form([], "", symptom="x" * 3001), ask_form([], "", symptom="x" * 3000)
    assert "left out" in long["blocks"][0]["hint"]["text"]
    assert "hint" not in short["blocks"][0]


@pytest.mark.parametrize("helped", [True, False])
def test_a_note_comes_back_with_what_it_is_about(helped: bool) -> None:
    assert parse_note_form(submitted(note_form(BUTTON, helped=helped), **{NOTE: " thanks "})) == (
        BUTTON,
        helped,
        "thanks",
    )
    assert parse_note_form(submitted(note_form(BUTTON, helped=helped))) == (BUTTON, helped, "")


def test_a_cluster_of_any_name_can_be_chosen(refused: Callable[[Any], list[str]]) -> None:
    names = ["prod", "x" * 200, "x" * 201, "a\N{RIGHT-TO-LEFT OVERRIDE}b", "节点"]
    select = cluster_select("choose", names)
    assert [cluster_for_option(option["value"], names) for option in select["options"]] == names
    assert cluster_for_option("gone", names) is None
    assert refused(cluster_menu("q", names, "T1:C1:1.2")) == []


def test_more_clusters_than_one_list_may_hold(refused: Callable[[Any], list[str]]) -> None:
    names = [f"cluster-{number:03}" for number in range(250)]
    message = cluster_menu("q", names, "T1:C1:1.2")
    assert refused(message) == []
    groups = message.blocks[-1]["elements"][0]["option_groups"]
    assert groups[0]["label"]["text"] == "cluster-000 to cluster-099"
    assert [option["value"] for group in groups for option in group["options"]] == names
    assert message.blocks[-1]["block_id"] == "choose_cluster:T1:C1:1.2"
