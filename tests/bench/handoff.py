"""``make bench-handoff``: what a handoff costs after a year of cases, apart from looking at clusters again."""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportCluster, ReportDiagnosis, ReportEvidence, ReportStep
from bot.handoff.make import HandoffGenerator, HandoffRequest
from bot.store import Store, open_store
from bot.store.schema import cases, feedback, stored_answers
from knowledge.model import Kind

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
OUTCOMES = ("confirmed", "confirmed", "suspected", "ruled_out", "answered", "unmatched")
CLUSTERS = ("prod-hz", "prod-bj", "prod-sg", "staging", "dev")
STILL_OPEN = 0.03  # of the cases of a year: people forget to press Resolve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.handoff", description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument(
        "--url", default="", help="a PostgreSQL database to fill; SQLite in a temporary folder otherwise"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(chosen.url, Path(folder))
        print(f"Writing {chosen.cases:,} cases ...", flush=True)
        _fill(store, chosen.cases)
        asyncio.run(_measure(store))
        store.close()


async def _measure(store: Store) -> None:
    maker = HandoffGenerator(store)
    zone = ZoneInfo("Asia/Shanghai")
    await maker.make(HandoffRequest(key="warm", words="1m", now=NOW, zone=zone))  # imports, fonts
    print("| span | cases told | seconds |\n| --- | --- | --- |")
    for words in ("12h", "2d", "31d"):
        started = time.perf_counter()
        kept = await maker.make(HandoffRequest(key=words, words=words, now=NOW, zone=zone))
        seconds = time.perf_counter() - started
        counts = kept.handoff.counts
        print(f"| {words} | {counts.open} open, {counts.resolved} resolved | {seconds:.2f} |")


def _fill(store: Store, number: int) -> None:
    chance = random.Random(7)
    told = {outcome: _told(outcome) for outcome in set(OUTCOMES)}
    for start in range(0, number, 500):
        rows = [_case(chance, at, number) for at in range(start, min(start + 500, number))]
        looks = [look for row in rows for look in _looks(chance, row, told)]
        words = [_word(look) for look in looks if chance.random() < 0.02]
        with store.writing() as connection:
            connection.execute(cases.insert(), rows)
            connection.execute(stored_answers.insert(), looks)
            if words:
                connection.execute(feedback.insert(), words)


def _case(chance: random.Random, at: int, number: int) -> dict[str, Any]:
    opened = NOW - YEAR * (1 - at / number)
    ended = opened + timedelta(minutes=chance.expovariate(1 / 120))
    is_open = chance.random() < STILL_OPEN or ended > NOW
    outcome = chance.choice(OUTCOMES)
    entry = f"entry-{int(chance.paretovariate(0.8)) % 60}" if outcome != "unmatched" else ""
    return {
        "id": f"NC-{at:06d}",
        "team": "T0",
        "channel": "C0",
        "thread_ts": f"{at}.000100",
        "link": f"https://example.slack.com/archives/C0/p{at}",
        "opened_at": opened,
        "opened_by": f"U{at % 40}",
        "question": "pods stuck in ContainerCreating, what is this? " * 3,
        "cluster": chance.choice(CLUSTERS),
        "state": "open" if is_open else "resolved",
        "entry": entry,
        "title": f"What {entry} is about, in a sentence" if entry else "",
        "outcome": outcome,
        "diagnosed_at": opened + timedelta(seconds=9),
        "updated_at": opened + timedelta(seconds=9) if is_open else ended,
        "resolved_at": None if is_open else ended,
        "resolved_by": "" if is_open else "U1",
    }


def _looks(chance: random.Random, row: dict[str, Any], told: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number in range(chance.choice((1, 1, 2))):
        at = row["opened_at"] + timedelta(minutes=number * 10)
        yield {
            "id": f"{row['id']}:{number}",
            "case_id": row["id"],
            "kind": "recheck" if number else "ask",
            "asked_at": at,
            "asked_by": row["opened_by"],
            "question": row["question"],
            "cluster": row["cluster"],
            "entry": row["entry"],
            "title": row["title"],
            "outcome": row["outcome"],
            "told": told[row["outcome"]],
            "finished_at": at + timedelta(seconds=9),
        }


def _word(look: dict[str, Any]) -> dict[str, Any]:
    return {
        "diagnosis_id": look["id"],
        "user": "U1",
        "case_id": look["case_id"],
        "entry": look["entry"],
        "helped": False,
        "note": "it was something else",
        "at": look["asked_at"],
    }


def _told(outcome: str) -> dict[str, Any]:
    """An answer of the usual size, some 15 kB."""
    piece = ReportEvidence(
        object="Pod shop/web-0", excerpt="FailedCreatePodSandBox " * 18, seen=NOW, check="kubectl " * 8
    )
    step = ReportStep(text="Look at the vSwitches in the VPC console. " * 5, command="kubectl get pods -o wide " * 4)
    item = ReportDiagnosis(
        entry="entry-1",
        title="What entry-1 is about, in a sentence",
        kind=Kind.FAULT,
        verdict=Verdict(outcome) if outcome != "unmatched" else Verdict.RULED_OUT,
        score=0.9,
        rests_on_sign=True,
        elsewhere=False,
        reason="One pod waits in ContainerCreating. " * 4,
        evidence=(piece,) * 5,
        cause="The vSwitch has no free address. " * 20,
        settle=(step,) * 3,
        steps=(step,) * 5,
        verify=(step,) * 2,
    )
    cluster = ReportCluster(
        name="prod-hz", reachable=True, traits="Kubernetes 1.32", facts={"network_plugin": "terway"}
    )
    told = Report(question="q", in_scope=True, cluster=cluster, asked_at=NOW, told_at=NOW, diagnoses=(item,) * 3)
    return replace(told, diagnoses=() if outcome == "unmatched" else told.diagnoses).to_json()


if __name__ == "__main__":
    main()
