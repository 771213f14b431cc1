"""Planes of a batch: walls that need another look get it together, and each its own."""

import torch
from test_tilt_from_repetition import BRICK, SIZE, view

from tiling_diag.checks.plane.measure import measure_plane
from tiling_diag.checks.walls import Walls
from tiling_diag.kernels.rectify import rectified_canvas, rectify, square_canvases


def test_walls_of_a_batch_have_the_planes_they_have_alone():
    noise = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(2))
    images = torch.stack([view(BRICK, (1.5, 1.0))[0], noise, view(BRICK, (1.0, 1.0))[0]])
    lattice, plane, _ = measure_plane(Walls(images, torch.ones_like(images[:, 0])))
    assert lattice.is_periodic.tolist() == [True, False, True]
    for index, image in enumerate(images):
        one, own, _ = measure_plane(Walls(image[None], torch.ones(1, *SIZE)))
        torch.testing.assert_close(lattice.basis_px[index], one.basis_px[0], equal_nan=True)
        torch.testing.assert_close(plane.tilt[index], own.tilt[0], atol=1e-7, rtol=1e-4)


def test_square_canvases_hold_the_whole_picture_in_their_middle():
    tilts = torch.tensor([[2e-3, 0.0], [0.0, 0.0], [-1e-3, 1.5e-3]], dtype=torch.float64)
    seen = rectify(torch.ones(3, 1, 200, 300), square_canvases(tilts, (200, 300), 400))
    assert seen.shape == (3, 1, 400, 400)
    for index, tilt in enumerate(tilts):
        one = rectify(torch.ones(1, 1, 200, 300), rectified_canvas(tilt, (200, 300), 400))
        # As much of the wall as on a canvas of its own, and as much left over on either side.
        assert abs(float(seen[index].sum() / one.sum()) - 1) < 0.02
        rows, columns = ((seen[index, 0] > 0).any(k).nonzero()[:, 0] for k in (1, 0))
        for side in (rows, columns):
            assert abs(int(side[0]) - (399 - int(side[-1]))) <= 1


def test_near_parts_alone_leave_out_what_looks_smaller_and_are_shown_larger():
    tilts = torch.tensor([[4e-3, 0.0], [1e-4, 0.0]], dtype=torch.float64)  # 4:1 and 1.03:1
    column = torch.arange(300.0).expand(2, 1, 200, 300) / 300
    whole = square_canvases(tilts, (200, 300), 400)
    near = square_canvases(tilts, (200, 300), 400, largest_ratio=2.0)
    assert float(near.scale[0]) > 1.2 * float(whole.scale[0])
    assert float(near.scale[1]) == float(whole.scale[1])
    shown = rectify(column, near)[0]
    # Half of the nearest scale, 1.6 times the middle's, is 60 px left of the middle.
    whole_px = rectify(torch.ones(2, 1, 200, 300), near)[0] > 0.999
    left = shown[whole_px].amin() * 300
    assert abs(float(left) - (150 - 0.2 / 4e-3)) < 3
