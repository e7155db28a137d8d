"""What ours is measured against: plain MiniLM and BM25 over the entries' own text, as one would do in an afternoon."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from index.corpus import sentences
from index.encoder import Encoder
from index.lexical import Floats
from knowledge.model import Entry

Scores = Callable[[str], Floats]
_TOKEN = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]")
_K1, _B = 1.5, 0.75


def passages(entry: Entry) -> list[str]:
    """The entry's text in pieces of about a paragraph: title with headings, then cause and each list of steps."""
    listed = (" ".join(step.text for step in steps) for steps in (entry.settle, entry.steps, entry.verify))
    return [". ".join((entry.title, *entry.headings)), " ".join(sentences(entry.cause)), *filter(None, listed)]


def nearest_passage(entries: Sequence[Entry], encoder: Encoder, texts: Callable[[Entry], Sequence[str]]) -> Scores:
    """Cosine with the nearest text of each entry; nothing translated, nothing masked."""
    pairs = [(text, row) for row, entry in enumerate(entries) for text in texts(entry) if text]
    vectors = encoder.encode([text for text, _ in pairs])
    owners = np.array([row for _, row in pairs])

    def scores(question: str) -> Floats:
        best = np.full(len(entries), -1.0, dtype=np.float32)
        np.maximum.at(best, owners, vectors @ encoder.encode([question])[0])
        return best

    return scores


def bm25(entries: Sequence[Entry]) -> Scores:
    """Okapi BM25 over the whole text of each entry; Chinese by the character."""
    documents = [Counter(_TOKEN.findall(" ".join(passages(entry)).lower())) for entry in entries]
    lengths = np.array([document.total() for document in documents], dtype=np.float32)
    holders = Counter(token for document in documents for token in document)

    def scores(question: str) -> Floats:
        total = np.zeros(len(documents), dtype=np.float32)
        for token in _TOKEN.findall(question.lower()):
            count = np.array([document[token] for document in documents], dtype=np.float32)
            rarity = np.log(1 + (len(documents) - holders[token] + 0.5) / (holders[token] + 0.5))
            total += rarity * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * lengths / lengths.mean()))
        return total

    return scores
