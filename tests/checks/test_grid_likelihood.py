"""The likelihood of a grid's lines, for powers written by hand."""

import pytest
import torch

from tiling_diag.checks.artifacts.grid_likelihood import (
    SHAPES,
    grid_likelihood,
    line_shares,
    shape_lines,
)
from tiling_diag.checks.artifacts.limits import LIMITS

# Four lines along y, four along x, four off the axes.
ORDER = torch.tensor(
    [(0, k) for k in (1, 3, 5, 7)] + [(k, 0) for k in (1, 3, 5, 7)] + [(k, 1) for k in (1, 3, 5, 7)]
)
HAS = shape_lines(ORDER)
# What grids of two amplitudes, a hundred times apart, add to every line over the background of 1.
EXPECTED = torch.tensor([40.0, 4000.0])[None, :, None, None] * HAS
STRAY = torch.full((len(ORDER),), LIMITS.grid_stray_on_axis)
OFF = [1.0] * 4


def likeliest(level):
    ones = torch.ones(1, len(ORDER))
    value, amplitude, shape = grid_likelihood(
        torch.tensor([level]), ones, EXPECTED, STRAY, HAS[None]
    )
    return float(value[0]), int(amplitude[0]), SHAPES[int(shape[0])]


def test_lines_at_the_background_are_no_grid():
    assert likeliest([1.0] * 12)[0] < 0.5


@pytest.mark.parametrize(
    "level,shape",
    [
        ([40.0] * 4 + OFF + OFF, "rows"),
        (OFF + [40.0] * 4 + OFF, "columns"),
        ([40.0] * 8 + OFF, "mesh"),
        ([40.0] * 12, "full"),
        (OFF + OFF + [40.0] * 4, "chequer"),
    ],
)
def test_every_shape_is_told_by_its_lines(level, shape):
    score, _, found = likeliest(level)
    assert found == shape
    assert score > 10


def test_one_line_of_four_is_little_evidence_however_high():
    whole = likeliest([40.0] * 4 + OFF + OFF)[0]
    assert likeliest([40.0] + [1.0] * 11)[0] < whole / 3


def test_the_amplitude_is_the_one_of_the_powers():
    assert likeliest([40.0] * 12)[1] == 0
    assert likeliest([4000.0] * 12)[1] == 1


def test_half_of_the_lines_are_less_than_all_and_more_than_none():
    half = likeliest([40.0, 1.0] * 6)[0]
    assert 5 < half < likeliest([40.0] * 12)[0]


def test_the_shares_of_a_grid_of_two_px():
    # Lines (1, 0) and (0, 1) lie on the axes, (1, 1) off them; each half of the square is shared
    # by one of a pair of mirrored lines only.
    shares = line_shares(torch.tensor([[1, 0], [0, 1], [1, 1]]))
    assert shares[SHAPES.index("full")].tolist() == pytest.approx([0.125, 0.125, 0.25])
    assert shares[SHAPES.index("rows")].tolist() == pytest.approx([0.0, 0.5, 0.0])
    assert shares[SHAPES.index("chequer")].tolist() == pytest.approx([0.0, 0.0, 0.5])
