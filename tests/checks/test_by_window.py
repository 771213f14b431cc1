"""What single windows say of lattices and periods, on windows drawn by hand."""

import pytest
import torch
from drawn_autocorrelation import points, ridges
from drawn_looks import WINDOWS, level_of

from tiling_diag.checks.lattice.by_window import (
    NAMES,
    STRIPE_NAMES,
    lattices_by_window,
    side_by_side,
    stripes_by_window,
)

OWN = ((14.0, 0.0), (0.0, 12.0))
TWICE = ((28.0, 0.0), (0.0, 12.0))
HALF = ((7.0, 0.0), (0.0, 12.0))
WALL, ZONE = [points(*OWN, 0.8)], [points(*TWICE, 0.8)]


def seen(windows, *bases, **of_level):
    """By name the evidence of each lattice."""
    basis = torch.tensor([bases], dtype=torch.float64)
    numbers = lattices_by_window(side_by_side([level_of(windows, **of_level)]), basis)[0]
    return [dict(zip(NAMES, one.tolist(), strict=True)) for one in numbers]


def test_a_wall_without_zones_has_its_lattice_in_full_in_every_window():
    (own,) = seen([WALL] * WINDOWS, OWN)
    assert own["share_full"] == own["share_both"] == pytest.approx(1.0)
    assert own["full"] == pytest.approx(own["mean"], abs=0.02)


def test_zones_leave_a_wall_its_lattice_in_the_windows_beside_them():
    own, twice, half = seen([WALL] * 6 + [ZONE] * 3, OWN, TWICE, HALF)
    # The coarser lattice repeats everywhere, but it is not all that repeats beside the zone.
    assert twice["mean"] > own["mean"] > half["mean"]
    assert own["share_both"] == pytest.approx(6 / 9, abs=1e-4)
    assert twice["proper"] < 0.5 * twice["mean"]
    # A lattice that is too dense is all there nowhere.
    assert half["share_full"] == 0.0
    assert own["both_four"] > 1.3 * max(twice["both_four"], half["both_four"])


def test_windows_off_the_wall_take_no_part():
    coverage = torch.tensor([[1.0] * 6 + [0.2] * 3])
    own = seen([WALL] * WINDOWS, OWN)[0]
    part = seen([WALL] * 6 + [[]] * 3, OWN, coverage=coverage)[0]
    assert part == pytest.approx(own, abs=1e-5)


def test_periods_are_looked_at_in_every_window():
    boards = [ridges((0.0, 14.0), 0.8)]
    windows = side_by_side([level_of([boards] * 6 + [[]] * 3)])
    vectors = torch.tensor([[[0.0, 14.0], [0.0, 21.0]]], dtype=torch.float64)
    right, wrong = stripes_by_window(windows, vectors)[0].unbind()
    share = STRIPE_NAMES.index("share")
    assert float(right[share]) == pytest.approx(6 / 9, abs=1e-4)
    assert float(right[STRIPE_NAMES.index("two")]) > 0.7 * 0.8
    assert float(wrong[STRIPE_NAMES.index("mean")]) < 0.2 * float(right[0])
