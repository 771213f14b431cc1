"""The geometry of a tilted plane, and of bands on it."""

import math

import pytest
import torch

from tiling_diag.checks.plane.places import corners, grid_places
from tiling_diag.checks.zones.outlines import clipped
from tiling_diag.kernels.homography import fit_tilt, homography, jacobian, to_flat, to_picture
from tiling_diag.kernels.rectify import rectified_canvas, rectify
from tiling_diag.synth import Material, View, draw_wall, perspective_homography
from tiling_diag.synth.geometry import homography_jacobian

SIZE = (384, 384)
BRICK = Material(bond="running_bond", width_px=48, height_px=20, mortar_px=2.5, seed=3)


def brick(**view):
    return draw_wall(BRICK, View(size=SIZE, noise=0.01, seed=3, **view)).image


def middle(size=SIZE):
    return torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)


def test_flat_and_back_is_nothing():
    tilt = torch.tensor([[8e-4, -5e-4]], dtype=torch.float64)
    places = grid_places(SIZE, 7, 9)[None]
    torch.testing.assert_close(to_picture(tilt, to_flat(tilt, places)), places)


def test_a_tilt_is_the_homography_that_walls_are_drawn_with():
    matrix = torch.tensor(perspective_homography(SIZE, 1.5, 0.8), dtype=torch.float64)
    # Of a homography that is the identity to first order at the middle, the last row is the tilt.
    at = matrix @ torch.cat([middle(), middle().new_ones(1)])
    tilt = matrix[2, :2] / at[2]
    torch.testing.assert_close(homography(tilt, middle()), matrix / at[2], atol=1e-9, rtol=1e-9)
    places = grid_places(SIZE, 5, 5)
    torch.testing.assert_close(
        jacobian(tilt, places), homography_jacobian(matrix, places + middle())
    )


def test_the_plane_of_a_field_is_found_although_a_third_of_it_is_doubled():
    tilt = torch.tensor([[9e-4, -6e-4]], dtype=torch.float64)
    waves = torch.tensor([[[0.02, 0.001], [-0.002, 0.05]]], dtype=torch.float64)
    places = grid_places(SIZE, 9, 9)[None]
    field = waves[:, None] @ jacobian(tilt, places)
    field[:, :27] /= 2
    weights = torch.ones(1, 81, dtype=torch.float64)
    found, flat = fit_tilt(field, places, weights, corners(SIZE))
    # What the weights leave of the doubled part moves the plane by a few thousandths.
    torch.testing.assert_close(found * 192, tilt * 192, atol=0.01, rtol=0)
    torch.testing.assert_close(flat, waves, atol=5e-4, rtol=0.02)


def test_rectifying_undoes_a_view():
    flat, tilted = brick(), brick(homography=perspective_homography(SIZE, 1.4, 1.0))
    matrix = torch.tensor(perspective_homography(SIZE, 1.4, 1.0), dtype=torch.float64)
    at = matrix[2] @ torch.cat([middle(), middle().new_ones(1)])
    canvas = rectified_canvas(matrix[2, :2] / at, SIZE, 2000)
    again = rectify(tilted[None], canvas)[0]
    x, y = (round(v) for v in (-canvas.origin).tolist())
    again = again[:, y - 80 : y + 80, x - 80 : x + 80]
    there = flat[:, 112:272, 112:272]
    stack = torch.stack([again.flatten(), there.flatten()])
    assert float(torch.corrcoef(stack)[0, 1]) > 0.8


def test_a_band_is_cut_out_of_a_square():
    square = torch.tensor([[0, 0], [4, 0], [4, 4], [0, 4]], dtype=torch.float64)
    normal = torch.tensor([1.0, 1.0], dtype=torch.float64) / math.sqrt(2)
    shape = clipped(square, normal, math.sqrt(2), 3 * math.sqrt(2))
    x, y = shape.T
    area = 0.5 * float((x * y.roll(-1) - x.roll(-1) * y).sum())
    # The square less two right triangles with legs of 2.
    assert area == pytest.approx(12.0)
