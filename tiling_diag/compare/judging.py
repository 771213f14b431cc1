"""Which checkpoint is best, whether the last one lost, and where it turned: only what is sure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from tiling_diag.compare.answers import Answers
from tiling_diag.compare.change_points import Change, change_points
from tiling_diag.compare.shares import holm
from tiling_diag.compare.statistics import Interval

LEVEL = 0.05


class Best(NamedTuple):
    """The checkpoint with the fewest defects.

    Attributes:
        at: its index.
        rivals: checkpoints that chance may have put behind it.
        beaten: those at which the share is higher beyond chance, all pairs of checkpoints taken
            into account (Holm).
    """

    at: int
    rivals: list[int]
    beaten: list[int]

    @property
    def is_sure(self) -> bool:
        """Whether it is better than every other."""
        return not self.rivals

    @property
    def is_chance(self) -> bool:
        """Whether it is better than none."""
        return not self.beaten


class Last(NamedTuple):
    """The last checkpoint against the best of those before it.

    Attributes:
        best: index of that one.
        difference: share of defects at the last less that at the best.
        p_value: corrected for the number of checkpoints before it (Holm).
    """

    best: int
    difference: Interval
    p_value: float

    @property
    def is_regression(self) -> bool:
        """Whether it has more defects, beyond chance."""
        return self.difference.estimate > 0 and self.p_value < LEVEL


class Judged(NamedTuple):
    """What is said of the checkpoints.

    Attributes:
        best: the one with the fewest.
        last: the last one against the best before it.
        changes: where the share changes for sure; none where too few pictures are at all of them.
    """

    best: Best
    last: Last
    changes: list[Change]


def judge(answers: Answers, order: Sequence[int], *, changes: bool = True) -> Judged:
    """Judge checkpoints by their answers to one question, of which yes is bad.

    Args:
        answers: at two checkpoints or more.
        order: their indices from the best to the worst.
        changes: whether to look for changes, which takes longest.
    """
    pairs = itertools.combinations(range(len(order)), 2)
    p_values = {pair: answers.p_value(*pair) for pair in pairs}
    everywhere = answers.of_all() if changes else None
    found = [] if everywhere is None else change_points(*everywhere)
    return Judged(_best(order, answers, p_values), _last(order, answers, p_values), found)


def _best(order: Sequence[int], answers: Answers, p_values: dict[tuple[int, int], float]) -> Best:
    at = order[0]
    corrected = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    beaten = [
        k
        for k in sorted(order[1:])
        if corrected[min(at, k), max(at, k)] < LEVEL and answers.difference(at, k).estimate > 0
    ]
    return Best(at, [k for k in sorted(order[1:]) if k not in beaten], beaten)


def _last(order: Sequence[int], answers: Answers, p_values: dict[tuple[int, int], float]) -> Last:
    last = len(order) - 1
    best = next(k for k in order if k != last)
    corrected = holm([p_values[k, last] for k in range(last)])
    return Last(best, answers.difference(best, last), corrected[best])
