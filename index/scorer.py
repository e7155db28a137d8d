"""How well a message fits each topic (an entry or a symptom group), and whether it is about anything here at all.

A ``Scorer`` is arrays only: the same code runs over a training fold at build and over the finished index at question
time, so that the weights learned in cross-validation mean at question time what they meant then.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from index.identifiers import Scores
from index.lexical import Floats, Integers, Postings, Vocabulary, bm25_scores

TOPIC_FEATURES = ("topic", "nearest", "section", "worded", "bm25", "identifier", "group")
MESSAGE_FEATURES = (
    "inside", "nearest", "worded", "bm25", "identifier", "familiar", "platforms", "equipment", "products", "top",
)  # fmt: skip
NEVER = -30.0
NARROWNESS = 4.0
WORDING = 0.5
BY_PLACE = (
    0.75  # share of a symptom group's chance that goes by the places of its entries, the rest by their own chances
)
NEIGHBOURLY = 0.05  # share of an entry's chance that goes to those of the same groups: what is behind is often theirs


@dataclass(frozen=True)
class Message:
    """One text made ready for scoring: encoder vector, lexical terms, identifier hits per topic, words of elsewhere."""

    english: str  # as the encoder got it
    vector: Floats
    terms: Counter[str]
    identifiers: Scores
    domain_cues: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Linear:
    """A linear classifier over the encoder's vector and the lexical terms, reduced by ``basis``; one column a class."""

    dense: Floats
    basis: Any  # a row a term, in half precision
    reduced: Floats
    bias: Floats

    def logits(self, vector: Floats, lexical: tuple[Integers, Floats]) -> Floats:
        rows, weights = lexical
        words = weights @ self.basis[rows].astype(np.float32)
        return np.asarray(vector @ self.dense + words @ self.reduced + self.bias, dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """A kernel machine over known messages: each votes by how near it is, in meaning and in wording.

    What is in scope is no half-space: look-alikes lie between the entries, and one straight cut cannot part them.
    ``rows`` are those that vote, among symptoms and then outside examples; ``key`` stands for what it was learned from.
    """

    rows: Integers
    votes: Floats
    bias: float
    key: str = ""

    def logit(self, cosines: Floats, wording: Floats) -> float:
        return float(kernel(cosines[self.rows], wording[self.rows]) @ self.votes) + self.bias


def kernel(cosines: Any, wording: Any) -> Any:
    """The kernel: narrow in the encoder's space, linear in the lexical one."""
    return np.exp(NARROWNESS * (cosines - 1.0)) + WORDING * wording


@dataclass(frozen=True, kw_only=True)
class OwnTexts:
    """The symptoms of a team's own entries, and from which likeness on a message is about what they are about.

    ``rows`` are among the symptoms; ``slope`` and ``bias`` make a logit of the nearest one's kernel, 0 at the limit.
    """

    rows: Integers
    slope: float = 0.0
    bias: float = 0.0

    def logit(self, cosines: Floats, wording: Floats) -> float:
        if not len(self.rows):
            return NEVER
        return self.slope * float(kernel(cosines[self.rows], wording[self.rows]).max()) + self.bias


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Which topic each vector of the FAISS index belongs to: symptoms first, then sections, then outside examples."""

    symptoms: Integers
    sections: Integers
    outside: int
    topics: int
    groups: int = 0  # how many of the topics, the last ones, are symptom groups

    @property
    def ends(self) -> tuple[int, int]:
        return len(self.symptoms), len(self.symptoms) + len(self.sections)

    def of_messages(self, rows: Integers) -> Integers:
        """Rows among symptoms and outside examples as rows of the FAISS index."""
        return np.asarray(np.where(rows < len(self.symptoms), rows, rows + len(self.sections)))


class Features(NamedTuple):
    """``topics``: a row a topic. ``message``: of the whole message, ``top`` is filled in by the fusion.

    ``own``: the logit of its likeness to a team's own texts.
    """

    topics: Floats
    message: Floats
    own: float


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """Everything learned from the texts, short of the fusion weights."""

    rows: Rows
    vocabulary: Vocabulary
    words: Postings
    bm25: Postings
    topic: Linear
    inside: Kernel
    own: OwnTexts

    def features(self, message: Message, cosines: Floats) -> Features:
        """``cosines``: of the message's vector with each vector of the FAISS index.

        Whether it is about anything of the shipped entries is not for a team's entries to say.
        """
        lexical = self.vocabulary.vector(message.terms)
        wording = self.words.similarities(lexical)  # symptoms, then outside examples
        symptoms, sections, outside = np.split(cosines, self.rows.ends)
        known = len(symptoms)
        nearest = self._best(symptoms, self.rows.symptoms, 1)
        worded = self._best(wording[:known], self.rows.symptoms, 3)
        bm25 = bm25_scores(self.bm25, lexical)
        topic_features = (
            log_softmax(self.topic.logits(message.vector, lexical)),
            nearest,
            self._best(sections, self.rows.sections, 1),
            worded,
            bm25,
            message.identifiers,
            np.arange(self.rows.topics) >= self.rows.topics - self.rows.groups,
        )
        message_features = (
            self.inside.logit(np.concatenate([symptoms, outside]), wording),
            *(values[self._shipped].max() for values in (nearest, worded, bm25, message.identifiers)),
            self.vocabulary.known_share(message.terms),
            *message.domain_cues,
            0.0,
        )
        return Features(
            np.stack(topic_features, axis=1).astype(np.float32),
            np.array(message_features, dtype=np.float32),
            self.own.logit(symptoms, wording),
        )

    @cached_property
    def _shipped(self) -> npt.NDArray[np.bool_]:
        """Which topics are no team's own."""
        shipped = np.ones(self.rows.topics, dtype=np.bool_)
        shipped[self.rows.symptoms[self.own.rows]] = False
        return shipped

    def _best(self, values: Floats, owners: Integers, count: int) -> Floats:
        """Per topic the mean of its best values."""
        left = values.copy()
        best = np.zeros((count, self.rows.topics), dtype=np.float32)
        for rank in range(count):
            np.maximum.at(best[rank], owners, left)
            left[left >= best[rank][owners]] = 0.0
        return np.asarray(best.mean(axis=0), dtype=np.float32)


def log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Fusion:
    """The few numbers learned over held-out symptoms: how the sides are weighed, and what counts as in scope."""

    topic_weights: Floats
    message_weights: Floats
    message_bias: float
    threshold: float

    def chances(self, topic_features: Floats) -> Floats:
        """Per topic, given that the message is about one of them."""
        return np.asarray(np.exp(log_softmax(topic_features @ self.topic_weights)), dtype=np.float32)

    def confidence(self, message_features: Floats, own: float = NEVER) -> float:
        """That the message is about anything here; likeness to a team's texts counts from logit 0 on, and passes."""
        logit = float(message_features @ self.message_weights) + self.message_bias
        if own >= 0:
            limit = min(max(self.threshold, 1e-6), 1 - 1e-6)
            logit = max(logit, own + float(np.log(limit / (1 - limit))))
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The fusion weights, and what they were learned from.

    ``key`` stands for exactly that; ``made_by`` for model and code; ``texts`` are hashes of the texts.
    """

    key: str
    made_by: str
    texts: tuple[str, ...]
    fusion: Fusion


def with_top_chance(message_features: Floats, chances: Floats) -> Floats:
    """The message's features with how clear-cut its best topic is."""
    filled = message_features.copy()
    filled[MESSAGE_FEATURES.index("top")] = chances.max()
    return filled


def chances_of_entries(chances: Floats, group_entries: Sequence[Sequence[int]]) -> Floats:
    """Per entry, from the chances per topic: the chance of a symptom group goes to its entries.

    Most of it goes by their places, for the words do not say which, and a group's likeliest entries come first: so the
    first eight hold the likely ones of two groups rather than all of one. The rest goes by the entries' own chances, as
    some fit better. A little of each entry's chance goes to those that the same vague words may mean.
    """
    own = chances[: len(chances) - len(group_entries)]
    members = np.zeros((len(group_entries), len(own)), dtype=np.float32)
    for row, entries in enumerate(group_entries):
        members[row, list(entries)] = 1 / np.sqrt(1 + np.arange(len(entries)))
    by_place = members / members.sum(axis=1, keepdims=True)
    fitting = (members > 0) * (own + np.float32(1e-9))
    fitting /= fitting.sum(axis=1, keepdims=True)
    among = BY_PLACE * by_place + (1 - BY_PLACE) * fitting
    return _with_neighbours(own + chances[len(own) :] @ among, by_place)


def _with_neighbours(chances: Floats, by_place: Floats) -> Floats:
    """A share of each entry's chance dealt out to the entries of its groups; one of no group keeps all."""
    neighbours = (by_place > 0).astype(np.float32).T @ by_place
    np.fill_diagonal(neighbours, 0.0)
    totals = neighbours.sum(axis=1)
    dealt = np.divide(NEIGHBOURLY * chances, totals, out=np.zeros_like(chances), where=totals > 0)
    return np.asarray(chances - dealt * totals + dealt @ neighbours, dtype=np.float32)
