"""Windows of walls: where they lie, what they see, how much of the wall they hold."""

import math

import pytest
import torch

from tiling_diag.checks.lattice.levels import levels
from tiling_diag.checks.lattice.limits import LIMITS
from tiling_diag.checks.walls import Walls

SIDE = 2 * LIMITS.window_max_lag_px + 1


def noise(size, batch=1):
    return torch.rand((batch, 1, *size), generator=torch.Generator().manual_seed(0))


def levels_of(size):
    return levels(Walls(noise(size), torch.ones(1, *size)))


@pytest.mark.parametrize(
    ("size", "longest"), [((300, 420), [128, 256]), ((90, 520), [128, 256, 512]), ((60, 80), [80])]
)
def test_walls_are_seen_at_all_sizes_up_to_their_own(size, longest):
    found = levels_of(size)
    sides = [float((level.scale * torch.tensor(size).flip(0)).max()) for level in found]
    assert sides == pytest.approx(longest)


@pytest.mark.parametrize("size", [(300, 420), (90, 520), (60, 80), (101, 97)])
def test_windows_lie_inside_and_reach_every_border(size):
    width_height = torch.tensor([size[1], size[0]], dtype=torch.float64)
    for level in levels_of(size):
        low = level.centres_px - level.window_px / 2
        high = level.centres_px + level.window_px / 2
        assert level.count == len(low) == len(level.windows.maps)
        assert level.count <= LIMITS.windows_per_side**2
        # A px of the level is kept at the borders of a single window that lies in the middle.
        slack = 0.5 / level.scale
        assert (low >= -1e-9).all() and (high <= width_height + 1e-9).all()
        several = torch.tensor([len(low[:, k].unique()) > 1 for k in (0, 1)])
        assert (low.amin(0)[several] < 1e-9).all()
        assert (high.amax(0)[several] > width_height[several] - 1e-9).all()
        middle = (low + high)[:, ~several] / 2 - width_height[~several] / 2
        assert (middle.abs() <= slack[~several] + 1e-9).all()
        assert (level.window_px * level.scale <= LIMITS.window_px + 1e-9).all()


def test_coverage_is_the_share_of_a_window_that_lies_on_the_wall():
    size, border = (240, 320), 150
    mask = torch.zeros(2, *size)
    mask[0, :, :border] = 1
    mask[1] = 1
    for level in levels(Walls(noise(size, batch=2), mask)):
        left = level.centres_px[:, 0] - level.window_px[0] / 2
        expected = ((border - left) / level.window_px[0]).clamp(0, 1).float()
        # The border is rounded to a px of the level.
        torch.testing.assert_close(level.coverage[0], expected, atol=0.02, rtol=0)
        assert torch.equal(level.coverage[1], torch.ones(level.count))
        assert level.coverage[0].min() < 1


def test_windows_see_what_lies_around_their_middle():
    """Upright waves of 12 px on the left half, of 18 px on the right."""
    x = torch.arange(320.0)
    wave = torch.where(x < 160, (2 * math.pi * x / 12).cos(), (2 * math.pi * x / 18).cos())
    picture = (0.5 + 0.3 * wave).expand(1, 1, 240, -1)
    level = levels(Walls(picture, torch.ones(1, 240, 320)))[-1]
    scale = float(level.scale[0])
    middle = LIMITS.window_max_lag_px
    left = level.centres_px[:, 0] + level.window_px[0] / 2 < 170
    right = level.centres_px[:, 0] - level.window_px[0] / 2 > 150
    assert left.any() and right.any()
    seen = [level.windows.maps[:, 0, middle, middle + round(p * scale)] for p in (12, 18)]
    assert (seen[0] > seen[1] + 0.5)[left].all()
    assert (seen[1] > seen[0] + 0.5)[right].all()


def test_all_maps_have_one_size_and_nothing_beyond_the_window():
    size = (30, 40)
    (level,) = levels_of(size)
    maps = level.windows.maps
    assert maps.shape == (1, 8, SIDE, SIDE)
    middle = LIMITS.window_max_lag_px
    assert (maps[:, :, middle, middle] == 1).sum() >= 4
    beyond = torch.ones(SIDE, SIDE, dtype=torch.bool)
    beyond[middle - 29 : middle + 30, middle - 39 : middle + 40] = False
    assert (maps[..., beyond] == 0).all()
