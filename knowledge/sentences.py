"""The sentence of a verdict: which of an entry's own sentences fits what was found.

``says`` in the front matter holds one or several for each verdict. The first fits whose ``when`` holds and whose every
name is known, so that a sentence never has a hole; what a probe came to is compared like a fact:
``pod_waiting() == "absent"``, with as many of its arguments as tell it from the entry's other probes.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from knowledge.call_validation import check_call, declaration_of
from knowledge.diagnostics import FileDiagnostics
from knowledge.errors import ExpressionError, Place, suggestion
from knowledge.expressions import parse_when
from knowledge.fact_comparison import compare, evaluate
from knowledge.logic import Outcome, all_of, any_of
from knowledge.model import Call, Condition, Group, Says, Sentence
from knowledge.rendering import Facts, Objects, render_sentence
from knowledge.templates import PLURALS, names_in
from knowledge.vocabulary import Vocabulary

VERDICTS = ("confirmed", "suspected", "ruled_out")
HINTED = "hinted"  # seen, and unknown only because the entry says that it proves nothing alone
OUTCOMES = (*map(str, Outcome), HINTED)
Outcomes = Mapping[Call, str]
_OUR_WORDS = re.compile(r"{{\s*about\b")  # "the pods of cart"
_SHAPE = 'write sentences as text, or {when: pod_waiting() == "absent", say: "..."}'


@dataclass(frozen=True)
class Told:
    """A sentence as it is said, and the one that it was made from."""

    text: str
    sentence: Sentence

    def words(self) -> set[str]:
        """The objects that it names, singular: ``pod`` for ``pods``."""
        return {PLURALS.get(name, name) for name in names_in(self.sentence.text)}

    def rests_on(self, call: Call) -> bool:
        """Whether it was chosen because of what this probe came to."""
        outcomes = filter(_is_of_outcome, calls_in(self.sentence.when))
        return any(is_meant(compared, call) for compared in outcomes)


def sentence_for(sentences: Iterable[Sentence], outcomes: Outcomes, facts: Facts, objects: Objects) -> Told | None:
    """The first sentence that fits, with the names of this cluster in it; ``None`` where none does."""
    fitting = (one for one in sentences if one.when is None or _holds(one.when, outcomes, facts) is Outcome.PRESENT)
    rendered = (Told(_begun(text, one), one) for one in fitting if (text := render_sentence(one.text, facts, objects)))
    return next(rendered, None)


def _begun(text: str, sentence: Sentence) -> str:
    """With a capital letter where it begins with words of ours; names of objects keep their spelling."""
    return text[:1].upper() + text[1:] if _OUR_WORDS.match(sentence.text) else text


def calls_in(condition: Condition | None) -> Iterator[Call]:
    """Every probe and fact that a condition names."""
    if isinstance(condition, Call):
        yield condition
    elif condition is not None:
        for member in condition.members:
            yield from calls_in(member)


def _holds(condition: Condition, outcomes: Outcomes, facts: Facts) -> Outcome:
    if isinstance(condition, Group):
        join = all_of if condition.quantifier == "all" else any_of
        return join(_holds(member, outcomes, facts) for member in condition.members)
    if not _is_of_outcome(condition):
        return evaluate(condition, facts)
    found = [outcome for call, outcome in outcomes.items() if is_meant(condition, call)]
    join = all_of if condition.operator in ("!=", "not in") else any_of
    return join(compare(outcome, condition.operator, condition.operand) for outcome in found)


def _is_of_outcome(call: Call) -> bool:
    """Whether an outcome is compared, not a fact's value; no fact has these values."""
    operands = call.operand if isinstance(call.operand, tuple) else (call.operand,)
    return all(operand in OUTCOMES for operand in operands)


def is_meant(compared: Call, call: Call) -> bool:
    """Whether the entry's probe is one that the comparison is about: it has all of its arguments."""
    return compared.probe == call.probe and set(compared.arguments) <= set(call.arguments)


def read_says(
    data: object, conditions: Sequence[Condition | None], vocabulary: Vocabulary | None, diagnostics: FileDiagnostics
) -> Says:
    """The sentences of an entry; whatever is wrong is noted. ``conditions``: what the entry asks."""
    if data is None:
        return Says()
    if not isinstance(data, dict):
        diagnostics.add(("says",), '"says" is not a mapping', 'write "confirmed:", "suspected:", "ruled_out:" below it')
        return Says()
    for name in data:
        if name not in VERDICTS:
            hint = suggestion(str(name), VERDICTS)
            diagnostics.add(("says", name), f'"{name}" is no verdict of a fault', f"use {', '.join(VERDICTS)}{hint}")
    asked = {call for condition in conditions for call in calls_in(condition)}
    reader = _SentenceReader(asked, vocabulary, diagnostics)
    return Says(**{verdict: reader.read_all(data.get(verdict), ("says", verdict)) for verdict in VERDICTS})


@dataclass(frozen=True)
class _SentenceReader:
    """Reads sentences; ``asked`` are the probes and facts of the entry, whose outcomes may be compared."""

    asked: Collection[Call]
    vocabulary: Vocabulary | None
    diagnostics: FileDiagnostics

    def read_all(self, data: object, place: Place) -> tuple[Sentence, ...]:
        listed = data if isinstance(data, list) else [] if data is None else [data]
        read = [self._read(item, (*place, at)) for at, item in enumerate(listed)]
        return tuple(sentence for sentence in read if sentence)

    def _read(self, item: object, place: Place) -> Sentence | None:
        if _is_text(item):
            return Sentence(text=" ".join(item.split()))
        parts = item if isinstance(item, dict) else {}
        when, say = parts.get("when"), parts.get("say")
        if len(parts) != len(("when", "say")) or not _is_text(when) or not _is_text(say):
            self.diagnostics.add(place, "this is no sentence", _SHAPE)
            return None
        try:
            condition = parse_when(when, None)
            for call in calls_in(condition):
                self._check(call)
        except ExpressionError as error:
            self.diagnostics.add(place, str(error))
            return None
        return Sentence(text=" ".join(say.split()), when=condition)

    def _check(self, call: Call) -> None:
        """Raise :class:`ExpressionError` unless it compares a fact, or the outcome of a probe that the entry asks."""
        if not _is_of_outcome(call) and (self.vocabulary is None or _is_fact(call, self.vocabulary)):
            if self.vocabulary is not None:
                check_call(call, self.vocabulary)
            return
        bare = Call(probe=call.probe, arguments=call.arguments)
        if call.operator not in ("==", "!=", "in", "not in") or not _is_of_outcome(call):
            wanted = f'compare what it came to, with one of {", ".join(OUTCOMES)}: {bare} == "absent"'
            raise ExpressionError(f"`{call}` does not fit: {wanted}")
        if not any(is_meant(call, one) for one in self.asked):
            raise ExpressionError(f"the entry does not ask {bare}: name one of its own probes")


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _is_fact(call: Call, vocabulary: Vocabulary) -> bool:
    return declaration_of(call.probe, vocabulary).nature == "fact"
