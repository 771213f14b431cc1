"""Wave vectors that climb to the peaks of a drawn wall's spectrum."""

import pytest
import torch

from tiling_diag.checks.lattice.spectral_refinement import refine_waves
from tiling_diag.kernels.tapers import hann

HEIGHT, WIDTH = 192, 256
BIN = torch.tensor([1 / WIDTH, 1 / HEIGHT], dtype=torch.float64)
WHOLE = torch.ones(1, 1, HEIGHT, WIDTH, dtype=torch.float64)


def waves_of(*waves):
    """``(1, n, 2)`` float64."""
    return torch.tensor([waves], dtype=torch.float64)


def cosines(waves):
    """``(1, 1, H, W)`` the sum of ``waves (1, n, 2)`` in cycles/px."""
    y, x = torch.meshgrid(
        torch.arange(HEIGHT).double(), torch.arange(WIDTH).double(), indexing="ij"
    )
    picture = sum(torch.cos(2 * torch.pi * (fx * x + fy * y) + 0.7) for fx, fy in waves[0].tolist())
    return picture[None, None]


def error_in_bins(found, true):
    return float(((found - true) / BIN).abs().max())


@pytest.mark.parametrize("off", [(0.4, 0.0), (-0.3, 0.3), (0.0, -0.45)])
def test_one_wave_comes_to_its_place(off):
    true = waves_of((0.0613, 0.0287))
    found = refine_waves(cosines(true), WHOLE, true + torch.tensor(off) * BIN)
    # Of what other lines leak into it, a hundredth of a bin.
    assert error_in_bins(found, true) < 0.02


LATTICE = waves_of((0.0613, 0.0041), (-0.0078, 0.0502))
HARMONICS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 0.0]]).double()
OFF = torch.tensor([[0.2, -0.2], [0.15, 0.2]]) * BIN


def test_two_waves_and_their_sums_come_to_one_lattice():
    found = refine_waves(cosines(HARMONICS @ LATTICE), WHOLE, LATTICE + OFF)
    assert error_in_bins(found, LATTICE) < 0.02


def test_a_wall_of_a_batch_moves_as_it_does_alone():
    other = waves_of((0.041, 0.0), (0.0, 0.0732))
    pictures = [cosines(HARMONICS @ LATTICE), cosines(HARMONICS @ other), 0 * cosines(other)]
    starts = [LATTICE + OFF, other - OFF, other]
    alone = [refine_waves(p, WHOLE, s) for p, s in zip(pictures, starts, strict=True)]
    together = refine_waves(torch.cat(pictures), WHOLE.expand(3, -1, -1, -1), torch.cat(starts))
    assert error_in_bins(together, torch.cat(alone)) < 1e-4
    assert error_in_bins(together[:2], torch.cat([LATTICE, other])) < 0.02
    assert torch.equal(together[2:], other)


def test_harmonics_alone_give_the_fundamental():
    true = waves_of((0.0313, 0.0))
    picture = cosines(waves_of((2 * 0.0313, 0.0), (3 * 0.0313, 0.0)))
    # Under a window, so that nothing leaks to where the fundamental would be.
    window = hann((HEIGHT, WIDTH), dtype=torch.float64)[None, None]
    found = refine_waves(picture, window, true + torch.tensor([0.15, 0.0]) * BIN)
    assert error_in_bins(found, true) < 0.02


def test_what_has_no_weight_pulls_nothing():
    true = waves_of((0.0613, 0.0))
    near = waves_of((0.0613 + 0.9 / WIDTH, 0.0))
    channels = torch.cat([cosines(true), 3 * cosines(near)], dim=1)
    weights = torch.cat([WHOLE, 0 * WHOLE], dim=1)
    assert error_in_bins(refine_waves(channels, weights, true), true) < 0.02


def test_waves_stay_where_nothing_stands_out():
    start = waves_of((0.0613, 0.0))
    elsewhere = cosines(waves_of((0.21, 0.37)))
    assert torch.equal(refine_waves(0 * elsewhere, WHOLE, start), start)
    assert torch.equal(refine_waves(elsewhere, WHOLE, start), start)


def test_waves_beyond_the_sampling_limit_stay():
    start = waves_of((0.47, 0.0))
    assert torch.equal(refine_waves(cosines(waves_of((0.471, 0.0))), WHOLE, start), start)
