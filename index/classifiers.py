"""Fitting of classifiers over encoder vectors and lexical terms; scikit-learn is imported here, at build only."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from index.lexical import Floats, Integers
from index.scorer import Kernel, Linear, kernel

ITERATIONS = 300
NEVER = -30.0


def lexical_matrix(vectors: Sequence[tuple[Integers, Floats]], width: int) -> Any:
    """Lexical vectors as the rows of one sparse matrix."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    ends = np.cumsum([0, *(len(rows) for rows, _ in vectors)])
    columns = np.concatenate([rows for rows, _ in vectors]) if vectors else np.zeros(0, dtype=np.int32)
    values = np.concatenate([weights for _, weights in vectors]) if vectors else np.zeros(0, dtype=np.float32)
    return csr_matrix((values, columns, ends), shape=(len(vectors), width), dtype=np.float32)


def fit_classes(
    dense: Floats, sparse: Any, labels: Integers, weights: Floats, classes: int, *, strength: float, dense_scale: float
) -> Linear:
    """Multinomial logistic regression; ``weights`` says how much each text counts."""
    if len(np.unique(labels)) < 2:
        return _constant(dense.shape[1], sparse.shape[1], classes)
    fitted = _logistic(dense, sparse, labels, strength, dense_scale, weights=weights)
    if len(fitted.classes_) == 2:  # scikit-learn keeps one column for two classes
        sides = np.array([[-0.5], [0.5]])
        coefficients, bias = sides * fitted.coef_[0], sides[:, 0] * fitted.intercept_[0]
    else:
        coefficients, bias = fitted.coef_, fitted.intercept_
    all_coefficients = np.zeros((classes, coefficients.shape[1]), dtype=np.float32)
    all_bias = np.full(classes, NEVER, dtype=np.float32)
    all_coefficients[fitted.classes_], all_bias[fitted.classes_] = coefficients, bias
    return _split(all_coefficients, all_bias, dense.shape[1], dense_scale)


def fit_kernel(dense: Floats, sparse: Any, labels: Any, *, strength: float) -> Kernel:
    """A support vector machine with the scorer's kernel; the rarer label counts as much as the other."""
    if labels.all():
        return Kernel(votes=np.zeros(len(labels), dtype=np.float32), bias=1.0)
    from sklearn.svm import SVC

    gram = kernel(dense @ dense.T, (sparse @ sparse.T).toarray())
    fitted = SVC(kernel="precomputed", C=strength, class_weight="balanced").fit(gram, labels)
    votes = np.zeros(len(labels), dtype=np.float32)
    votes[fitted.support_] = fitted.dual_coef_[0]
    return Kernel(votes=votes, bias=float(fitted.intercept_[0]))


def _logistic(dense: Floats, sparse: Any, labels: Integers, strength: float, scale: float, *, weights: Any) -> Any:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    data = hstack([csr_matrix(dense * scale), sparse]).tocsr()
    return LogisticRegression(C=strength, max_iter=ITERATIONS, tol=1e-3).fit(data, labels, weights)


def _split(coefficients: Floats, bias: Floats, width: int, scale: float) -> Linear:
    dense = np.ascontiguousarray(coefficients[:, :width].T * scale, dtype=np.float32)
    return Linear(dense=dense, sparse=np.ascontiguousarray(coefficients[:, width:].T), bias=bias)


def _constant(width: int, size: int, classes: int) -> Linear:
    """With a single label there is nothing to tell apart."""
    return Linear(
        dense=np.zeros((width, classes), dtype=np.float32),
        sparse=np.zeros((size, classes), dtype=np.float32),
        bias=np.zeros(classes, dtype=np.float32),
    )
