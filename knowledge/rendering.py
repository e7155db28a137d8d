"""Steps for this cluster: the variants that fit, with its live facts and the objects that the findings name.

What is not known stays an upper-case word in a command, which fails harmlessly when pasted, and "unknown" in a text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Template, TemplateError

from knowledge.logic import Outcome
from knowledge.model import Step, Value
from knowledge.outcome_comparison import Outcomes, holds
from knowledge.templates import MARKS, compile_template, is_template, scope
from knowledge.values import InsertedValue, ValueMarks, format_in_command, format_in_text, without_marks

Facts = Mapping[str, Value | None]
Objects = Mapping[str, Sequence[str]]
_NOTHING: Outcomes = {}
# A filter that a value does not suit; lint finds most of these before anybody sees them.
_FAILURES = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
_BRACE = re.compile(r"\{[{%#]|[}%#]\}")
_CLOSED_BY = {"{{": "}}", "{%": "%}", "{#": "#}"}
# What keeps its capital behind a label; abbreviations and mixed-case words (CCM, DaemonSet) do so by their look.
_NAMES = (
    *("Terway", "Flannel", "Calico", "Cilium", "Kubernetes", "Docker", "Helm", "Linux", "Windows", "Prometheus"),
    *("Alibaba", "Aliyun", "Lingjun", "Corefile", "Service", "Services", "Job", "Deployment", "Ingress", "Secret", "I"),
)
_PLAIN_WORD = re.compile(rf"(?!(?:{'|'.join(_NAMES)})\b)[A-Z][a-z]*(?![A-Za-z0-9_/]|\.\w)")
_LONGEST, _MOST_VALUES = 20_000, 500  # characters and values of one text: more is no step that anybody reads


@dataclass(frozen=True, kw_only=True)
class RenderedStep:
    """A step as it is shown: the sentence, and the command to copy."""

    text: str
    command: str | None
    caution: str = ""


def render(
    steps: Step | Iterable[Step], facts: Facts, objects: Objects, outcomes: Outcomes = _NOTHING
) -> list[RenderedStep]:
    """The steps that fit. ``objects`` by singular words ("pod", "node", ...), pods and services as "namespace/name".

    ``outcomes``: what the entry's probes came to.
    """
    return [
        RenderedStep(
            text=_behind(label, render_text(step.text, facts, objects)),
            command=None if step.command is None else render_command(step.command, facts, objects),
            caution=render_text(step.caution, facts, objects),
        )
        for step in ((steps,) if isinstance(steps, Step) else steps)
        for label in _labels(step, facts, outcomes)
    ]


def render_text(template: str, facts: Facts, objects: Objects) -> str:
    """A text (a cause, a caution, the sentence of a step) with live values in it."""
    return _render_template(template, facts, objects, format_in_text)


def render_sentence(template: str, facts: Facts, objects: Objects) -> str | None:
    """A text with live values in it; ``None`` where one of them is not known, so that no sentence has a hole."""
    marks = ValueMarks([])
    try:
        text = _filled(template, facts, objects, marks)
    except _FAILURES:
        return None
    return marks.replace_marks(text, format_in_text) if all(piece.parts for piece in marks.pieces) else None


def render_command(template: str, facts: Facts, objects: Objects) -> str:
    """A command with live values in it, each a word of its own for the shell."""
    return _render_template(template, facts, objects, format_in_command)


def _labels(step: Step, facts: Facts, outcomes: Outcomes) -> Iterator[str]:
    """One label where the step is to be shown (empty where it surely fits), none where it does not fit."""
    outcome = Outcome.PRESENT if step.when is None else holds(step.when, outcomes, facts, is_open=True)
    if outcome is Outcome.PRESENT:
        yield ""
    elif outcome is Outcome.UNKNOWN:
        yield f"If {step.label or f'`{step.when}`'}: "


def _behind(label: str, sentence: str) -> str:
    """The sentence goes on behind a label, so that a plain word begins with a small letter there."""
    if label and _PLAIN_WORD.match(sentence):
        return label + sentence[0].lower() + sentence[1:]
    return label + sentence


def _render_template(template: str, facts: Facts, objects: Objects, show: Callable[[InsertedValue, str], str]) -> str:
    if not is_template(template):
        return template
    marks = ValueMarks([])
    try:
        text = _filled(template, facts, objects, marks)
    except _FAILURES:
        # An answer with one word missing beats no answer at 3 a.m.
        return _without_insertions(template, "VALUE" if show is format_in_command else "unknown")
    return marks.replace_marks(text, show)


def _filled(template: str, facts: Facts, objects: Objects, marks: ValueMarks) -> str:
    return _bounded(compile_template(without_marks(template)), {**scope(facts, objects), MARKS: marks}, marks)


def _bounded(template: Template, names: Mapping[str, object], marks: ValueMarks) -> str:
    """The text with its marks; raises ``ValueError`` as soon as it is longer than anybody reads."""
    text = ""
    for piece in template.generate(names):
        text += piece
        if len(text) > _LONGEST or len(marks.pieces) > _MOST_VALUES:
            raise ValueError(f"it becomes longer than {_LONGEST:,} characters")
    return text


def _without_insertions(template: str, word: str) -> str:
    """The template with a word for all that Jinja would do; what is opened and never closed stays as it is."""
    result, begin, end, closing = "", 0, 0, ""
    for brace in _BRACE.finditer(template):
        if not closing and brace[0] in _CLOSED_BY:
            begin, closing = brace.start(), _CLOSED_BY[brace[0]]
        elif brace[0] == closing:
            result, end, closing = result + template[end:begin] + word, brace.end(), ""
    return result + template[end:]
