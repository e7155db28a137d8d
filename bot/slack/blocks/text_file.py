"""The whole answer as a text file, where a message cannot hold it and nothing can be pressed."""

from collections.abc import Iterator

from bot.diagnosis.report import Told, ToldDiagnosis, ToldStep
from bot.slack.blocks.messages import Snippet
from bot.slack.blocks.steps import CAUSE, CAUTION, EVIDENCE, READINGS, SETTLE, STEPS, VERIFY
from bot.text import WORDS, age, cost, plain


def snippet(told: Told) -> Snippet:
    """A file that holds every word of it."""
    name = told.diagnoses[0].entry if told.diagnoses else "answer"
    return Snippet(f"{name[:80]}.txt", plain("\n".join(_lines(told))) + "\n", "The whole answer")


def _lines(told: Told) -> Iterator[str]:
    yield f"Question: {told.question}"
    if told.cluster:
        yield told.cluster.trouble or f"Cluster {told.cluster.name} · {told.cluster.traits}"
    for item in told.diagnoses:
        yield from ("", *_diagnosis(item, told))
    if told.unread:
        yield from ("", "Not looked at", *(f"  - {text}" for text in told.unread))
    yield from ("", cost(told.requests, told.bytes, told.elapsed_ms))


def _diagnosis(item: ToldDiagnosis, told: Told) -> Iterator[str]:
    yield f"{WORDS[item.verdict].word}  {item.title}  ({item.entry})"
    yield f"  {item.reason}"
    if item.evidence:
        yield from ("", EVIDENCE)
    for piece in item.evidence:
        yield from (f"  {piece.object}, seen {age(piece.seen, told.now)}", _in(piece.excerpt, 4), _in(piece.check, 4))
    if item.readings:
        yield from ("", READINGS)
    for reading in item.readings:
        yield from (f"  {reading.summary}", *(_in(check, 4) for check in reading.checks))
    if item.cause:
        yield from ("", CAUSE, _in(item.cause, 2))
    yield from _steps(SETTLE, item.settle)
    if item.caution:
        yield from ("", CAUTION, *(f"  ! {text}" for text in item.caution))
    yield from _steps(STEPS, item.steps)
    yield from _steps(VERIFY, item.verify)


def _steps(title: str, steps: tuple[ToldStep, ...]) -> Iterator[str]:
    if steps:
        yield from ("", title)
    for number, step in enumerate(steps, 1):
        yield f"  {number}. {step.text}"
        if step.command:
            yield _in(step.command, 5)


def _in(text: str, indent: int) -> str:
    return "\n".join(" " * indent + line for line in text.splitlines())
