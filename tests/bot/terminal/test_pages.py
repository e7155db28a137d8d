"""The pages that people read, compared with the texts in ``pages/``.

After a wanted change write them anew and read the difference:

    REWRITE=1 python -m pytest tests/bot/terminal/test_pages.py && git diff tests/bot/terminal/pages
"""

import io
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.session import safe_name
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.report import make_report
from bot.recordings import Recording, load, serve
from bot.terminal.console import say, say_command, show_table, wrap
from bot.terminal.pages import show_entry, show_facts, show_report, show_verdicts
from bot.text import age, plain
from knowledge.model import Entry, is_chinese

PAGES = Path(__file__).parent / "pages"
Entries = Mapping[str, Entry]
Meaning = Callable[[Mapping[str, float]], Any]


OUT_OF_IPS = {"terway-vswitch-out-of-ips": 0.8, "terway-pod-lifecycle": 0.15}
NOT_HERE = {"flannel-ip-leak": 0.9, "terway-vswitch-out-of-ips": 0.2, "terway-pod-lifecycle": 0.1}
CASES: dict[str, tuple[str | None, dict[str, float], int]] = {
    "confirmed": ("terway-out-of-ips", OUT_OF_IPS, 80),
    "confirmed-narrow": ("terway-out-of-ips", OUT_OF_IPS, 60),
    "confirmed-on-flannel": ("flannel-ip-leak", {"flannel-ip-leak": 0.9}, 100),
    "suspected-hidden": ("terway-out-of-ips-hidden", OUT_OF_IPS, 80),
    "suspected-asks": ("flannel-hairpin-off", {"flannel-hairpin-off": 0.9}, 80),
    "ruled-out": ("terway-volume-mount-fails", NOT_HERE, 80),
    "guide": ("terway-healthy", {"terway-acceleration-mode": 0.9}, 80),
    "also-seen": ("terway-out-of-ips", {"ipvs-udp-timeout": 0.9, "cluster-domain": 0.2}, 80),
    "no-cluster": (None, OUT_OF_IPS, 80),
    "unmatched": (None, {}, 60),
}


async def answered(
    entries: Entries,
    meaning: Meaning,
    scores: Mapping[str, float],
    store: Recording | None,
    words: str = "pods do not start",
) -> Answer:
    """The answer on that recording, told by its clock, with what differs from run to run made even."""
    clinic = Clinic(entries, meaning(scores), Budget(seconds=30))
    if store is None:
        return await clinic.ask(words)
    async with serve(store) as server, connect_to(server.kubeconfig, store.name) as link:
        answer = await clinic.ask(words, Cluster(Transport(link.client), store.name))
    return replace(answer, asked_at=store.recorded, requests=20, bytes=40_000, elapsed_ms=100)


def printed(show: object, subject: object, width: int) -> str:
    """What a terminal of that width would show, without colour."""
    stream = io.StringIO()
    show(Console(file=stream, width=width), subject)  # type: ignore[operator]
    return stream.getvalue()


@pytest.mark.parametrize("name", CASES)
async def test_a_page_reads_as_agreed(entries: Entries, meaning: Meaning, name: str) -> None:
    recording, scores, width = CASES[name]
    answer = await answered(entries, meaning, scores, load(recording) if recording else None)
    agreed(name, printed(show_report, make_report(answer), width))


async def test_where_little_could_be_read_not_seeing_is_not_told_as_not_there(
    entries: Entries, meaning: Meaning
) -> None:
    answer = await answered(entries, meaning, OUT_OF_IPS, load("terway-out-of-ips-hidden"))
    agreed("unclear-hidden", printed(show_report, make_report(replace(answer, in_scope=False, diagnoses=())), 80))


@pytest.mark.parametrize(
    ("name", "words", "recording"),
    [
        ("unmatched-chinese", "我的节点怎么 NotReady 了", "terway-healthy"),
        ("unmatched-chinese-failing", "网络不通", "flannel-notready-pleg"),
        ("ruled-out-chinese", "Pod 起不来", "terway-healthy"),
    ],
)
async def test_without_an_entry_the_page_speaks_the_language_of_the_question(
    entries: Entries, meaning: Meaning, name: str, words: str, recording: str
) -> None:
    scores = OUT_OF_IPS if name.startswith("ruled-out") else {}
    answer = await answered(entries, meaning, scores, load(recording), words)
    agreed(name, printed(show_report, make_report(answer), 80))


def agreed(name: str, page: str) -> None:
    """It reads as it was agreed; with REWRITE it is agreed now."""
    kept = PAGES / f"{name}.txt"
    if os.environ.get("REWRITE"):
        kept.write_text(page, encoding="utf-8")
    assert page == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][0]])
async def test_no_line_is_padded_and_only_commands_are_wider_than_the_screen(
    entries: Entries, meaning: Meaning, name: str
) -> None:
    recording, scores, width = CASES[name]
    answer = await answered(entries, meaning, scores, load(recording or ""))
    page = printed(show_report, make_report(answer), width)
    commands = _commands(answer)
    assert all(line in page for step in answer.diagnoses[0].steps for line in (step.command or "").splitlines())
    for line in page.splitlines():
        assert line == line.rstrip()
        assert len(line) <= width or line.strip() in commands or len(line.split()) == 1


def _commands(answer: Answer) -> set[str]:
    first = answer.diagnoses[0]
    steps = [step for part in (first.settle, first.steps, first.prevent, first.verify) for step in part]
    every = [piece.check for item in answer.diagnoses for found in item.judgement.findings for piece in found.evidence]
    shown = [line.strip() for step in steps for line in (step.command or "").splitlines()]
    return {*every, *shown}


async def test_the_order_at_3_am(entries: Entries, meaning: Meaning) -> None:
    answer = await answered(entries, meaning, OUT_OF_IPS, load("terway-out-of-ips"))
    page = printed(show_report, make_report(answer), 80)
    parts = ["CONFIRMED", "Evidence", "Steps", "To prevent it", "Cause", "Verify", "More evidence"]
    assert re.findall("|".join(f"^{part}" for part in parts), page, re.MULTILINE) == parts
    assert re.search(
        r"4\. Restart Terway.*\n(?:     .*\n)*?     Caution: running pods stay .*\n(?:     .*\n)+?     kubectl", page
    )


HOSTILE = "web-\x1b[31m[bold red]x[/]\N{RIGHT-TO-LEFT OVERRIDE}\x07\x00 <!channel>"


async def test_hostile_names_and_lines_are_shown_as_text(entries: Entries, meaning: Meaning) -> None:
    base = load("terway-out-of-ips")
    objects = [
        _renamed(item) for item in base.objects() if item["kind"] in ("Pod", "Event", "DaemonSet", "ConfigMap", "Node")
    ]
    store = Recording.of(objects, name="hostile", recorded=base.recorded)
    answer = await answered(entries, meaning, OUT_OF_IPS, store)
    page = printed(show_report, make_report(answer), 80)
    assert "CONFIRMED" in page
    assert "[bold red]x[/]" in page
    assert "<!channel>" in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\N{RIGHT-TO-LEFT OVERRIDE}]", page)
    assert safe_name(HOSTILE) in page, "as a name it can do nothing in a shell"
    verdicts = printed(show_verdicts, make_report(answer), 60)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\N{RIGHT-TO-LEFT OVERRIDE}]", verdicts)


def _renamed(item: dict[str, object]) -> dict[str, object]:
    """The waiting pod and all that is said about it, under a name that no API server would allow."""
    import json

    plain_text = json.dumps(item).replace("web-5f7d9c6b8-k2x9q", json.dumps(HOSTILE)[1:-1])
    renamed = dict(json.loads(plain_text))
    return {**renamed, "message": f"{HOSTILE} {renamed['message']}"} if "message" in renamed else renamed


def test_every_shipped_entry_has_a_title_in_chinese(entries: Entries) -> None:
    assert [entry.id for entry in entries.values() if not is_chinese(entry.title_zh)] == []


async def test_who_asks_in_chinese_reads_the_chinese_title(entries: Entries, meaning: Meaning) -> None:
    clinic = Clinic(entries, meaning(OUT_OF_IPS), Budget(seconds=30))
    for question, in_chinese in (("Pod 一直 ContainerCreating", True), ("pods do not start", False)):
        answer, entry = await clinic.ask(question), entries["terway-vswitch-out-of-ips"]
        page = printed(show_report, make_report(answer), 100)
        assert (entry.title_zh in page, entry.title in page) == (in_chinese, not in_chinese)
        assert ("疑似" in page, "SUSPECTED" in page) == (in_chinese, not in_chinese)
        assert ("先确认" in page, "Settle it first" in page) == (in_chinese, not in_chinese)
        assert answer.diagnoses[0].to_json()["title"] == entry.title


def test_an_entry_is_shown_in_full_for_any_cluster(entries: Entries) -> None:
    for entry in entries.values():
        page = printed(show_entry, entry, 80)
        assert entry.title in " ".join(page.split())
        assert "{{" not in page
        assert "{%" not in page


def test_verdicts_that_need_a_person_stand_above_the_others(entries: Entries) -> None:
    import asyncio

    answer = asyncio.run(_checked(entries, "flannel-ip-leak"))
    rows = printed(show_verdicts, make_report(answer), 100).splitlines()
    words = [row[:9] for row in rows if re.match("CONFIRMED|SUSPECTED|RULED OUT", row)]
    assert words == sorted(words, key=["CONFIRMED", "SUSPECTED", "RULED OUT"].index)
    assert words[0] == "CONFIRMED"
    elsewhere = " ".join(" ".join(rows).partition("Not for this cluster")[2].split())
    assert entries["ipv6-not-reachable-from-internet"].title in elsewhere


async def _checked(entries: Entries, recording: str) -> Answer:
    async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
        return await Clinic(entries).check([], Cluster(Transport(link.client), recording))


def test_names_are_never_broken() -> None:
    text = Text("Pod kube-system/terway-eniip-7k2vb waits on cn-hangzhou.10.0.0.11")
    assert [line.plain for line in wrap(text, 20)] == [
        "Pod",
        "kube-system/terway-eniip-7k2vb",
        "waits on",
        "cn-hangzhou.10.0.0.11",
    ]


def test_wide_letters_count_twice() -> None:
    assert [line.plain for line in wrap(Text("交换机 地址 用完"), 11)] == ["交换机 地址", "用完"]


def test_a_mark_hangs_beside_its_text() -> None:
    stream = io.StringIO()
    say(Console(file=stream, width=20), "one two three four five", indent=2, mark="1.")
    assert stream.getvalue() == "  1. one two three\n     four five\n"


def test_a_command_is_never_cut() -> None:
    stream = io.StringIO()
    say_command(Console(file=stream, width=20), "kubectl get pods -A -o wide | grep x\nnext", indent=5)
    assert stream.getvalue() == "     kubectl get pods -A -o wide | grep x\n     next\n"


def test_plain_text_has_nothing_that_moves_or_colours() -> None:
    assert plain("a\x1b[2Jb\x07c\N{RIGHT-TO-LEFT OVERRIDE}d\ne\N{ZERO WIDTH SPACE}") == "a[2Jbcd\ne"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "just now"), (9, "just now"), (10, "10 s ago"), (119, "119 s ago"), (120, "2 min ago"),
     (7199, "119 min ago"), (7200, "2 h ago"), (172_799, "47 h ago"), (172_800, "2 d ago")],
)  # fmt: skip
def test_ages(seconds: int, told: str) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now) == told


ROWS = [("terway-vswitch-out-of-ips", "fault", "The vSwitch behind Terway has run out of IP addresses")]


def test_a_table_is_aligned_where_it_fits() -> None:
    stream = io.StringIO()
    show_table(Console(file=stream, width=75, force_terminal=True, no_color=True), ("entry", "kind", "title"), ROWS)
    assert re.sub(r"\x1b\[\d*m", "", stream.getvalue()) == (
        "entry                      kind   title\n"
        "terway-vswitch-out-of-ips  fault  The vSwitch behind Terway has run out of\n"
        "                                  IP addresses\n"
    )


def test_a_table_is_stacked_on_a_narrow_terminal() -> None:
    stream = io.StringIO()
    show_table(Console(file=stream, width=50, force_terminal=True, no_color=True), ("entry", "kind", "title"), ROWS)
    assert re.sub(r"\x1b\[\d*m", "", stream.getvalue()) == (
        "terway-vswitch-out-of-ips  fault\n    The vSwitch behind Terway has run out of IP\n    addresses\n"
    )


def test_facts_show_where_they_were_read() -> None:
    from bot.cluster.facts import Fact

    facts = [
        Fact(name="terway.mode", value="shared", source="DaemonSet kube-system/terway-eniip"),
        Fact(name="cluster.vpc", reason="not permitted"),
    ]
    assert printed(show_facts, facts, 80) == (
        "fact         value (read from)\n"
        "terway.mode  shared (DaemonSet kube-system/terway-eniip)\n"
        "cluster.vpc  unknown: not permitted\n"
    )
