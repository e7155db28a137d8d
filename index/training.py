"""What is learned from the texts at build: a scorer over symptoms, sections and out-of-scope examples."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.classifiers import LEARNED_WHOLE, fit_classes, fit_kernel, lexical_matrix
from index.corpus import Corpus
from index.lexical import Floats, Integers, Postings, Vocabulary, bm25_terms, bm25_weights
from index.own_texts import ComparedTexts, fit_own_texts
from index.scorer import Kernel, Linear, Message, Rows, Scorer

TOPIC_STRENGTH = 10.0
INSIDE_STRENGTH = 3.0
DENSE_SCALE = 2.0
SECTION_WEIGHT = 0.5


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """All training texts made ready once: the folds only choose among them."""

    corpus: Corpus
    symptoms: Sequence[Message]
    sections: Sequence[Message]
    outside: Sequence[Message]

    @property
    def in_order(self) -> list[Message]:
        """All of them, in the order of ``Rows``."""
        return [*self.symptoms, *self.sections, *self.outside]

    @cached_property
    def owners(self) -> Integers:
        return np.array(self.corpus.symptoms.owners, dtype=np.int32)

    @cached_property
    def is_symptom_only(self) -> npt.NDArray[np.bool_]:
        """Which symptoms are not also a title, a heading or the name of a group."""
        pairs = zip(self.corpus.symptoms.texts, self.corpus.symptoms.owners, strict=True)
        return np.array([text not in self.corpus.names[owner] for text, owner in pairs], dtype=np.bool_)

    @cached_property
    def is_reference(self) -> npt.NDArray[np.bool_]:
        """Which symptoms are those of the shipped entries and of groups."""
        return np.array(self.corpus.is_reference, dtype=np.bool_)[self.owners]

    @property
    def topics(self) -> int:
        return len(self.corpus.names)

    @cached_property
    def section_owners(self) -> Integers:
        return np.array(self.corpus.sections.owners, dtype=np.int32)


def stack_vectors(data: TrainingData, inside: Integers, outside: Integers) -> Floats:
    """The vectors in the order of ``Rows``."""
    chosen = [data.symptoms[row] for row in inside] + list(data.sections)
    return np.stack([message.vector for message in chosen + [data.outside[row] for row in outside]])


def fit_scorer(data: TrainingData, inside: Integers, outside: Integers, learned: Kernel | None = None) -> Scorer:
    """A scorer that knows only the given rows of the symptoms and of the outside examples.

    ``learned``: the kernel machine of the shipped entries, where it is known; its rows are among their symptoms.
    """
    symptoms = [data.symptoms[row] for row in inside]
    others = [data.outside[row] for row in outside]
    is_reference = data.is_reference[inside]
    shipped = [symptoms[row] for row in np.flatnonzero(is_reference)]
    of_shipped = Vocabulary.fit([message.terms for message in shipped + others])
    vocabulary = of_shipped
    if not is_reference.all():  # a team's texts add terms; how rare the shipped ones are is not for them to say
        vocabulary = of_shipped.extended([message.terms for message in symptoms + others])
    owners, topics = data.owners[inside], data.topics
    known, foreign = ClassifierInput.of(symptoms, vocabulary), ClassifierInput.of(others, vocabulary)
    both = known + foreign
    sections = ClassifierInput.of(data.sections, vocabulary)
    words = Postings.of(both.lexical, len(vocabulary.rows))
    side_by_side = len(symptoms) + len(others) <= LEARNED_WHOLE  # of many texts in turn, for the memory of both
    with ThreadPoolExecutor(2 if side_by_side else 1) as pool:  # linear algebra releases the interpreter lock
        topic = pool.submit(_fit_topic, known, owners, sections, data.section_owners, topics)
        of_reference = both if vocabulary is of_shipped else None
        in_scope = pool.submit(_fit_inside, shipped, others, of_shipped, learned, of_reference)
        bm25 = bm25_weights(topic_documents(data, inside), vocabulary, data.corpus.is_reference)
        own = fit_own_texts(ComparedTexts(both.dense, both.lexical, len(vocabulary.rows)), owners, ~is_reference)
        kernel = in_scope.result()
        rows = np.concatenate([np.flatnonzero(is_reference), len(symptoms) + np.arange(len(others))])
        return Scorer(
            rows=Rows(
                symptoms=owners,
                sections=data.section_owners,
                outside=len(outside),
                topics=topics,
                groups=len(data.corpus.groups),
            ),
            vocabulary=vocabulary,
            words=words,
            bm25=bm25,
            topic=topic.result(),
            inside=replace(kernel, rows=rows[kernel.rows].astype(np.int32)),
            own=own,
        )


@dataclass(frozen=True)
class ClassifierInput:
    """Messages as the linear classifiers take them."""

    dense: Floats
    lexical: list[tuple[Integers, Floats]]
    width: int

    @classmethod
    def of(cls, messages: Sequence[Message], vocabulary: Vocabulary) -> "ClassifierInput":
        dense = np.array([message.vector for message in messages], dtype=np.float32)
        return cls(dense, [vocabulary.vector(message.terms) for message in messages], len(vocabulary.rows))

    def __add__(self, other: "ClassifierInput") -> "ClassifierInput":
        dense = np.concatenate([self.dense, other.dense]) if len(other.dense) else self.dense
        return ClassifierInput(dense, self.lexical + other.lexical, self.width)


def _fit_topic(
    symptoms: ClassifierInput, owners: Integers, sections: ClassifierInput, section_owners: Integers, topics: int
) -> Linear:
    """Which topic: learned from the symptoms and, counting less, from what the entries tell of themselves."""
    both = symptoms + sections
    labels = np.concatenate([owners, section_owners])
    weights = np.concatenate([np.ones(len(owners)), np.full(len(section_owners), SECTION_WEIGHT)]).astype(np.float32)
    return fit_classes(
        both.dense, lexical_matrix(both.lexical, both.width), labels, weights, topics,
        strength=TOPIC_STRENGTH, dense_scale=DENSE_SCALE,
    )  # fmt: skip


def _fit_inside(
    shipped: Sequence[Message],
    others: Sequence[Message],
    vocabulary: Vocabulary,
    learned: Kernel | None,
    ready: ClassifierInput | None,
) -> Kernel:
    """About anything of the shipped entries: their symptoms against the out-of-scope examples.

    ``ready``: both as classifiers take them, where somebody has them.
    """
    if learned is not None:
        return learned
    both = ready or ClassifierInput.of([*shipped, *others], vocabulary)
    labels = np.arange(len(both.lexical)) < len(shipped)
    return fit_kernel(both.dense, lexical_matrix(both.lexical, both.width), labels, strength=INSIDE_STRENGTH)


def topic_documents(data: TrainingData, inside: Integers) -> list[Counter[str]]:
    """Per topic what BM25 weighs of its sections and the given symptoms."""
    documents: list[Counter[str]] = [Counter() for _ in range(data.topics)]
    for message, owner in zip(data.sections, data.section_owners, strict=True):
        documents[owner].update(bm25_terms(message.terms))
    for row in inside:
        documents[data.owners[row]].update(bm25_terms(data.symptoms[row].terms))
    return documents
