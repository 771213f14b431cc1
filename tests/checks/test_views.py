"""Lattices found in views of a picture: what of them is taken from the picture itself."""

import torch

from tiling_diag.checks.lattice.views import read_as_before
from tiling_diag.checks.results import LatticeResult, Reason

# Blocks of 64 x 32 px in half bond: the lattice of squares of 45 px stood on a corner.
HALF_BOND = ((32.0, -32.0), (32.0, 32.0))
COURSES = ((0.0, 32.0), (torch.nan, torch.nan))


def lattice(basis, unit, course, angle, probability):
    one = torch.ones(1, dtype=torch.float64)
    return LatticeResult(
        basis_px=torch.tensor([basis], dtype=torch.float64),
        is_periodic=torch.tensor([True]),
        probability=probability * one,
        second_unit_px=one,
        second_course_px=one,
        second_angle_deg=one,
        strength=one,
        reason=torch.tensor([int(Reason.FOUND)]),
        unit_px=unit * one,
        course_px=course * one,
        angle_deg=angle * one,
        wave_vector=torch.tensor([[0.0, 1 / course]], dtype=torch.float64),
        fundamental_px=course * one,
    )


def test_the_same_lattice_is_read_as_in_the_picture():
    before = lattice(HALF_BOND, 64.0, 32.0, 0.0, 0.6)
    own = lattice(HALF_BOND, 45.25, 45.25, -45.0, 0.8)
    merged = read_as_before(own, before)
    assert [float(x) for x in (merged.unit_px, merged.course_px, merged.angle_deg)] == [64, 32, 0]
    assert float(merged.fundamental_px) == 32
    assert float(merged.probability) == 0.8


def test_another_lattice_is_read_as_in_the_view():
    own = lattice(HALF_BOND, 64.0, 32.0, 0.0, 0.8)
    for before in (lattice(COURSES, 0.0, 32.0, 0.0, 0.6), lattice(((9, 0), (0, 9)), 9, 9, 0, 0.5)):
        assert float(read_as_before(own, before).unit_px) == 64
