"""The benchmark of what is said of checkpoints that do not differ: a small version of it."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from false_claims import claims, counted, drawn


@pytest.mark.parametrize("cluster", [1, 5])
def test_runs_without_a_difference_are_rarely_told_apart(cluster):
    total = counted((6, 100, cluster, 0.2), 40, seed=1, shift=0.0)
    # At 5 % of 40 runs five or fewer in 99 of 100 cases; the benchmark itself has the figures.
    assert max(total.values(), default=0) <= 5


def test_runs_with_a_difference_are_told_apart():
    random = np.random.default_rng(2)
    seen = [claims(drawn(random, 6, 300, 1, 0.15, shift=0.15)) for _ in range(8)]
    assert sum(one["change"] for one in seen) >= 7
    assert sum(one["regression"] for one in seen) >= 6
    assert sum(one["best"] for one in seen) >= 6
