"""Shares, medians, tests and Holm's correction against SciPy, statsmodels and simulation."""

import math

import numpy as np
import pytest
import scipy.stats
from statsmodels.genmod.families import Gaussian
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from tiling_diag.compare.answers import Answers
from tiling_diag.compare.shares import (
    clustered_p,
    clustered_p_apart,
    difference_apart,
    difference_by_clusters,
    fisher,
    holm,
    median,
    share_by_clusters,
    wilson,
)
from tiling_diag.compare.statistics import share_difference

TABLES = [(3, 20, 9, 25), (0, 10, 4, 12), (30, 30, 21, 30), (212, 1400, 180, 1500), (5, 9, 5, 9)]


@pytest.mark.parametrize(("yes", "count"), [(0, 7), (3, 20), (20, 20), (180, 1500)])
def test_shares_have_wilson_s_interval(yes, count):
    found = wilson(yes, count)
    own = scipy.stats.binomtest(yes, count).proportion_ci(method="wilson")
    assert found == pytest.approx((yes / count, own.low, own.high), abs=1e-9)
    assert all(math.isnan(end) for end in wilson(0, 0))


@pytest.mark.parametrize("table", TABLES)
def test_differences_of_other_pictures_have_newcombe_s_interval(table):
    yes_b, count_b, yes_a, count_a = table
    found = difference_apart(wilson(yes_b, count_b), wilson(yes_a, count_a))
    low, high = confint_proportions_2indep(yes_b, count_b, yes_a, count_a, method="newcomb")
    assert found == pytest.approx((yes_b / count_b - yes_a / count_a, low, high), abs=1e-9)


@pytest.mark.parametrize("table", TABLES)
def test_other_pictures_are_tested_by_fisher(table):
    yes_b, count_b, yes_a, count_a = table
    own = scipy.stats.fisher_exact([[yes_b, count_b - yes_b], [yes_a, count_a - yes_a]]).pvalue
    assert fisher(*table) == pytest.approx(own, rel=1e-6)


def test_many_tests_are_corrected_by_holm():
    random = np.random.default_rng(3)
    for count in (1, 5, 40):
        raw = random.random(count) ** 3
        assert holm(raw.tolist()) == pytest.approx(multipletests(raw, method="holm")[1])
    assert holm([]) == []


@pytest.mark.parametrize(("only_b", "only_a"), [(7, 2), (40, 61), (0, 5)])
def test_with_one_picture_a_cluster_the_paired_test_is_mcnemar_s(only_b, only_a):
    moves = np.repeat([1.0, -1.0, 0.0], [only_b, only_a, 30])
    own = mcnemar([[30, only_b], [only_a, 0]], exact=False, correction=False).pvalue
    assert clustered_p(moves) == pytest.approx(own)
    assert clustered_p(np.zeros(9)) == 1.0


def test_clustered_tests_are_those_of_a_generalized_estimating_equation():
    """Both use the spread of the clusters' sums; they differ by terms of one over their number."""
    random = np.random.default_rng(8)
    clusters = np.repeat(np.arange(150), 6)
    own = random.random(150)[clusters]
    yes = random.random((2, 900)) < 0.25 + 0.3 * (own - 0.5) + [[0], [0.04]]
    side = np.repeat([0.0, 1.0], 900)
    design = np.stack([np.ones(1800), side], 1)

    def robust_z(groups):
        model = GEE(yes.ravel().astype(float), design, groups=groups, family=Gaussian())
        return model.fit().pvalues[1]

    sums = [np.bincount(clusters, flags) for flags in yes]
    paired = clustered_p(sums[1] - sums[0].astype(float))
    assert paired == pytest.approx(robust_z(np.tile(clusters, 2)), rel=0.1)
    count = np.full(150, 6.0)
    apart = clustered_p_apart((sums[1].astype(float), count), (sums[0].astype(float), count))
    assert apart == pytest.approx(robust_z(np.concatenate([clusters, clusters + 150])), rel=0.1)


def test_with_one_picture_a_cluster_other_pictures_are_tested_as_usual():
    ones = np.ones(400)
    b, a = (np.repeat([1.0, 0.0], [k, 400 - k]) for k in (90, 66))
    own = proportions_ztest([90, 66], [400, 400])[1]
    assert clustered_p_apart((b, ones), (a, ones)) == pytest.approx(own, rel=0.05)


def test_shares_of_clusters_have_the_intervals_that_scipy_draws():
    random = np.random.default_rng(5)
    count = random.integers(2, 9, 60).astype(float)
    yes = random.binomial(count.astype(int), random.beta(1, 4, 60)).astype(float)
    moves = random.integers(-2, 4, 60).astype(float)
    for found, top in ((share_by_clusters(yes, count), yes), (
        difference_by_clusters(moves, count), moves)):  # fmt: skip
        own = scipy.stats.bootstrap(
            (top, count),
            lambda t, c, axis: t.sum(axis) / c.sum(axis),
            paired=True, vectorized=True, method="percentile", n_resamples=9999, rng=random,
        ).confidence_interval  # fmt: skip
        assert found.estimate == pytest.approx(top.sum() / count.sum())
        slack = 0.06 * (own.high - own.low)
        assert found[1:] == pytest.approx((own.low, own.high), abs=slack)


def test_clusters_that_all_answer_alike_leave_room_for_what_was_not_seen():
    zeros, eights = np.zeros(20), np.full(20, 8.0)
    assert share_by_clusters(zeros, eights) == wilson(0, 20)
    assert share_by_clusters(eights, eights) == wilson(20, 20)


def test_medians_have_the_intervals_that_scipy_draws():
    random = np.random.default_rng(2)
    values = random.gamma(2.0, 1.0, 151)
    own = scipy.stats.bootstrap(
        (values,), np.median, method="percentile", n_resamples=2999, rng=random
    ).confidence_interval
    found = median(values, np.arange(151))
    assert found.estimate == np.median(values)
    assert found[1:] == pytest.approx((own.low, own.high), abs=0.1 * (own.high - own.low))
    # Eight copies of each picture are no more pictures.
    copies = median(np.repeat(values, 8), np.repeat(np.arange(151), 8))
    assert copies == pytest.approx(found, abs=0.1 * (own.high - own.low))
    assert median(np.array([1.0, 4.0]), np.array([0, 1])).estimate == 2.5
    assert math.isnan(median(values[:0], np.arange(0)).estimate)


def clustered_runs(random, runs):
    """Answers at two checkpoints that do not differ, in clusters of ten that move together."""
    for _ in range(runs):
        together = random.random((2, 40)) < 0.2
        yes = np.where(random.random((2, 400)) < 0.7, np.repeat(together, 10, 1),
                       random.random((2, 400)) < 0.2)  # fmt: skip
        yield Answers(yes, np.ones_like(yes), np.repeat(np.arange(40), 10))


def test_clusters_keep_the_level_that_single_pictures_lose():
    random = np.random.default_rng(6)
    kept = lost = held = 0
    for answers in clustered_runs(random, 300):
        kept += answers.p_value(0, 1) < 0.05
        lost += Answers(answers.yes, answers.known).p_value(0, 1) < 0.05
    for answers in clustered_runs(random, 60):
        difference, low, high = answers.difference(0, 1)
        both = answers.yes.sum(1)
        assert difference == pytest.approx((both[1] - both[0]) / 400)
        held += low <= 0 <= high
    # 5 % to three standard errors of 300 runs; 90 % at least of 60 intervals of forty clusters.
    assert kept / 300 < 0.09
    assert lost / 300 > 0.25
    assert held >= 0.85 * 60


def test_checkpoints_are_paired_over_what_both_have_and_else_compared_as_a_whole():
    yes = np.array([[1, 1, 0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 1, 1, 1, 1]], bool)
    known = np.array([[1, 1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0, 1, 1]], bool)
    answers = Answers(yes & known, known)
    assert answers.is_paired(0, 1)
    assert answers.difference(0, 1) == share_difference(0, 1, 4)
    known[1, :3] = False
    known[1, 4:] = True
    known[0, 4:] = False
    apart = Answers(yes & known, known)
    assert not apart.is_paired(0, 1)
    assert apart.p_value(0, 1) == fisher(4, 5, 2, 4)
    assert apart.difference(0, 1) == difference_apart(wilson(4, 5), wilson(2, 4))
    nothing = Answers(yes & False, known & [[True], [False]])
    assert nothing.p_value(0, 1) == 1.0
