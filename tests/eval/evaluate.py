"""The figures of a question file: ours, plain MiniLM and BM25 side by side (``python -m tests.eval.evaluate``).

Without ``--questions`` also those of our incidents, asked on clusters. All of them are for measuring only: nothing here
feeds back into the index.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson
import platformdirs

import knowledge
from bot.probes import vocabulary
from index.lexical import Floats
from index.search import Index, open_index
from knowledge.loading import load_entries
from knowledge.model import Entry
from tests.eval import incidents
from tests.eval.baselines import Scores, bm25, nearest_passage, passages

QUESTIONS = Path(__file__).parent / "questions.jsonl"
FIRST = 8
FALSE_ANSWERS = 0.05


@dataclass(frozen=True, kw_only=True)
class Question:
    """One message; ``accept``: headings or entry ids that answer it, if ``ambiguous`` all that could be behind it."""

    id: str
    text: str
    kind: str
    lang: str = "en"
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """What a method said to a question: its entries, best first, and how sure it was that there is an answer."""

    question: Question
    order: tuple[Entry, ...]
    confidence: float

    def hit(self, first: int) -> bool:
        return any(set(self.question.accept) & names(entry) for entry in self.order[:first])

    def coverage(self, first: int) -> float:
        found = {name for entry in self.order[:first] for name in names(entry)}
        return len(found & set(self.question.accept)) / len(self.question.accept)


@dataclass(frozen=True)
class Figures:
    """The figures of one method, by name, in the order in which they are printed."""

    method: str
    values: dict[str, float] = field(default_factory=dict)


def names(entry: Entry) -> set[str]:
    return {entry.id, *entry.headings}


def read_questions(path: Path) -> list[Question]:
    lines = [line for line in path.read_bytes().splitlines() if line.strip()]
    fields = ("id", "text", "kind", "lang")
    return [
        Question(**{name: record[name] for name in fields if name in record}, accept=tuple(record.get("accept", ())))
        for record in map(orjson.loads, lines)
    ]


def figures(method: str, ranked: Sequence[Ranking]) -> Figures:
    """All figures; those of a kind of question that the file does not hold are left out."""
    inside, outside, ambiguous = (
        [one for one in ranked if one.question.kind == kind] for kind in ("in", "out", "ambiguous")
    )
    chinese = [one for one in inside if one.question.lang in ("zh", "mixed")]
    values: dict[str, float] = {}
    if inside:
        values |= {"top-1": share(inside, 1), "top-3": share(inside, 3)}
    if chinese:
        values |= {"top-1 Chinese and mixed": share(chinese, 1), "top-3 Chinese and mixed": share(chinese, 3)}
    if inside and outside:
        sure, unsure = ([one.confidence for one in group] for group in (inside, outside))
        values["AUC in / out"] = auc(sure, unsure)
        limit = np.quantile(unsure, 1 - FALSE_ANSWERS)
        values["answered at 5 % false answers"] = float(np.mean(np.array(sure) > limit))
    if ambiguous:
        values[f"ambiguous: in first {FIRST}"] = float(np.mean([one.coverage(FIRST) for one in ambiguous]))
    return Figures(method, values)


def share(ranked: Sequence[Ranking], first: int) -> float:
    return float(np.mean([one.hit(first) for one in ranked]))


def auc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """The chance that a message in scope is given more confidence than one out of scope."""
    higher = np.array(inside)[:, None] - np.array(outside)[None, :]
    return float((higher > 0).mean() + 0.5 * (higher == 0).mean())


def ask_index(index: Index, entries: Sequence[Entry], question: Question) -> Ranking:
    by_id = {entry.id: entry for entry in entries}
    found = index.match(question.text)
    order = tuple(by_id[match.entry_id] for match in found.matches)
    return Ranking(question=question, order=order, confidence=found.confidence)


def ask_baseline(scores: Scores, entries: Sequence[Entry], question: Question) -> Ranking:
    values: Floats = scores(question.text)
    order = tuple(entries[row] for row in np.argsort(-values, kind="stable"))
    return Ranking(question=question, order=order, confidence=float(values.max()))


def compare(
    index: Index, entries: Sequence[Entry], questions: Sequence[Question]
) -> tuple[list[Figures], list[Ranking]]:
    """The figures of every method, and what ours said."""
    methods: dict[str, Callable[[Question], Ranking]] = {
        "MiniLM": _baseline(nearest_passage(entries, index.encoder, passages), entries),
        "MiniLM, symptoms": _baseline(nearest_passage(entries, index.encoder, lambda entry: entry.symptoms), entries),
        "BM25": _baseline(bm25(entries), entries),
    }
    ours = [ask_index(index, entries, question) for question in questions]
    others = [figures(name, [ask(question) for question in questions]) for name, ask in methods.items()]
    return [figures("netclinic", ours), *others], ours


def _baseline(scores: Scores, entries: Sequence[Entry]) -> Callable[[Question], Ranking]:
    return lambda question: ask_baseline(scores, entries, question)


def table(columns: Sequence[Figures]) -> str:
    """Figures side by side, in plain text."""
    rows = [["", *(column.method for column in columns)]]
    rows += [[name, *(f"{column.values[name]:.3f}" for column in columns)] for name in columns[0].values]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(_align(row, widths)) for row in rows)


def _align(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Names to the left, figures to the right."""
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]


def list_misses(ranked: Sequence[Ranking]) -> str:
    """The questions in scope whose first entry is not accepted, with what came first."""
    wrong = [one for one in ranked if one.question.kind == "in" and not one.hit(1)]
    return "\n".join(f"{one.question.id}: {one.question.text} -> {one.order[0].id}" for one in wrong)


def default_cache() -> Path:
    """The cache that the bot uses, so that an index built there serves here."""
    data = os.environ.get("NETCLINIC_DATA_DIR") or platformdirs.user_data_dir("netclinic", appauthor=False)
    return Path(data) / "index"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.eval.evaluate", description=__doc__)
    parser.add_argument("--questions", type=Path, default=None, help="question file (JSON lines), and no incidents")
    parser.add_argument("--cache", type=Path, default=None, help="where the built index is kept")
    parser.add_argument("--entries", type=Path, action="append", default=[], help="a folder of more entries")
    parser.add_argument("--missed", action="store_true", help="also list the messages that are answered wrongly")
    options = parser.parse_args()
    file: Path = options.questions or QUESTIONS
    if not file.is_file():
        sys.stderr.write(f"There is no question file {file}; name one with --questions FILE.\n")
        return 2
    entries = load_entries([Path(knowledge.__file__).parent / "entries", *options.entries], vocabulary())
    cache = options.cache or default_cache()
    index = open_index(entries, cache_dir=cache, model=os.environ.get("NETCLINIC_EMBEDDING_MODEL"))
    questions = read_questions(file)
    columns, ours = compare(index, entries, questions)
    sys.stdout.write(f"{len(questions)} questions over {len(entries)} entries\n{table(columns)}\n")
    if options.missed:
        sys.stdout.write(f"\n{list_misses(ours)}\n")
    if options.questions is None:
        asyncio.run(print_incidents(index, entries, missed=options.missed))
    return 0


async def print_incidents(index: Index, entries: Sequence[Entry], *, missed: bool) -> None:
    """What our incidents are answered on clusters."""
    known = {entry.id: entry for entry in entries}
    foreign = await incidents.ask_incidents(known, index, incidents.read_incidents(incidents.FOREIGN))
    true = await incidents.ask_incidents(known, index, incidents.read_incidents(incidents.TRUE_FAULTS))
    sys.stdout.write(f"\n{incidents.report('foreign incidents', foreign, incidents.foreign_figures(index, foreign))}\n")
    sys.stdout.write(f"\n{incidents.report('true faults', true, incidents.true_figures(true))}\n")
    if missed:
        sys.stdout.write(f"\n{incidents.list_wrong(foreign, true)}\n")


if __name__ == "__main__":
    sys.exit(main())
