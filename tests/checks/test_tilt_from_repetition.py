"""The tilt under which a wall repeats best."""

from dataclasses import replace

import pytest
import torch

from tiling_diag.checks.plane import measure
from tiling_diag.checks.plane.measure import measure_plane
from tiling_diag.checks.plane.tilt_from_repetition import tilt_from_repetition
from tiling_diag.checks.walls import Walls
from tiling_diag.synth import Material, View, draw_wall, perspective_homography

SIZE = (300, 400)
BRICK = Material(bond="running_bond", width_px=48, height_px=20, mortar_px=2.5, seed=3)
TILES = Material(bond="stack_bond", width_px=120, height_px=120, mortar_px=4, seed=2)
BOARDS = Material(bond="plank_1d", width_px=0, height_px=36, mortar_px=3, seed=5)


def view(material, ratios):
    """The picture and its tilt, in 1/px about its middle."""
    matrix = perspective_homography(SIZE, *ratios)
    image = draw_wall(material, View(size=SIZE, noise=0.01, seed=3, homography=matrix)).image
    matrix = torch.tensor(matrix, dtype=torch.float64)
    depth = matrix[2] @ matrix.new_tensor([SIZE[1] / 2, SIZE[0] / 2, 1.0])
    return image, matrix[2, :2] / depth


def tilt_of(*images):
    walls = torch.stack(images)
    return tilt_from_repetition(Walls(walls, torch.ones_like(walls[:, 0]))).tilt


# Tilts over half the longer side: the change of scale from the middle to the border.
# Errors seen: 0.019, 0.004, 0.006.
@pytest.mark.parametrize(
    "material,ratios",
    [(m, r) for m in (TILES, BRICK, BOARDS) for r in ((1.3, 1.0), (0.5, 1.0), (1.2, 1.4))]
    + [(TILES, (1.0, 2.0)), (BRICK, (1.0, 2.0))],
)
def test_the_tilt_of_a_wall_is_found(material, ratios):
    image, truth = view(material, ratios)
    assert ((tilt_of(image)[0] - truth) * 200).abs().max() < 0.06


@pytest.mark.parametrize("material,ratios", [(BOARDS, (1.6, 1.0)), (BRICK, (1.0, 2.0))])
def test_noise_in_the_last_digits_does_not_choose_the_tilt(material, ratios):
    image, _ = view(material, ratios)
    noise = 1e-6 * torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
    tilts = tilt_of(image, (image + noise).clamp(0, 1)) * 200
    assert (tilts[1] - tilts[0]).abs().max() < 1e-3  # seen: 1e-5; a cell of the grid is 0.05


def test_a_wall_seen_straight_on_has_none():
    image, _ = view(BRICK, (1.0, 1.0))
    assert tilt_of(image).abs().max() * 200 < 0.04  # error seen: 0.012


def test_a_batch_is_as_its_walls_alone():
    images = [view(BRICK, (1.3, 1.0))[0], view(TILES, (1.0, 0.6))[0]]
    alone = torch.cat([tilt_of(image) for image in images])
    torch.testing.assert_close(tilt_of(*images), alone)


def test_what_lies_beside_the_wall_plays_no_part():
    image, truth = view(BRICK, (1.5, 1.0))
    other = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(1)).round()
    mask = torch.ones(SIZE)
    mask[:, :120] = 0
    walls = Walls(torch.where(mask > 0, image, other)[None], mask[None])
    assert ((tilt_from_repetition(walls).tilt[0] - truth) * 200).abs().max() < 0.05


def test_the_tilt_along_the_short_side_of_a_long_picture_is_found():
    size = (400, 150)
    matrix = perspective_homography(size, 2.2, 1.0)
    image = draw_wall(BRICK, View(size=size, noise=0.01, seed=3, homography=matrix)).image
    matrix = torch.tensor(matrix, dtype=torch.float64)
    depth = matrix[2] @ matrix.new_tensor([size[1] / 2, size[0] / 2, 1.0])
    change = matrix[2, :2] / depth * matrix.new_tensor([75, 200])
    found = tilt_from_repetition(Walls(image[None], torch.ones(1, *size)))
    assert float(change[0].abs()) > 0.35
    assert (found.change[0] - change).abs().max() < 0.08
    assert float(found.gain) > 0.3


@pytest.mark.parametrize("size", [(300, 400), (33, 40)])
def test_pictures_of_nothing_have_a_finite_tilt(size):
    walls = Walls(torch.full((1, 3, *size), 0.5), torch.ones(1, *size))
    assert bool(tilt_from_repetition(walls).tilt.isfinite().all())


def test_a_few_tiles_at_an_angle_show_their_lattice():
    image, truth = view(TILES, (1.6, 1.0))
    walls = Walls(image[None], torch.ones(1, *SIZE))
    lattice, plane, _ = measure_plane(walls)
    assert bool(lattice.is_periodic)
    assert lattice.basis_px[0].norm(dim=-1).tolist() == pytest.approx([120, 120], rel=0.05)
    assert ((plane.tilt[0] - truth) * 200).abs().max() < 0.05


def test_a_tilt_that_repeats_best_but_is_too_steep_does_not_lose_the_wall(monkeypatch):
    image, truth = view(TILES, (2.0, 1.0))
    walls = Walls(image[None], torch.ones(1, *SIZE))
    found = tilt_from_repetition(walls)
    steep = replace(found, tilt=truth[None] / 0.6)
    monkeypatch.setattr(measure, "tilt_from_repetition", lambda walls: steep)
    lattice, plane, _ = measure_plane(walls)
    assert bool(lattice.is_periodic)
    assert ((plane.tilt[0] - truth) * 200).abs().max() < 0.05
