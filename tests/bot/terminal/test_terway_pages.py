"""Every answer of the Terway entries as people read it: a page for each verdict that an entry is proved in.

After a wanted change write them anew and read the difference aloud:

    REWRITE=1 python -m pytest tests/bot/terminal/test_terway_pages.py && git diff tests/bot/terminal/pages/entries
"""

import io
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bot.cluster.connection import connect_to
from bot.cluster.facts import declared_facts
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.report import make_report
from bot.probes import vocabulary
from bot.recordings import load, serve
from bot.terminal.pages import show_report
from knowledge.loading import BUILTIN_FOLDER, load_entries
from knowledge.model import Entry

PAGES = Path(__file__).parent / "pages" / "entries"
PATIENT = Budget(seconds=60, cloud_seconds=60)
VERDICTS = ("confirmed", "suspected", "ruled_out", "answered")
ENTRIES = {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary()) if entry.section == "terway"}


def cases() -> Mapping[str, list[tuple[str, str]]]:
    """The pages of each recording: entry and verdict, on the first recording that proves it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in ENTRIES.values():
        for verdict, recordings in named(entry):
            found.setdefault(recordings[0], []).append((entry.id, verdict))
    return found


def named(entry: Entry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The verdicts with the recordings that prove them."""
    proved = ((verdict, getattr(entry.proved_on, verdict)) for verdict in VERDICTS)
    return ((verdict, recordings) for verdict, recordings in proved if recordings)


@pytest.mark.parametrize("recording", cases())
async def test_the_answers_on_a_recording_read_as_agreed(recording: str) -> None:
    wanted = cases()[recording]
    answer = await judged(recording, [id_ for id_, _ in wanted])
    changed = [f"{id_} {verdict}" for id_, verdict in wanted if not agreed(id_, verdict, page_of(answer, id_))]
    assert changed == [], "see the top of this file"


async def judged(recording: str, ids: list[str]) -> Answer:
    """The answer about these entries, as if the words had plainly described each."""
    store = load(recording)
    async with serve(store) as server, connect_to(server.kubeconfig, recording) as link:
        cluster, clinic = Cluster(Transport(link.client), recording, cloud=store.cloud), Clinic(ENTRIES, None, PATIENT)
        answer = await clinic.check(ids, cluster, words_are_clear=True, words=store.question)
    return replace(answer, asked_at=store.recorded, requests=20, bytes=40_000, elapsed_ms=100)


def page_of(answer: Answer, id_: str) -> str:
    """What a terminal shows of one entry."""
    mine = tuple(item for item in answer.diagnoses if item.entry.id == id_)
    stream = io.StringIO()
    alone = replace(answer, diagnoses=mine, failing=(), more_failing=0, unread=())
    show_report(Console(file=stream, width=100), make_report(alone))
    return stream.getvalue()


def agreed(id_: str, verdict: str, page: str) -> bool:
    """Whether it reads as it was agreed; with REWRITE it is agreed now."""
    kept = PAGES / id_ / f"{verdict}.txt"
    if os.environ.get("REWRITE"):
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(page, encoding="utf-8")
    return kept.is_file() and page == kept.read_text(encoding="utf-8")


def test_no_page_is_left_over() -> None:
    wanted = {(id_, verdict) for pages in cases().values() for id_, verdict in pages}
    assert {(page.parent.name, page.stem) for page in PAGES.glob("*/*.txt")} == wanted


def prose(page: str) -> list[str]:
    """The lines of a page without its commands."""
    return [
        line
        for line in page.splitlines()
        if not re.match(r"\s*(kubectl|aliyun|ip |dmesg|cat |apiVersion|\s+\w+:)", line)
    ]


def test_pages_show_no_internals_and_leave_no_word_of_a_template() -> None:
    internal = re.compile(
        "|".join(rf"(?<![\w.`/]){re.escape(name)}(?![\w`.])" for name in declared_facts() if "." in name)
    )
    for page in sorted(PAGES.glob("*/*.txt")):
        for line in prose(page.read_text(encoding="utf-8")):
            assert not internal.search(line), f"{page.parent.name} {page.stem}: {line}"
            assert "{{" not in line, f"{page.parent.name} {page.stem}: {line}"
            assert "{%" not in line, f"{page.parent.name} {page.stem}: {line}"


def test_a_region_and_a_vpc_that_the_cluster_tells_are_filled_in() -> None:
    for page in sorted(PAGES.glob("*/*.txt")):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"--RegionId [A-Z_]+", text), page.parent.name
        assert not re.search(r"--VpcId [A-Z_]+", text) or "flannel" in text, page.parent.name
