"""Where a share changes over checkpoints: places that chance does not explain.

The checkpoints are cut in two where their levels differ most, and each part again, as long as a
test says that the two parts differ (binary segmentation). The test asks how often so large a
difference comes about if the answers of every picture are dealt to the checkpoints anew: then no
checkpoint differs from another. All parts of one depth together have the level of one test, and
each depth has half the level of the one above.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tiling_diag.compare.statistics import draw_times

Floats = NDArray[np.float64]
LEVEL = 0.05
DEALS = 999
RESAMPLES = 400


class Change(NamedTuple):
    """A place where a share changes.

    Attributes:
        after: the last checkpoint before the change, counted from 0.
        low, high: 95 % of the draws of pictures put that checkpoint between these.
        before, then: mean share of the checkpoints before and after, as far as the next changes.
        p_value: of the test that there is none in this part.
    """

    after: int
    low: int
    high: int
    before: float
    then: float
    p_value: float

    @property
    def rises(self) -> bool:
        """Whether the share is higher afterwards."""
        return self.then > self.before


def change_points(yes: Floats, count: Floats, *, seed: int = 0) -> list[Change]:
    """The changes of a share over checkpoints in which the same pictures were measured.

    Args:
        yes: ``(clusters, checkpoints)``, pictures of a cluster that have it; each picture is a
            cluster of its own unless some of them may be alike.
        count: ``(clusters,)``, pictures of a cluster, the same at all checkpoints.
        seed: of dealing and drawing.

    Returns:
        Changes in the order of the checkpoints; none where none is sure.

    References:
        Vostrikova, "Detecting disorder in multidimensional random processes", Soviet Mathematics
        Doklady 24, 1981 (binary segmentation).
    """
    random = np.random.default_rng(seed)
    found: dict[int, float] = {}
    parts, level = [(0, yes.shape[1])], LEVEL
    while parts:
        next_parts = []
        for first, last in parts:
            place, p_value = _test(yes[:, first:last], random)
            if p_value <= level / len(parts):
                found[first + place] = p_value
                next_parts += [(first, first + place + 1), (first + place + 1, last)]
        parts = [part for part in next_parts if part[1] - part[0] >= 2]
        level /= 2
    return _described(found, yes, count, seed)


def _described(found: dict[int, float], yes: Floats, count: Floats, seed: int) -> list[Change]:
    """The changes, each with what lies between its neighbours."""
    places = sorted(found)
    edges = [0, *(place + 1 for place in places), yes.shape[1]]
    total = float(count.sum())
    means = [float(yes[:, a:b].sum() / (total * (b - a))) for a, b in itertools.pairwise(edges)]
    changes = []
    for k, place in enumerate(places):
        low, high = (edges[k] + end for end in _range(yes[:, edges[k] : edges[k + 2]], seed))
        # What others have cut off may put the place elsewhere.
        low, high = min(low, place), max(high, place)
        changes.append(Change(place, low, high, means[k], means[k + 1], found[place]))
    return changes


def _test(yes: Floats, random: np.random.Generator) -> tuple[int, float]:
    """The likeliest place of a change, and how likely one as clear is by chance."""
    # Clusters that answer alike everywhere are the same however they are dealt.
    yes = yes[(yes != yes[:, :1]).any(1)]
    if not len(yes):
        return 0, 1.0
    clear = _clearness(yes.sum(0))
    dealt = np.array([random.permuted(yes, axis=1).sum(0) for _ in range(DEALS)])
    by_chance = _clearness(dealt).max(1)
    # Equal sums may differ by rounding.
    as_clear = int((by_chance >= clear.max() * (1 - 1e-9)).sum())
    return int(clear.argmax()), (1 + as_clear) / (1 + DEALS)


def _range(yes: Floats, seed: int) -> tuple[int, int]:
    """Where the change lies in 95 % of the draws of clusters."""
    drawn = draw_times(len(yes), seed=seed, draws=RESAMPLES)
    places = np.concatenate([_clearness(times @ yes).argmax(1) for times in drawn])
    low, high = np.quantile(places, [0.025, 0.975], method="inverted_cdf")
    return int(low), int(high)


def _clearness(sums: Floats) -> Floats:
    """``(..., checkpoints - 1)``: how far the means before and after each place are apart.

    In units that make places comparable: the difference over its standard error, but for a factor.
    """
    checkpoints = sums.shape[-1]
    before = np.arange(1, checkpoints)
    after = checkpoints - before
    running = sums.cumsum(-1)
    total = running[..., -1:]
    difference = running[..., :-1] / before - (total - running[..., :-1]) / after
    clearness: Floats = np.abs(difference) * np.sqrt(before * after / checkpoints)
    return clearness
