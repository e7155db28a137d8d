"""Cross-validation: every known message scored by a scorer that had not seen it.

Held-out symptoms stand in for the questions to come. Neighbouring wordings are held out together: an author writes the
same sentence in three ways, a stranger does not, and weights learned on near-copies would trust nearness too much.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.lexical import Floats, Integers
from index.scorer import Message
from index.training import TrainingData, fit_scorer, stack_vectors

FOLDS = 5
SYMPTOMS_APART = 0.35  # distance of two wordings of one topic from which on they may stand in different folds
OUTSIDE_APART = 0.7  # wider: whole subjects are held out, for nobody can list all that is out of scope
Progress = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Features of messages scored by a scorer that had not seen them; ``owners`` is -1 for outside examples."""

    topic_features: Floats
    message_features: Floats
    owners: Integers


def score_held_out(data: TrainingData, progress: Progress) -> HeldOut:
    """Every symptom and every outside example, scored by the fold that did not see it."""
    inside_folds, outside_folds = symptom_folds(data), outside_example_folds(data)
    parts = []
    for fold in range(FOLDS):
        if (inside_folds == fold).any() or (outside_folds == fold).any():
            parts.append(_score_fold(data, inside_folds == fold, outside_folds == fold))
        progress((fold + 1) / FOLDS)
    return HeldOut(
        topic_features=np.concatenate([part.topic_features for part in parts]),
        message_features=np.concatenate([part.message_features for part in parts]),
        owners=np.concatenate([part.owners for part in parts]),
    )


def _score_fold(data: TrainingData, inside: Any, outside: Any) -> HeldOut:
    known_inside, known_outside = np.flatnonzero(~inside), np.flatnonzero(~outside)
    scorer = fit_scorer(data, known_inside, known_outside)
    vectors = stack_vectors(data, known_inside, known_outside)
    asked = [data.symptoms[row] for row in np.flatnonzero(inside).tolist()]
    owners = np.concatenate([data.owners[inside], np.full(int(outside.sum()), -1)]).astype(np.int32)
    asked += [data.outside[row] for row in np.flatnonzero(outside).tolist()]
    cosines = np.stack([message.vector for message in asked]) @ vectors.T  # all at once: far quicker than one by one
    scored = [scorer.features(message, row) for message, row in zip(asked, cosines, strict=True)]
    return HeldOut(
        topic_features=np.stack([features.topics for features in scored]),
        message_features=np.stack([features.message for features in scored]),
        owners=owners,
    )


def symptom_folds(data: TrainingData) -> Integers:
    """The fold of each symptom; neighbours of one topic share it. Titles are in none: the sections hold them, too."""
    folds = np.full(len(data.symptoms), -1, dtype=np.int32)
    for topic in range(data.topics):
        rows = np.flatnonzero((data.owners == topic) & data.is_symptom_only)
        folds[rows] = neighbour_folds([data.symptoms[row] for row in rows.tolist()], SYMPTOMS_APART, start=topic)
    return folds


def outside_example_folds(data: TrainingData) -> Integers:
    return neighbour_folds(data.outside, OUTSIDE_APART, start=0)


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
