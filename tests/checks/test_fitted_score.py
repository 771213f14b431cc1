"""Regression trees against the same trees walked node by node."""

import math

import pytest
import torch

from tiling_diag.checks.lattice import evidence, rank_one
from tiling_diag.checks.lattice.fitted_score import Score, Trees, fitted_score

# A tree of three leaves and one of a single leaf: (feature, limit, left, right) or a value.
FIRST = [(1, 0.5, 1, 2), 0.25, (0, -1.0, 3, 4), -2.0, 4.0]
SECOND = [0.125]


def trees(tables, start):
    """The trees as the package holds them: padded, a leaf leads to itself."""
    longest = max(len(table) for table in tables)
    names = ("feature", "limit", "left", "right", "value")
    columns = {name: torch.zeros(len(tables), longest) for name in names}
    for t, table in enumerate(tables):
        for n, node in enumerate(table):
            row = (0, 0.0, n, n, node) if isinstance(node, float) else (*node, 0.0)
            for name, number in zip(names, row, strict=True):
                columns[name][t, n] = number
    whole = {name: columns[name].long() for name in ("feature", "left", "right")}
    return Trees(**columns | whole, start=start, depth=2)


def walked(table, numbers):
    node = table[0]
    while not isinstance(node, float):
        feature, limit, left, right = node
        node = table[left if numbers[feature] <= limit else right]
    return node


def test_a_sum_of_trees_is_that_of_the_leaves_that_are_reached():
    evidence = torch.rand((2, 30, 3), generator=torch.Generator().manual_seed(0)) * 4 - 2
    # What lies on a limit goes left.
    evidence[0, 0] = torch.tensor([-1.0, 0.5, 0.0])
    evidence[0, 1] = torch.tensor([-1.0, 0.75, 0.0])
    found = trees([FIRST, SECOND], start=-0.5)(evidence)
    assert found.shape == (2, 30)
    expected = [[-0.5 + 0.125 + walked(FIRST, row) for row in wall] for wall in evidence.tolist()]
    torch.testing.assert_close(found, torch.tensor(expected))
    assert found[0, 0] == -0.125
    assert found[0, 1] == -2.375
    # All three leaves were reached.
    assert len(found.unique()) == 3


def test_the_probability_is_that_of_a_logistic_map():
    nothing = trees([SECOND], start=0.0)
    score = Score(lattices=nothing, stripes=nothing, slope=0.5, intercept=-1.0)
    logits = torch.tensor([-2.0, 0.0, 2.0, 6.0])
    expected = [1 / (1 + math.exp(-(0.5 * x - 1.0))) for x in logits.tolist()]
    assert score.probability(logits).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["lattices", "stripes"])
def test_the_score_of_the_package_fits_the_evidence_and_all_its_leaves_are_reached(kind):
    own = getattr(fitted_score(torch.device("cpu")), kind)
    # The logit of the best lattice of the wall goes with the evidence for stripes.
    names = {"lattices": evidence.NAMES, "stripes": (*rank_one.NAMES, "best lattice")}[kind]
    assert int(own.feature.max()) < len(names)
    assert int(torch.stack([own.left, own.right]).max()) < own.feature.shape[1]
    # From the root, `depth` steps either way end in a leaf, which leads to itself.
    here = torch.zeros(len(own.feature), 1, dtype=torch.int64)
    for _ in range(own.depth):
        here = torch.cat([own.left.gather(1, here), own.right.gather(1, here)], dim=1)
    for way in (own.left, own.right):
        assert torch.equal(way.gather(1, here), here)


def test_a_higher_logit_is_never_less_likely():
    score = fitted_score(torch.device("cpu"))
    likely = score.probability(torch.linspace(-10, 10, 50))
    assert (likely.diff() >= 0).all()
    assert likely[0] < 0.1 < 0.9 < likely[-1]
