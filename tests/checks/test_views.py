"""Lattices found in views of a picture: what of them is taken from the picture itself."""

import pytest
import torch

from tiling_diag.checks.lattice import views
from tiling_diag.checks.lattice.views import measure_views, read_as_before
from tiling_diag.checks.results import LatticeResult, Reason
from tiling_diag.checks.walls import Walls

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


def squares(side, probability):
    return lattice(((side, 0.0), (0.0, side)), side, side, 0.0, probability)


@pytest.mark.parametrize(
    ("first", "between", "expected"),
    [
        # Windows, however sure, make way for the finer lattice between them,
        (squares(60.0, 0.95), squares(20.0, 0.7), 20.0),
        # not for one that is hardly finer, or not sure;
        (squares(60.0, 0.95), squares(40.0, 0.94), 60.0),
        (squares(60.0, 0.95), squares(20.0, 0.55), 60.0),
        # lines alone may be those of rows of windows;
        (squares(60.0, 0.95), lattice(COURSES, 32.0, 32.0, 0.0, 0.9), 60.0),
        # a fine one that is sure is not doubted.
        (squares(30.0, 0.9), squares(10.0, 0.95), 30.0),
    ],
)
def test_a_coarse_lattice_makes_way_for_a_finer_one(monkeypatch, first, between, expected):
    whole = Walls(torch.rand(1, 3, 240, 240), torch.ones(1, 240, 240))
    half = torch.ones(1, 240, 240)
    half[:, :, 60:120] = 0
    monkeypatch.setattr(views, "measure_lattice", lambda w: first if w is whole else between)
    monkeypatch.setattr(views, "alike", lambda walls: half)
    monkeypatch.setattr(views, "striped_light", lambda walls: (torch.zeros(1), torch.zeros(1)))
    found, seen = measure_views(whole)
    assert float(found.unit_px) == expected
    assert (seen is whole) == (expected != 20.0)
