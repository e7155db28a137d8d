"""From raw text to a message ready for scoring; symptoms at build and questions take the same way."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.concepts import concepts
from index.domain_cues import count_domain_cues
from index.excerpt import SHORT, clip, excerpt
from index.glossary import Glossary
from index.identifiers import Identifiers
from index.lexical import Floats
from index.scorer import Message
from index.shorthand import spell_out
from index.tokenize import mask_variables, normalize, terms
from index.traffic import traffic_terms

Encode = Callable[[list[str]], Floats]


@dataclass(frozen=True)
class Preprocessor:
    """What is needed to read a text: the glossary for the encoder, the identifiers for exact strings."""

    glossary: Glossary
    identifiers: Identifiers

    def messages(self, texts: Sequence[str], encode: Encode) -> list[Message]:
        """Long texts are cut down to what is worth reading; identifiers count wherever they stand."""
        whole = [clip(text) for text in texts]
        short = [self._excerpt(text) for text in whole]
        masked = [mask_variables(normalize(text)) for text in short]
        english = [spell_out(self.glossary.english(text)) for text in masked]
        return [
            Message(
                english=translated,
                vector=vector,
                terms=terms(without_variables, self.glossary.only_chinese(brief)) + _said_in_many_ways(brief),
                identifiers=self.identifiers.scores(text),
                domain_cues=count_domain_cues(normalize(brief)),
            )
            for text, brief, without_variables, translated, vector in zip(
                whole, short, masked, english, encode(english), strict=True
            )
        ]

    def _excerpt(self, text: str) -> str:
        return excerpt(text, self.identifiers.within(text).interest) if len(text) > SHORT else text


def _said_in_many_ways(text: str) -> Counter[str]:
    """Terms that both languages share: what is noticed, and who reaches whom."""
    plain = normalize(text)
    return Counter([*concepts(plain), *traffic_terms(plain)])
