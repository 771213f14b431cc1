"""Wave vectors that climb to the peaks of a drawn wall's spectrum."""

import pytest
import torch

from tiling_diag.checks.lattice.spectral_refinement import refine_waves
from tiling_diag.kernels.tapers import hann

HEIGHT, WIDTH = 192, 256
BIN = torch.tensor([1 / WIDTH, 1 / HEIGHT], dtype=torch.float64)


def cosines(*waves):
    """``(1, H, W)`` the sum of waves ``(fx, fy)`` in cycles/px."""
    y, x = torch.meshgrid(
        torch.arange(HEIGHT).double(), torch.arange(WIDTH).double(), indexing="ij"
    )
    return sum(torch.cos(2 * torch.pi * (fx * x + fy * y) + 0.7) for fx, fy in waves)[None]


def whole():
    return torch.ones(HEIGHT, WIDTH, dtype=torch.float64)


@pytest.mark.parametrize("off", [(0.4, 0.0), (-0.3, 0.3), (0.0, -0.45)])
def test_one_wave_comes_to_its_place(off):
    true = torch.tensor([[0.0613, 0.0287]], dtype=torch.float64)
    found = refine_waves(cosines(*true.tolist()), whole(), true + torch.tensor(off) * BIN)
    # Of what other lines leak into it, a hundredth of a bin.
    assert ((found - true) / BIN).abs().max() < 0.02


def test_two_waves_and_their_sums_come_to_one_lattice():
    true = torch.tensor([[0.0613, 0.0041], [-0.0078, 0.0502]], dtype=torch.float64)
    orders = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 0.0]]).double()
    start = true + torch.tensor([[0.2, -0.2], [0.15, 0.2]]) * BIN
    found = refine_waves(cosines(*(orders @ true).tolist()), whole(), start)
    assert ((found - true) / BIN).abs().max() < 0.02


def test_harmonics_alone_give_the_fundamental():
    true = torch.tensor([[0.0313, 0.0]], dtype=torch.float64)
    picture = cosines((2 * 0.0313, 0.0), (3 * 0.0313, 0.0))
    # Under a window, so that nothing leaks to where the fundamental would be.
    window = hann((HEIGHT, WIDTH), dtype=torch.float64)
    found = refine_waves(picture, window, true + torch.tensor([0.15, 0.0]) * BIN)
    assert ((found - true) / BIN).abs().max() < 0.02


def test_what_has_no_weight_pulls_nothing():
    true = torch.tensor([[0.0613, 0.0]], dtype=torch.float64)
    near = (0.0613 + 0.9 / WIDTH, 0.0)
    channels = torch.cat([cosines(*true.tolist()), 3 * cosines(near)])
    weights = torch.stack([whole(), 0 * whole()])
    assert ((refine_waves(channels, weights, true) - true) / BIN).abs().max() < 0.02


def test_waves_stay_where_nothing_stands_out():
    start = torch.tensor([[0.0613, 0.0]], dtype=torch.float64)
    elsewhere = cosines((0.21, 0.37))
    assert torch.equal(refine_waves(0 * elsewhere, whole(), start), start)
    assert torch.equal(refine_waves(elsewhere, whole(), start), start)


def test_waves_beyond_the_sampling_limit_stay():
    start = torch.tensor([[0.47, 0.0]], dtype=torch.float64)
    assert torch.equal(refine_waves(cosines((0.471, 0.0)), whole(), start), start)
