"""Shares and medians with their intervals, tests of two shares, and Holm's correction for many.

A cluster is a set of pictures that may be alike, such as the seeds of one prompt. Pictures of one
cluster tell less than as many of different ones, so clusters are what is drawn anew and tested.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tiling_diag.compare.statistics import Z95, Interval, draw_times

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def wilson(yes: float, count: float, z: float = Z95) -> Interval:
    """A share with Wilson's score interval.

    Args:
        yes: how many have it.
        count: how many there are; with none the share and its interval are NaN.
        z: quantile of the normal distribution.

    References:
        Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22,
        1927.
    """
    if count <= 0:
        return Interval(math.nan, math.nan, math.nan)
    share = yes / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = (
        z
        * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
        / (1 + z * z / count)
    )
    # Rounding must not put the share itself outside.
    return Interval(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)))


def difference_apart(b: Interval, a: Interval) -> Interval:
    """Share in B minus share in A of different pictures, from the intervals of both.

    With Wilson's it is Newcombe's interval.

    References:
        Newcombe, "Interval estimation for the difference between independent proportions:
        comparison of eleven methods", Statistics in Medicine 17, 1998, method 10.
    """
    difference = b.estimate - a.estimate
    low = math.hypot(b.estimate - b.low, a.high - a.estimate)
    high = math.hypot(b.high - b.estimate, a.estimate - a.low)
    return Interval(difference, difference - low, difference + high)


def fisher(yes_b: int, count_b: int, yes_a: int, count_a: int) -> float:
    """Two-sided p value of Fisher's exact test of two shares of different pictures."""
    yes, count = yes_a + yes_b, count_a + count_b
    first, last = max(0, yes - count_a), min(yes, count_b)
    logs = np.array([_log_ways(yes, k) + _log_ways(count - yes, count_b - k) for k in
                     range(first, last + 1)])  # fmt: skip
    chances = np.exp(logs - _log_ways(count, count_b))
    # Equal chances that differ by rounding are equal.
    return float(min(1.0, chances[chances <= chances[yes_b - first] * (1 + 1e-7)].sum()))


def _log_ways(count: int, chosen: int) -> float:
    return math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)


def clustered_p(moves: Floats) -> float:
    """Two-sided p value that a paired share did not change, where pictures come in clusters.

    Each cluster counts by its own net change, so that pictures that change together count once.
    With one picture in each cluster it is McNemar's test without the correction for continuity.

    Args:
        moves: ``(clusters,)``, pictures with yes in B alone less those with yes in A alone.

    References:
        Durkalski, Palesch, Lipsitz and Rust, "Analysis of clustered matched-pair data", Statistics
        in Medicine 22, 2003, equation 4.
    """
    spread = math.sqrt(float(np.square(moves).sum()))
    return two_sided(abs(float(moves.sum())) / spread) if spread else 1.0


def clustered_p_apart(b: tuple[Floats, Floats], a: tuple[Floats, Floats]) -> float:
    """Two-sided p value that shares of different pictures are equal, in clusters.

    Args:
        b: yes and count in each cluster of B.
        a: the same of A.

    References:
        Rao and Scott, "A simple method for the analysis of clustered binary data", Biometrics 48,
        1992.
    """
    difference, variance = 0.0, 0.0
    total = b[1].sum() + a[1].sum()
    together = (b[0].sum() + a[0].sum()) / total
    for sign, (yes, count) in ((1, b), (-1, a)):
        difference += sign * float(yes.sum() / count.sum())
        variance += float(np.square(yes - together * count).sum() / count.sum() ** 2)
    return two_sided(abs(difference) / math.sqrt(variance)) if variance else 1.0


def two_sided(z: float) -> float:
    """How likely a normal number is further from zero than `z`."""
    return math.erfc(z / math.sqrt(2))


def holm(p_values: Sequence[float]) -> list[float]:
    """P values of many tests, corrected so that all errors together keep the level.

    References:
        Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
        Statistics 6, 1979.
    """
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    corrected, highest = [1.0] * len(p_values), 0.0
    for place, k in enumerate(order):
        highest = max(highest, min(1.0, p_values[k] * (len(p_values) - place)))
        corrected[k] = highest
    return corrected


def share_by_clusters(yes: Floats, count: Floats) -> Interval:
    """A share with an interval from clusters drawn anew (percentile method).

    Where all or none have it, drawing anew says nothing: then it is Wilson's interval with one
    picture a cluster.

    Args:
        yes: ``(clusters,)``, pictures that have it.
        count: ``(clusters,)``, pictures.
    """
    known = count > 0
    yes, count = yes[known], count[known]
    if not count.size or yes.sum() in (0, count.sum()):
        share = yes.sum() / count.sum() if count.size else math.nan
        return wilson(share * count.size if count.size else 0, count.size)
    drawn = [
        (times @ yes) / np.maximum(1e-12, times @ count) for times in draw_times(len(count), seed=0)
    ]
    return _interval(float(yes.sum() / count.sum()), np.concatenate(drawn))


def difference_by_clusters(moves: Floats, pairs: Floats) -> Interval:
    """The change of a paired share with an interval from clusters drawn anew.

    Args:
        moves: ``(clusters,)``, pictures with yes in B alone less those with yes in A alone.
        pairs: ``(clusters,)``, pairs of pictures.
    """
    known = pairs > 0
    moves, pairs = moves[known], pairs[known]
    drawn = [(times @ moves) / (times @ pairs) for times in draw_times(len(pairs), seed=0)]
    return _interval(float(moves.sum() / pairs.sum()), np.concatenate(drawn))


def median(values: Floats, clusters: Integers) -> Interval:
    """The median with an interval from pictures, or clusters of them, drawn anew.

    Args:
        values: ``(pictures,)``; without any the median is NaN.
        clusters: ``(pictures,)``, numbers of their clusters from 0 on.
    """
    if not values.size:
        return Interval(math.nan, math.nan, math.nan)
    order = np.argsort(values, kind="stable")
    values, clusters = values[order], clusters[order]
    numbers, clusters = np.unique(clusters, return_inverse=True)
    middle = float(np.median(values))
    if len(numbers) < 2:
        return Interval(middle, math.nan, math.nan)
    drawn = []
    for times in draw_times(len(numbers), seed=0, draws=1000):
        below = times[:, clusters].cumsum(1)
        half = below[:, -1:] / 2
        # As the usual median does, between two values in the middle lies their mean.
        drawn.append((values[(below >= half).argmax(1)] + values[(below > half).argmax(1)]) / 2)
    return _interval(middle, np.concatenate(drawn))


def _interval(estimate: float, drawn: Floats) -> Interval:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(estimate, float(low), float(high))
