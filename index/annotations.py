"""What patterns find in a text whatever entries there are, kept for the index after this one.

Looking for concepts, directions and words of elsewhere takes as long as learning: it is done once for each text.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from index.concepts import concepts
from index.domain_cues import count_domain_cues
from index.glossary import Glossary
from index.shorthand import spell_out
from index.tokenize import mask_variables, normalize
from index.traffic import traffic_terms


@dataclass(frozen=True)
class Annotation:
    """The text as the encoder gets it, the terms that both languages share, and its words of elsewhere."""

    english: str
    shared_terms: tuple[str, ...]
    domain_cues: tuple[float, float, float]


def annotate(text: str, glossary: Glossary) -> Annotation:
    plain = normalize(text)
    return Annotation(
        english=spell_out(glossary.english(mask_variables(plain))),
        shared_terms=(*concepts(plain), *traffic_terms(plain)),
        domain_cues=count_domain_cues(plain),
    )


class TextAnnotations:
    """Annotates texts, but for those that an earlier index of the same code and glossary holds."""

    def __init__(self, glossary: Glossary, known: dict[str, Annotation] | None = None) -> None:
        self.annotated = 0  # texts that no earlier index held
        self._glossary = glossary
        self._known = known or {}

    def of(self, text: str) -> Annotation:
        key = _key(text)
        if key not in self._known:
            self._known[key] = annotate(text, self._glossary)
            self.annotated += 1
        return self._known[key]

    def stored(self, texts: Iterable[str]) -> dict[str, Any]:
        """Those of the texts as JSON: a list for each text's key."""
        found = {_key(text): self.of(text) for text in texts}
        return {key: [one.english, one.shared_terms, one.domain_cues] for key, one in found.items()}


def from_stored(stored: dict[str, Any]) -> dict[str, Annotation]:
    return {key: Annotation(english, tuple(shared), tuple(cues)) for key, (english, shared, cues) in stored.items()}


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
