"""Whether a message is like one of a team's own texts: what is learned of them beside the shipped entries.

What is about networks on ACK is learned from the shipped entries and the out-of-scope examples alone: five hundred
entries about databases make no message about databases one about networks. A team's texts speak for their like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.classifiers import even_steps
from index.lexical import Floats, Integers, Postings
from index.scorer import OwnTexts, kernel

FALSE_ANSWERS = 0.05
MOST = 2_000  # texts that the limit is learned from
LEAST_SLOPE = 2.0  # where the examples are as near as the texts among themselves
STEPS = 25
RIDGE = 0.005  # keeps the slope finite where both sides are cleanly apart


@dataclass(frozen=True)
class ComparedTexts:
    """Symptoms, then outside examples: their vectors and their lexical terms, of which there are ``terms``."""

    vectors: Floats
    lexical: Sequence[tuple[Integers, Floats]]
    terms: int

    @cached_property
    def words(self) -> Postings:
        return Postings.of(self.lexical, self.terms)

    def chosen(self, rows: Integers) -> "ComparedTexts":
        return ComparedTexts(self.vectors[rows], [self.lexical[row] for row in rows], self.terms)

    def nearness(self, others: "ComparedTexts", row: int, rows: Integers) -> Floats:
        """That of these rows to a row of the others."""
        wording = self.words.similarities(others.lexical[row])[rows]
        return np.asarray(kernel(self.vectors[rows] @ others.vectors[row], wording), dtype=np.float32)


def fit_own_texts(texts: ComparedTexts, owners: Integers, is_own: npt.NDArray[np.bool_]) -> OwnTexts:
    """Where likeness begins: between how near a team's texts are to others of their entry, and the outside examples.

    For each symptom ``owners`` gives its topic, ``is_own`` whether it is the team's.
    """
    own, outside = np.flatnonzero(is_own), np.arange(len(owners), len(texts.vectors))
    theirs, every = texts.chosen(own), np.arange(len(own))
    alike = [_nearness_within_entry(theirs, row, owners[own]) for row in even_steps(every, MOST)]
    apart = [float(theirs.nearness(texts, row, every).max()) for row in even_steps(outside, MOST)] if len(own) else []
    slope, bias = _fit_limit(np.array(alike), np.array(apart))
    return OwnTexts(rows=own.astype(np.int32), slope=slope, bias=bias)


def _nearness_within_entry(texts: ComparedTexts, row: int, owners: Integers) -> float:
    """To half of the entry's other texts: a stranger's wording is no near-copy of one. What stands alone is itself."""
    others = np.flatnonzero(owners == owners[row])
    others = others[others != row]
    return float(np.median(texts.nearness(texts, row, others if len(others) else np.array([row]))))


def _fit_limit(alike: Floats, apart: Floats) -> tuple[float, float]:
    """Slope and bias of a logistic regression over one number (Newton's method), both sides counting the same.

    The logit is 0 where ``FALSE_ANSWERS`` of those apart pass, or half way if fewer do.
    """
    values = np.concatenate([alike, apart])
    if not len(alike):
        return 0.0, 0.0
    labels = np.arange(len(values)) < len(alike)
    weights = np.where(labels, 0.5 / len(alike), 0.5 / max(len(apart), 1))
    design = np.stack([values, np.ones_like(values)], axis=1)
    penalty = np.diag([RIDGE, 1e-6])
    found = np.zeros(2)
    for _ in range(STEPS):
        chances = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        gradient = design.T @ (weights * (chances - labels)) + penalty @ found
        curve = (design * (weights * chances * (1 - chances))[:, None]).T @ design + penalty
        found = found - np.linalg.solve(curve, gradient)
    slope, bias = map(float, found)
    if slope < LEAST_SLOPE:
        slope, bias = LEAST_SLOPE, -LEAST_SLOPE * float(np.median(alike))
    passing = slope * float(np.quantile(apart, 1 - FALSE_ANSWERS)) + bias if len(apart) else 0.0
    return slope, bias - max(passing, 0.0)
