"""Paired comparisons: shares by the discordant pairs, numbers by resampling pairs.

Formulas rather than a statistics package: there are three of them, and torch's users have no other
use for one.
"""

from __future__ import annotations

import math
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
    a: NDArray[np.float64], b: NDArray[np.float64], *, seed: int = 0, resamples: int = RESAMPLES
) -> list[Interval]:
    """Mean of B minus A over the pairs in which both were measured, with a bootstrap interval.

    Pairs are drawn anew, with replacement, and all numbers of a pair go together (percentile
    method).

    Args:
        a: ``(pairs, numbers)``, NaN where not measured.
        b: the same of B.
        seed: of the drawing.
        resamples: how often.

    Returns:
        One interval for each number.

    References:
        Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    difference = b - a
    known = np.isfinite(difference)
    values = np.where(known, difference, 0.0)
    count = known.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = values.sum(0) / count
        means = _resampled(values, known.astype(np.float64), resamples, seed)
    intervals = []
    for k in range(values.shape[1]):
        drawn = means[:, k]
        drawn = drawn[np.isfinite(drawn)]
        # One pair says nothing of how pairs differ.
        low, high = np.quantile(drawn, [0.025, 0.975]) if count[k] > 1 else (math.nan, math.nan)
        intervals.append(Interval(float(estimate[k]), float(low), float(high)))
    return intervals


def _resampled(
    values: NDArray[np.float64], known: NDArray[np.float64], resamples: int, seed: int
) -> NDArray[Any]:
    """``(resamples, numbers)`` means over pairs drawn with replacement."""
    pairs = len(values)
    random = np.random.default_rng(seed)
    parts = []
    for start in range(0, resamples, _AT_ONCE):
        rows = min(_AT_ONCE, resamples - start)
        drawn = random.integers(0, pairs, (rows, pairs))
        drawn += pairs * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * pairs).reshape(rows, pairs)
        parts.append((times @ values) / (times @ known))
    return np.concatenate(parts)
