"""A team's entries added to the index of the shipped ones, by numpy alone: where nothing can be learned anew.

What was learned of the shipped entries stays as it is. Each new topic gets a column of its own in the classifier; what
is like a new text is in scope. BM25, words and vectors are made of all texts.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from index.corpus import Corpus, Texts
from index.lexical import Floats, Integers, Postings, Vocabulary, bm25_weights
from index.own_texts import ComparedTexts, fit_own_texts
from index.scorer import Linear, Message, Rows, Scorer
from index.training import DENSE_SCALE, SECTION_WEIGHT, TOPIC_STRENGTH, TrainingData, topic_documents

STEPS = 300


def extend_scorer(base: Scorer, known: Corpus, data: TrainingData) -> Scorer:
    """The scorer of the known corpus with the topics of ``data``, which holds them all and more."""
    messages = [*data.symptoms, *data.outside]
    vocabulary = base.vocabulary.extended([message.terms for message in messages])
    lexical = [vocabulary.vector(message.terms) for message in messages]
    words = Postings.of(lexical, len(vocabulary.rows))
    vectors = np.stack([message.vector for message in messages])
    rows = Rows(
        symptoms=data.owners,
        sections=data.section_owners,
        outside=len(data.outside),
        topics=data.topics,
        groups=len(data.corpus.groups),
    )
    everything = np.arange(len(data.symptoms), dtype=np.int32)
    known_rows = _new_rows(known, data)
    return Scorer(
        rows=rows,
        vocabulary=vocabulary,
        words=words,
        bm25=bm25_weights(topic_documents(data, everything), vocabulary, data.corpus.is_reference),
        topic=_extended_topic(base.topic, known, data, vocabulary, lexical),
        inside=replace(base.inside, rows=known_rows[base.inside.rows]),
        own=fit_own_texts(ComparedTexts(vectors, lexical, len(vocabulary.rows)), data.owners, ~data.is_reference),
    )


def _extended_topic(
    known: Linear, corpus: Corpus, data: TrainingData, vocabulary: Vocabulary, lexical: list[tuple[Integers, Floats]]
) -> Linear:
    """The known columns, and one for each new topic."""
    topics = _topics(data.corpus)
    columns = np.array([topics.index(topic) for topic in _topics(corpus)], dtype=np.int32)
    new = np.setdiff1d(np.arange(len(topics)), columns)
    basis = np.zeros((len(vocabulary.rows), known.basis.shape[1]), dtype=known.basis.dtype)
    basis[: len(known.basis)] = known.basis
    reduced = np.zeros((known.reduced.shape[0], len(topics)), dtype=np.float32)
    dense, bias = np.zeros((known.dense.shape[0], len(topics)), dtype=np.float32), np.zeros(len(topics), np.float32)
    dense[:, columns], reduced[:, columns], bias[columns] = known.dense, known.reduced, known.bias
    extended = Linear(dense=dense, basis=basis, reduced=reduced, bias=bias)

    sections = [vocabulary.vector(message.terms) for message in data.sections]
    features = _features([*data.symptoms, *data.sections], [*lexical[: len(data.symptoms)], *sections], basis)
    labels = np.concatenate([data.owners, data.section_owners])
    weights = np.where(np.arange(len(labels)) < len(data.owners), 1.0, SECTION_WEIGHT)
    fixed = features @ np.vstack([dense / DENSE_SCALE, reduced]) + bias
    coefficients, bias[new] = _fit_new_classes(features, labels, weights, fixed, new)
    width = dense.shape[0]
    dense[:, new], reduced[:, new] = coefficients[:width] * DENSE_SCALE, coefficients[width:]
    return extended


def _topics(corpus: Corpus) -> list[str]:
    """Names of all topics, in their order; those of groups cannot be taken for an entry's."""
    return [*corpus.ids, *(f"group {group.name}" for group in corpus.groups)]


def _features(messages: Sequence[Message], lexical: Sequence[tuple[Integers, Floats]], basis: Any) -> Floats:
    dense = np.stack([message.vector for message in messages]) * DENSE_SCALE
    words = [weights @ basis[rows].astype(np.float32) for rows, weights in lexical]
    return np.hstack([dense, np.stack(words)]).astype(np.float32)


def _fit_new_classes(
    features: Floats, labels: Integers, weights: Any, fixed: Floats, new: Integers
) -> tuple[Floats, Floats]:
    """Coefficients and biases of the new classes in a multinomial logistic regression whose other classes stay.

    Accelerated gradient descent (Nesterov 1983), on features around their mean, so that few steps are enough.
    """
    mean = np.average(features, axis=0, weights=weights)
    centred = np.hstack([features - mean, np.ones((len(features), 1), dtype=np.float32)])
    right = (labels[:, None] == new) * weights[:, None]
    decay = np.append(np.full(features.shape[1], 1 / TOPIC_STRENGTH), 0.0)[:, None]
    step = 1 / (0.5 * np.linalg.eigvalsh((centred * weights[:, None]).T @ centred)[-1] + decay.max())
    found = ahead = np.zeros((centred.shape[1], len(new)))
    for turn in range(STEPS):
        chances = _chances(centred @ ahead, fixed, new)
        slope = centred.T @ (chances * weights[:, None] - right) + decay * ahead
        earlier, found = found, ahead - step * slope
        ahead = found + turn / (turn + 3) * (found - earlier)
    return found[:-1].astype(np.float32), (found[-1] - mean @ found[:-1]).astype(np.float32)


def _chances(logits: Floats, fixed: Floats, new: Integers) -> Floats:
    """Of the new classes, beside those whose logits are fixed."""
    both = fixed.copy()
    both[:, new] = logits
    both -= both.max(axis=1, keepdims=True)
    np.exp(both, out=both)
    return np.asarray(both[:, new] / both.sum(axis=1, keepdims=True))


def _new_rows(corpus: Corpus, data: TrainingData) -> Integers:
    """For each symptom and then each outside example of the known corpus its row among those of ``data``."""
    rows = {owned: row for row, owned in enumerate(_owned(data.corpus, data.corpus.symptoms))}
    symptoms = [rows[owned] for owned in _owned(corpus, corpus.symptoms)]
    return np.concatenate([symptoms, len(data.symptoms) + np.arange(len(data.outside))]).astype(np.int32)


def _owned(corpus: Corpus, texts: Texts) -> list[tuple[str, str]]:
    """Each text with its topic's name."""
    topics = _topics(corpus)
    return [(topics[owner], text) for owner, text in zip(texts.owners, texts.texts, strict=True)]
