"""Unit, course, angle and fundamental of lattices, by joints that are drawn."""

import math

import pytest
import torch
from drawn_autocorrelation import drawn, points, ridges

from tiling_diag.checks.lattice.reading import read, read_rank_one, row_angle
from tiling_diag.kernels.lattice_algebra import reduce_basis

NEAR, FAR = (46, 46), (140, 140)
HEX = 20 * math.sqrt(3) / 2


def turned(vector, angle_deg):
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return cos * vector[0] - sin * vector[1], sin * vector[0] + cos * vector[1]


def reading_of(basis, joints, angle_deg=0.0, scale=1.0):
    """A lattice with joints of these pitches, seen in windows at a scale, read in wall px."""

    def seen(by, reach):
        a, b, *pitches = (turned((by * x, by * y), angle_deg) for x, y in (*basis, *joints))
        return drawn([points(a, b, 0.9), *(ridges(p, 0.5) for p in pitches)], max_lag_px=reach)

    lattice = torch.tensor([[turned(v, angle_deg) for v in basis]], dtype=torch.float64)
    ones = torch.ones(1, 2, dtype=torch.float64)
    return read(reduce_basis(lattice), seen(scale, NEAR), scale * ones, seen(1.0, FAR), ones[0])


# Vectors, pitches of joints, unit, course, and the angles that a wall turned by so much has.
WALLS = {
    "running bond": (((24, 0), (12, 8)), ((0, 8),), 24, 8, {0: 0, 46: 46, 90: 90, -30: -30}),
    "stack": (((24, 0), (0, 10)), ((0, 10),), 24, 10, {0: 0, 46: 46, 90: 90, -30: -30}),
    # Of equal rows those nearer to x.
    "square tiles": (((20, 0), (0, 20)), ((0, 20), (20, 0)), 20, 20, {0: 0, 46: -44, 90: 0}),
    "half bond, 2 to 1": (
        ((24, 0), (12, 12)),
        ((0, 12),),
        24,
        12,
        {0: 0, 46: 46, 90: 90, -30: -30},
    ),
    "scales, 2 to 1": (((24, 0), (12, 12)), ((0, 12), (12, 12), (12, -12)), 24, 12, {0: 0, 75: 75}),
    "mesh": (((20, 0), (0, 20)), ((10, 10), (10, -10)), 20, 20, {0: 0, 46: -44, 90: 0}),
    "hexagons": (((20, 0), (10, HEX)), (), 20, HEX, {0: 0, 46: -14, 75: 15}),
}


@pytest.mark.parametrize(
    ("wall", "turn"), [(name, turn) for name, row in WALLS.items() for turn in row[-1]]
)
def test_unit_course_and_angle_do_not_depend_on_how_the_wall_is_turned(wall, turn):
    basis, joints, unit, course, angles = WALLS[wall]
    found = reading_of(basis, joints, turn)
    assert float(found.unit_px) == pytest.approx(unit, rel=1e-6)
    assert float(found.course_px) == pytest.approx(course, rel=1e-6)
    off = float(found.angle_deg) - angles[turn]
    assert (off + 90) % 180 - 90 == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("turn", [0.0, 46.0, 90.0])
def test_the_fundamental_is_that_of_the_long_joints(turn):
    basis, joints, *_ = WALLS["running bond"]
    wave = reading_of(basis, joints, turn).wave_vector[0]
    along = torch.tensor(turned((0.0, 1 / 8), turn), dtype=torch.float64)
    assert float(wave.norm()) == pytest.approx(1 / 8, rel=1e-5)
    assert abs(float(wave @ along)) == pytest.approx(1 / 64, rel=1e-5)
    # It points right, or straight down.
    assert float(wave[0]) > -1e-9


def test_upright_joints_make_upright_rows():
    """The same points, by their joints a stack of upright units."""
    found = reading_of(((24, 0), (0, 20)), ((24, 0),))
    assert float(found.unit_px) == pytest.approx(20)
    assert float(found.course_px) == pytest.approx(24)
    assert abs(float(found.angle_deg)) == pytest.approx(90)


def test_lattices_too_large_for_the_windows_are_read_off_the_whole_wall():
    # Windows show it twice as large: 80 px are more than lags of 46 px reach.
    found = reading_of(((40, 0), (20, 15)), ((0, 15),), scale=2.0)
    assert float(found.unit_px) == pytest.approx(40)
    assert float(found.course_px) == pytest.approx(15)


def test_windows_have_a_scale_of_their_own():
    found = reading_of(((40, 0), (20, 14)), ((0, 14),), scale=0.6)
    assert float(found.unit_px) == pytest.approx(40)
    assert float(found.angle_deg) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("across", "unit", "course", "angle"),
    [
        # Level boards have a course, upright ones a unit.
        (90.0, None, 14.0, 0.0),
        (70.0, None, 14.0, -20.0),
        (0.0, 14.0, None, 0.0),
        (-30.0, 14.0, None, -30.0),
    ],
)
def test_the_pitch_of_joints_is_a_course_or_a_unit(across, unit, course, angle):
    found = read_rank_one(torch.tensor([turned((14.0, 0.0), across)], dtype=torch.float64))
    for seen, expected in ((found.unit_px, unit), (found.course_px, course)):
        if expected is None:
            assert seen.isnan().all()
        else:
            assert float(seen) == pytest.approx(expected)
    assert float(found.angle_deg) == pytest.approx(angle, abs=1e-6)
    assert float(found.wave_vector.norm()) == pytest.approx(1 / 14)


def test_angles_of_rows_are_above_minus_90_and_at_most_90_degrees():
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
    assert row_angle(vectors).tolist() == pytest.approx([0.0, 90.0, 90.0, 45.0, -45.0])
