"""What repeats after which lag, and where."""

import dataclasses
import math

import pytest
import torch
from known_lattice import known

from tiling_diag.checks.plane.row_frame import level_frame, row_frame
from tiling_diag.checks.walls import Walls
from tiling_diag.checks.zones.flat_wall import flat_wall
from tiling_diag.checks.zones.lag_maps import STRETCHES, lag_maps, lags, stretched_lags
from tiling_diag.synth import Material, View, draw_wall, perspective_homography

UNIT, COURSE = 48.0, 20.0
BRICK = Material(bond="running_bond", width_px=48, height_px=20, mortar_px=2.5, seed=3)
LATTICE = ((UNIT, 0.0), (UNIT / 2, COURSE))
NO_TILT = torch.zeros(2, dtype=torch.float64)


def read(basis, unit, course, degrees):
    sizes = {"unit_px": unit, "course_px": course, "angle_deg": degrees}
    sizes = {name: torch.tensor([size]).double() for name, size in sizes.items()}
    return dataclasses.replace(known(*basis), **sizes)


def framed():
    return row_frame(read(LATTICE, UNIT, COURSE, 0.0))


def seen(image, mask=None, tilt=NO_TILT):
    walls = Walls(image[None], torch.ones_like(image[:1]) if mask is None else mask[None])
    return lag_maps(flat_wall(walls, tilt, 0), framed())


def correlation(maps, cells=None):
    cells = torch.ones(maps.products.shape[1], dtype=torch.bool) if cells is None else cells
    return maps.products[:, cells].sum(-1) / maps.energies[:, cells].sum(-1).clamp_min(1e-9)


def at(values, along, across):
    (index,) = (lags(rank_1=False) == torch.tensor([along, across])).all(-1).nonzero()[:, 0]
    return float(values[index])


@pytest.mark.parametrize("size", [(192, 240), (480, 640)])
def test_a_wall_repeats_after_whole_units_and_bonds(size):
    image = draw_wall(BRICK, View(size=size, noise=0.01, seed=3)).image
    found = correlation(seen(image))
    for whole in ((1.0, 0.0), (0.5, 1.0), (-0.5, 1.0), (0.0, 2.0)):
        assert at(found, *whole) > 0.7
    # Long joints run on past half a unit, and meet again after one course.
    for part in ((0.5, 0.0), (0.25, 0.5), (0.0, 0.5), (0.0, 1.0)):
        assert at(found, *part) < 0.5


def test_products_stay_where_they_arose():
    """The lower half has other bricks, which do not repeat so."""
    size = (400, 400)
    image = draw_wall(BRICK, View(size=size, noise=0.01, seed=3)).image
    other = Material(bond="running_bond", width_px=70, height_px=29, mortar_px=2.5, seed=4)
    image[:, 200:] = draw_wall(other, View(size=size, noise=0.01, seed=4)).image[:, 200:]
    maps = seen(image)
    upper = maps.places[:, 1] < -20
    halves = [correlation(maps, cells) for cells in (upper, maps.places[:, 1] > 20)]
    for whole in ((1.0, 0.0), (0.5, 1.0)):
        assert at(halves[0], *whole) > at(halves[1], *whole) + 0.25


def test_what_is_masked_takes_no_part():
    image = draw_wall(BRICK, View(size=(320, 320), noise=0.01, seed=3)).image
    mask = torch.ones(320, 320)
    mask[:, 160:] = 0
    maps = seen(image, mask)
    right = maps.places[:, 0] > 10
    assert float(maps.energies[:, right].abs().max()) == 0
    assert at(correlation(maps), 0.0, 2.0) > 0.4


def test_a_tilted_wall_is_looked_at_on_its_plane():
    size = (384, 384)
    matrix = torch.tensor(perspective_homography(size, 1.5, 1.0), dtype=torch.float64)
    image = draw_wall(BRICK, View(size=size, noise=0.01, seed=3, homography=matrix.numpy())).image
    middle = torch.tensor([192.0, 192.0, 1.0], dtype=torch.float64)
    tilt = matrix[2, :2] / (matrix[2] @ middle)
    flat, plain = (correlation(seen(image, tilt=one)) for one in (tilt, NO_TILT))
    assert at(flat, 2.0, 0.0) > at(plain, 2.0, 0.0) + 0.1


@pytest.mark.parametrize("stretch", STRETCHES)
def test_a_stretch_joins_lags_with_what_they_become(stretch):
    after, before = stretched_lags(stretch, rank_1=False)
    every = lags(rank_1=False)
    torch.testing.assert_close(every[after], every[before] * torch.tensor(stretch).double())
    assert float(every[before].abs().max()) == 1.0 and len(after) > 30


def test_squares_on_their_corners_have_rows_along_the_picture_too():
    diamonds = read(((32.0, 32.0), (32.0, -32.0)), 32 * math.sqrt(2), 32 * math.sqrt(2), 45.0)
    level = level_frame(diamonds, row_frame(diamonds))
    assert sorted(level.size_px[0].tolist()) == [32.0, 64.0]
    assert float(level.axes.abs().amin()) == 0.0
    torch.testing.assert_close(
        (level.basis_in_rows @ level.to_px.mT)[0], diamonds.basis_px[0], check_dtype=False
    )
    # Hexagons turned by 8 degrees have no short vector along an axis.
    turns = torch.deg2rad(torch.tensor([8.0, 68.0], dtype=torch.float64))
    corners = 40 * torch.stack([turns.cos(), turns.sin()], dim=-1)
    hexagons = read(corners.tolist(), 40.0, 40 * math.sqrt(0.75), 8.0)
    assert level_frame(hexagons, row_frame(hexagons)) is None
    bricks = read(LATTICE, UNIT, COURSE, 0.0)
    assert level_frame(bricks, row_frame(bricks)) is None
