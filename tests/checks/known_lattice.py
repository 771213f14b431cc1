"""Lattices that tests know without measuring them."""

import math

import torch

from tiling_diag.checks.results import LatticeResult, Reason


def known(a, b=None):
    """The lattice of one wall with vectors `a`, `b` in px; boards have no `b`."""
    basis = torch.tensor([[a, b or (math.nan, math.nan)]], dtype=torch.float64)
    wave = basis[:, 0] / basis[:, 0].square().sum(-1, keepdim=True)
    return _result(basis, wave, periodic=True)


def none():
    """No lattice."""
    nothing = torch.full((1, 2, 2), math.nan, dtype=torch.float64)
    return _result(nothing, nothing[:, 0], periodic=False)


def _result(basis, wave, periodic):
    number = torch.full((1,), 0.5 if periodic else math.nan, dtype=torch.float64)
    return LatticeResult(
        basis_px=basis,
        is_periodic=torch.tensor([periodic]),
        strength=number,
        probability=number,
        second_unit_px=torch.full_like(number, math.nan),
        second_course_px=torch.full_like(number, math.nan),
        second_angle_deg=torch.full_like(number, math.nan),
        reason=torch.tensor([Reason.FOUND if periodic else Reason.NOTHING_REPEATS]),
        unit_px=number,
        course_px=number,
        angle_deg=number,
        wave_vector=wave,
        fundamental_px=1 / wave.norm(dim=-1),
    )
