"""The sentence of a verdict: which of an entry's own sentences fits what was found.

``says`` in the front matter holds one or several for each verdict. The first fits whose ``when`` holds and whose every
name is known, so that a sentence never has a hole; what a probe came to is compared like a fact (outcome_comparison).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from knowledge.diagnostics import FileDiagnostics
from knowledge.errors import ExpressionError, Place, suggestion
from knowledge.expressions import parse_when
from knowledge.logic import Outcome
from knowledge.model import Call, Condition, Says, Sentence
from knowledge.outcome_comparison import Outcomes, calls_in, check_comparison, holds, is_meant, is_of_outcome
from knowledge.rendering import Facts, Objects, render_sentence
from knowledge.templates import PLURALS, names_in
from knowledge.vocabulary import Vocabulary

VERDICTS = ("confirmed", "suspected", "ruled_out")
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
        outcomes = filter(is_of_outcome, calls_in(self.sentence.when))
        return any(is_meant(compared, call) for compared in outcomes)


def sentence_for(sentences: Iterable[Sentence], outcomes: Outcomes, facts: Facts, objects: Objects) -> Told | None:
    """The first sentence that fits, with the names of this cluster in it; ``None`` where none does."""
    fitting = (one for one in sentences if one.when is None or holds(one.when, outcomes, facts) is Outcome.PRESENT)
    rendered = (Told(_begun(text, one), one) for one in fitting if (text := render_sentence(one.text, facts, objects)))
    return next(rendered, None)


def _begun(text: str, sentence: Sentence) -> str:
    """With a capital letter where it begins with words of ours; names of objects keep their spelling."""
    return text[:1].upper() + text[1:] if _OUR_WORDS.match(sentence.text) else text


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
                check_comparison(call, self.asked, self.vocabulary)
        except ExpressionError as error:
            self.diagnostics.add(place, str(error))
            return None
        return Sentence(text=" ".join(say.split()), when=condition)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())
