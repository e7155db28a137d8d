"""Handoffs in Slack: the shown texts of a busy shift, and whatever one holds, Slack takes it and parses nothing.

REWRITE=1 python -m pytest tests/bot/slack/blocks/test_handoff.py && git diff tests/bot/slack/blocks/shown
"""

import os
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.handoff.records import (
    Action,
    CaseRef,
    Cause,
    Counts,
    CurrentState,
    EvidenceRef,
    ExpiringSilence,
    Handoff,
    NearLimit,
    NextCheck,
    OpenCase,
    RecentChange,
    ResolvedCase,
    ShiftNote,
    State,
    UnansweredQuestion,
    Unhelpful,
    UnreachableCluster,
)
from bot.slack.blocks.elements import Message
from bot.slack.blocks.handoff import Acknowledgement, folds, handoff_message, making_message, reminder_message

SHOWN = Path(__file__).parent / "shown"
END = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
EARLIER = END - timedelta(hours=3)
ONE_OF_EACH = Counts(
    opened=4, stale=1, resolved=1, new_causes=1, unexplained=1, answered_late=1, unhelpful=1, actions=1
)
GAP = UnansweredQuestion(
    ref=CaseRef(id="NC-000080", link="https://example.slack.com/archives/C0INC/p80"),
    question="hm <!channel>",
    asked_at=EARLIER,
    asked_by="U07MEI",
)
Thing = Message | Mapping[str, Any]


def ref(number: int) -> CaseRef:
    return CaseRef(id=f"NC-{number:06d}", link=f"https://example.slack.com/archives/C0INC/p{number}")


def open_case(number: int, now: CurrentState, outcome: str = "confirmed") -> OpenCase:
    return OpenCase(
        ref=ref(number),
        entry="terway-vswitch-out-of-ips",
        title="The vSwitch behind Terway has run out of IP addresses",
        outcome=outcome,
        found=outcome,
        question="pods stuck",
        cluster="prod-hz",
        namespace="shop",
        opened_at=EARLIER,
        assignee="U07MEI" if number % 2 else "",
        state=State(now=now, reason="1 pod waits in ContainerCreating: shop/web-0."),
        seen=EvidenceRef(
            object="Pod shop/web-0", excerpt="ContainerCreating on node n1", at=EARLIER, check="kubectl get pod"
        ),
        settle=(NextCheck(text="Read `Available IPs`.", command="aliyun vpc"),) * 2 if outcome == "suspected" else (),
        next_step=NextCheck(text="Create another vSwitch in zone h of the region, prefix /19 or less. Then wait."),
    )


def busy(number: int = 3) -> Handoff:
    states = [CurrentState.STILL, CurrentState.UNREAD, CurrentState.CLEARED]
    opened = [open_case(at, states[at % 3], "suspected" if at % 3 == 1 else "confirmed") for at in range(number)]
    resolved = ResolvedCase(
        ref=ref(77),
        entry="e",
        title="Leaked leases",
        outcome="confirmed",
        question="q",
        cluster="prod-bj",
        opened_at=EARLIER,
        diagnosed_at=EARLIER + timedelta(seconds=11),
        resolved_at=END - timedelta(hours=1),
        resolved_by="U07MEI",
    )
    cause = Cause(entry="e", title="Leaked leases", clusters=("prod-bj",), cases=(ref(77), ref(78)), confirmed=1)
    return Handoff(
        id="HO-7F3K2Q7F",
        since=END - timedelta(hours=12),
        until=END,
        zone="Asia/Shanghai",
        handed_from=("U07MEI",),
        handed_to=("U08JONAS",),
        people={"U07MEI": "Mei", "U08JONAS": "Jonas"},
        counts=replace(ONE_OF_EACH, open=number + 1, open_in_full=number),
        open=tuple(opened),
        stale=(ref(5),),
        resolved=(resolved,),
        new_causes=(cause,),
        repeated=(cause,),
        unexplained=(open_case(40, CurrentState.RULED_OUT, "ruled_out"),),
        answered_late=(replace(GAP, later="later in the thread: Leaks"),),
        unhelpful=(Unhelpful(ref=ref(81), entry="e", user="U07MEI", note="*no*", at=EARLIER),),
        actions=(Action(at=EARLIER, actor="U07MEI", what="resolved", ref=ref(77)),),
        changes=(
            RecentChange(
                cluster="prod-hz",
                object="ConfigMap kube-system/eni-config",
                what="edited",
                at=EARLIER,
                manager="kubectl-edit",
            ),
            RecentChange(cluster="prod-hz", object="Node n1", what="joined", at=EARLIER),
        ),
        near_limits=(NearLimit(cluster="prod-hz", text="Node n1: 60 of 64 pods (the kubelet's limit)"),),
        silences=(
            ExpiringSilence(
                matchers='alertname="PodsStuck"', ends_at=END + timedelta(hours=3), made_by="mei", comment="known"
            ),
        ),
        shift_notes=(ShiftNote(user="U07MEI", note="watch *prod-hz* <!channel>\nsecond line", at=EARLIER),),
        unreachable=(UnreachableCluster(cluster="prod-bj", at=END, why="no answer", ref=ref(82), is_now=True),),
    )


def stands(name: str, message: Message, page: Callable[[Thing], str], refused: Callable[[Thing], list[str]]) -> None:
    shown, kept = page(message), SHOWN / f"{name}.txt"
    if os.environ.get("REWRITE"):
        kept.write_text(shown, encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8")
    assert refused(message) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("handoff", handoff_message(busy())),
        ("handoff-taken", handoff_message(busy(1), acknowledged=Acknowledgement("U07MEI", END + timedelta(minutes=4)))),
        ("handoff-reminder", reminder_message(busy(), 30)),
        ("handoff-making", making_message("12h", "here")),
        ("handoff-empty", handoff_message(Handoff(id="HO-A", since=EARLIER, until=END, zone="UTC"))),
    ],
)
def test_it_reads_as_agreed(name: str, message: Message, page: Any, refused: Any) -> None:
    stands(name, message, page, refused)


def test_only_those_who_take_over_are_called() -> None:
    called = [part["user_id"] for part in parts(handoff_message(busy()).blocks) if part.get("type") == "user"]
    assert called == ["U08JONAS"]
    assert "<@U07MEI>" not in handoff_message(busy()).text


def test_what_does_not_fit_is_counted(refused: Any) -> None:
    whole = busy(60)
    apart = tuple(replace(case, cluster=f"prod-{at}") for at, case in enumerate(whole.open))
    message = handoff_message(replace(whole, open=apart))
    assert refused(message) == []
    shown = len(set(re.findall(r"'NC-0000[0-5]\d'", str(message.blocks))) - {"NC-000040"})
    left = re.search(r"(\d+) more open cases in the page", str(message.blocks))
    assert left
    assert (shown, int(left[1])) == (11, 50), "61 are open, one of them unexplained"
    folded = [block for block in message.richer if block["type"] == "container"]
    assert folded[0]["title"]["text"] == "50 more open cases"
    further = len(set(re.findall(r"'NC-0000[0-5]\d'", str(folded[0]))))
    rest = re.search(r"(\d+) more open cases in the page", str(folded[0]))
    assert rest
    assert further + int(rest[1]) == 50
    assert "more open cases in the page" not in str([block for block in message.richer if block["type"] != "container"])


def test_each_case_is_named_once() -> None:
    names = re.findall(r"'text': '(NC-\d+)'", str(handoff_message(busy()).blocks))
    assert len(names) == len(set(names)) > 4


def test_the_address_of_the_page_stands_only_where_something_has_no_room() -> None:
    whole, address = busy(60), "https://app.slack.com/client/T1/C1/thread/C1-1.2"
    apart = replace(whole, open=tuple(replace(case, cluster=f"prod-{at}") for at, case in enumerate(whole.open)))
    for handoff, is_folded in ((apart, True), (busy(1), False)):
        assert folds(handoff) == is_folded
        message = handoff_message(handoff, thread=address)
        assert ([part["text"] for part in parts(message.blocks) if part.get("url") == address] != []) == is_folded
        assert address not in str(handoff_message(handoff).blocks)


def test_the_worst_stand_before_what_folds() -> None:
    states = [CurrentState.CLEARED] * 10 + [CurrentState.STILL] * 10
    opened = [replace(open_case(at, state), cluster=f"prod-{at}") for at, state in enumerate(states)]
    worst_first = sorted(opened, key=lambda case: case.state.now is CurrentState.CLEARED)
    shown = str(handoff_message(replace(busy(), open=tuple(worst_first), unexplained=())).blocks)
    assert [case.ref.id for case in opened if f"'{case.ref.id}'" in shown and case.state.now is CurrentState.STILL] == [
        case.ref.id for case in opened[10:]
    ]


def alike(number: int, now: CurrentState, outcome: str = "confirmed") -> tuple[OpenCase, ...]:
    """So many cases of one cause, a minute apart, in two namespaces; Mei has every other one."""
    cases = (open_case(at, now, outcome) for at in range(number))
    return tuple(
        replace(case, opened_at=EARLIER + timedelta(minutes=at), namespace=("shop", "cart")[at % 2])
        for at, case in enumerate(cases)
    )


def test_fifteen_cases_of_one_cause_are_one_bullet_that_links_to_the_newest(page: Any, refused: Any) -> None:
    counts = Counts(opened=20, open=15, open_in_full=15, unexplained=2, unanswered=1)
    unexplained = alike(2, CurrentState.RULED_OUT, "ruled_out")
    crowded = replace(
        busy(), counts=counts, open=alike(15, CurrentState.STILL), unexplained=unexplained, unanswered=(GAP,)
    )
    stands("handoff-crowded", handoff_message(crowded), page, refused)


def parts(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for member in value.values():
            yield from parts(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from parts(member)


SCRAPS = ["<!channel>", "<@U0123456>", "&lt;", "```", "*b*", "_x_", "~", ":fire:", "\x00", "\n", "", "节点", "word "]
SCRAPS += ["\N{RIGHT-TO-LEFT OVERRIDE}", "\ud800", "w" * 700, "&", "[a](http://b)", " "]


class Chance:
    """A handoff of strange words, made by chance; the same number makes the same one."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        return "".join(self.random.choices(SCRAPS, k=self.random.randint(0, 5)))

    def ref(self) -> CaseRef:
        links = ["", "https://example.slack.com/x", "javascript:alert(1)"]
        return CaseRef(id=self.text(), link=self.random.choice(links))

    def some(self, make: Callable[[], Any], most: int) -> tuple[Any, ...]:
        return tuple(make() for _ in range(self.random.randint(0, most)))

    def texts(self, *names: str) -> dict[str, str]:
        return {name: self.text() for name in names}

    def seen(self) -> EvidenceRef:
        return EvidenceRef(at=EARLIER, **self.texts("object", "excerpt", "check"))

    def case(self) -> OpenCase:
        return OpenCase(
            ref=self.ref(),
            opened_at=EARLIER,
            state=State(now=self.random.choice(list(CurrentState)), reason=self.text(), seen=self.seen()),
            seen=self.random.choice([None, self.seen()]),
            next_step=self.random.choice([None, NextCheck(text=self.text())]),
            settle=self.some(lambda: NextCheck(text=self.text(), command=self.text()), 3),
            **self.texts("entry", "title", "outcome", "found", "question", "cluster", "namespace", "assignee"),
        )

    def cause(self) -> Cause:
        cases = self.some(self.ref, 20)
        return Cause(clusters=self.some(self.text, 4), cases=cases, confirmed=1, **self.texts("entry", "title"))

    def gap(self) -> UnansweredQuestion:
        return UnansweredQuestion(ref=self.ref(), asked_at=EARLIER, **self.texts("question", "asked_by", "later"))

    def word(self) -> Unhelpful:
        return Unhelpful(ref=self.ref(), at=EARLIER, **self.texts("entry", "user", "note"))

    def action(self) -> Action:
        return Action(at=EARLIER, ref=self.random.choice([None, self.ref()]), **self.texts("actor", "what", "cluster"))

    def handoff(self) -> Handoff:
        return Handoff(
            id="HO-7F3K2Q7F",
            since=EARLIER,
            until=END,
            zone="Asia/Shanghai",
            handed_from=self.some(self.text, 3),
            handed_to=self.some(lambda: self.random.choice(["U08JONAS", self.text()]), 30),
            people={self.text(): self.text()},
            counts=Counts(open=9, open_in_full=self.random.randint(0, 99), stale=2, actions=50, resolved=3),
            rechecked=self.random.random() < 0.8,
            open=self.some(self.case, 30),
            stale=self.some(self.ref, 5),
            guides=self.some(self.ref, 10),
            new_causes=self.some(self.cause, 9),
            repeated=self.some(self.cause, 9),
            unexplained=self.some(self.case, 20),
            unanswered=self.some(self.gap, 20),
            answered_late=self.some(self.gap, 20),
            unhelpful=self.some(self.word, 20),
            actions=self.some(self.action, 40),
            unreachable=self.some(
                lambda: UnreachableCluster(at=END, ref=self.ref(), **self.texts("cluster", "why")), 5
            ),
            changes=self.some(
                lambda: RecentChange(at=EARLIER, **self.texts("cluster", "object", "what", "manager")), 9
            ),
            near_limits=self.some(lambda: NearLimit(**self.texts("cluster", "text")), 9),
            silences=self.some(lambda: ExpiringSilence(ends_at=END, **self.texts("matchers", "made_by", "comment")), 9),
            shift_notes=self.some(lambda: ShiftNote(at=EARLIER, **self.texts("user", "note")), 4),
            **self.texts("note", "silences_trouble"),
        )


@pytest.mark.parametrize("seed", range(60))
def test_whatever_it_holds_slack_takes_it_and_parses_nothing(refused: Any, seed: int) -> None:
    chance = Chance(seed)
    handoff, taken = chance.handoff(), Acknowledgement(chance.text(), END)
    for message in (
        handoff_message(handoff),
        handoff_message(handoff, acknowledged=taken),
        reminder_message(handoff, 30),
    ):
        assert refused(message) == []
        ours = re.sub(r"<@[UW][A-Z0-9]{2,20}>|<!subteam\^S[A-Z0-9]{2,20}>", "", message.text)
        assert not re.findall(r"<.{0,30}|[`*~]|&(?!amp;|lt;|gt;)", ours)
        assert not [part for part in parts(message.blocks) if part.get("type") in ("mrkdwn", "markdown")]
        assert all(part["url"].startswith("https://") for part in parts(message.blocks) if part.get("type") == "link")
