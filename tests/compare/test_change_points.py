"""Change points of shares whose course is known, and how often chance is taken for one."""

import numpy as np
import pytest
from checkpoints import answers_of

from tiling_diag.compare.change_points import change_points


def changes(shares, count=200, seed=0):
    yes = answers_of(shares, count, seed).T.astype(float)
    return change_points(yes, np.ones(count))


def test_a_step_is_found_where_it_is():
    (one,) = changes([0.1] * 4 + [0.3] * 3)
    assert (one.after, one.low, one.high, one.rises) == (3, 3, 3, True)
    assert one.before == pytest.approx(0.1, abs=0.05)
    assert one.then == pytest.approx(0.3, abs=0.07)
    assert one.p_value < 0.01


def test_a_fall_and_a_rise_are_two_changes():
    found = changes([0.4, 0.4, 0.1, 0.1, 0.1, 0.4, 0.4])
    assert [(one.after, one.rises) for one in found] == [(1, False), (4, True)]


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_nothing_is_said_where_nothing_changes(share):
    assert changes([share] * 6) == []


def test_copies_of_a_picture_prove_nothing_as_one_cluster():
    yes = answers_of([0.3, 0.3, 0.45, 0.45], 24, seed=3).T.astype(float)
    many = np.repeat(yes, 30, 0)
    assert change_points(many, np.ones(len(many)))
    assert change_points(yes * 30, np.full(24, 30.0)) == change_points(yes, np.ones(24)) == []
