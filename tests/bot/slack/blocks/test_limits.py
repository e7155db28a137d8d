"""Whatever is told, Slack takes it, nothing in it is parsed, and nothing of it is lost."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cluster.facts import Fact
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import (
    Change,
    Changes,
    Report,
    ReportCluster,
    ReportDiagnosis,
    ReportEvidence,
    ReportReading,
    ReportStep,
)
from bot.slack.blocks.action_ids import EVIDENCE, STEPS, ButtonValue
from bot.slack.blocks.answer import answer_message
from bot.slack.blocks.case import CaseLine, Stage, handover_summary, progress_message, refusal_message, refusal_modal
from bot.slack.blocks.elements import Message
from bot.slack.blocks.modals import AnswerTarget, ask_form, cluster_menu, evidence_modal, note_form, steps_modal
from bot.slack.blocks.overviews import (
    CaseRow,
    ClusterRow,
    EntryRow,
    Subcommand,
    cases_message,
    clusters_message,
    entries_message,
    facts_message,
    help_message,
    home_view,
    status_message,
)
from bot.slack.blocks.verdicts import verdicts_message
from knowledge.model import Kind

Thing = Message | Mapping[str, Any]
Refused = Callable[[Thing], list[str]]
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SCRAPS = [
    "<!channel>", "<!here|x>", "<@U0123456>", "<#C0123456|secret>", "<https://evil.example|x>", "&lt;!channel&gt;",
    "&", "```", "`", "*bold*", "_x_", "~gone~", ":fire:", "\N{RIGHT-TO-LEFT OVERRIDE}", "\N{ZERO WIDTH SPACE}", "\x00",
    "\x1b[31m", "\n", "\n\n", "\t", " ", "  ", "\N{NO-BREAK SPACE}", "节点", "👩‍💻", "@channel", "@here", "http://x.example",
    "shop/web-5f7d9c6b8-k2x9q", "\N{LINE SEPARATOR}", "\ud800", "{{ x }}", "[a](http://b)", "\N{SOFT HYPHEN}", "",
]  # fmt: skip
WORDS = st.lists(st.sampled_from(SCRAPS) | st.text(max_size=8), max_size=8).map("".join)
HUGE = st.builds(lambda scrap, times: scrap * times, st.sampled_from([*SCRAPS, "x", "word "]), st.integers(200, 1500))
TEXTS = st.one_of(*[WORDS] * 9, HUGE)
STEPS_ = st.lists(st.builds(ReportStep, text=TEXTS, command=st.none() | TEXTS), max_size=7).map(tuple)
EVIDENCE_ = st.builds(ReportEvidence, object=TEXTS, excerpt=TEXTS, seen=st.just(NOW), check=TEXTS)
DIAGNOSES = st.builds(
    ReportDiagnosis,
    entry=TEXTS,
    title=TEXTS,
    kind=st.sampled_from(Kind),
    verdict=st.sampled_from(Verdict),
    score=st.none() | st.just(0.5),
    rests_on_sign=st.booleans(),
    elsewhere=st.booleans(),
    reason=TEXTS,
    evidence=st.lists(EVIDENCE_, max_size=6).map(tuple),
    readings=st.lists(
        st.builds(ReportReading, summary=TEXTS, checks=st.lists(TEXTS, max_size=2).map(tuple)), max_size=3
    ).map(tuple),
    cause=TEXTS,
    settle=STEPS_,
    steps=STEPS_,
    caution=st.lists(TEXTS, max_size=3).map(tuple),
    verify=STEPS_,
)
TOLD = st.builds(
    Report,
    question=TEXTS,
    in_scope=st.booleans(),
    cluster=st.none() | st.builds(ReportCluster, name=TEXTS, reachable=st.booleans(), traits=TEXTS, trouble=TEXTS),
    asked_at=st.none() | st.just(NOW),
    told_at=st.just(NOW),
    diagnoses=st.lists(DIAGNOSES, max_size=3).map(tuple),
    unread=st.lists(TEXTS, max_size=8).map(tuple),
    requests=st.integers(0, 50),
    bytes=st.integers(0, 10**8),
    elapsed_ms=st.integers(0, 10**5),
)
CASES = st.builds(
    CaseLine,
    id=st.just("NC-7F3K2Q"),
    answer=st.just("T1:C1:1763665320.000100"),
    at=st.just(NOW),
    opened_at=st.none() | st.just(NOW),
    helped_by=TEXTS,
    question=TEXTS,
    is_private=st.booleans(),
    handed_to=TEXTS,
    taken_by=TEXTS,
    resolved_by=TEXTS,
    resolved_at=st.none() | st.just(NOW + timedelta(hours=2)),
)
CHANGE = st.builds(Change, TEXTS, TEXTS, st.none() | st.sampled_from(Verdict), st.none() | st.sampled_from(Verdict))
SOME = st.lists(CHANGE, max_size=12).map(tuple)
CHANGES = st.none() | st.builds(
    Changes, since=st.just(NOW), cleared=SOME, still=SOME, new=SOME, worse=SOME, unclear=SOME
)
thorough = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def parsed(thing: Thing) -> list[str]:
    """What Slack would parse of it: control sequences in the text, and any text object that is mrkdwn."""
    text = thing.text if isinstance(thing, Message) else ""
    ours = r"<@[UW][A-Z0-9]{2,20}>|<!subteam\^S[A-Z0-9]{2,20}>"
    controls = re.findall(r"<.{0,30}", re.sub(ours, "", text)) + re.findall(r"[`*~]", text)
    controls += re.findall(r"&(?!amp;|lt;|gt;).{0,9}", text)
    blocks = thing.blocks if isinstance(thing, Message) else thing["blocks"]
    return controls + [str(part)[:80] for part in parts(list(blocks)) if part.get("type") in ("mrkdwn", "markdown")]


def parts(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for member in value.values():
            yield from parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from parts(member)


def letters(text: str) -> str:
    """What remains to be compared when blanks, code marks and what cannot be seen are gone."""
    return "".join(char for char in text if char.isprintable() and not char.isspace() and char != "`")


def told_by(blocks: list[Any]) -> str:
    """All that blocks say, one run after the other."""
    reading = [block for block in blocks if block["type"] not in ("actions",) and "Page " not in str(block)[:120]]
    return letters("".join(str(part["text"]) for part in parts(reading) if isinstance(part.get("text"), str)))


def all_pages(
    show: Callable[[Report, ButtonValue], dict[str, Any]], told: Report, value: ButtonValue, refused: Refused
) -> str:
    """Every page of a modal, turned by its own button; each is one that Slack takes."""
    whole, pages = "", 0
    while True:
        view = show(told, value)
        assert refused(view) == []
        assert parsed(view) == []
        whole += told_by(view["blocks"])
        following = [part for part in parts(view["blocks"]) if str(part.get("action_id", "")).endswith(":next")]
        if not following:
            return whole
        value, pages = ButtonValue.loads(following[0]["value"]), pages + 1
        assert value.page == pages


@thorough
@given(TOLD, CASES, CHANGES, st.none() | TEXTS)
def test_an_answer_is_taken_and_read_by_nobody_but_people(
    refused: Refused, told: Report, case: CaseLine, changes: Changes | None, asker: str | None
) -> None:
    message = answer_message(told, case=case, asker=asker, changes=changes)
    assert refused(message) == []
    assert parsed(message) == []
    assert parsed(Message(message.text, message.richer)) == []
    unseen = [text for part in parts(message.blocks) for text in [part.get("text")] if isinstance(text, str)]
    assert not [char for text in unseen for char in text if not char.isprintable() and char not in "\n\t"]


@thorough
@given(TOLD, CASES)
def test_nothing_is_lost(refused: Refused, told: Report, case: CaseLine) -> None:
    message = answer_message(told, case=case)
    row = {part["action_id"] for part in parts(message.blocks) if part.get("type") == "button"}
    shown = told_by(message.blocks)
    evidence = shown + (all_pages(evidence_modal, told, case.value, refused) if EVIDENCE in row else "")
    steps = shown + (all_pages(steps_modal, told, case.value, refused) if STEPS in row else "")
    for item in told.diagnoses:
        for piece in item.evidence:
            assert all(letters(text) in evidence for text in (piece.object, piece.excerpt, piece.check))
        if item.verdict is not Verdict.RULED_OUT:
            for step in (*item.settle, *item.steps, *item.verify):
                assert letters(step.text) in steps
                assert letters(step.command or "") in steps
            assert all(letters(text) in steps for text in item.caution)


@thorough
@given(TOLD, CASES, st.lists(TEXTS, min_size=1, max_size=30), TEXTS, TEXTS)
def test_a_handover_is_taken(refused: Refused, told: Report, case: CaseLine, to: list[str], by: str, note: str) -> None:
    message = handover_summary(told, case, to=to, by=by, now=NOW, note=note)
    assert refused(message) == []
    assert parsed(message) == []


@thorough
@given(st.lists(TEXTS, max_size=12), TEXTS, TEXTS, TEXTS)
def test_forms_progress_and_refusals_are_taken(
    refused: Refused, names: list[str], one: str, two: str, three: str
) -> None:
    value = ButtonValue("NC-7F3K2Q", "T1:C1:1.2", NOW)
    clusters = list(dict.fromkeys(name for name in names if name))
    progress = progress_message(one, Stage.READING, done=names, doing=two, cluster=three)
    things: list[Thing] = [
        progress,
        Message(progress.text, progress.richer),
        refusal_message(one or two or three or "No.", request=two),
        refusal_modal(one or two or three or "No.", request=two),
        ask_form(clusters, names[0] if names else "", symptom=two, namespace=three),
        ask_form(clusters, one, symptom=two, place=AnswerTarget("C1", "1.2")),
        note_form(value, helped=True),
        help_message([Subcommand("ask", "<symptom>", "about", ("pods",))] * 12, unknown=three),
        status_message([(one, two)] * 30, trouble=three),
        *([cluster_menu(one, clusters, "T1:C1:1763665320.000100")] if clusters else []),
    ]
    for thing in things:
        assert refused(thing) == []
        assert parsed(thing) == []


ROWS = st.lists(
    st.builds(CaseRow, id=TEXTS, title=TEXTS, outcome=TEXTS | st.sampled_from(Verdict), at=st.just(NOW), by=TEXTS),
    max_size=40,
)
PLACES = st.lists(
    st.builds(ClusterRow, name=TEXTS, reachable=st.none() | st.booleans(), traits=TEXTS, trouble=TEXTS), max_size=40
)


@thorough
@given(TOLD, ROWS, PLACES, TEXTS)
def test_lists_are_taken_and_whole(
    refused: Refused, told: Report, rows: list[CaseRow], places: list[ClusterRow], words: str
) -> None:
    entries = [EntryRow(row.id, "fault", row.title, 0.5) for row in rows]
    facts = [Fact(name=place.name, value=place.traits, source=place.trouble) for place in places]
    messages = [
        cases_message(rows, NOW),
        clusters_message(places, NOW),
        entries_message(entries, words),
        facts_message(words, facts, NOW),
        verdicts_message(told),
    ]
    for message in messages:
        assert refused(message) == []
        assert parsed(message) == []
    home = home_view(rows, places, rows, NOW)
    assert refused(home) == []
    assert parsed(home) == []


@pytest.mark.parametrize("bad", ["mrkdwn", "empty", "long", "many"])
def test_the_check_itself_sees_what_slack_would_refuse(refused: Refused, bad: str) -> None:
    text = {"type": "plain_text", "text": "x", "emoji": False}
    good = {"type": "context", "elements": [text]}
    blocks = {
        "mrkdwn": [{"type": "context", "elements": [{**text, "type": "mrkdwn"}]}],
        "empty": [{"type": "context", "elements": []}],
        "long": [{"type": "header", "text": {**text, "text": "x" * 151}}],
        "many": [good] * 51,
    }[bad]
    assert refused(Message("x", [good])) == []
    assert refused(Message("x", blocks)) != []


def test_slack_would_parse_what_is_not_escaped() -> None:
    assert parsed(Message("look <!channel>", []))
    assert parsed(Message("a & b", []))
    assert parsed(Message("x", [{"type": "section", "text": {"type": "mrkdwn", "text": "y"}}]))
    assert not parsed(Message("&lt;!channel&gt; <@U0ANA>", []))


def test_a_resolved_case_has_no_button_that_does_anything(refused: Refused) -> None:
    step = ReportStep(text="Wait.", command="kubectl get pods")
    item = ReportDiagnosis(
        entry="a", title="A", kind=Kind.FAULT, verdict=Verdict.CONFIRMED, score=0.9, rests_on_sign=True,
        elsewhere=False, reason="It is so.", steps=(step,),
    )  # fmt: skip
    told = Report(question="q", in_scope=True, cluster=None, asked_at=None, told_at=NOW, diagnoses=(item,))
    case = CaseLine(id="NC-1", answer="d", at=NOW, resolved_at=NOW, resolved_by="U0BEN")
    message = answer_message(told, case=case)
    pressable = [part["action_id"] for part in parts(message.blocks) if "action_id" in part]
    assert pressable == [STEPS, EVIDENCE]
