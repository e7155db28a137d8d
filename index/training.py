"""What is learned at build: a scorer over the symptoms, and the fusion of its sides by cross-validation.

Held-out symptoms stand in for the questions to come. Neighbouring wordings are held out together: an author writes the
same sentence in three ways, a stranger does not, and weights learned on near-copies would trust nearness too much.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from index.corpus import Corpus
from index.lexical import Floats, Integers, Postings, Vocabulary, bm25_weights
from index.classifiers import fit_classes, fit_kernel, matrix
from index.scorer import MESSAGE_FEATURES, Fusion, Kernel, Linear, Message, Rows, Scorer, fused_features

FOLDS = 5
FALSE_ANSWERS = 0.05
TOPIC_STRENGTH = 10.0
INSIDE_STRENGTH = 3.0
DENSE_SCALE = 2.0
SECTION_WEIGHT = 0.5
SYMPTOMS_APART = 0.35  # distance of two wordings of one entry from which on they may stand in different folds
OUTSIDE_APART = 0.7  # wider: whole subjects are held out, for nobody can list all that is out of scope
Progress = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class Material:
    """All training texts made ready once: the folds only choose among them."""

    corpus: Corpus
    symptoms: Sequence[Message]
    sections: Sequence[Message]
    outside: Sequence[Message]

    @property
    def owners(self) -> Integers:
        return np.array(self.corpus.symptoms.owners, dtype=np.int32)

    @property
    def typed(self) -> npt.NDArray[np.bool_]:
        """Which symptoms are not also a title or heading."""
        named = [{entry.title, *entry.headings} for entry in self.corpus.entries]
        pairs = zip(self.corpus.symptoms.texts, self.corpus.symptoms.owners, strict=True)
        return np.array([text not in named[owner] for text, owner in pairs], dtype=np.bool_)

    @property
    def section_owners(self) -> Integers:
        return np.array(self.corpus.sections.owners, dtype=np.int32)


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Features of messages scored by a scorer that had not seen them; ``owners`` is -1 for outside examples."""

    entry_features: Floats
    message_features: Floats
    owners: Integers


def searchable(material: Material, inside: Integers, outside: Integers) -> Floats:
    """The vectors in the order of ``Rows``."""
    chosen = [material.symptoms[row] for row in inside] + list(material.sections)
    return np.stack([message.vector for message in chosen + [material.outside[row] for row in outside]])


def fit_scorer(material: Material, inside: Integers, outside: Integers) -> Scorer:
    """A scorer that knows only the given rows of the symptoms and of the outside examples."""
    symptoms = [material.symptoms[row] for row in inside]
    others = [material.outside[row] for row in outside]
    vocabulary = Vocabulary.fit([message.terms for message in symptoms + others])
    owners, entries = material.owners[inside], len(material.corpus.entries)
    known, foreign = Ready.of(symptoms, vocabulary), Ready.of(others, vocabulary)
    return Scorer(
        rows=Rows(
            symptoms=owners,
            sections=material.section_owners,
            outside=len(outside),
            entries=entries,
        ),
        vocabulary=vocabulary,
        words=Postings.of(known.lexical + foreign.lexical, len(vocabulary.rows)),
        bm25=bm25_weights(_documents(material, inside), vocabulary),
        topic=_fit_topic(known, owners, Ready.of(material.sections, vocabulary), material.section_owners, entries),
        inside=_fit_inside(known, foreign),
    )


@dataclass(frozen=True)
class Ready:
    """Messages as the linear classifiers take them."""

    dense: Floats
    lexical: list[tuple[Integers, Floats]]
    width: int

    @classmethod
    def of(cls, messages: Sequence[Message], vocabulary: Vocabulary) -> "Ready":
        dense = np.array([message.vector for message in messages], dtype=np.float32)
        return cls(dense, [vocabulary.vector(message.terms) for message in messages], len(vocabulary.rows))

    def __add__(self, other: "Ready") -> "Ready":
        dense = np.concatenate([self.dense, other.dense]) if len(other.dense) else self.dense
        return Ready(dense, self.lexical + other.lexical, self.width)


def _fit_topic(known: Ready, owners: Integers, told: Ready, told_owners: Integers, entries: int) -> Linear:
    """Which entry: learned from the symptoms and, counting less, from what the entries tell of themselves."""
    both = known + told
    weights = np.concatenate([np.ones(len(owners)), np.full(len(told_owners), SECTION_WEIGHT)]).astype(np.float32)
    return fit_classes(
        both.dense, matrix(both.lexical, both.width), np.concatenate([owners, told_owners]), weights, entries,
        strength=TOPIC_STRENGTH, dense_scale=DENSE_SCALE,
    )  # fmt: skip


def _fit_inside(known: Ready, foreign: Ready) -> Kernel:
    """About anything here: the symptoms against the out-of-scope examples."""
    both = known + foreign
    labels = np.arange(len(both.lexical)) < len(known.lexical)
    return fit_kernel(both.dense, matrix(both.lexical, both.width), labels, strength=INSIDE_STRENGTH)


def _documents(material: Material, inside: Integers) -> list[Counter[str]]:
    """Per entry all its words: sections and the given symptoms."""
    documents: list[Counter[str]] = [Counter() for _ in material.corpus.entries]
    for message, owner in zip(material.sections, material.section_owners, strict=True):
        documents[owner].update(message.terms)
    for row in inside:
        documents[material.owners[row]].update(material.symptoms[row].terms)
    return documents


def held_out(material: Material, progress: Progress) -> HeldOut:
    """Every symptom and every outside example, scored by the fold that did not see it."""
    inside_folds, outside_folds = symptom_folds(material), outside_example_folds(material)
    parts = []
    for fold in range(FOLDS):
        parts.append(_score_fold(material, inside_folds == fold, outside_folds == fold))
        progress((fold + 1) / FOLDS)
    return HeldOut(
        entry_features=np.concatenate([part.entry_features for part in parts]),
        message_features=np.concatenate([part.message_features for part in parts]),
        owners=np.concatenate([part.owners for part in parts]),
    )


def _score_fold(material: Material, inside: Any, outside: Any) -> HeldOut:
    known_inside, known_outside = np.flatnonzero(~inside), np.flatnonzero(~outside)
    scorer = fit_scorer(material, known_inside, known_outside)
    vectors = searchable(material, known_inside, known_outside)
    rows = np.flatnonzero(inside)
    asked = [material.symptoms[row] for row in rows] + [material.outside[row] for row in np.flatnonzero(outside)]
    scored = [scorer.features(message, lambda vector: vectors @ vector) for message in asked]
    return HeldOut(
        entry_features=np.stack([entry for entry, _ in scored]),
        message_features=np.stack([message for _, message in scored]),
        owners=np.concatenate([material.owners[rows], np.full(len(asked) - len(rows), -1)]).astype(np.int32),
    )


def symptom_folds(material: Material) -> Integers:
    """The fold of each symptom; neighbours of one entry share it. Titles are in none: the sections hold them, too."""
    folds = np.full(len(material.symptoms), -1, dtype=np.int32)
    for entry in range(len(material.corpus.entries)):
        rows = np.flatnonzero((material.owners == entry) & material.typed)
        folds[rows] = neighbour_folds([material.symptoms[row] for row in rows], SYMPTOMS_APART, start=entry)
    return folds


def outside_example_folds(material: Material) -> Integers:
    return neighbour_folds(material.outside, OUTSIDE_APART, start=0)


def neighbour_folds(messages: Sequence[Message], apart: float, start: int) -> Integers:
    """Groups of neighbouring messages dealt out to the folds, large groups first."""
    if len(messages) < 2:
        return np.full(len(messages), start % FOLDS, dtype=np.int32)
    from sklearn.cluster import AgglomerativeClustering

    vectors = np.stack([message.vector for message in messages])
    grouping = AgglomerativeClustering(n_clusters=None, distance_threshold=apart, metric="cosine", linkage="average")
    groups = grouping.fit(np.where(np.abs(vectors).sum(axis=1, keepdims=True) > 0, vectors, 1e-3)).labels_
    sizes = np.bincount(groups)
    load = np.zeros(FOLDS)
    folds = np.zeros(len(messages), dtype=np.int32)
    for group in sorted(range(len(sizes)), key=lambda group: (-sizes[group], group)):
        fold = min(range(FOLDS), key=lambda fold: (load[fold], (fold - start) % FOLDS))
        folds[groups == group] = fold
        load[fold] += sizes[group]
    return folds


def fit_fusion(seen: HeldOut) -> Fusion:
    """Entry weights, then the confidence, then the threshold that lets ``FALSE_ANSWERS`` of the outside pass."""
    inside = seen.owners >= 0
    weights = fit_entry_weights(seen.entry_features[inside], seen.owners[inside])
    draft = Fusion(entry_weights=weights, message_weights=np.zeros(0), message_bias=0.0, threshold=0.5)
    messages = np.stack(
        [fused_features(m, draft.chances(e)) for m, e in zip(seen.message_features, seen.entry_features, strict=True)]
    )
    message_weights, bias = fit_message_weights(messages, inside)
    fusion = Fusion(entry_weights=weights, message_weights=message_weights, message_bias=bias, threshold=0.5)
    outside = [fusion.confidence(row) for row in messages[~inside]]
    threshold = float(np.quantile(outside, 1 - FALSE_ANSWERS)) if outside else 0.5
    return Fusion(entry_weights=weights, message_weights=message_weights, message_bias=bias, threshold=threshold)


def fit_entry_weights(features: Floats, owners: Integers) -> Floats:
    """Weights of a conditional logit: the chance of the right entry among all, none of them negative."""
    from scipy.optimize import minimize

    scale = features.std(axis=(0, 1)) + 1e-6
    scaled = (features / scale).astype(np.float64)
    right = scaled[np.arange(len(owners)), owners]

    def loss(weights: Any) -> tuple[float, Any]:
        logits = scaled @ weights
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(axis=1, keepdims=True)
        picked = chances[np.arange(len(owners)), owners]
        slope = (chances[:, :, None] * scaled).sum(axis=1) - right
        return float(-np.log(picked + 1e-12).mean() + 1e-4 * weights @ weights), slope.mean(axis=0) + 2e-4 * weights

    start = np.full(features.shape[2], 0.5)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * features.shape[2])
    return np.asarray(found.x / scale, dtype=np.float32)


def fit_message_weights(features: Floats, inside: Any) -> tuple[Floats, float]:
    """The confidence: logistic regression over the message's features, in their own units."""
    if inside.all():
        return np.zeros(len(MESSAGE_FEATURES), dtype=np.float32), 30.0
    from sklearn.linear_model import LogisticRegression

    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    fitted = LogisticRegression(C=1.0, max_iter=1000, class_weight="balanced").fit((features - mean) / scale, inside)
    weights = fitted.coef_[0] / scale
    return weights.astype(np.float32), float(fitted.intercept_[0] - mean @ weights)
