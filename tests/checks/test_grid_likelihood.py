"""The likelihood of a grid's lines, for powers written by hand."""

import pytest
import torch

from tiling_diag.checks.artifacts.grid_likelihood import grid_likelihood, line_shares
from tiling_diag.checks.artifacts.limits import LIMITS

LINES = 12
# What grids of two amplitudes, ten times apart, add to every line over the background of 1.
EXPECTED = torch.tensor([[[40.0] * LINES, [4000.0] * LINES]])
STRAY = torch.full((LINES,), LIMITS.grid_stray)


def score(level):
    ones = torch.ones(1, LINES)
    value, which = grid_likelihood(torch.tensor([level]), ones, EXPECTED, STRAY)
    return float(value[0]), int(which[0])


def test_lines_at_the_background_are_no_grid():
    assert score([1.0] * LINES)[0] < 0


def test_a_single_high_line_is_a_stray_one_however_high():
    for height in (30.0, 1000.0):
        assert score([height] + [1.0] * (LINES - 1))[0] < 2


def test_lines_that_are_all_high_are_a_grid_of_about_that_amplitude():
    weak, strong = score([40.0] * LINES), score([4000.0] * LINES)
    assert weak[0] > 10 and strong[0] > 10
    assert (weak[1], strong[1]) == (0, 1)


def test_half_of_the_lines_are_less_than_all_and_more_than_none():
    half = score([40.0, 1.0] * (LINES // 2))[0]
    assert 5 < half < score([40.0] * LINES)[0]


def test_the_shares_of_a_grid_of_two_px():
    # Lines (1, 0) and (0, 1) lie on the axes, (1, 1) off them; each half of the square is shared
    # by one of a pair of mirrored lines only.
    shares = line_shares(torch.tensor([[1, 0], [0, 1], [1, 1]]))
    assert shares.tolist() == pytest.approx([0.125, 0.125, 0.25])
