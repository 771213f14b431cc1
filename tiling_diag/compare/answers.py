"""Yes-or-no answers of many pictures at several checkpoints, and tests of two checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tiling_diag.compare.shares import (
    clustered_p,
    clustered_p_apart,
    difference_apart,
    difference_by_clusters,
    fisher,
    share_by_clusters,
    wilson,
)
from tiling_diag.compare.statistics import Interval, mcnemar, share_difference

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answers:
    """What one question says of the pictures at every checkpoint.

    Attributes:
        yes: ``(checkpoints, pictures)``, false where there is no answer.
        known: ``(checkpoints, pictures)``, where there is one.
        clusters: ``(pictures,)``, numbers from 0 on; None if every picture stands for itself.
    """

    yes: Booleans
    known: Booleans
    clusters: NDArray[np.int64] | None = None

    def share(self, k: int) -> Interval:
        """The share at checkpoint `k` with its 95 % interval."""
        if self.clusters is None:
            return wilson(int(self.yes[k].sum()), int(self.known[k].sum()))
        return share_by_clusters(self._sums(self.yes[k]), self._sums(self.known[k]))

    @cached_property
    def _common(self) -> Floats:
        known = self.known.astype(np.float64)
        return known @ known.T

    def is_paired(self, a: int, b: int) -> bool:
        """Whether two checkpoints are compared over the pictures that both have.

        They are where these are at least half of the pictures of the smaller one.
        """
        return bool(2 * self._common[a, b] >= min(self._common[a, a], self._common[b, b]) > 0)

    def difference(self, a: int, b: int) -> Interval:
        """The share at `b` less that at `a`, with its 95 % interval."""
        if not self.is_paired(a, b):
            return difference_apart(self.share(b), self.share(a))
        both = self.known[a] & self.known[b]
        only_b, only_a = both & self.yes[b] & ~self.yes[a], both & self.yes[a] & ~self.yes[b]
        if self.clusters is None:
            return share_difference(int(only_b.sum()), int(only_a.sum()), int(both.sum()))
        moves = self._sums(only_b) - self._sums(only_a)
        if not moves.any():  # drawing anew says nothing of what never happened
            return share_difference(0, 0, int((self._sums(both) > 0).sum()))
        return difference_by_clusters(moves, self._sums(both))

    def p_value(self, a: int, b: int) -> float:
        """How likely so large a difference of two checkpoints is if there is none."""
        if not self.known[a].any() or not self.known[b].any():
            return 1.0
        if not self.is_paired(a, b):
            if self.clusters is None:
                return fisher(*self._counts(b), *self._counts(a))
            return clustered_p_apart(
                *((self._sums(self.yes[k]), self._sums(self.known[k])) for k in (b, a))
            )
        both = self.known[a] & self.known[b]
        only_b, only_a = both & self.yes[b] & ~self.yes[a], both & self.yes[a] & ~self.yes[b]
        if self.clusters is None:
            return mcnemar(int(only_b.sum()), int(only_a.sum()))
        return clustered_p(self._sums(only_b) - self._sums(only_a))

    def of_all(self) -> tuple[Floats, Floats] | None:
        """Yes ``(clusters, checkpoints)`` and count ``(clusters,)`` of pictures that all have.

        None where these are fewer than half of those of the smallest checkpoint.
        """
        everywhere = np.logical_and.reduce(self.known, axis=0)
        if not everywhere.any() or 2 * everywhere.sum() < self.known.sum(1).min():
            return None
        yes = np.stack([self._sums(np.logical_and(row, everywhere)) for row in self.yes], 1)
        count = self._sums(everywhere)
        return yes[count > 0], count[count > 0]

    def _counts(self, k: int) -> tuple[int, int]:
        return int(self.yes[k].sum()), int(self.known[k].sum())

    def _sums(self, flags: Booleans) -> Floats:
        if self.clusters is None:
            return flags.astype(np.float64)
        sums = np.bincount(self.clusters, flags, int(self.clusters.max()) + 1)
        return sums.astype(np.float64)


def numbered(groups: Sequence[str | None]) -> NDArray[np.int64]:
    """Numbers from 0 on, the same for equal groups."""
    places = {group: k for k, group in enumerate(dict.fromkeys(groups))}
    return np.array([places[group] for group in groups], dtype=np.int64)
