"""The few numbers learned over held-out messages: how the sides are weighed, the confidence, and its threshold."""

from dataclasses import replace
from typing import Any

import numpy as np

from index.cross_validation import HeldOut
from index.lexical import Floats, Integers
from index.scorer import MESSAGE_FEATURES, Fusion, with_top_chance

FALSE_ANSWERS = 0.05


def fit_fusion(seen: HeldOut) -> Fusion:
    """Topic weights, then the confidence, then the threshold that lets ``FALSE_ANSWERS`` of the outside pass."""
    inside = seen.owners >= 0
    nothing = np.zeros(len(MESSAGE_FEATURES), dtype=np.float32)
    weights = fit_topic_weights(seen.topic_features[inside], seen.owners[inside])
    fusion = Fusion(topic_weights=weights, message_weights=nothing, message_bias=0.0, threshold=0.5)
    pairs = zip(seen.message_features, seen.topic_features, strict=True)
    messages = np.stack([with_top_chance(message, fusion.chances(topics)) for message, topics in pairs])
    message_weights, bias = fit_message_weights(messages, inside)
    fusion = replace(fusion, message_weights=message_weights, message_bias=bias)
    outside = [fusion.confidence(row) for row in messages[~inside]]
    return replace(fusion, threshold=float(np.quantile(outside, 1 - FALSE_ANSWERS))) if outside else fusion


def fit_topic_weights(features: Floats, owners: Integers) -> Floats:
    """Weights of a conditional logit: the chance of the right topic among all.

    None that tells of nearness is negative. The last may be: groups have fewer and shorter texts than entries.
    """
    from scipy.optimize import minimize

    scale = features.std(axis=(0, 1)) + 1e-6
    scaled = (features / scale).astype(np.float64)
    right = scaled[np.arange(len(owners)), owners]

    def loss(weights: Any) -> tuple[float, Any]:  # and its slope
        logits = scaled @ weights
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(axis=1, keepdims=True)
        picked = chances[np.arange(len(owners)), owners]
        slope = (chances[:, :, None] * scaled).sum(axis=1) - right
        return float(-np.log(picked + 1e-12).mean() + 1e-4 * weights @ weights), slope.mean(axis=0) + 2e-4 * weights

    near = features.shape[2] - 1
    bounds = [*[(0.0, None)] * near, (None, None)]
    found = minimize(loss, [*[0.5] * near, 0.0], jac=True, method="L-BFGS-B", bounds=bounds)
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
