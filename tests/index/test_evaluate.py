"""The figures, over answers made by hand and over a small file of questions."""

from collections.abc import Callable
from pathlib import Path

import pytest

from index.search import Index
from knowledge.model import Entry
from tests.eval.evaluate import Question, Ranking, auc, compare, figures, list_misses, read_questions, table

FILE = """\
{"id": "1", "text": "交换机 ip 不足", "kind": "in", "accept": ["terway-vswitch-out-of-ips"], "lang": "zh"}
{"id": "2", "text": "nf_conntrack: table full, dropping packet", "kind": "in", "accept": ["conntrack-table-full"]}
{"id": "3", "text": "happy birthday", "kind": "out", "accept": [], "group": "chatter"}
{"id": "4", "text": "pods get no ip", "kind": "ambiguous", "accept": ["terway-vswitch-out-of-ips", "no-such-entry"]}
"""


def ranked(kind: str, accept: str, order: tuple[Entry, ...], confidence: float, lang: str = "en") -> Ranking:
    question = Question(id="q", text="text", kind=kind, accept=(accept,), lang=lang)
    return Ranking(question=question, order=order, confidence=confidence)


def test_figures_of_answers_made_by_hand(make_entry: Callable[..., Entry]) -> None:
    a, b = make_entry("a"), make_entry("b")
    answers = [
        ranked("in", "Heading of a", (a, b), 0.9),
        ranked("in", "b", (a, b), 0.4, lang="zh"),
        ranked("out", "", (b, a), 0.5),
        ranked("ambiguous", "a", (b, a), 0.7),
    ]
    values = figures("ours", answers).values
    assert values["top-1"] == 0.5
    assert values["top-3"] == 1.0
    assert values["top-1 Chinese and mixed"] == 0.0
    assert values["AUC in / out"] == 0.5
    assert values["answered at 5 % false answers"] == 0.5
    assert values["ambiguous: in first 8"] == 1.0
    assert list_misses(answers) == "q: text -> a"


def test_area_under_the_curve_counts_ties_half() -> None:
    assert auc([0.9, 0.5], [0.5, 0.1]) == pytest.approx(0.875)


@pytest.mark.slow
def test_all_methods_over_a_question_file(index: Index, entries: list[Entry], tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(FILE, encoding="utf-8")
    columns, ours = compare(index, entries, read_questions(path))
    assert [column.method for column in columns] == ["netclinic", "MiniLM", "MiniLM, symptoms", "BM25"]
    assert columns[0].values["top-1"] == 1.0
    assert columns[0].values["ambiguous: in first 8"] == 0.5
    assert len(ours) == 4
    assert "top-3" in table(columns)
