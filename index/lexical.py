"""The lexical side: TF-IDF over words, word pairs, character and Chinese n-grams, and BM25 over whole entries.

It knows the words that an embedding blurs: names of components, error codes, Chinese terms that no glossary holds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.integer[Any]]

_KIND_WEIGHT = {"w": 1.0, "p": 0.7, "c": 0.35, "z": 0.7, "k": 1.0, "d": 1.0} | dict.fromkeys("ubt", 1.0) | {"s": 0.7}
# A term of one text alone says nothing about others.
_LEAST_TEXTS = {"w": 2, "p": 2, "c": 4, "z": 2, "k": 2, "d": 2} | dict.fromkeys("ubts", 3)
_BM25_KINDS = frozenset("wzkd")
_K1, _B = 1.2, 0.75


@dataclass(frozen=True)
class Vocabulary:
    """The terms of the training texts and how rare each is; the first ``shipped`` are of texts that everybody has."""

    rows: dict[str, int]
    rarity: Floats
    shipped: int

    @classmethod
    def fit(cls, texts: Sequence[Counter[str]]) -> "Vocabulary":
        holders: Counter[str] = Counter()
        for counted in texts:
            holders.update(counted.keys())
        kept = sorted(term for term, count in holders.items() if count >= _LEAST_TEXTS[term[0]])
        counts = np.array([holders[term] for term in kept], dtype=np.float32)
        rarity = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls({term: row for row, term in enumerate(kept)}, rarity.astype(np.float32), len(kept))

    def extended(self, texts: Sequence[Counter[str]]) -> "Vocabulary":
        """With the terms that these texts know beyond; those known already stay as rare as they are."""
        fitted = Vocabulary.fit(texts)
        new = [term for term in fitted.rows if term not in self.rows]
        rows = {term: row for row, term in enumerate([*self.rows, *new])}
        rarity = fitted.rarity[[fitted.rows[term] for term in new]]
        return Vocabulary(rows, np.concatenate([self.rarity, rarity]), self.shipped)

    def vector(self, counted: Counter[str]) -> tuple[Integers, Floats]:
        """Rows and weights of a text, as a unit vector."""
        known = sorted((self.rows[term], term[0], count) for term, count in counted.items() if term in self.rows)
        rows = np.array([row for row, _, _ in known], dtype=np.int32)
        counts = np.array([count for _, _, count in known], dtype=np.float32)
        kinds = np.array([_KIND_WEIGHT[kind] for _, kind, _ in known], dtype=np.float32)
        weights = (1 + np.log(np.maximum(counts, 1))) * kinds * self.rarity[rows]
        norm = float(np.linalg.norm(weights))
        return rows, (weights / norm if norm else weights).astype(np.float32)

    def known_share(self, counted: Counter[str]) -> float:
        """The share of a text's words and Chinese pairs that the shipped texts know, rare ones counting more."""
        telling = [term for term in counted if term[0] == "w" or (term[0] == "z" and len(term) == 4)]
        if not telling:
            return 0.0
        ceiling = float(self.rarity[: self.shipped].max(initial=1.0))
        rows = [row for term in telling if (row := self.rows.get(term, self.shipped)) < self.shipped]
        known = float(self.rarity[rows].sum())
        return known / (known + ceiling * (len(telling) - len(rows)))


@dataclass(frozen=True)
class Postings:
    """For each vocabulary row the texts that hold it, as one compressed matrix."""

    starts: Integers
    texts: Integers
    weights: Floats
    count: int

    @classmethod
    def of(cls, vectors: Sequence[tuple[Integers, Floats]], vocabulary_size: int) -> "Postings":
        rows = np.concatenate([rows for rows, _ in vectors]) if vectors else np.zeros(0, dtype=np.int32)
        weights = np.concatenate([weights for _, weights in vectors]) if vectors else np.zeros(0, dtype=np.float32)
        texts = np.repeat(np.arange(len(vectors), dtype=np.int32), [len(rows) for rows, _ in vectors])
        order = np.argsort(rows, kind="stable")
        starts = np.searchsorted(rows[order], np.arange(vocabulary_size + 1)).astype(np.int32)
        return cls(starts, texts[order], weights[order], len(vectors))

    def similarities(self, vector: tuple[Integers, Floats]) -> Floats:
        """The cosine of one text's vector with every text held."""
        rows, weights = vector
        lengths = self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(lengths)
        held = np.arange(lengths.sum()) + np.repeat(self.starts[rows] - (ends - lengths), lengths)
        products = self.weights[held] * np.repeat(weights, lengths)
        return np.bincount(self.texts[held], products, minlength=self.count).astype(np.float32)


def bm25_terms(counted: Counter[str]) -> dict[str, int]:
    """Those that BM25 weighs: words, Chinese n-grams and what both languages share."""
    return {term: count for term, count in counted.items() if term[0] in _BM25_KINDS}


def bm25_weights(documents: Sequence[Counter[str]], vocabulary: Vocabulary, is_shipped: Sequence[bool]) -> Postings:
    """Per vocabulary row the documents that hold it, with their BM25 weight. Documents hold ``bm25_terms`` alone.

    How rare a shipped term is, and how long a document usually, the shipped documents say.
    """
    counted = [_known_words(document, vocabulary) for document in documents]
    shipped = [one for one, known in zip(counted, is_shipped, strict=True) if known]
    rarity = _rarity_in(counted, len(vocabulary.rows))
    rarity[: vocabulary.shipped] = _rarity_in(shipped, len(vocabulary.rows))[: vocabulary.shipped]
    lengths = np.array([counts.sum() for _, counts in counted])
    known = np.array([counts.sum() for _, counts in shipped])
    # The average word's document, not the average document: many short entries make the long ones no longer.
    usual = float((known**2).sum() / max(float(known.sum()), 1.0))
    norms = _K1 * (1 - _B + _B * lengths / max(usual, 1.0))
    weighed = [
        (rows, (rarity[rows] * counts * (_K1 + 1) / (counts + norm)).astype(np.float32))
        for (rows, counts), norm in zip(counted, norms, strict=True)
    ]
    return Postings.of(weighed, len(vocabulary.rows))


def _rarity_in(documents: Sequence[tuple[Integers, Floats]], terms: int) -> Floats:
    held = np.concatenate([np.zeros(0, dtype=np.int64), *(rows for rows, _ in documents)])
    holders = np.bincount(held, minlength=terms)
    return np.asarray(np.log(1 + (len(documents) - holders + 0.5) / (holders + 0.5)))


def bm25_scores(weights: Postings, vector: tuple[Integers, Floats]) -> Floats:
    """Per document, over the square root of the question's length, so that long questions do not score higher."""
    rows, _ = vector
    found = weights.similarities((rows, np.ones(len(rows), dtype=np.float32)))
    return np.asarray(found / (10 * np.sqrt(max(len(rows), 1))), dtype=np.float32)


def _known_words(document: Counter[str], vocabulary: Vocabulary) -> tuple[Integers, Floats]:
    """Rows and counts of a document's terms that the vocabulary knows."""
    known = sorted((vocabulary.rows[term], count) for term, count in document.items() if term in vocabulary.rows)
    return (
        np.array([row for row, _ in known], dtype=np.int64),
        np.array([count for _, count in known], dtype=np.float32),
    )
