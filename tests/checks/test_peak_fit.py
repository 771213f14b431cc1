"""Lattices fitted to the maxima of a drawn autocorrelation."""

import math

import pytest
import torch
from drawn_autocorrelation import drawn, points, ridges, side_by_side

from tiling_diag.checks.lattice.peak_fit import fit, fit_period, line_repetition, repetition

A, B = (24.3, 1.7), (-5.2, 17.9)
TRUE = torch.tensor([[[A, B]]], dtype=torch.float64)
MAPS = drawn([points(A, B, 0.8)])


@pytest.mark.parametrize("off", [0.0, 0.7, -1.2])
def test_a_lattice_a_little_off_comes_to_the_maxima(off):
    start = TRUE + torch.tensor([[off, -off / 2], [0.3, off]])
    torch.testing.assert_close(fit(MAPS, start, (2.2, 4.0)), TRUE, atol=0.03, rtol=0)


def test_farther_maxima_make_the_fit_finer():
    near, far = (fit(MAPS, TRUE, reaches) for reaches in ((1.2,), (2.0, 5.0)))
    assert (far - TRUE).abs().max() < 0.5 * (near - TRUE).abs().max()


def test_without_maxima_a_lattice_stays_as_it_is():
    far = torch.tensor([[[[400.0, 0.0], [0.0, 400.0]]]], dtype=torch.float64)
    assert torch.equal(fit(MAPS, far, (2.2, 4.0)), far)


def test_channels_that_do_not_count_move_nothing():
    other = points(A, B, 0.8), points((25.5, 2.0), (-5.0, 19.0), 0.8)
    maps = drawn([[other[k > 3]] for k in range(8)], importance=[1.0] * 4 + [0.0] * 4)
    torch.testing.assert_close(fit(maps, TRUE, (2.2, 4.0)), TRUE, atol=0.03, rtol=0)


def test_every_wall_has_its_own_maxima():
    other = torch.tensor([[[[26.0, 1.0], [-4.0, 19.5]]]], dtype=torch.float64)
    maps = side_by_side([MAPS, drawn([points(*other[0, 0].tolist(), 0.8)])])
    start = torch.cat([TRUE, other]) + 0.4
    found = fit(maps, torch.cat([start, start + 0.2], dim=1), (2.2, 4.0))
    truth = torch.cat([TRUE, other]).expand(-1, 2, -1, -1)
    torch.testing.assert_close(found, truth, atol=0.03, rtol=0)


def test_exact_repetition_falls_where_points_are_missed():
    basis = torch.tensor([[[24.0, 0.0], [9.0, 17.0]]], dtype=torch.float64)
    maps = drawn([points((24, 0), (9, 17), 0.8)])
    own, near, far = (float(repetition(maps, basis * k)) for k in (1.0, 1.02, 1.3))
    assert own == pytest.approx(0.8, abs=0.08)
    assert far < 0.3 * own < 0.9 * near < own


@pytest.mark.parametrize("off", [0.97, 1.0, 1.03])
@pytest.mark.parametrize("angle_deg", [0.0, 90.0, 33.0])
def test_periods_across_joints_are_fitted_to_the_farthest(off, angle_deg):
    turn = math.radians(angle_deg)
    pitch = (13.6 * math.cos(turn), 13.6 * math.sin(turn))
    maps = drawn([ridges(pitch, 0.8)])
    found = fit_period(maps, off * torch.tensor([pitch], dtype=torch.float64))
    assert float(found.norm()) == pytest.approx(13.6, rel=0.003)
    before = line_repetition(maps, off * torch.tensor([[pitch]], dtype=torch.float64))
    assert float(line_repetition(maps, found[:, None])) >= float(before) - 0.02
