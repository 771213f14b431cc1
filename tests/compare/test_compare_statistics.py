"""Statistics of paired comparisons against published values, SciPy and simulation."""

import math

import numpy as np
import pytest
import scipy.stats

from tiling_diag.compare.statistics import Z95, mcnemar, mean_differences, share_difference


@pytest.mark.parametrize(
    ("only_b", "only_a", "pairs", "z", "low", "high", "digits"),
    [
        # Fagerland, Lydersen and Laake (2014), table 4: airway hyper-responsiveness before and
        # after stem cell transplantation (Bentur et al. 2009).
        (1, 7, 21, Z95, -0.517, -0.026, 3),
        # scoreci.mp(25, 28, 618, 0.90) of the R package PropCIs.
        (28, 25, 618, 1.6448536, -0.0148, 0.0247, 4),
        # Agresti, Categorical Data Analysis, table 10.1: approval of the prime minister. The
        # interval there is Wald's, which is the same to these digits for 1600 pairs.
        (86, 150, 1600, Z95, -0.059, -0.021, 3),
    ],
)
def test_intervals_of_shares_are_the_published_ones(only_b, only_a, pairs, z, low, high, digits):
    interval = share_difference(only_b, only_a, pairs, z)
    assert interval.estimate == (only_b - only_a) / pairs
    assert interval.low == pytest.approx(low, abs=0.51 * 10**-digits)
    assert interval.high == pytest.approx(high, abs=0.51 * 10**-digits)


@pytest.mark.parametrize(("only_b", "only_a"), [(0, 0), (3, 3), (0, 9), (12, 5)])
def test_swapping_the_sides_turns_the_interval_around(only_b, only_a):
    one, other = share_difference(only_b, only_a, 40), share_difference(only_a, only_b, 40)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)
    assert -1 <= one.low <= one.estimate <= one.high <= 1


@pytest.mark.parametrize("pairs", [1, 2, 50])
def test_intervals_stay_within_bounds_where_all_or_none_change(pairs):
    for only_b, only_a in [(pairs, 0), (0, pairs), (0, 0)]:
        low, high = share_difference(only_b, only_a, pairs)[1:]
        assert -1 <= low < high <= 1
    # Nothing changed: the score test rejects a difference d with n d^2 > z^2 (|d| - d^2).
    wanted = Z95**2 / (pairs + Z95**2)
    assert share_difference(0, 0, pairs).high == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("chance_b", "chance_a"), [(0.1, 0.1), (0.15, 0.02), (0.02, 0.3)])
def test_intervals_hold_the_truth_as_often_as_they_say(chance_b, chance_a):
    random = np.random.default_rng(4)
    chances = [chance_b, chance_a, 1 - chance_b - chance_a]
    drawn = random.multinomial(60, chances, size=3000)
    held = 0
    for only_b, only_a, _ in drawn.tolist():
        _, low, high = share_difference(only_b, only_a, 60)
        held += low <= chance_b - chance_a <= high
    # 95 % to three standard errors of 3000 draws, and what counts of 60 leave of it.
    assert 0.93 < held / 3000 < 0.975


def test_mcnemar_is_the_published_mid_p_value():
    # Fagerland, Lydersen and Laake (2013): 1 against 7 gives 0.0391, the exact test 0.0703.
    assert mcnemar(1, 7) == pytest.approx(0.0391, abs=5e-5)
    assert mcnemar(5, 5) == mcnemar(0, 0) == 1.0


@pytest.mark.parametrize(("only_b", "only_a"), [(0, 1), (2, 9), (30, 11), (700, 600)])
def test_mcnemar_is_half_a_term_below_the_exact_binomial_test(only_b, only_a):
    exact = scipy.stats.binomtest(only_b, only_b + only_a).pvalue
    term = scipy.stats.binom.pmf(only_b, only_b + only_a, 0.5)
    assert mcnemar(only_b, only_a) == pytest.approx(exact - term, rel=1e-9)


def test_means_have_the_intervals_that_scipy_draws():
    random = np.random.default_rng(7)
    a = random.normal(10, 3, (200, 2))
    b = a + random.gamma(2.0, 1.0, (200, 2)) * [1, 10]
    for k, interval in enumerate(mean_differences(a, b)):
        own = scipy.stats.bootstrap(
            (b[:, k] - a[:, k],), np.mean, method="percentile", n_resamples=9999, rng=random
        ).confidence_interval
        assert interval.estimate == pytest.approx((b - a)[:, k].mean())
        # Ends of 4000 and 9999 draws differ by about two hundredths of the width.
        slack = 0.06 * (own.high - own.low)
        assert interval.low == pytest.approx(own.low, abs=slack)
        assert interval.high == pytest.approx(own.high, abs=slack)


def test_only_pairs_measured_on_both_sides_count():
    a = np.array([[1.0, math.nan, 5.0], [2.0, 1.0, math.nan], [4.0, 2.0, 1.0]])
    b = np.array([[2.0, 7.0, math.nan], [2.0, math.nan, 4.0], [5.0, 4.0, math.nan]])
    with np.errstate(all="raise"):
        found = mean_differences(np.vstack([a] * 20), np.vstack([b] * 20), resamples=50)
    assert [one.estimate for one in found[:2]] == [pytest.approx(2 / 3), 2.0]
    assert math.isnan(found[2].estimate)
    assert math.isnan(mean_differences(a, b, resamples=50)[1].low)


def test_drawing_is_the_same_every_time():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(2, 30, 1))
    assert mean_differences(a, b) == mean_differences(a, b)
    assert mean_differences(a, b, seed=1) != mean_differences(a, b)
