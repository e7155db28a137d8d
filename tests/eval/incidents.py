"""Incidents asked on clusters: foreign ones, which no entry may be confirmed for, and faults in a stranger's words.

Foreign incidents (``foreign-incidents.jsonl``) use the FAQ's words, and their cause is not in it: ``cause`` says what
it is, ``on`` the risky cluster (``recordings/``) on which they are asked: nothing fails there, and each setting is on
under which a fault of the FAQ can happen. True faults (``true-faults.jsonl``) name their entry and a recording where
it holds.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path

import numpy as np
import orjson

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.judge import Verdict
from bot.recordings import load, serve
from index.search import Index
from knowledge.model import Entry

HERE = Path(__file__).parent
FOREIGN, TRUE_FAULTS = HERE / "foreign-incidents.jsonl", HERE / "true-faults.jsonl"
RISKY = tuple(sorted(path.name for path in (HERE / "recordings").iterdir() if path.is_dir()))


@dataclass(frozen=True, kw_only=True)
class Incident:
    """One message and the recording it is asked on; ``entry`` is its fault, ``cause`` what is behind a foreign one."""

    id: str
    text: str
    on: str
    lang: str = "en"
    cause: str = ""
    entry: str = ""


@dataclass(frozen=True)
class Asked:
    """An incident with what was answered."""

    incident: Incident
    answer: Answer

    @property
    def confirmed(self) -> tuple[str, ...]:
        return tuple(one.entry.id for one in self.answer.diagnoses if one.verdict is Verdict.CONFIRMED)

    @property
    def is_found(self) -> bool:
        """Whether its own fault is what the answer confirms first."""
        return self.confirmed[:1] == (self.incident.entry,)


def read_incidents(path: Path) -> list[Incident]:
    names = [field.name for field in fields(Incident)]
    records = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
    return [Incident(**{name: record[name] for name in names if name in record}) for record in records]


@asynccontextmanager
async def open_cluster(name: str) -> AsyncIterator[Cluster]:
    """A risky recording or a shipped one, served as a cluster."""
    own = HERE / "recordings" / name
    async with serve(load(own if own.is_dir() else name)) as server, connect_to(server.kubeconfig, name) as connection:
        yield Cluster(Transport(connection.client), name)


async def ask_incidents(
    entries: Mapping[str, Entry], index: Index, incidents: Iterable[Incident], on: str = ""
) -> list[Asked]:
    """Each incident on its own recording, or all of them on one."""
    clinic = Clinic(entries, index)
    asked: list[Asked] = []
    for name, group in groupby(sorted(incidents, key=lambda one: on or one.on), key=lambda one: on or one.on):
        async with open_cluster(name) as cluster:
            asked += [Asked(incident, await clinic.ask(incident.text, cluster)) for incident in group]
    return asked


def foreign_figures(index: Index, asked: Sequence[Asked]) -> dict[str, float]:
    """Of the foreign incidents: what share the words alone put in scope, what share is answered, and confirmed."""
    return {
        "in scope by the words": _share(index.match(one.incident.text).in_scope for one in asked),
        "answered on risky clusters": _share(bool(one.answer.diagnoses) for one in asked),
        "confirmed on risky clusters": _share(bool(one.confirmed) for one in asked),
    }


def true_figures(asked: Sequence[Asked]) -> dict[str, float]:
    return {
        "its own entry confirmed first": _share(one.is_found for one in asked),
        "another entry confirmed": _share(bool(set(one.confirmed) - {one.incident.entry}) for one in asked),
    }


def _share(held: Iterable[bool]) -> float:
    return float(np.mean([*held]))


def report(title: str, asked: Sequence[Asked], figures: Mapping[str, float]) -> str:
    width = max(map(len, figures))
    lines = [f"{len(asked)} {title}", *(f"{name.ljust(width)}  {value:.3f}" for name, value in figures.items())]
    return "\n".join(lines)


def list_wrong(foreign: Sequence[Asked], true: Sequence[Asked]) -> str:
    """The foreign incidents that something is confirmed for, and the faults that are not found."""
    wrong = [one for one in foreign if one.confirmed] + [one for one in true if not one.is_found]
    return "\n".join(f"{one.incident.id}: {one.incident.text} -> {_verdicts(one.answer)}" for one in wrong)


def _verdicts(answer: Answer) -> str:
    return ", ".join(f"{one.entry.id} {one.verdict}" for one in answer.diagnoses[:3]) or answer.outcome
