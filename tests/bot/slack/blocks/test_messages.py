"""What people see in Slack, compared with the texts in ``shown/``: each is a message or a modal as lines of text.

After a wanted change write them anew and read the difference:

    REWRITE=1 python -m pytest tests/bot/slack/blocks/test_messages.py && git diff tests/bot/slack/blocks/shown
"""

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cluster.facts import Fact
from bot.diagnosis.labels import ENGLISH
from bot.diagnosis.labels_chinese import CHINESE as CHINESE_LABELS
from bot.diagnosis.language import labels_among
from bot.diagnosis.report import Report, ReportCluster, ReportFailing, ReportStep, compare
from bot.fleet.summary import ClusterSummary, JudgedFault, unread
from bot.slack.blocks.action_ids import ButtonValue
from bot.slack.blocks.answer import answer_message, shared_message, sharing_message
from bot.slack.blocks.case import (
    CaseLine,
    Stage,
    feedback_message,
    handover_summary,
    nothing_new_message,
    progress_message,
    refusal_message,
    resolved_message,
    taken_message,
    watched_message,
    welcome_message,
)
from bot.slack.blocks.changes import recheck_message, settled_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.fleet import digest_message, fleet_message
from bot.slack.blocks.modals import AnswerTarget, ask_form, cluster_menu, evidence_modal, note_form, steps_modal
from bot.slack.blocks.overviews import (
    CaseRow,
    ClusterRow,
    EntryRow,
    Subcommand,
    cases_message,
    clusters_message,
    entries_message,
    entry_message,
    facts_message,
    help_message,
    home_view,
    status_message,
)
from bot.slack.blocks.standing import same_as_message
from bot.slack.blocks.verdicts import verdicts_message

OPENED = datetime(2026, 11, 20, 19, 2, tzinfo=UTC)
SHOWN = Path(__file__).parent / "shown"
Thing = Message | dict[str, Any]
Tell = Callable[..., Awaitable[Report]]
OUT_OF_IPS = {"terway-vswitch-out-of-ips": 0.8, "terway-pod-lifecycle": 0.15}
ELSEWHERE = {"flannel-ip-leak": 0.9, "terway-vswitch-out-of-ips": 0.2, "terway-pod-lifecycle": 0.1}
ALSO_SEEN = {"ipvs-udp-timeout": 0.9, "cluster-domain": 0.2}
CHINESE = "节点 cn-hangzhou.10.0.0.11 上的 Pod 一直 ContainerCreating,怎么办?"
CLUSTERS = ["prod-hangzhou", "prod-shanghai", "staging"]


@pytest.fixture
def agreed(page: Callable[[Thing], str], refused: Callable[[Thing], list[str]]) -> Callable[[str, Thing], None]:
    """``agreed(name, thing)``: it reads as agreed, and Slack would take it."""

    def compared(name: str, thing: Thing) -> None:
        shown, kept = page(thing), SHOWN / f"{name}.txt"
        if os.environ.get("REWRITE"):
            kept.write_text(shown, encoding="utf-8")
        assert shown == kept.read_text(encoding="utf-8")
        assert refused(thing) == []

    return compared


Agreed = Callable[[str, Thing], None]


ANSWERS: dict[str, tuple[str | None, dict[str, float], dict[str, bool]]] = {
    "confirmed": ("terway-out-of-ips", OUT_OF_IPS, {}),
    "suspected-not-permitted": ("terway-out-of-ips-hidden", OUT_OF_IPS, {}),
    "suspected-quiet": ("kube-proxy-udp-quiet", {"ipvs-udp-timeout": 0.4}, {}),
    "suspected-asks": ("flannel-hairpin-off", {"flannel-hairpin-off": 0.9}, {}),
    "ruled-out": ("terway-volume-mount-fails", ELSEWHERE, {}),
    "guide": ("terway-healthy", {"terway-acceleration-mode": 0.9}, {}),
    "also-seen": ("terway-out-of-ips", ALSO_SEEN, {}),
    "brought-up-by-the-cluster": ("terway-mac-missing", {"terway-pod-lifecycle": 0.4}, {}),
    "unmatched": (None, {}, {}),
    "no-cluster": (None, OUT_OF_IPS, {}),
    "unreachable": ("terway-healthy", OUT_OF_IPS, {"gone": True}),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_reads_as_agreed(name: str, told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    recording, scores, how = ANSWERS[name]
    told = await told_on(recording, scores, **how)
    agreed(name, answer_message(told, case=case, asker="U0ANA"))


@pytest.mark.parametrize(
    ("name", "words", "recording"),
    [
        ("unmatched-chinese", "我的节点怎么 NotReady 了", "terway-healthy"),
        ("unmatched-chinese-failing", "网络不通", "flannel-notready-pleg"),
        ("unmatched-chinese-unread", "今天吃什么", None),
    ],
)
async def test_without_an_entry_the_answer_speaks_the_language_of_the_question(
    name: str, words: str, recording: str | None, told_on: Tell, case: CaseLine, agreed: Agreed
) -> None:
    agreed(name, answer_message(await told_on(recording, {}, question=words), case=case, asker="U0ANA"))


async def test_the_modals_hold_what_the_message_cannot(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told = await told_on("terway-out-of-ips", OUT_OF_IPS)
    agreed("evidence-modal", evidence_modal(told, case.value))
    agreed("steps-modal", steps_modal(told, case.value))


async def test_a_guides_modals(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told = await told_on("terway-healthy", {"terway-acceleration-mode": 0.9})
    agreed("guide-evidence-modal", evidence_modal(told, case.value))


async def test_the_number_of_pieces_of_evidence_is_that_of_the_button(told_on: Tell, case: CaseLine, page: Any) -> None:
    """What opens in place holds the first diagnosis in short, and says how many pieces are left to the button."""
    told = await told_on("terway-out-of-ips", ALSO_SEEN)
    shown = page(answer_message(told, case=case))
    number = sum(len(each.evidence) + len(each.readings) for each in told.diagnoses) + len(told.failing_untold)
    first = len(told.diagnoses[0].evidence) + len(told.failing_untold)
    assert number > first
    assert re.findall(r"Evidence \((\d+)\)", shown) == [str(number)]
    assert "▸ Evidence\n" in shown
    assert f"and {number - first} more on what was also considered: press Evidence." in shown
    alone = page(answer_message(replace(told, diagnoses=told.diagnoses[:1]), case=case))
    assert re.findall(r"Evidence \((\d+)\)", alone) == [str(first)]
    assert "also considered" not in alone


async def test_a_very_long_answer(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told = _long(await told_on("terway-out-of-ips", OUT_OF_IPS))
    agreed("very-long", answer_message(told, case=case, asker="U0ANA"))
    agreed("very-long-modal-page-2", steps_modal(told, replace(case.value, page=1)))


def _long(told: Report) -> Report:
    """The same, as if the entry had forty steps and as much evidence."""
    first = told.diagnoses[0]
    steps = tuple(
        ReportStep(
            text=f"Look at node {number}. " + "It is one of many. " * 20, command=f"kubectl describe node n{number}"
        )
        for number in range(1, 41)
    )
    more = replace(first, steps=steps, evidence=first.evidence * 6, caution=first.caution * 2)
    unread = tuple(f"pods on node {number}: timed out" for number in range(9))
    return replace(told, diagnoses=(more, *told.diagnoses[1:]), unread=unread)


async def test_a_question_that_was_answered(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told = await told_on("flannel-hairpin-off", {"flannel-hairpin-off": 0.9})
    settled = replace(case, settled={"flannel-hairpin-off": ("U0BEA", False)})
    agreed("suspected-answered", answer_message(told, case=settled, asker="U0ANA"))


async def test_questions_of_what_was_considered_besides(told_on: Tell, case: CaseLine, refused: Any) -> None:
    told = await told_on("flannel-hairpin-off", {"flannel-cannot-ping-ecs": 0.9, "flannel-hairpin-off": 0.3})
    assert told.diagnoses[0].asks == ""
    message = answer_message(told, case=case, asker="U0ANA")
    (row,) = [block for block in message.blocks if block.get("block_id") == "settle:flannel-hairpin-off"]
    assert [element["text"]["text"] for element in row["elements"]] == ["Yes", "No"]
    for element in row["elements"]:
        assert ButtonValue.loads(element["value"]) == replace(case.value, entry="flannel-hairpin-off")
        assert len(element["value"]) < 2000
    assert refused(message) == []
    resolved = answer_message(told, case=replace(case, resolved_by="U0BEA", resolved_at=case.at))
    assert "settle:flannel-hairpin-off" not in [block.get("block_id") for block in resolved.blocks]


async def test_a_question_that_stands_in_another_thread(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told = replace(await told_on("terway-out-of-ips", OUT_OF_IPS), notes=("app.log was not read.",))
    joined = replace(case, same_as="NC-7HL4UD", same_as_link="https://slack.example/p1", askers=3, alerts=12)
    times = {"since": case.at - timedelta(minutes=2), "now": case.at}
    resolved = replace(joined, resolved_by="U0BEA", resolved_at=case.at)
    agreed("same-as", same_as_message(told, joined, **times))
    agreed("same-as-alone", same_as_message(told, replace(joined, same_as_link="", askers=1, alerts=0), **times))
    agreed("same-as-resolved", same_as_message(told, resolved, **times))
    agreed("same-as-whole", answer_message(told, case=joined, asker="U0ANA"))
    agreed("same-as-whole-resolved", answer_message(told, case=resolved, asker="U0ANA"))
    agreed("asked-by-three", answer_message(told, case=replace(case, askers=3, alerts=1), asker="U0ANA"))
    agreed("handover-asked-by-three", handover_summary(told, replace(case, askers=3), to=["U1"], by="U2", now=case.at))


async def test_no_case_is_told_of_where_there_is_none(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told, talk = await told_on(None, {}), replace(case, is_talk=True)
    agreed("talk", answer_message(told, case=talk, asker="U0ANA"))
    gone = ReportCluster(name="prod", reachable=False, trouble="The cluster could not be read: no route to host.")
    agreed("talk-unreachable", answer_message(replace(told, cluster=gone), case=talk, asker="U0ANA"))


async def test_a_resolved_case(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told = await told_on("terway-mac-missing", {"terway-mac-not-found": 0.9})
    resolved = replace(
        case, resolved_by="U0BEN", resolved_at=case.at + timedelta(minutes=43), helped_by="U0BEN", handed_to="S0ONCALL"
    )
    agreed("resolved", answer_message(told, case=resolved, asker="U0ANA"))


@pytest.mark.parametrize(
    ("name", "before", "now", "gone"),
    [
        ("cleared", "terway-out-of-ips", "terway-recovered-from-ip-shortage", False),
        ("still", "terway-out-of-ips", "terway-out-of-ips", False),
        ("new", "terway-healthy", "terway-mac-missing", False),
        ("worse", "terway-out-of-ips-hidden", "terway-out-of-ips", False),
        ("unclear", "terway-out-of-ips", "terway-out-of-ips-hidden", False),
        ("out-of-reach", "terway-out-of-ips", "terway-out-of-ips", True),
    ],
)
async def test_a_recheck_says_what_changed(
    name: str, before: str, now: str, gone: bool, told_on: Tell, case: CaseLine, agreed: Agreed
) -> None:
    earlier, later = await told_on(before, OUT_OF_IPS), await told_on(now, OUT_OF_IPS, gone=gone)
    earlier = replace(earlier, asked_at=earlier.now - timedelta(minutes=20))
    agreed(f"recheck-{name}", answer_message(later, case=case, asker="U0ANA", changes=compare(earlier, later)))


async def test_a_recheck_after_which_nothing_is_told(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    earlier = await told_on("terway-mac-missing", {})
    later = replace(await told_on("terway-healthy", OUT_OF_IPS), diagnoses=(), headline="")
    earlier = replace(earlier, diagnoses=(await told_on("terway-mac-missing", OUT_OF_IPS)).diagnoses)
    agreed("recheck-nothing", answer_message(later, case=case, changes=compare(earlier, later)))
    hidden = replace(later, unread=("netclinic may not read pods here",))
    agreed("recheck-nothing-seen", answer_message(hidden, case=case, changes=compare(earlier, hidden)))
    agreed("unclear-hidden", answer_message(hidden, case=case))


def test_all_clusters(agreed: Agreed) -> None:
    well = ClusterSummary(name="prod-hangzhou", at=OPENED, traits="Kubernetes 1.32.1 · managed · terway")
    fault = JudgedFault(entry="flannel-ip-leak", title="Flannel leaks addresses", reason="3 are held by no pod. " * 9)
    fails = [
        ReportFailing(object=f"Pod <shop>/web-{number}", since=OPENED, message="*It* waits & waits.", check="kubectl")
        for number in range(4)
    ]
    sick = replace(well, name="prod-shanghai", confirmed=(fault,), failing=tuple(fails), more_failing=2)
    half = replace(well, name="staging", missed=("pods: timed out", "events: timed out"))
    gone = unread("far", "The cluster could not be read: /version did not answer within 5.0 s.")
    agreed("fleet", fleet_message([well, half, gone, sick], OPENED))
    agreed("fleet-well", digest_message([well, replace(well, name="staging")], OPENED))
    many = [replace(sick, name=f"c{number}-{'x' * 90}") for number in range(60)]
    agreed("fleet-many", fleet_message([*many, *(replace(well, name=f"w{number}") for number in range(60))], OPENED))


def test_progress(agreed: Agreed) -> None:
    agreed("progress-matching", progress_message(CHINESE, Stage.MATCHING))
    reads = ["nodes", "pods", "events", "log of terway-eniip-7k2vb", "ConfigMap eni-config"]
    agreed(
        "progress-reading",
        progress_message(
            CHINESE, Stage.READING, done=reads, doing="nodes.network.alibabacloud.com", cluster=CLUSTERS[0]
        ),
    )
    agreed("progress-much", progress_message("x " * 300, Stage.JUDGING, done=reads * 9, cluster=CLUSTERS[0]))


async def test_handing_a_case_over(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    who: Any = {"to": ["S0ONCALL"], "by": "U0ANA", "permalink": "https://team.slack.com/archives/C1/p1"}
    now = case.at + timedelta(minutes=50)
    told = replace(await told_on("terway-out-of-ips", OUT_OF_IPS), question=CHINESE)
    agreed("handover", handover_summary(told, case, now=now, note="vSwitch is being created", **who))
    suspected = await told_on("terway-out-of-ips-hidden", OUT_OF_IPS)
    agreed("handover-suspected", handover_summary(suspected, case, now=now, **who))
    taken = replace(case, taken_by="U0BEN")
    agreed("handover-taken", handover_summary(told, taken, now=now, **{**who, "to": ["U0BEN", "U0CAN"]}))
    over = replace(taken, resolved_by="U0BEN", resolved_at=case.at + timedelta(minutes=43))
    agreed("handover-resolved", handover_summary(told, over, now=now, **who))
    agreed("handover-unmatched", handover_summary(await told_on(None, {}), case, now=now, **who))


def rows(case: CaseLine) -> list[CaseRow]:
    title = "The vSwitch behind Terway has run out of IP addresses"
    link = "https://team.slack.com/archives/C1/p1"
    first = CaseRow(
        id="NC-7F3K2Q", title=title, outcome="confirmed", at=case.at, cluster=CLUSTERS[0], by="U0ANA", link=link
    )
    return [
        first,
        replace(first, id="NC-AAAAAA", outcome="suspected", at=case.at - timedelta(hours=5), assignee="U0BEN"),
        replace(first, id="NC-BBBBBB", outcome="unmatched", title="", cluster="", link="", by=""),
        replace(first, id="NC-CCCCCC", outcome="", title="", state="resolved"),
    ]


def cluster_rows(case: CaseLine) -> list[ClusterRow]:
    at = case.at + timedelta(minutes=2)
    return [
        ClusterRow(
            name=CLUSTERS[0], reachable=True, traits="Kubernetes 1.32.1 · terway", checked_at=at, is_default=True
        ),
        ClusterRow(name=CLUSTERS[1], reachable=False, trouble="connection refused", checked_at=at),
        ClusterRow(name=CLUSTERS[2], gaps="not allowed to list events, so 1 entry cannot be decided: terway-eni-quota"),
    ]


def test_home(case: CaseLine, agreed: Agreed) -> None:
    now = case.at + timedelta(minutes=3)
    agreed("home", home_view(rows(case)[:2], cluster_rows(case), rows(case), now))
    agreed("home-empty", home_view([], [], [], now))
    many = [replace(rows(case)[0], id=f"NC-{number:06}") for number in range(60)]
    agreed("home-many", home_view(many, [], many, now))


def test_lists(case: CaseLine, agreed: Agreed) -> None:
    now = case.at + timedelta(minutes=3)
    agreed("cases", cases_message(rows(case), now))
    agreed("cases-none", cases_message([], now))
    agreed("clusters", clusters_message(cluster_rows(case), now))
    agreed("status", status_message([("version", "0.1.0"), ("up for", "3 h"), ("Slack", "Socket Mode, connected")]))
    agreed("status-trouble", status_message([("version", "0.1.0")], trouble="Slack does not answer since 03:12 UTC."))
    facts = [
        Fact(name="terway.mode", value="shared", source="DaemonSet kube-system/terway-eniip"),
        Fact(name="cluster.vpc", reason="not permitted"),
    ]
    agreed("facts", facts_message(CLUSTERS[0], facts, case.at))


def test_entries(entries: dict[str, Any], agreed: Agreed) -> None:
    some = [EntryRow(entry.id, str(entry.kind), entry.title) for entry in list(entries.values())[:4]]
    agreed("entries", entries_message(some))
    agreed("entries-nearest", entries_message([replace(row, score=0.5) for row in some[:2]], "pods *stuck* <!here>"))
    agreed("entries-none", entries_message([], "weather"))
    agreed("entry", entry_message(entries["terway-mac-not-found"]))


async def test_check(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told = await told_on("terway-out-of-ips", {}, check=True)
    agreed("check", verdicts_message(told, case, "U0ANA"))
    alone = replace(case, is_private=True, is_shareable=True)
    agreed("check-alone", verdicts_message(told, alone, "U0ANA"))
    agreed("check-healthy", verdicts_message(await told_on("terway-healthy", {}, check=True), case))
    agreed("check-resolved", verdicts_message(told, replace(case, resolved_by="U0ANA", resolved_at=OPENED)))


async def test_a_question_in_chinese_has_the_entrys_chinese_title(
    told_on: Tell, case: CaseLine, agreed: Agreed, page: Callable[[Thing], str]
) -> None:
    told = await told_on("terway-out-of-ips", OUT_OF_IPS, question=CHINESE)
    agreed("chinese", answer_message(told, case=case, asker="U0ANA"))
    for shown in (steps_modal(told, case.value), evidence_modal(told, case.value)):
        assert "Terway 使用的交换机（vSwitch）IP 地址已用尽" in page(shown)
        assert told.diagnoses[0].title not in page(shown)


async def test_lines_and_modals_of_a_case_in_chinese(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    """In the words of its question, also after a look that finds no entry; where no entry has a title, in English."""
    told = await told_on("terway-out-of-ips", OUT_OF_IPS, question=CHINESE)
    later = await told_on("terway-recovered-from-ip-shortage", OUT_OF_IPS, question=CHINESE)
    well = replace(await told_on("terway-healthy", {}), diagnoses=())
    first, labels = replace(told, asked_at=told.now - timedelta(minutes=20)), labels_among([told, well])
    since = {"since": OPENED - timedelta(minutes=8), "labels": labels}
    assert labels is labels_among([well, told]) is CHINESE_LABELS
    assert labels_among([well]) is labels_among([]) is ENGLISH
    line = replace(case, labels=labels, taken_by="U0BEA", watched_until=case.at, cluster="prod", has_others=True)
    over = replace(line, resolved_by="U0BEA", resolved_at=case.at + timedelta(minutes=43))
    times = {"every": 120.0, "at_most": 3600.0}
    agreed("chinese-still", recheck_message(told, compare(first, told), by="U0BEA", **since))
    agreed("chinese-cleared", recheck_message(later, compare(first, later), watched=True, **since))
    agreed("chinese-nothing", recheck_message(well, compare(well, well), by="U0BEA", **since))
    agreed("chinese-recheck", answer_message(told, case=line, asker="U0ANA", changes=compare(first, told)))
    agreed("chinese-settled", settled_message(told, by="U0BEA", yes=True, labels=labels))
    agreed("chinese-taken", taken_message(line, **times))
    agreed("chinese-watched", watched_message(line, **times))
    agreed("chinese-helped", feedback_message(line, helped=True))
    agreed("chinese-not-helped", feedback_message(line, helped=False))
    agreed("chinese-resolved", resolved_message(over))
    agreed("chinese-welcome", welcome_message(case.id, labels))
    agreed("chinese-nothing-new", nothing_new_message(labels))
    joined = replace(line, same_as="NC-7HL4UD", same_as_link="https://slack.example/p1", askers=3, alerts=1)
    agreed("chinese-same-as", same_as_message(told, joined, since=case.at - timedelta(minutes=2), now=case.at))
    agreed("chinese-evidence-modal", evidence_modal(told, case.value))
    agreed("chinese-steps-modal-page-2", steps_modal(_long(told), replace(case.value, page=1)))
    agreed("chinese-note-form", note_form(case.value, helped=False, cluster="prod", labels=labels))
    agreed("chinese-ask-form", ask_form(CLUSTERS, "", symptom=CHINESE, place=AnswerTarget("C1", "1"), labels=labels))


async def test_a_private_answer_that_is_shared(told_on: Tell, case: CaseLine, agreed: Agreed) -> None:
    told = await told_on("terway-out-of-ips", OUT_OF_IPS)
    agreed("private", answer_message(told, case=replace(case, is_private=True, is_shareable=True), asker="U0ANA"))
    agreed("sharing", sharing_message(told))
    agreed("shared", shared_message(told, case.id, "https://slack.example/archives/C1/p1"))
    agreed("shared-without-a-link", shared_message(await told_on(None, {}), case.id, ""))


def test_forms_and_menus(case: CaseLine, agreed: Agreed) -> None:
    agreed("ask-form", ask_form(CLUSTERS, CLUSTERS[0]))
    agreed("ask-form-of-message", ask_form(CLUSTERS, "", symptom=CHINESE, place=AnswerTarget("C1", "1.2")))
    agreed("note-form", note_form(case.value, helped=False))
    agreed("cluster-menu", cluster_menu(CHINESE, CLUSTERS, "T1:C1:1763665320.000100"))


SUBCOMMANDS = [
    Subcommand("ask", "<symptom>", "the answer names the cause", ("pods stuck in ContainerCreating",)),
    Subcommand("check", "[entry]", "judge one entry, or every fault"),
    Subcommand("help", "", "this list"),
]


def test_help(agreed: Agreed) -> None:
    agreed("help", help_message(SUBCOMMANDS))
    agreed("help-unknown", help_message(SUBCOMMANDS, unknown="frobnicate <!channel>"))


def test_refusals(agreed: Agreed) -> None:
    sentence = "You may not resolve cases here: `@netops` may, ask <@U1> or <!here>."
    agreed("refusal", refusal_message(sentence, request="r-8f2c"))
