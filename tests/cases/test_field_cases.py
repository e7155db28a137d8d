"""What is said on other people's clusters: never a false ``confirmed``, no true fault denied, no silence."""

import asyncio
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.report import make_report
from bot.probes import vocabulary
from bot.recordings import Recording, serve
from bot.terminal.pages import show_report
from index.search import open_index
from knowledge.loading import BUILTIN_FOLDER, load_entries
from tests.cases.field_cases import FieldCase, case_files, open_cases, read_case

PATIENT = Budget(seconds=60)  # no case is about time
OPEN = open_cases()


@dataclass(frozen=True)
class CaseAnswer:
    """What came back: the contract's JSON, and the page of the terminal on one line."""

    json: dict[str, Any]
    page: str

    @property
    def diagnoses(self) -> list[dict[str, Any]]:
        return list(self.json["diagnoses"])

    @property
    def first(self) -> dict[str, Any]:
        return self.diagnoses[0] if self.diagnoses else {}

    @property
    def evidence(self) -> str:
        return text_of(finding["evidence"] for finding in self.first.get("findings", ()))


def text_of(values: Iterable[Any]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def holds(wanted: str, text: str) -> bool:
    """Without case; quotes as a page shows them."""
    if wanted.startswith("re:"):
        return re.search(wanted[3:], text, re.IGNORECASE) is not None
    return " ".join(wanted.lower().split()) in text.lower().replace('\\"', '"')


@pytest.fixture(scope="module")
def clinic(data_dir: Path) -> Clinic:
    entries = {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())}
    return Clinic(entries, open_index(list(entries.values()), cache_dir=data_dir / "index"), PATIENT)


async def ask(clinic: Clinic, case: FieldCase) -> CaseAnswer:
    async with serve(case.recording) as server, connect_to(server.kubeconfig, case.name) as link:
        answer = await clinic.ask(case.question, Cluster(Transport(link.client), case.name))
    paper = io.StringIO()
    show_report(Console(file=paper, width=100, color_system=None), make_report(answer))
    return CaseAnswer(answer.to_json(), " ".join(paper.getvalue().split()))


def failures(case: FieldCase, got: CaseAnswer) -> Iterator[str]:
    """Each expectation that does not hold, in a sentence."""
    yield from _wrong_verdicts(case.expect, got)
    expect, everything = case.expect, text_of([got.json]) + got.page
    for wanted in expect.get("mentions", ()):
        if not holds(wanted, text_of([got.first])):
            yield f"the first diagnosis does not mention {wanted!r}"
    for name, text in (("evidence_any", got.evidence), ("seen_any", got.page)):
        if name in expect and not any(holds(wanted, text) for wanted in expect[name]):
            yield f"{name}: none of {expect[name]}"
    for wanted in expect.get("seen_all", ()):
        if not holds(wanted, got.page):
            yield f"the page does not show {wanted!r}"
    for unwanted in expect.get("omits", ()):
        if holds(unwanted, everything):
            yield f"{unwanted!r} is said"


def _wrong_verdicts(expect: Any, got: CaseAnswer) -> Iterator[str]:
    wanted = expect.get("top_confirmed", expect.get("top"))
    if wanted and not set(wanted) & set(got.first.get("headings", ())):
        yield f"first is {got.first.get('entry')}, not {wanted}"
    if "top_confirmed" in expect and got.first.get("verdict") != "confirmed":
        yield f"the first is {got.first.get('verdict')}: {got.first.get('reason')}"
    if "outcome_in" in expect and got.json["outcome"] not in expect["outcome_in"]:
        yield f"the outcome is {got.json['outcome']}"
    for number, item in enumerate(got.diagnoses):
        is_unwanted = (
            expect.get("none_confirmed")
            or (expect.get("nothing_else_confirmed") and number)
            or set(item["headings"]) & set(expect.get("never_confirmed", ()))
        )
        if item["verdict"] == "confirmed" and is_unwanted:
            yield f"{item['entry']} is confirmed: {item['reason']}"


PATHS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.xfail(strict=True, reason=why)] if why else [])
    for path in case_files()
    for why in [OPEN.get(path.stem)]
]


def assert_answered(clinic: Clinic, case: FieldCase) -> None:
    got = asyncio.run(ask(clinic, case))
    wrong = list(failures(case, got))
    assert not wrong, "\n".join([f"{case.name}: {case.question}", *wrong, f"why: {case.why}", got.page])


@pytest.mark.parametrize("path", PATHS)
def test_a_field_case(clinic: Clinic, path: Path) -> None:
    assert_answered(clinic, read_case(path))


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [param for param in PATHS if "also_asked" in Path(str(param.values[0])).read_text("utf-8")]
)
def test_a_field_case_in_other_words(clinic: Clinic, path: Path) -> None:
    case = read_case(path)
    for question in case.also_asked:
        assert_answered(clinic, replace(case, question=question))


def test_open_cases_are_there() -> None:
    assert OPEN.keys() <= {path.stem for path in case_files()}


SAID = {
    "outcome": "confirmed",
    "diagnoses": [
        {
            "entry": "one",
            "headings": ["One"],
            "verdict": "confirmed",
            "reason": "It is so.",
            "findings": [{"summary": "said elsewhere", "evidence": [{"object": "Pod a/b", "excerpt": 'the "word"'}]}],
        },
        {"entry": "two", "headings": ["Two"], "verdict": "confirmed", "reason": "", "findings": []},
    ],
}


@pytest.mark.parametrize(
    ("wanted", "holds_"),
    [
        ({"top": ["One"], "top_confirmed": ["Zero", "One"], "outcome_in": ["confirmed"]}, True),
        ({"top": ["Two"]}, False),
        ({"outcome_in": ["suspected"]}, False),
        ({"none_confirmed": True}, False),
        ({"never_confirmed": ["Two"]}, False),
        ({"never_confirmed": ["Three"]}, True),
        ({"nothing_else_confirmed": True}, False),
        (
            {"mentions": ["It is SO", 'the "word"'], "evidence_any": ["re:^.*WORD"], "seen_any": ["x", "crash loop"]},
            True,
        ),
        ({"mentions": ["two"]}, False),
        ({"evidence_any": ["said elsewhere"]}, False),
        ({"seen_any": ["x", "y"]}, False),
        ({"seen_all": ["crash", "x"]}, False),
        ({"omits": ["said elsewhere"]}, False),
        ({"omits": ["CRASH"]}, False),
        ({"omits": ["nothing of the kind"]}, True),
    ],
)
def test_each_expectation_is_held_to(wanted: dict[str, Any], holds_: bool) -> None:
    case = FieldCase(name="", question="", why="", expect=wanted, recording=Recording.of([], name="none"))
    assert (list(failures(case, CaseAnswer(SAID, "A crash loop"))) == []) == holds_
