"""How much a wall changes from one pixel to the next: answers that can be counted."""

import pytest
import torch

from tiling_diag.checks.spectra.shift import measure_shift
from tiling_diag.checks.walls import Walls

LINES = torch.tensor([[0.0, 1.0, 0.0, 1.0]] * 3)
BOARD = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
STEP = torch.tensor([[0.0, 0.0, 0.5, 0.5, 0.5]] * 2)


def shift(picture, mask=None):
    mask = torch.ones_like(picture) if mask is None else mask
    found = measure_shift(Walls(picture[None, None], mask[None]))
    return float(found.mse_dx1[0]), float(found.mse_dy1[0])


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (LINES, (1.0, 0.0)),
        (LINES.T, (0.0, 1.0)),
        (BOARD, (1.0, 1.0)),
        # One of four neighbours differs, by a half.
        (STEP, (0.25 / 4, 0.0)),
        (torch.full((3, 4), 0.7), (0.0, 0.0)),
    ],
)
def test_the_mean_square_difference_of_neighbours(picture, expected):
    assert shift(picture) == pytest.approx(expected, abs=1e-6)


def test_only_pairs_with_both_pixels_on_the_wall_count():
    # Of the four pairs of a row the second differs; its left pixel is masked, then another pair's.
    for column, expected in ((1, 0.0), (4, 0.25 / 3)):
        mask = torch.ones_like(STEP)
        mask[:, column] = 0
        assert shift(STEP, mask) == pytest.approx((expected, 0.0), abs=1e-6)


def test_a_wall_without_neighbours_says_nothing():
    across, down = shift(torch.rand(5, 1, generator=torch.Generator().manual_seed(1)))
    assert across != across and down == down
    assert all(value != value for value in shift(LINES, torch.zeros_like(LINES)))


def test_shift_is_the_mean_square_difference_of_neighbours():
    picture = torch.rand(1, 40, 50, generator=torch.Generator().manual_seed(3))
    mask = torch.ones(1, 40, 50)
    mask[:, :, 20:25] = 0
    for weights in (torch.ones(1, 40, 50), mask):
        found = measure_shift(Walls(picture[None], weights))
        both = weights[0, :, 1:] * weights[0, :, :-1]
        expected = ((picture[0].diff(dim=1) ** 2) * both).sum() / both.sum()
        assert float(found.mse_dx1[0]) == pytest.approx(float(expected), rel=1e-5)
