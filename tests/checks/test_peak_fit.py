"""Lattices fitted to the maxima of a drawn autocorrelation."""

import pytest
import torch
from drawn_autocorrelation import drawn, points

from tiling_diag.checks.lattice.peak_fit import fit

TRUE = torch.tensor([[24.3, 1.7], [-5.2, 17.9]], dtype=torch.float64)
MAPS = drawn([points((24.3, 1.7), (-5.2, 17.9), 0.8)])


@pytest.mark.parametrize("off", [0.0, 0.7, -1.2])
def test_a_lattice_a_little_off_comes_to_the_maxima(off):
    start = TRUE + torch.tensor([[off, -off / 2], [0.3, off]])
    torch.testing.assert_close(fit(MAPS, start[None])[0], TRUE, atol=0.03, rtol=0)


def test_farther_maxima_make_the_fit_finer():
    near, far = (fit(MAPS, TRUE[None], stages=stages)[0] for stages in ((1.2,), (2.0, 5.0)))
    assert (far - TRUE).abs().max() < 0.5 * (near - TRUE).abs().max()


def test_without_maxima_a_lattice_stays_as_it_is():
    far = torch.tensor([[[400.0, 0.0], [0.0, 400.0]]], dtype=torch.float64)
    assert torch.equal(fit(MAPS, far), far)


def test_channels_that_do_not_take_part_move_nothing():
    other = points((24.3, 1.7), (-5.2, 17.9), 0.8), points((25.5, 2.0), (-5.0, 19.0), 0.8)
    maps = drawn([[other[k > 3]] for k in range(8)])
    on = torch.tensor([0.8] * 4 + [0.0] * 4)
    torch.testing.assert_close(fit(maps, TRUE[None], on)[0], TRUE, atol=0.03, rtol=0)
