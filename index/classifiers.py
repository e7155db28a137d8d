"""Fitting of classifiers over encoder vectors and lexical terms; scikit-learn is imported here, at build only.

What is learned grows with the texts, not with their square: the lexical terms are reduced to ``DIRECTIONS`` before
entries are told apart, and the kernel machine learns from ``KERNEL_TEXTS`` of more than ``LEARNED_WHOLE`` texts.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from index.lexical import Floats, Integers
from index.scorer import Kernel, Linear, kernel

ITERATIONS = 300
NEVER = -30.0
DIRECTIONS = 256
SPARE_DIRECTIONS, POWERS = 16, 2  # of the randomized decomposition
LEARNED_WHOLE = 8_000  # texts: all of the shipped entries and a few of a team
KERNEL_TEXTS = 5_500
PART = 500  # texts at a time: products of sparse matrices are far from sparse
CACHE = 32  # MB for what is copied from the kernel, which is in memory anyway
ROUNDS = 2  # of learning again with the texts that were on the wrong side


def load_classifiers() -> None:
    """Import what learns, ahead of its use."""
    import sklearn.linear_model
    import sklearn.svm  # noqa: F401


def one_thread() -> AbstractContextManager[Any]:
    """The matrices of learning are small: threads of the linear algebra would mostly wait, and burn what they wait for.

    Of the libraries that are loaded already, so it loads them first.
    """
    from threadpoolctl import threadpool_limits

    load_classifiers()
    limits: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limits


def lexical_matrix(vectors: Sequence[tuple[Integers, Floats]], width: int) -> Any:
    """Lexical vectors as the rows of one sparse matrix."""
    from scipy.sparse import csr_matrix

    ends = np.cumsum([0, *(len(rows) for rows, _ in vectors)])
    columns = np.concatenate([rows for rows, _ in vectors]) if vectors else np.zeros(0, dtype=np.int32)
    values = np.concatenate([weights for _, weights in vectors]) if vectors else np.zeros(0, dtype=np.float32)
    return csr_matrix((values, columns, ends), shape=(len(vectors), width), dtype=np.float32)


def fit_classes(
    dense: Floats, sparse: Any, labels: Integers, weights: Floats, classes: int, *, strength: float, dense_scale: float
) -> Linear:
    """Multinomial logistic regression; ``weights`` says how much each text counts."""
    basis = _fit_basis(sparse)
    data = np.hstack([dense * dense_scale, sparse @ basis]).astype(np.float32)
    all_coefficients = np.zeros((classes, data.shape[1]), dtype=np.float32)
    if len(np.unique(labels)) < 2:  # nothing to tell apart
        bias = np.zeros(classes, dtype=np.float32)
    else:
        bias = np.full(classes, NEVER, dtype=np.float32)
        present, coefficients, bias_of_present = _fit_logistic(data, labels, weights, strength)
        all_coefficients[present], bias[present] = coefficients, bias_of_present
    width = dense.shape[1]
    return Linear(
        dense=np.ascontiguousarray(all_coefficients[:, :width].T * dense_scale),
        basis=basis,
        reduced=np.ascontiguousarray(all_coefficients[:, width:].T),
        bias=bias,
    )


def fit_kernel(
    dense: Floats,
    sparse: Any,
    labels: Any,
    *,
    strength: float,
    whole: int = LEARNED_WHOLE,
    most: int = KERNEL_TEXTS,
) -> Kernel:
    """A support vector machine with the scorer's kernel; the rarer label counts as much as the other.

    Of more than ``whole`` texts it learns from ``most``: a share of the commoner label, then again with those that it
    got wrong.
    """
    if labels.all():
        return Kernel(rows=np.zeros(0, dtype=np.int32), votes=np.zeros(0, dtype=np.float32), bias=1.0)
    is_whole = len(labels) <= whole
    chosen = np.arange(len(labels)) if is_whole else _even_share(labels, most * 3 // 4)
    fitted = _fit_votes(dense, sparse, labels, chosen, strength)
    for _ in range(0 if is_whole else ROUNDS):
        margins = np.where(labels, 1.0, -1.0) * _logits(fitted, dense, sparse)
        margins[chosen] = np.inf
        hardest = np.argsort(margins, kind="stable")[: most // 8]
        chosen = np.union1d(chosen, hardest[margins[hardest] < 1.0])
        fitted = _fit_votes(dense, sparse, labels, chosen, strength)
    return fitted


def _even_share(labels: Any, most: int) -> Integers:
    """Rows of all texts, or of ``most``: the rarer label whole, up to half, the other in even steps."""
    if len(labels) <= most:
        return np.arange(len(labels))
    groups = sorted((np.flatnonzero(labels), np.flatnonzero(~labels)), key=len)
    few = even_steps(groups[0], most // 2)
    return np.sort(np.concatenate([few, even_steps(groups[1], most - len(few))]))


def even_steps(rows: Integers, most: int) -> Integers:
    """The rows, or ``most`` of them from start to end."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64))]


def _fit_votes(dense: Floats, sparse: Any, labels: Any, chosen: Integers, strength: float) -> Kernel:
    voters, votes, bias = fit_votes(_kernel_of_all(dense[chosen], sparse[chosen]), labels[chosen], strength)
    return Kernel(rows=chosen[voters].astype(np.int32), votes=votes, bias=bias)


def fit_votes(gram: Any, labels: Any, strength: float) -> tuple[Integers, Floats, float]:
    """A support vector machine over the kernel of each text with each: the rows that vote, their votes, the bias.

    The rarer label counts as much as the other.
    """
    from sklearn.svm import SVC

    fitted = SVC(kernel="precomputed", C=strength, class_weight="balanced", cache_size=CACHE).fit(gram, labels)
    return fitted.support_, fitted.dual_coef_[0].astype(np.float32), float(fitted.intercept_[0])


def _kernel_of_all(dense: Floats, sparse: Any) -> Any:
    """Each text against each, of which half is measured: the other half is the same."""
    values = np.empty((len(dense), len(dense)))
    for start in range(0, len(dense), PART):
        rows, left = slice(start, start + PART), slice(start, None)
        values[rows, left] = _kernel_between(dense[rows], sparse[rows], dense[left], sparse[left])
        values[left, rows] = values[rows, left].T
    return values


def _logits(fitted: Kernel, dense: Floats, sparse: Any) -> Floats:
    voters, words = dense[fitted.rows], sparse[fitted.rows]
    parts = [slice(start, start + PART) for start in range(0, len(dense), PART)]
    votes = [_kernel_between(dense[rows], sparse[rows], voters, words) @ fitted.votes for rows in parts]
    return np.concatenate(votes) + np.float32(fitted.bias)


def _kernel_between(dense: Floats, sparse: Any, others: Floats, other_words: Any) -> Floats:
    return np.asarray(kernel(dense @ others.T, (sparse @ other_words.T).toarray()), dtype=np.float32)


def _fit_basis(sparse: Any) -> Any:
    """The directions in which the texts' words differ most: terms by ``DIRECTIONS``, half precision.

    A randomized singular value decomposition that factors nothing larger than the texts by the directions.
    """
    directions = min(DIRECTIONS, *(size - 1 for size in sparse.shape))
    if directions < 1 or not sparse.nnz:
        return np.zeros((sparse.shape[1], 0), dtype=np.float16)
    width = min(directions + SPARE_DIRECTIONS, *sparse.shape)
    found = np.random.default_rng(0).standard_normal((sparse.shape[0], width), dtype=np.float32)
    for _ in range(POWERS):
        found = np.linalg.qr(sparse @ (sparse.T @ found))[0]
    words = (sparse.T @ found).T  # directions by terms
    squares, turned = np.linalg.eigh((words @ words.T).astype(np.float64))
    best = np.argsort(-squares)[:directions]
    scaled = turned[:, best] / np.sqrt(np.maximum(squares[best], 1e-9))
    return np.ascontiguousarray(words.T @ scaled.astype(np.float32), dtype=np.float16)


def _fit_logistic(data: Floats, labels: Integers, weights: Floats, strength: float) -> tuple[Integers, Floats, Floats]:
    """The classes that the labels name, their coefficients and biases."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=strength, max_iter=ITERATIONS, tol=1e-3).fit(data, labels, weights)
    if len(fitted.classes_) > 2:
        return fitted.classes_, fitted.coef_, fitted.intercept_
    sides = np.array([[-0.5], [0.5]])  # scikit-learn keeps one column for two classes
    return fitted.classes_, sides * fitted.coef_[0], sides[:, 0] * fitted.intercept_[0]
