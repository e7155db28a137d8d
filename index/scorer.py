"""How well a message fits each entry, and whether it is about anything here at all.

A ``Scorer`` is arrays only: the same code runs over a training fold at build and over the finished index at question
time, so that the weights learned in cross-validation mean at question time what they meant then.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from index.identifiers import Scores
from index.lexical import Floats, Integers, Postings, Vocabulary, bm25_scores

ENTRY_FEATURES = ("topic", "nearest", "near", "section", "wording", "worded", "bm25", "identifier")
MESSAGE_FEATURES = (
    "inside", "nearest", "near", "section", "wording", "outside", "outside_near", "outside_wording",
    "lead", "lead_wording", "top", "margin", "identifier", "familiar", "bm25", "length",
)  # fmt: skip


@dataclass(frozen=True)
class Message:
    """One text made ready for scoring: encoder vector, lexical terms, identifier hits per entry."""

    vector: Floats
    terms: Counter[str]
    identifiers: Scores


@dataclass(frozen=True, kw_only=True)
class Linear:
    """A linear classifier over the encoder's vector and the lexical terms; one column a class."""

    dense: Floats
    sparse: Floats
    bias: Floats

    def logits(self, vector: Floats, lexical: tuple[Integers, Floats]) -> Floats:
        rows, weights = lexical
        return (vector @ self.dense + weights @ self.sparse[rows] + self.bias).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Which entry each vector of the FAISS index belongs to: symptoms first, then sections, then outside examples."""

    symptoms: Integers
    sections: Integers
    outside: int
    entries: int


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """Everything learned from the texts, short of the fusion weights."""

    rows: Rows
    vocabulary: Vocabulary
    symptom_words: Postings
    outside_words: Postings
    bm25: Floats
    topic: Linear
    inside: Linear

    def features(self, message: Message, similarities: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
        """Features per entry (rows: entries) and of the whole message, but for the fused ones (``fused_features``)."""
        lexical = self.vocabulary.vector(message.terms)
        cosines = similarities(message.vector)
        split = len(self.rows.symptoms), len(self.rows.symptoms) + len(self.rows.sections)
        symptom_cosines, section_cosines, outside_cosines = np.split(cosines, split)
        worded = self.symptom_words.similarities(lexical)
        nearest, near = self._by_entry(symptom_cosines, self.rows.symptoms)
        wording, wordings = self._by_entry(worded, self.rows.symptoms)
        section, _ = self._by_entry(section_cosines, self.rows.sections)
        bm25 = bm25_scores(self.bm25, lexical) / 10
        entry_features = np.stack(
            [
                log_softmax(self.topic.logits(message.vector, lexical)), nearest, near, section, wording, wordings,
                bm25, message.identifiers,
            ], axis=1,
        )  # fmt: skip
        outside, outside_near = best_and_mean(outside_cosines)
        outside_wording, _ = best_and_mean(self.outside_words.similarities(lexical))
        message_features = np.array(
            [
                float(self.inside.logits(message.vector, lexical)[0]), nearest.max(), near.max(), section.max(),
                wording.max(), outside, outside_near, outside_wording, nearest.max() - outside,
                wording.max() - outside_wording, 0.0, 0.0, message.identifiers.max(),
                self.vocabulary.familiar(message.terms), bm25.max(), np.log1p(message.terms.total() / 20),
            ], dtype=np.float32,
        )  # fmt: skip
        return entry_features.astype(np.float32), message_features

    def _by_entry(self, values: Floats, owners: Integers) -> tuple[Floats, Floats]:
        """Per entry its best value and the mean of its best three."""
        best = np.zeros((3, self.rows.entries), dtype=np.float32)
        values = values.copy()
        for rank in range(3):
            np.maximum.at(best[rank], owners, values)
            values[values >= best[rank][owners]] = 0.0
        return best[0], best.mean(axis=0)


def best_and_mean(values: Floats) -> tuple[float, float]:
    """The best value and the mean of the best five; zeros where there are none."""
    if not len(values):
        return 0.0, 0.0
    top = np.sort(values)[-5:]
    return float(top[-1]), float(top.mean())


def log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Fusion:
    """The few numbers learned over held-out symptoms: how the sides are weighed, and what counts as in scope."""

    entry_weights: Floats
    message_weights: Floats
    message_bias: float
    threshold: float

    def chances(self, entry_features: Floats) -> Floats:
        """Per entry, given that the message is about one of them."""
        return np.asarray(np.exp(log_softmax(entry_features @ self.entry_weights)), dtype=np.float32)

    def confidence(self, message_features: Floats) -> float:
        logit = float(message_features @ self.message_weights) + self.message_bias
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def fused_features(message_features: Floats, chances: Floats) -> Floats:
    """The message's features with how clear-cut its best entry is."""
    filled = message_features.copy()
    ranked = np.sort(chances)[::-1]
    filled[MESSAGE_FEATURES.index("top")] = ranked[0]
    filled[MESSAGE_FEATURES.index("margin")] = ranked[0] - (ranked[1] if len(ranked) > 1 else 0.0)
    return filled
