"""Steps for this cluster: the variants that fit, with its live facts and the objects that the findings name.

What is not known stays an upper-case word in a command, which fails harmlessly when pasted, and "unknown" in a text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import TemplateError

from knowledge.fact_comparison import evaluate
from knowledge.logic import Outcome
from knowledge.model import Step, Value
from knowledge.templates import MARKS, compile_template, is_template, scope
from knowledge.values import InsertedValue, ValueMarks, format_in_command, format_in_text, without_marks

Facts = Mapping[str, Value | None]
Objects = Mapping[str, Sequence[str]]
# A filter that a value does not suit; lint finds most of these before anybody sees them.
_FAILURES = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
_INSERTION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class RenderedStep:
    """A step as it is shown: the sentence, and the command to copy."""

    text: str
    command: str | None


def render(steps: Step | Iterable[Step], facts: Facts, objects: Objects) -> list[RenderedStep]:
    """The steps that fit. ``objects`` by singular words ("pod", "node", ...), pods and services as "namespace/name"."""
    return [
        RenderedStep(
            text=label + render_text(step.text, facts, objects),
            command=None if step.command is None else render_command(step.command, facts, objects),
        )
        for step in ((steps,) if isinstance(steps, Step) else steps)
        for label in _labels(step, facts)
    ]


def render_text(template: str, facts: Facts, objects: Objects) -> str:
    """A text (a cause, a caution, the sentence of a step) with live values in it."""
    return _render_template(template, facts, objects, format_in_text)


def render_command(template: str, facts: Facts, objects: Objects) -> str:
    """A command with live values in it, each a word of its own for the shell."""
    return _render_template(template, facts, objects, format_in_command)


def _labels(step: Step, facts: Facts) -> Iterator[str]:
    """One label where the step is to be shown (empty where it surely fits), none where it does not fit."""
    outcome = Outcome.PRESENT if step.when is None else evaluate(step.when, facts)
    if outcome is Outcome.PRESENT:
        yield ""
    elif outcome is Outcome.UNKNOWN:
        yield f"If {step.label or f'`{step.when}`'}: "


def _render_template(template: str, facts: Facts, objects: Objects, show: Callable[[InsertedValue, str], str]) -> str:
    if not is_template(template):
        return template
    marks = ValueMarks([])
    try:
        text = compile_template(without_marks(template)).render({**scope(facts, objects), MARKS: marks})
    except _FAILURES:
        # An answer with one word missing beats no answer at 3 a.m.
        return _INSERTION.sub("VALUE" if show is format_in_command else "unknown", template)
    return marks.replace_marks(text, show)
