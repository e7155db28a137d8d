"""From raw text to a message ready for scoring; symptoms at build and questions take the same way."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.annotations import Annotation, TextAnnotations, annotate
from index.excerpt import SHORT, clip, excerpt
from index.glossary import Glossary
from index.identifiers import Identifiers
from index.lexical import Floats
from index.scorer import Message
from index.tokenize import mask_variables, normalize, terms

Encode = Callable[[list[str]], Floats]


@dataclass(frozen=True)
class Preprocessor:
    """What is needed to read a text: the glossary for the encoder, the identifiers for exact strings.

    ``annotations``: remembered while an index is built, never of questions.
    """

    glossary: Glossary
    identifiers: Identifiers
    annotations: TextAnnotations | None = None

    def messages(self, texts: Sequence[str], encode: Encode) -> list[Message]:
        """Long texts are cut down to what is worth reading; identifiers count wherever they stand."""
        whole = [clip(text) for text in texts]
        short = [self._excerpt(text) for text in whole]
        found = [self._annotation(text) for text in short]
        return [
            Message(
                english=annotation.english,
                vector=vector,
                terms=self._terms(brief, annotation),
                identifiers=self.identifiers.scores(text),
                domain_cues=annotation.domain_cues,
            )
            for text, brief, annotation, vector in zip(
                whole, short, found, encode([annotation.english for annotation in found]), strict=True
            )
        ]

    def _annotation(self, text: str) -> Annotation:
        return self.annotations.of(text) if self.annotations else annotate(text, self.glossary)

    def _terms(self, text: str, annotation: Annotation) -> Counter[str]:
        found = terms(mask_variables(normalize(text)), self.glossary.only_chinese(text))
        found.update(annotation.shared_terms)
        return found

    def _excerpt(self, text: str) -> str:
        return excerpt(text, self.identifiers.within(text).interest) if len(text) > SHORT else text
