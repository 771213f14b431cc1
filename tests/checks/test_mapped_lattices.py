"""Lattices that are seen larger, or from another side."""

import math

import pytest
import torch
from known_lattice import known, none
from torch.testing import assert_close

from tiling_diag.checks.lattice.mapped import mapped, scaled
from tiling_diag.kernels.homography import front_view, to_flat
from tiling_diag.kernels.lattice_algebra import same_lattice


def read(lattice, unit, course, angle):
    number = lattice.unit_px
    return type(lattice)(
        **vars(lattice)
        | {
            "unit_px": torch.full_like(number, unit),
            "course_px": torch.full_like(number, course),
            "angle_deg": torch.full_like(number, angle),
        }
    )


TILES = read(known((40.0, 0.0), (0.0, 20.0)), 40.0, 20.0, 0.0)
BOARDS = read(known((0.0, 30.0)), math.nan, 30.0, 0.0)


def test_zoomed_lattices_have_longer_vectors_and_slower_waves():
    seen = scaled(TILES, torch.tensor(2.0))
    assert_close(seen.basis_px.norm(dim=-1), torch.tensor([[40.0, 80.0]], dtype=torch.float64))
    assert (float(seen.unit_px), float(seen.course_px)) == (80, 40)
    assert float(seen.angle_deg) == 0
    assert_close(seen.fundamental_px, 2 * TILES.fundamental_px)


def test_a_stretch_along_y_makes_courses_of_tiles_and_boards_longer_but_not_units():
    stretch = torch.tensor([[1.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    tiles, boards = mapped(TILES, stretch), mapped(BOARDS, stretch)
    assert (float(tiles.unit_px), float(tiles.course_px)) == (40, 60)
    assert float(boards.course_px) == pytest.approx(90)
    assert boards.basis_px[0, 0].tolist() == pytest.approx([0, 90])
    assert bool(boards.basis_px[0, 1].isnan().all())


def test_boards_that_are_sheared_stay_square_to_their_joints():
    # Joints along x stay along x, however far the upper ones are pushed aside.
    shear = torch.tensor([[1.0, 0.5], [0.0, 1.0]], dtype=torch.float64)
    assert mapped(BOARDS, shear).basis_px[0, 0].tolist() == pytest.approx([0, 30])
    turned = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
    upright = mapped(BOARDS, turned)
    assert float(upright.unit_px) == pytest.approx(30)
    assert bool(upright.course_px.isnan().all())


def test_rows_at_an_angle_move_with_the_wall():
    slanted = read(known((30.0, 30.0), (-10.0, 10.0)), math.hypot(30, 30), math.hypot(10, 10), 45)
    seen = mapped(slanted, torch.tensor([[1.0, 0.0], [0.0, 2.0]], dtype=torch.float64))
    assert float(seen.unit_px) == pytest.approx(math.hypot(30, 60))
    assert float(seen.angle_deg) == pytest.approx(math.degrees(math.atan2(60, 30)))
    area = float(seen.unit_px * seen.course_px)
    assert area == pytest.approx(2 * math.hypot(30, 30) * math.hypot(10, 10))


def test_back_and_forth_is_the_same_lattice():
    map_ = torch.tensor([[1.2, 0.3], [-0.1, 2.0]], dtype=torch.float64)
    back = mapped(mapped(TILES, map_), torch.linalg.inv(map_))
    assert bool(same_lattice(back.basis_px, TILES.basis_px, 1e-9, steps=0))
    for name in ("unit_px", "course_px", "angle_deg", "wave_vector"):
        assert_close(getattr(back, name), getattr(TILES, name), atol=1e-9, rtol=1e-9)


def test_no_lattice_stays_none():
    assert bool(scaled(none(), torch.tensor(2.0)).basis_px.isnan().all())


def test_a_front_view_gives_a_square_its_sides_back():
    # A pinhole camera of 500 px looks at the middle of a plane turned about y by 60 degrees.
    focal, turn = 500.0, math.radians(60)
    square = torch.tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=torch.float64) * 0.01
    depth = 5 + square[:, 0] * math.sin(turn)
    x = torch.stack([square[:, 0] * math.cos(turn), square[:, 1]], dim=-1)
    tilt = torch.tensor([-math.tan(turn) / focal, 0.0], dtype=torch.float64)
    flat = to_flat(tilt, focal * x / depth[:, None])
    seen = flat @ front_view(tilt, focal).mT
    sides = (seen - seen.roll(1, 0)).norm(dim=-1)
    assert_close(sides / sides[0], torch.ones(4, dtype=torch.float64), atol=1e-6, rtol=0)
    assert_close(front_view(torch.zeros(2, dtype=torch.float64), focal), torch.eye(2).double())
