"""Log-polar cells: means of what they cover, and the places of single lines."""

import math

import pytest
import torch

from tiling_diag.errors import InputError
from tiling_diag.kernels.sectors import sector_map, sector_table

RADII = torch.logspace(math.log10(0.02), math.log10(0.4), 40)


@pytest.mark.parametrize("size", [(64, 64), (65, 80), (48, 31)])
def test_even_power_gives_even_cells(size):
    power = torch.full((2, size[0], size[1] // 2 + 1), 3.0, dtype=torch.float64)
    table = sector_table(size, RADII, 12, dtype=torch.float64)
    # Weights of a cell sum to one, so that only rounding is left.
    assert torch.allclose(sector_map(power, size, table), torch.tensor(3.0).double(), atol=1e-9)


@pytest.mark.parametrize(("kx", "ky"), [(12, 0), (0, 9), (8, 8), (10, -6)])
def test_a_line_is_found_at_its_radius_and_angle(kx, ky):
    size, sectors = (96, 96), 36
    power = torch.zeros(size[0], size[1] // 2 + 1)
    power[ky % size[0], kx] = 1
    found = sector_map(power, size, sector_table(size, RADII, sectors))
    ring, sector = divmod(int(found.argmax()), sectors)
    radius = math.hypot(kx, ky) / 96
    step = math.log(0.4 / 0.02) / (len(RADII) - 1)
    # The nearest cell is at most half a bin, or half a step of the grid, away.
    assert abs(math.log(float(RADII[ring]) / radius)) <= max(step, 0.5 / math.hypot(kx, ky))
    turn = (math.degrees(math.atan2(ky, kx)) - sector * 180 / sectors + 90) % 180 - 90
    assert abs(turn) <= max(180 / sectors, math.degrees(0.5 / math.hypot(kx, ky)))


def test_the_gradient_is_that_of_a_weighted_sum():
    power = torch.rand(20, 11, dtype=torch.float64, requires_grad=True)
    table = sector_table((20, 20), RADII[::8], 6, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda p: sector_map(p, (20, 20), table), (power,))


def test_small_planes_are_refused():
    with pytest.raises(InputError, match="16 x 16"):
        sector_table((12, 40), RADII, 6)
