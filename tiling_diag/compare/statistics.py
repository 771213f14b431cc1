"""Paired comparisons: shares by the discordant pairs, numbers by resampling pairs.

Formulas rather than a statistics package: they are few, and torch's users have no other use for
one. Tests hold them against SciPy and statsmodels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# The quantile of the normal distribution for two-sided intervals of 95 %.
Z95 = 1.959963984540054
RESAMPLES = 4000
_AT_ONCE = 200
_STEPS = 80


class Interval(NamedTuple):
    """An estimate with its 95 % interval; ends are NaN where there is no telling."""

    estimate: float
    low: float
    high: float


class MeanDifference(NamedTuple):
    """A mean difference with its 95 % interval, and how likely one so large is by chance."""

    estimate: float
    low: float
    high: float
    p_value: float


def share_difference(only_b: int, only_a: int, pairs: int, z: float = Z95) -> Interval:
    """Share in B minus share in A of paired yes-or-no answers, with Tango's score interval.

    The interval holds every difference that a score test does not reject; unlike the textbook's it
    keeps its level where few pairs differ, and stays within -1 and 1.

    Args:
        only_b: pairs with yes in B alone.
        only_a: pairs with yes in A alone.
        pairs: all pairs, at least one.
        z: quantile of the normal distribution.

    References:
        Tango, "Equivalence test and confidence interval for the difference in proportions for the
        paired-sample design", Statistics in Medicine 17, 1998, equations 6 and 8.
    """
    estimate = (only_b - only_a) / pairs

    def score(difference: float) -> float:
        """How far the data lie from a true `difference`, in standard errors."""
        a = 2.0 * pairs
        b = (2 * pairs - only_b + only_a) * difference - only_b - only_a
        c = -only_a * difference * (1 - difference)
        share_only_a = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
        variance = pairs * (2 * share_only_a + difference * (1 - difference))
        distance = only_b - only_a - pairs * difference
        if variance <= 0:
            return math.copysign(math.inf, distance) if distance else 0.0
        return distance / math.sqrt(variance)

    def end(outer: float, wanted: float) -> float:
        """Between the estimate and `outer`, where the score is `wanted`; it falls steadily."""
        inner = estimate
        for _ in range(_STEPS):
            middle = (inner + outer) / 2
            if abs(score(middle)) > abs(wanted):
                outer = middle
            else:
                inner = middle
        return inner

    return Interval(estimate, end(-1.0, z), end(1.0, -z))


def mcnemar(only_b: int, only_a: int) -> float:
    """Two-sided mid-p value of McNemar's test: how likely so uneven a split of the changes is.

    The exact test counts the observed split in full and is too careful by far; counting half of it
    comes closest to the level.

    References:
        Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data: mid-p and
        asymptotic are better than exact conditional", BMC Medical Research Methodology 13:91, 2013.
    """
    count, fewer = only_a + only_b, min(only_a, only_b)
    if only_a == only_b:
        return 1.0
    logs = [
        math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1)
        for k in range(fewer + 1)
    ]
    terms = [math.exp(log - count * math.log(2)) for log in logs]
    return min(1.0, 2 * sum(terms) - terms[-1])


def mean_differences(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    clusters: NDArray[np.int64] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[MeanDifference]:
    """Mean of B minus A over the pairs in which both were measured, with a bootstrap interval.

    Pairs, or clusters of them, are drawn anew, with replacement, and all numbers of a pair go
    together (percentile method). The p value is twice the share of draws on the other side of
    zero, the smallest that so many draws can tell at least.

    Args:
        a: ``(pairs, numbers)``, NaN where not measured.
        b: the same of B.
        clusters: ``(pairs,)``, numbers of their clusters; None if every pair stands for itself.
        seed: of the drawing.
        resamples: how often.

    Returns:
        One interval for each number.

    References:
        Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13 and 15.
    """
    difference = b - a
    known = np.isfinite(difference).astype(np.float64)
    values = np.where(known > 0, difference, 0.0)
    if clusters is not None:
        values, known = (_summed(one, clusters) for one in (values, known))
    units = (known > 0).sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = values.sum(0) / known.sum(0)
        means = _resampled(values, known, resamples, seed)
    found = []
    for k in range(values.shape[1]):
        drawn = means[:, k]
        drawn = drawn[np.isfinite(drawn)]
        # One pair says nothing of how pairs differ.
        if units[k] < 2:
            found.append(MeanDifference(float(estimate[k]), math.nan, math.nan, 1.0))
            continue
        low, high = np.quantile(drawn, [0.025, 0.975])
        fewer = min((drawn <= 0).sum(), (drawn >= 0).sum())
        p_value = min(1.0, 2 * (1 + int(fewer)) / (1 + len(drawn)))
        found.append(MeanDifference(float(estimate[k]), float(low), float(high), p_value))
    return found


def _summed(values: NDArray[np.float64], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums over the pairs of each cluster."""
    sums = np.zeros((int(clusters.max()) + 1, values.shape[1]))
    np.add.at(sums, clusters, values)
    return sums


def _resampled(
    values: NDArray[np.float64], known: NDArray[np.float64], resamples: int, seed: int
) -> NDArray[Any]:
    """``(resamples, numbers)`` means over pairs drawn with replacement."""
    drawn = draw_times(len(values), seed=seed, draws=resamples)
    return np.concatenate([(times @ values) / (times @ known) for times in drawn])


def draw_times(count: int, *, seed: int, draws: int = RESAMPLES) -> Iterator[NDArray[np.float64]]:
    """How often each of `count` is drawn, with replacement: ``(some, count)`` until all `draws`."""
    random = np.random.default_rng(seed)
    for start in range(0, draws, _AT_ONCE):
        rows = min(_AT_ONCE, draws - start)
        drawn = random.integers(0, count, (rows, count))
        drawn += count * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
        yield times.astype(np.float64)
