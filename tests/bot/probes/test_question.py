"""What the words of a question carry: wordings of each entry that rests on a setting, and of what looks like it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cluster.reader import Reader
from bot.cluster.session import ClusterSession, QuestionScope
from bot.probes import ask, vocabulary
from bot.probes.registry import calls
from knowledge.expressions import parse_call
from knowledge.model import Call, Condition, Entry

FOLDER = Path(__file__).parent / "wordings"
NOTHING_READ: Reader = None  # type: ignore[assignment]


async def outcome(call: Call, text: str) -> str:
    """Of the words alone; that an answer by a person is needed besides (``presence``) is another matter."""
    bare = Call(probe=call.probe, arguments=tuple(item for item in call.arguments if item[0] != "presence"))
    return str((await ask(ClusterSession(NOTHING_READ, QuestionScope.of(text)), bare)).outcome)


def asked_of_words(condition: Condition | None) -> list[Call]:
    return [call for call in calls(condition) if call.probe == "question_says"]


def wordings() -> Iterator[tuple[str, bool, str]]:
    for file in sorted(FOLDER.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith(("+ ", "- ")):
                yield file.stem, line[0] == "+", line[2:]


@pytest.mark.parametrize(("entry", "speaks_of_it", "text"), list(wordings()))
async def test_wordings(entries: dict[str, Entry], entry: str, speaks_of_it: bool, text: str) -> None:
    found = [await outcome(call, text) for call in asked_of_words(entries[entry].confirmed_by)]
    assert (set(found) == {"present"}) is speaks_of_it, found


def test_every_entry_that_asks_the_words_has_wordings(entries: dict[str, Entry]) -> None:
    asking = {entry.id for entry in entries.values() if asked_of_words(entry.confirmed_by)}
    assert asking == {file.stem for file in FOLDER.glob("*.txt")}
    for id_ in asking:
        mine = [(is_true, text) for entry, is_true, text in wordings() if entry == id_]
        assert sum(is_true for is_true, _ in mine) >= 10, id_
        assert sum(not is_true for is_true, _ in mine) >= 10, id_


HOST_PORT = 'question_says(about="a hostPort", contains=["host port*", "主机端口"], unless=["nodeport ... <fails>"])'


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("", "present", "no words"),
        ("🙏 ???", "unknown", "do not speak of a hostPort"),
        ("hostPort 80 is dead", "present", "speak of a hostPort"),
        ("主机端口不通", "present", "speak of a hostPort"),
        ("nothing works", "unknown", "do not speak of a hostPort"),
        ("it is not a hostPort", "unknown", "do not speak of a hostPort"),
        ("hostPort? the NodePort cannot be reached", "unknown", '"nodeport cannot" do not fit a hostPort'),
        ("the NodePort works, hostPort does not", "present", "speak of a hostPort"),
        ("ghostporter is down", "unknown", "do not speak"),
    ],
)
async def test_present_where_said_unknown_where_silent_or_to_the_contrary(text: str, expected: str, why: str) -> None:
    found = await ask(ClusterSession(NOTHING_READ, QuestionScope.of(text)), parse_call(HOST_PORT, vocabulary()))
    assert (found.outcome, why in found.summary) == (expected, True), found.summary
