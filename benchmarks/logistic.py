"""Logistic maps from evidence to probability, and how well they rank and mean what they say."""

from __future__ import annotations

import numpy as np

# Weight of the squared weights (of features of spread 1) against the mean log loss.
RIDGE = 1e-3
STEPS = 60


def fit(
    features: list[dict[str, float]], labels: list[bool], clean_per_defect: float
) -> dict[str, object]:
    """A logistic map, with weights that are not negative.

    Args:
        features: the evidence of every case.
        labels: whether the defect is there.
        clean_per_defect: how many clean pictures come on one with the defect; the cases are
            weighted so.

    Returns:
        ``{"intercept": float, "weights": {feature: float}}``.
    """
    if len(set(labels)) < 2:
        raise SystemExit("a map needs pictures with and without the defect: give more pictures")
    names = list(features[0])
    x = np.array([[one[n] for n in names] for one in features])
    y = np.array(labels, dtype=float)
    total = 1 + clean_per_defect
    weight = np.where(y > 0, 1 / total / y.sum(), clean_per_defect / total / (1 - y).sum())
    used = list(range(len(names)))
    while True:
        intercept, slopes = _newton(x[:, used], y, weight)
        if (slopes >= 0).all() or len(used) == 1:
            break
        used.pop(int(slopes.argmin()))
    found = dict.fromkeys(names, 0.0)
    for index, slope in zip(used, slopes, strict=True):
        found[names[index]] = round(float(max(slope, 0.0)), 4)
    return {"intercept": round(float(intercept), 4), "weights": found}


def _newton(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, np.ndarray]:
    mean, spread = x.mean(0), x.std(0) + 1e-9
    design = np.column_stack([np.ones(len(x)), (x - mean) / spread])
    penalty = np.diag([0.0] + [RIDGE] * x.shape[1])
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (p - y)) + penalty @ beta
        curvature = (design * (weight * p * (1 - p) + 1e-9)[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, gradient)
        beta -= step * min(1.0, 3.0 / max(np.abs(step).max(), 1e-9))
    slopes = beta[1:] / spread
    return float(beta[0] - (slopes * mean).sum()), slopes


def apply(fitted: dict, features: dict[str, float]) -> float:
    """The probability of one case."""
    value = fitted["intercept"] + sum(w * features[n] for n, w in fitted["weights"].items())
    return float(1 / (1 + np.exp(-np.clip(value, -60, 60))))


def auroc(positive: list[float], negative: list[float]) -> float | None:
    """How often a positive case scores above a negative one; ties count half."""
    if not positive or not negative:
        return None
    p, n = np.array(positive)[:, None], np.array(negative)
    return float((p > n).mean() + 0.5 * (p == n).mean())


def reliability(
    probabilities: list[float], labels: list[bool], weights: list[float], bins: int = 10
) -> list[tuple[float, float, float]]:
    """Mean probability, share of defects, and weight of the cases, for each bin that has some."""
    p, y, w = np.array(probabilities), np.array(labels, dtype=float), np.array(weights)
    place = np.minimum((p * bins).astype(int), bins - 1)
    found = []
    for index in range(bins):
        mine = place == index
        if w[mine].sum() > 0:
            total = w[mine].sum()
            found.append(
                (
                    float((p * w)[mine].sum() / total),
                    float((y * w)[mine].sum() / total),
                    float(total),
                )
            )
    return found
